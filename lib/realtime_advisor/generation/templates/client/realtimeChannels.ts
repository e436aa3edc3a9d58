// One channel for each topic, shared by all who listen to it, joined with the user's token and left with the last.

import type { RealtimeChannel, RealtimeChannelOptions, SupabaseClient } from '@supabase/supabase-js';

/** What is needed of a Supabase client. */
export type RealtimeHost = Pick<SupabaseClient, 'channel' | 'removeChannel' | 'realtime'>;

/** How a channel stands. `refused`: the database said no; `lost`: no connection. Both are tried again. */
export type ChannelState =
  | { status: 'joining' }
  | { status: 'joined' }
  | { status: 'refused'; reason: string }
  | { status: 'lost'; reason: string };

/** What a channel is for: its configuration, and what it passes on. */
export interface ChannelKind<Heard> {
  config: RealtimeChannelOptions['config'];
  /** Listen on a channel that is not joined yet. What is returned is called at each join. */
  bind(channel: RealtimeChannel, tell: (heard: Heard) => void): (() => void) | void;
}

export interface Listener<Heard> {
  onHeard(heard: Heard): void;
  /** Told when it changes, and on every join: after each `joined` fetch, for messages may have been missed. */
  onState(state: ChannelState): void;
}

export interface Membership {
  /** The channel while it is joined. */
  channel(): RealtimeChannel | undefined;
  leave(): void;
}

interface Shared {
  channel: RealtimeChannel | undefined;
  state: ChannelState;
  listeners: Set<Listener<unknown>>;
  close(): void;
}

type Registry = Map<string, Shared>; // by topic

const REGISTRIES = new WeakMap<object, Registry>();
const LINGER = 100; // milliseconds that an empty channel waits for a listener: components often mount again
const LONGEST_PAUSE = 30_000;

/** An id as a word of a topic, spelled as the database spells it. */
export function encodeId(id: string | number | bigint): string {
  return encodeURIComponent(String(id)).replace(
    /[!'()*]/g,
    (odd) => '%' + odd.charCodeAt(0).toString(16).toUpperCase(),
  );
}

/** A key of that Postgres type as a word of a topic: a uuid is written in lower case there, whatever the client has. */
export function encodeKey(key: string | number | bigint, type: string): string {
  return encodeId(type === 'uuid' ? String(key).toLowerCase() : key);
}

/** Listen on a topic. The first listener opens its channel, later ones share it, the last to leave closes it. */
export function join<Heard>(
  host: RealtimeHost,
  topic: string,
  kind: ChannelKind<Heard>,
  listener: Listener<Heard>,
): Membership {
  const registry = registryOf(host);
  const found = registry.get(topic);
  const shared = found ?? openShared(host, registry, topic, kind as ChannelKind<unknown>);
  // A set of its own objects: the same listener may listen twice.
  const member: Listener<unknown> = {
    onHeard: (heard) => listener.onHeard(heard as Heard),
    onState: (state) => listener.onState(state),
  };
  shared.listeners.add(member);
  if (found) member.onState(shared.state);
  return {
    channel: () => (shared.state.status === 'joined' ? shared.channel : undefined),
    leave() {
      if (shared.listeners.delete(member) && shared.listeners.size === 0) setTimeout(() => shared.close(), LINGER);
    },
  };
}

function registryOf(host: RealtimeHost): Registry {
  const known = REGISTRIES.get(host.realtime);
  if (known) return known;
  const made: Registry = new Map();
  REGISTRIES.set(host.realtime, made);
  return made;
}

function openShared(host: RealtimeHost, registry: Registry, topic: string, kind: ChannelKind<unknown>): Shared {
  let closed = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const each = (call: (listener: Listener<unknown>) => void): void => {
    for (const listener of [...shared.listeners]) {
      try {
        call(listener);
      } catch (error) {
        console.error(error); // one listener's fault is not the others'
      }
    }
  };

  const change = (state: ChannelState): void => {
    const isNews = !isSame(state, shared.state); // a refusal is repeated with each attempt
    shared.state = state;
    if (isNews) each((listener) => listener.onState(state));
  };

  const openLater = (reason: string): void => {
    shared.channel = undefined;
    change({ status: 'lost', reason });
    clearTimeout(timer);
    timer = setTimeout(() => void open(), Math.min(1000 * 2 ** failures++, LONGEST_PAUSE));
  };

  const open = async (): Promise<void> => {
    try {
      await host.realtime.setAuth(); // or the first join would be the anonymous user's
    } catch (error) {
      if (!closed) openLater(messageOf(error));
      return;
    }
    if (closed) return;
    const channel = host.channel(topic, { config: kind.config });
    if (channel.state !== 'closed') {
      openLater(`Another channel is open on ${topic}: let all listeners join it here.`);
      return;
    }
    shared.channel = channel;
    const onJoin = kind.bind(channel, (heard) => each((listener) => listener.onHeard(heard)));
    channel.subscribe((status, error) => {
      if (shared.channel !== channel || closed) return;
      if (status === 'SUBSCRIBED') {
        failures = 0;
        onJoin?.();
        change({ status: 'joined' });
      } else if (status === 'CLOSED') {
        openLater('The server closed the channel.'); // it does so when a token expires, and does not come back by itself
      } else {
        const reason = error ? error.message : 'The server does not answer.';
        change({ status: isRefusal(reason) ? 'refused' : 'lost', reason });
      }
    });
  };

  const shared: Shared = {
    channel: undefined,
    state: { status: 'joining' },
    listeners: new Set(),
    close() {
      if (closed || shared.listeners.size > 0) return;
      closed = true;
      clearTimeout(timer);
      registry.delete(topic);
      if (shared.channel) void host.removeChannel(shared.channel);
      shared.channel = undefined;
    },
  };
  registry.set(topic, shared);
  void open();
  return shared;
}

function isSame(one: ChannelState, other: ChannelState): boolean {
  return one.status === other.status && reasonOf(one) === reasonOf(other);
}

function reasonOf(state: ChannelState): string {
  return 'reason' in state ? state.reason : '';
}

function isRefusal(reason: string): boolean {
  return /unauthorized|do not have permissions/i.test(reason);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
