// Who is here: state that clients show each other while they are connected. It is kept in no table.

import type { RealtimeChannel } from '@supabase/supabase-js';
import { join, type ChannelKind, type ChannelState, type RealtimeHost } from './realtimeChannels';

/** One key's states, one for each of its connections. Clients choose their keys: a key is a claim, not a proof. */
export interface Present<State> {
  key: string;
  states: State[];
}

export interface PresenceOptions<State> {
  supabase: RealtimeHost;
  topic: string;
  /** Whose state it is, such as the user's id, so that two tabs are one person. Without it each connection is one. */
  key?: string | undefined;
  /** Called when somebody comes, changes or leaves. */
  onPresent: (present: Present<State>[]) => void;
  onState?: ((state: ChannelState) => void) | undefined;
  onError?: ((error: unknown) => void) | undefined;
}

export interface PresenceMembership<State> {
  /** Show this state, null for none. Often called, the last one is sent when the platform's limit allows. */
  show(state: State | null): void;
  leave(): void;
}

// The platform closes the channel of a client with more than 5 calls in 30 seconds.
const MOST_CALLS = 4;
const PERIOD = 30_000;
const LEAVING = 200; // milliseconds: by then a channel that nobody listens to any more is closed

type Entry = { key: string; state: Record<string, unknown> };

/** One channel, whichever components of the page share it: they are one client to the platform, with one state. */
interface Line {
  /** By component, the latest last: that one is shown. */
  wishes: Map<object, Record<string, unknown>>;
  /** What the server has of us, as text. */
  shown: string | null;
  calls: number[];
  timer: ReturnType<typeof setTimeout> | undefined;
  /** By reference, what came since the channel was joined, and has not left. */
  came: Map<string, Entry>;
}

const LINES = new WeakMap<RealtimeChannel, Line>();

export function joinPresence<State extends Record<string, unknown>>(
  options: PresenceOptions<State>,
): PresenceMembership<State> {
  const { supabase, topic, key, onPresent, onState, onError } = options;
  const component = {};
  let wanted: State | null = null;

  const wish = (delay = 0): void => {
    const channel = membership.channel();
    const line = channel && LINES.get(channel);
    if (!line) return; // it is told at the join
    line.wishes.delete(component);
    if (wanted) line.wishes.set(component, wanted);
    sendSoon(channel, line, delay, onError);
  };

  const membership = join(supabase, topic, kindOf(key), {
    onHeard: (present) => onPresent(present as Present<State>[]),
    onState(state) {
      if (state.status === 'joined' && wanted) wish();
      onState?.(state);
    },
  });

  const joinedBefore = membership.channel();
  if (joinedBefore) onPresent(presentOn(joinedBefore) as Present<State>[]);

  return {
    show(state) {
      wanted = state;
      wish();
    },
    leave() {
      wanted = null;
      wish(LEAVING); // of use where others listen on; else the server takes our state away with the channel
      membership.leave();
    },
  };
}

function sendSoon(channel: RealtimeChannel, line: Line, delay: number, onError: PresenceOptions<never>['onError']): void {
  clearTimeout(line.timer);
  while (line.calls.length > 0 && line.calls[0]! <= performance.now() - PERIOD) line.calls.shift();
  const wait = line.calls.length < MOST_CALLS ? 0 : line.calls[0]! + PERIOD - performance.now();
  line.timer = setTimeout(() => void send(channel, line, onError), Math.max(wait, delay));
}

async function send(channel: RealtimeChannel, line: Line, onError: PresenceOptions<never>['onError']): Promise<void> {
  const state = [...line.wishes.values()].at(-1);
  const words = state ? JSON.stringify(state) : null;
  if (words === line.shown || channel.state !== 'joined') return;
  line.shown = words;
  line.calls.push(performance.now());
  const answer = await (state ? channel.track(state) : channel.untrack()).catch((error: unknown) => error);
  if (answer !== 'ok') onError?.(answer instanceof Error ? answer : new Error(`Presence: ${String(answer)}`));
}

function kindOf(key: string | undefined): ChannelKind<Present<Record<string, unknown>>[]> {
  return {
    config: { private: true, presence: { key: key ?? '', enabled: true } },
    bind(channel, tell) {
      const line: Line = { wishes: new Map(), shown: null, calls: [], timer: undefined, came: new Map() };
      LINES.set(channel, line);
      channel.on('presence', { event: 'join' }, ({ key: name, newPresences }) => {
        for (const { presence_ref: reference, ...state } of newPresences) line.came.set(reference, { key: name, state });
      });
      channel.on('presence', { event: 'leave' }, ({ leftPresences }) => {
        for (const { presence_ref: reference } of leftPresences) line.came.delete(reference);
      });
      channel.on('presence', { event: 'sync' }, () => tell(presentOn(channel)));
      return () => {
        line.came.clear();
        line.shown = null; // a new connection has shown nothing yet
      };
    },
  };
}

/**
 * Those on the channel. supabase-js (2.109) takes the reference off a state when another one comes under its key, and
 * can then neither take it away nor tell it from what replaced it: what has no reference is looked up in what came.
 */
function presentOn(channel: RealtimeChannel): Present<Record<string, unknown>>[] {
  const entries = new Map(LINES.get(channel)?.came);
  for (const [key, states] of Object.entries(channel.presenceState())) {
    for (const { presence_ref: reference, ...state } of states) if (reference) entries.set(reference, { key, state });
  }
  const present = new Map<string, Record<string, unknown>[]>();
  for (const { key, state } of entries.values()) present.set(key, [...(present.get(key) ?? []), state]);
  return [...present].map(([key, states]) => ({ key, states }));
}
