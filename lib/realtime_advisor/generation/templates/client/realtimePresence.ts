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

export function joinPresence<State extends Record<string, unknown>>(
  options: PresenceOptions<State>,
): PresenceMembership<State> {
  const { supabase, topic, key, onPresent, onState, onError } = options;
  let wanted: State | null = null;
  let shown: string | null = null; // what the server has of us, as text
  let timer: ReturnType<typeof setTimeout> | undefined;
  const calls: number[] = [];

  const send = async (channel: RealtimeChannel): Promise<void> => {
    const state = wanted;
    const words = state && JSON.stringify(state);
    if (words === shown) return;
    shown = words;
    calls.push(performance.now());
    const answer = await (state ? channel.track(state) : channel.untrack()).catch((error: unknown) => error);
    if (answer !== 'ok') onError?.(answer instanceof Error ? answer : new Error(`Presence: ${String(answer)}`));
  };

  const sendSoon = (): void => {
    clearTimeout(timer);
    while (calls.length > 0 && calls[0]! <= performance.now() - PERIOD) calls.shift();
    const wait = calls.length < MOST_CALLS ? 0 : calls[0]! + PERIOD - performance.now();
    timer = setTimeout(() => {
      const channel = membership.channel();
      if (channel) void send(channel);
    }, wait);
  };

  const membership = join(supabase, topic, kindOf(key), {
    onHeard: (present) => onPresent(present as Present<State>[]),
    onState(state) {
      if (state.status === 'joined') {
        shown = null; // a new connection has shown nothing yet
        if (wanted) sendSoon();
      }
      onState?.(state);
    },
  });

  const joinedBefore = membership.channel();
  if (joinedBefore) onPresent(presentOn(joinedBefore) as Present<State>[]);

  return {
    show(state) {
      wanted = state;
      sendSoon();
    },
    leave() {
      clearTimeout(timer);
      membership.leave(); // the server takes our state away with the channel
    },
  };
}

type Entry = { key: string; state: Record<string, unknown> };

/** By reference, what came on a channel since it was joined, and has not left. */
const CAME = new WeakMap<RealtimeChannel, Map<string, Entry>>();

function kindOf(key: string | undefined): ChannelKind<Present<Record<string, unknown>>[]> {
  return {
    config: { private: true, presence: { key: key ?? '', enabled: true } },
    bind(channel, tell) {
      const came = new Map<string, Entry>();
      CAME.set(channel, came);
      channel.on('presence', { event: 'join' }, ({ key: name, newPresences }) => {
        for (const { presence_ref: reference, ...state } of newPresences) came.set(reference, { key: name, state });
      });
      channel.on('presence', { event: 'leave' }, ({ leftPresences }) => {
        for (const { presence_ref: reference } of leftPresences) came.delete(reference);
      });
      channel.on('presence', { event: 'sync' }, () => tell(presentOn(channel)));
      return () => came.clear();
    },
  };
}

/**
 * Those on the channel. supabase-js (2.109) takes the reference off a state when another one comes under its key, and
 * can then neither take it away nor tell it from what replaced it: what has no reference is looked up in what came.
 */
function presentOn(channel: RealtimeChannel): Present<Record<string, unknown>>[] {
  const entries = new Map(CAME.get(channel));
  for (const [key, states] of Object.entries(channel.presenceState())) {
    for (const { presence_ref: reference, ...state } of states) if (reference) entries.set(reference, { key, state });
  }
  const present = new Map<string, Record<string, unknown>[]>();
  for (const { key, state } of entries.values()) present.set(key, [...(present.get(key) ?? []), state]);
  return [...present].map(([key, states]) => ({ key, states }));
}
