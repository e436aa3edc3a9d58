// Messages that the database broadcasts: a word that something changed. The data comes from the refetch.

import { startCatchUp, type CatchUpOptions } from './catchUp';
import { join, type ChannelKind, type ChannelState, type RealtimeHost } from './realtimeChannels';

/** What the database sends: `payload` is what the trigger wrote, already taken out of Realtime's envelope. */
export interface Broadcast<Event extends string = string, Payload = Record<string, unknown>> {
  event: Event;
  payload: Payload;
  /** It was sent while the connection was gone. */
  replayed?: boolean;
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
  /**
   * How many messages that were sent while the connection was gone are told once it is back: the last ones, at most
   * 25. Default 0: the refetch brings what they are about. The first who listens to a topic decides it for all.
   */
  replay?: number | undefined;
  onState?: ((state: ChannelState) => void) | undefined;
}

const PRIVATE_BROADCAST: ChannelKind<Broadcast> = {
  config: { private: true },
  bind(channel, tell) {
    channel.on('broadcast', { event: '*' }, ({ event, payload }) => tell({ event, payload: asRecord(payload) }));
  },
};

const CLOCKS_DIFFER = 30_000; // milliseconds; and a message is as old as its transaction
const MOST_KNOWN = 1000;

/** The same with a memory of what was told: on each join but the first, the server is asked for what was not. */
function replaying(limit: number): ChannelKind<Broadcast> {
  const known = new Set<string>();
  let joins = 0;
  let firstJoin = 0;
  let heardAt = 0;
  const replay = {
    limit,
    // Read whenever a join is sent.
    get since(): number {
      return joins === 0 ? Date.now() : Math.max(firstJoin, heardAt - CLOCKS_DIFFER);
    },
  };
  const isNews = (id: string | undefined): boolean => {
    if (id === undefined) return true;
    const isKnown = known.has(id);
    known.add(id);
    if (known.size > MOST_KNOWN) known.delete(known.values().next().value as string);
    return !isKnown;
  };
  return {
    config: { private: true, broadcast: { replay } },
    bind(channel, tell) {
      channel.on('broadcast', { event: '*' }, ({ event, payload, meta }) => {
        const replayed = meta?.replayed === true;
        heardAt = Date.now();
        if (isNews(meta?.id) && !(replayed && joins < 2)) tell({ event, payload: asRecord(payload), replayed });
      });
      return () => {
        heardAt = Date.now();
        if (joins === 0) firstJoin = heardAt;
        joins += 1;
      };
    },
  };
}

/** Keep data fresh: refetch at the start, on each message, on each join, on the tab's return, and slowly. */
export function followBroadcast<Event extends string, Payload>(options: FollowOptions<Event, Payload>): () => void {
  const { supabase, contract, id, onMessage, onState, replay = 0 } = options;
  const catchUp = startCatchUp(options);
  const membership = join(supabase, contract.topic(id), replay > 0 ? replaying(replay) : PRIVATE_BROADCAST, {
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
