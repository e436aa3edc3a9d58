// Messages that the database broadcasts: a word that something changed. The data comes from the refetch.

import { startCatchUp, type CatchUpOptions } from './catchUp';
import { join, type ChannelKind, type ChannelState, type RealtimeHost } from './realtimeChannels';

/** What the database sends: `payload` is what the trigger wrote, already taken out of Realtime's envelope. */
export interface Broadcast<Event extends string = string, Payload = Record<string, unknown>> {
  event: Event;
  payload: Payload;
}

/** A topic with its events and the type of what it carries; made from the same design as the triggers. */
export interface BroadcastContract<Event extends string, Payload> {
  topic: (id: string | number | bigint) => string;
  events: readonly Event[];
  /** Never there: it only carries the type. */
  payload?: Payload;
}

export interface FollowOptions<Event extends string, Payload> extends CatchUpOptions {
  supabase: RealtimeHost;
  contract: BroadcastContract<Event, Payload>;
  id: string | number | bigint;
  /** For what is more than fresh data, such as a browser notification. The refetch is asked for anyway. */
  onMessage?: ((message: Broadcast<Event, Payload>) => void) | undefined;
  onState?: ((state: ChannelState) => void) | undefined;
}

const PRIVATE_BROADCAST: ChannelKind<Broadcast> = {
  config: { private: true },
  bind(channel, tell) {
    channel.on('broadcast', { event: '*' }, ({ event, payload }) => tell({ event, payload: asRecord(payload) }));
  },
};

/** Keep data fresh: refetch at the start, on each message, on each join, on the tab's return, and slowly. */
export function followBroadcast<Event extends string, Payload>(options: FollowOptions<Event, Payload>): () => void {
  const { supabase, contract, id, onMessage, onState } = options;
  const catchUp = startCatchUp(options);
  const membership = join(supabase, contract.topic(id), PRIVATE_BROADCAST, {
    onHeard(heard) {
      if (!(contract.events as readonly string[]).includes(heard.event)) return;
      catchUp.ask();
      onMessage?.(heard as Broadcast<Event, Payload>);
    },
    onState(state) {
      // What was sent before the join, or while the connection was gone, nobody sends again.
      if (state.status === 'joined') catchUp.ask();
      onState?.(state);
    },
  });
  return () => {
    membership.leave();
    catchUp.stop();
  };
}

function asRecord(payload: unknown): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}
