// The hook of a Broadcast decision as an app uses it; and, where the framework has an answer, what its own does.

import { act } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Broadcast, BroadcastContract } from '@templates/realtimeBroadcast';
import { encodeKey, type ChannelState } from '@templates/realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from '@templates/useBroadcast';
import { useNotificationCenter } from './framework/NotificationCenter';
import { mount, showTab, type Mounted } from './page';
import { connectTo } from './supabase';
import { Server } from './socket';

type Event = 'notification_created' | 'notification_read';
interface Message {
  type: string;
  record_id?: string;
}
interface Props {
  supabase: SupabaseClient;
  refetch: () => Promise<void>;
  id?: string | null;
  onMessage?: (message: Broadcast<Event, Message>) => void;
  onPayload?: (payload: unknown) => void;
  onState?: (state: ChannelState) => void;
  more?: Partial<UseBroadcastOptions<Event, Message>>;
}

const CONTRACT: BroadcastContract<Event, Message> = {
  topic: (id) => 'user:' + encodeKey(id, 'text') + ':notifications',
  events: ['notification_created', 'notification_read'],
};
const TOPIC = 'user:ann:notifications';

function useOurs({ supabase, refetch, id = 'ann', onMessage, onState, more }: Props): void {
  const state = useBroadcast(CONTRACT, { supabase, id, refetch, ...(onMessage ? { onMessage } : {}), ...more });
  onState?.(state);
}
function useTheirs({ supabase, refetch, onPayload }: Props): void {
  useNotificationCenter({
    supabase,
    currentUser: { id: 'ann' },
    fetchNotifications: refetch,
    ...(onPayload ? { onPayload } : {}),
  });
}

let server: Server;
let mounted: Mounted<Props>[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(async () => {
  for (const each of mounted.splice(0)) await each.unmount();
  showTab('visible');
  vi.useRealTimers();
});

const advance = (milliseconds: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(milliseconds)));

async function show(hook: (props: Props) => void, props: Props, strict = false): Promise<Mounted<Props>> {
  const component = await mount(hook, props, { strict });
  mounted.push(component);
  return component;
}

const counter = () => vi.fn(async () => {});
const quick = () => vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 20)));

describe.each<[string, (props: Props) => void, boolean]>([
  ['ours', useOurs, true],
  ['the framework', useTheirs, false],
])('%s', (_, hook, isOurs) => {
  test('a page load fetches once, and once more when the channel is joined', async () => {
    const refetch = quick();
    await show(hook, { supabase: connectTo(server, { tokenAfter: 1000 }), refetch });
    await advance(900);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 1 : 2);
    await advance(5000);
    expect(refetch).toHaveBeenCalledTimes(2); // the framework's: nobody fetched what was sent before the join
  });

  test('a return to the tab fetches once', async () => {
    const refetch = counter();
    await show(hook, { supabase: connectTo(server), refetch });
    await advance(5000);
    refetch.mockClear();
    showTab('hidden');
    await advance(5000);
    showTab('visible');
    window.dispatchEvent(new window.Event('focus'));
    await advance(5000);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 1 : 2);
  });

  test('three components that each fetch share a channel, and one that goes takes nothing from the others', async () => {
    const supabase = connectTo(server);
    const refetch = counter();
    const components = [];
    for (let number = 0; number < 3; number += 1) components.push(await show(hook, { supabase, refetch }));
    await advance(5000);
    refetch.mockClear();
    server.broadcast(TOPIC, 'notification_created');
    await advance(2000);
    expect(refetch).toHaveBeenCalledTimes(3);
    for (const component of components) await component.unmount();
    mounted = [];
    await advance(1000);
    expect(server.left).toEqual(isOurs ? [TOPIC] : []);
    refetch.mockClear();
    server.broadcast(TOPIC, 'notification_created');
    await advance(2000);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 0 : 3);
  });

  test('five messages lost while the connection was gone are caught up on the rejoin', async () => {
    const refetch = counter();
    await show(hook, { supabase: connectTo(server), refetch });
    await advance(5000);
    refetch.mockClear();
    server.drop();
    for (let number = 0; number < 5; number += 1) server.broadcast(TOPIC, 'notification_created');
    await advance(20_000);
    expect(server.topics).toEqual([TOPIC]);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 1 : 0);
  });

  test('a refused join is tried again, and somebody is told', async () => {
    server.refusal = 'Unauthorized: You do not have permissions to read from this Channel topic: ' + TOPIC;
    const told: unknown[] = [];
    for (const level of ['error', 'warn', 'log'] as const) {
      vi.spyOn(console, level).mockImplementation((said) => void told.push(said));
    }
    await show(hook, { supabase: connectTo(server), refetch: counter(), onState: (state) => told.push(state.status) });
    await advance(60_000);
    expect(server.joins.length).toBeGreaterThan(2);
    expect([...new Set(told)]).toEqual(isOurs ? ['joining', 'refused'] : []);
  });

  test('the first join is the user’s, though the token is slow', async () => {
    await show(hook, { supabase: connectTo(server, { tokenAfter: 500 }), refetch: counter() });
    await advance(5000);
    expect(server.joins[0]?.token).toBe(isOurs ? 'token-of-ann' : undefined);
    expect(server.joins[0]?.config.private).toBe(true);
  });

  test('a message is what the database wrote, not an envelope', async () => {
    const seen: unknown[] = [];
    await show(hook, {
      supabase: connectTo(server),
      refetch: counter(),
      onMessage: (message) => seen.push(message.payload.record_id),
      onPayload: (payload) => seen.push((payload as Message).record_id),
    });
    await advance(5000);
    server.broadcast(TOPIC, 'notification_created', { type: 'notification_created', record_id: '7' });
    await advance(100);
    expect(seen).toEqual([isOurs ? '7' : undefined]);
  });

  test('a thousand messages cost two fetches', async () => {
    const refetch = quick();
    await show(hook, { supabase: connectTo(server), refetch });
    await advance(5000);
    refetch.mockClear();
    for (let number = 0; number < 1000; number += 1) server.broadcast(TOPIC, 'notification_created');
    await advance(10_000);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 1 : 1000); // all of them came before the first fetch began
    refetch.mockClear();
    for (let number = 0; number < 1000; number += 1) {
      server.broadcast(TOPIC, 'notification_created');
      if (number % 100 === 0) await advance(10);
    }
    await advance(10_000);
    expect(refetch).toHaveBeenCalledTimes(isOurs ? 2 : 1000);
  });
});

test('a refused join is shown to the user, and the data is fetched all the same', async () => {
  server.refusal = 'Unauthorized: You do not have permissions to read from this Channel topic: ' + TOPIC;
  const states: ChannelState[] = [];
  const refetch = counter();
  await show(useOurs, { supabase: connectTo(server), refetch, onState: (state) => states.push(state) });
  await advance(5000);
  expect(states.at(-1)).toEqual({ status: 'refused', reason: server.refusal });
  await advance(600_000);
  expect(refetch).toHaveBeenCalledTimes(11);
});

test('a replay is asked for from the last that was heard, at each join, and only where it is wanted', async () => {
  type Replay = { since: number } | undefined;
  const asked = () => server.joins.map(({ config }) => (config.broadcast['replay'] as Replay)?.since);
  const component = await show(useOurs, { supabase: connectTo(server), refetch: counter(), more: { replay: 5 } });
  const began = Date.now();
  await advance(100_000);
  server.broadcast(TOPIC, 'notification_created');
  await advance(100_000);
  server.drop();
  await advance(20_000);
  const [first, second] = asked();
  expect(Math.abs(first! - began)).toBeLessThan(1000);
  expect(Math.abs(second! - began - (100_000 - 30_000))).toBeLessThan(1000);
  await component.unmount();
  await show(useOurs, { supabase: connectTo(server), refetch: counter() });
  await advance(1000);
  expect(asked()[2]).toBeUndefined();
  expect(server.joins).toHaveLength(3);
});

test('StrictMode joins once and fetches once', async () => {
  const refetch = counter();
  await show(useOurs, { supabase: connectTo(server, { tokenAfter: 1000 }), refetch }, true);
  await advance(900);
  expect(refetch).toHaveBeenCalledTimes(1);
  await advance(5000);
  expect([server.joins.length, server.left]).toEqual([1, []]);
});

test('another event on the topic is somebody else’s', async () => {
  const refetch = counter();
  const onMessage = vi.fn();
  await show(useOurs, { supabase: connectTo(server), refetch, onMessage });
  await advance(5000);
  refetch.mockClear();
  server.broadcast(TOPIC, 'something_else');
  await advance(2000);
  expect([refetch.mock.calls.length, onMessage.mock.calls.length]).toEqual([0, 0]);
});

test('another user’s id leaves the first channel and joins the second; none joins nothing', async () => {
  const supabase = connectTo(server);
  const refetch = counter();
  const component = await show(useOurs, { supabase, refetch, id: null });
  await advance(2000);
  expect([server.joins.length, refetch.mock.calls.length]).toEqual([0, 0]);
  await component.render({ supabase, refetch, id: 'ann' });
  await advance(2000);
  await component.render({ supabase, refetch, id: 'bob:x' });
  await advance(2000);
  expect([server.topics, server.left]).toEqual([['user:bob%3Ax:notifications'], [TOPIC]]);
});

test('after a logout no channel is joined, and the hook does not say that one is', async () => {
  const supabase = connectTo(server);
  const states: string[] = [];
  const props = { supabase, refetch: counter(), onState: ({ status }: ChannelState) => void states.push(status) };
  const component = await show(useOurs, { ...props, id: 'ann' });
  await advance(2000);
  expect(states.at(-1)).toBe('joined');
  await component.render({ ...props, id: null });
  await advance(2000);
  expect([server.topics, states.at(-1)]).toEqual([[], 'joining']);
});

test('a page that came with its data fetches when the channel is joined, not before', async () => {
  const refetch = counter();
  await show(useOurs, { supabase: connectTo(server, { tokenAfter: 1000 }), refetch, more: { startNow: false } });
  await advance(900);
  expect(refetch).toHaveBeenCalledTimes(0);
  await advance(2000);
  expect(refetch).toHaveBeenCalledTimes(1);
});

test('a refetch that hangs is told after the time that the component gives it', async () => {
  const onError = vi.fn();
  const refetch = vi.fn(() => new Promise<void>(() => {}));
  await show(useOurs, { supabase: connectTo(server), refetch, more: { onError, timeout: 5000 } });
  await advance(5100);
  expect(onError).toHaveBeenCalledTimes(1);
  expect(refetch).toHaveBeenCalledTimes(2); // the join asked for it
});
