import { act } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { joinPresence, type Present, type PresenceMembership } from '@templates/realtimePresence';
import { usePresence } from '@templates/usePresence';
import { mount } from './page';
import { connectTo } from './supabase';
import { Server } from './socket';

interface State extends Record<string, unknown> {
  typing: number;
}

const TOPIC = 'thread:7:presence';

let server: Server;
let joined: PresenceMembership<State>[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(async () => {
  for (const each of joined.splice(0)) each.leave();
  vi.useRealTimers();
});

const soon = (milliseconds = 2000): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

function come(
  onPresent: (present: Present<State>[]) => void = () => {},
  supabase = connectTo(server),
): PresenceMembership<State> {
  const membership = joinPresence<State>({ supabase, topic: TOPIC, key: 'ann', onPresent });
  joined.push(membership);
  return membership;
}

const states = () => server.calls.map(({ payload }) => payload);

/** What is shown under each key, as Realtime tells it: each state with a reference. */
const presence = (shown: Record<string, number[]>) =>
  Object.fromEntries(
    Object.entries(shown).map(([key, all]) => {
      return [key, { metas: all.map((typing) => ({ phx_ref: `${key}${typing}`, typing })) }];
    }),
  );

test('the channel is private, with presence on it under one’s key', async () => {
  come();
  await soon();
  expect(server.joins[0]?.config).toMatchObject({ private: true, presence: { key: 'ann', enabled: true } });
});

test('a state that changes all the time stays below the platform’s limit, and the last one is shown', async () => {
  const membership = come();
  for (let typing = 0; typing < 900; typing += 1) {
    membership.show({ typing });
    await soon(100);
  }
  await soon(60_000);
  expect(server.calls.length).toBeGreaterThan(8);
  expect(server.calls.length).toBeLessThanOrEqual(4 * 4);
  expect(server.calls.at(-1)?.payload).toEqual({ typing: 899 });
});

test('in no 30 seconds are there more calls than the platform allows', async () => {
  const membership = come();
  await soon();
  const times: number[] = [];
  for (let typing = 0; typing < 1200; typing += 1) {
    membership.show({ typing });
    const before = server.calls.length;
    await soon(100);
    for (let call = before; call < server.calls.length; call += 1) times.push(performance.now());
  }
  for (const time of times) {
    expect(times.filter((other) => other >= time && other < time + 29_900).length).toBeLessThanOrEqual(5);
  }
});

test('the same state is shown once, none takes it away, and nothing is untracked that was not shown', async () => {
  const membership = come();
  membership.show(null);
  await soon();
  membership.show({ typing: 1 });
  await soon();
  membership.show({ typing: 1 });
  await soon();
  membership.show(null);
  await soon();
  expect(server.calls.map(({ event }) => event)).toEqual(['track', 'untrack']);
});

test('after a lost connection one is shown again', async () => {
  const membership = come();
  membership.show({ typing: 1 });
  await soon();
  server.drop();
  await soon(20_000);
  expect(states()).toEqual([{ typing: 1 }, { typing: 1 }]);
});

test('who comes, changes and leaves is told, and one tab of two is not the other', async () => {
  const seen: Present<State>[][] = [];
  come((present) => void seen.push(present));
  await soon();
  const tell = async (event: string, payload: Record<string, unknown>) => {
    server.send(TOPIC, event, payload);
    await soon();
    return Object.fromEntries((seen.at(-1) ?? []).map(({ key, states }) => [key, states.map(({ typing }) => typing)]));
  };
  const diff = (joins: Record<string, number[]>, leaves: Record<string, number[]>) =>
    tell('presence_diff', { joins: presence(joins), leaves: presence(leaves) });
  expect(await tell('presence_state', presence({ bob: [1, 3], cyd: [2] }))).toEqual({ bob: [1, 3], cyd: [2] });
  expect(await diff({ cyd: [4] }, { cyd: [2] })).toEqual({ bob: [1, 3], cyd: [4] });
  expect(await diff({ cyd: [5] }, { cyd: [4] })).toEqual({ bob: [1, 3], cyd: [5] });
  expect(await diff({ bob: [6] }, { bob: [1] })).toEqual({ bob: [3, 6], cyd: [5] });
  expect(await diff({}, { bob: [3] })).toEqual({ bob: [6], cyd: [5] });
  expect(await diff({ dan: [7] }, { cyd: [5] })).toEqual({ bob: [6], dan: [7] });
  server.drop();
  await soon(20_000);
  expect(await tell('presence_state', presence({ dan: [7], cyd: [8] }))).toEqual({ dan: [7], cyd: [8] });
  expect(await diff({}, { dan: [7] })).toEqual({ cyd: [8] });
});

test('who looks later sees at once who is here', async () => {
  const supabase = connectTo(server);
  come(() => {}, supabase);
  await soon();
  server.send(TOPIC, 'presence_state', presence({ bob: [1] }));
  await soon();
  const later = vi.fn();
  come(later, supabase);
  expect(later).toHaveBeenCalledWith([{ key: 'bob', states: [{ typing: 1 }] }]);
});

test('leaving leaves the channel, which takes the state away', async () => {
  const membership = come();
  membership.show({ typing: 1 });
  await soon();
  membership.leave();
  await soon();
  expect([server.left, server.topics]).toEqual([[TOPIC], []]);
});

test('who leaves while others of the page look on is shown no more', async () => {
  const supabase = connectTo(server);
  come(() => {}, supabase);
  const [room, other] = [come(() => {}, supabase), come(() => {}, supabase)];
  room.show({ typing: 1 });
  await soon();
  other.show({ typing: 2 });
  await soon();
  other.leave();
  await soon();
  expect(states()).toEqual([{ typing: 1 }, { typing: 2 }, { typing: 1 }]);
  room.leave();
  await soon();
  expect([server.calls.map(({ event }) => event), server.left]).toEqual([['track', 'track', 'track', 'untrack'], []]);
});

test('the limit is the channel’s, however many components call', async () => {
  const supabase = connectTo(server);
  for (let turn = 0; turn < 8; turn += 1) {
    come(() => {}, supabase).show({ typing: turn });
    await soon(1000);
  }
  expect(server.calls.length).toBeLessThanOrEqual(4);
  await soon(60_000);
  expect(states().at(-1)).toEqual({ typing: 7 });
});

test('a component shows who is here and itself, in StrictMode, and leaves with its unmount', async () => {
  interface Props {
    supabase: SupabaseClient;
    typing: number;
  }
  let shown: Present<State>[] = [];
  function useMembers({ supabase, typing }: Props): void {
    const members = usePresence<State>((id) => `thread:${id}:presence`, { supabase, id: 7, userKey: 'ann', state: { typing } });
    shown = members.present;
  }
  const supabase = connectTo(server);
  const component = await mount(useMembers, { supabase, typing: 1 });
  await act(async () => void (await soon()));
  await component.render({ supabase, typing: 1 });
  await component.render({ supabase, typing: 2 });
  await act(async () => {
    await soon();
    server.send(TOPIC, 'presence_state', presence({ ann: [2] }));
    await soon();
  });
  expect(states()).toEqual([{ typing: 1 }, { typing: 2 }]);
  expect(shown).toEqual([{ key: 'ann', states: [{ typing: 2 }] }]);
  await component.unmount();
  await soon();
  expect([server.joins.length, server.left]).toEqual([1, [TOPIC]]);
});
