import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeId, encodeKey, join, type ChannelKind, type ChannelState } from '@templates/realtimeChannels';
import vectors from '../../data/topic_vectors.json';
import { connectTo } from './supabase';
import { Server } from './socket';

const KIND: ChannelKind<string> = {
  config: { private: true },
  bind: (channel, tell) => void channel.on('broadcast', { event: '*' }, ({ event }) => tell(event)),
};

function listener() {
  const heard: string[] = [];
  const states: ChannelState[] = [];
  return {
    heard,
    states,
    onHeard: (event: string) => void heard.push(event),
    onState: (state: ChannelState) => void states.push(state),
  };
}

const soon = (milliseconds = 200): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

let server: Server;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(() => void vi.useRealTimers());

describe('an id as a word of a topic', () => {
  test.each(vectors.vectors)('$id', ({ id, encoded }) => expect(encodeId(id)).toBe(encoded));

  test('a uuid is spelled as Postgres spells it, a text key as it is', () => {
    expect(encodeKey('0000000A-0000-0000-0000-00000000000B', 'uuid')).toBe('0000000a-0000-0000-0000-00000000000b');
    expect(encodeKey('ACME', 'text')).toBe('ACME');
    expect(encodeKey(9007199254740993n, 'bigint')).toBe('9007199254740993');
  });
});

test('three listeners share one channel, and the last to leave closes it', async () => {
  const supabase = connectTo(server);
  const [one, two, three] = [listener(), listener(), listener()];
  const memberships = [one, two, three].map((each) => join(supabase, 'user:1:notes', KIND, each));
  await soon();
  expect(server.joins).toHaveLength(1);
  memberships[0]?.leave();
  memberships[0]?.leave();
  await soon();
  server.broadcast('user:1:notes', 'changed');
  await soon();
  expect([one.heard, two.heard, three.heard]).toEqual([[], ['changed'], ['changed']]);
  memberships[1]?.leave();
  memberships[2]?.leave();
  await soon();
  expect([server.left, server.topics, supabase.getChannels()]).toEqual([['user:1:notes'], [], []]);
});

test('a channel is private, and its first join carries the token, however slowly that comes', async () => {
  const supabase = connectTo(server, { tokenAfter: 3000 });
  join(supabase, 'user:1:notes', KIND, listener());
  await soon(5000);
  expect(server.joins.map(({ token, config }) => [token, config.private])).toEqual([['token-of-ann', true]]);
});

test('left before it was joined, it never is', async () => {
  const supabase = connectTo(server, { tokenAfter: 3000 });
  join(supabase, 'user:1:notes', KIND, listener()).leave();
  await soon(10_000);
  expect(server.joins).toEqual([]);
});

test('who comes back at once finds the channel as it was', async () => {
  const supabase = connectTo(server);
  join(supabase, 'user:1:notes', KIND, listener()).leave();
  const again = listener();
  join(supabase, 'user:1:notes', KIND, again);
  await soon(1000);
  expect([server.joins.length, server.left]).toEqual([1, []]);
  expect(again.states.at(-1)).toEqual({ status: 'joined' });
});

test('who comes back while it is being left joins anew', async () => {
  server.leaveAfter = 500;
  const supabase = connectTo(server);
  const first = join(supabase, 'user:1:notes', KIND, listener());
  await soon();
  first.leave();
  await soon(101);
  const again = listener();
  join(supabase, 'user:1:notes', KIND, again);
  await soon(1000);
  expect([server.joins.length, server.topics]).toEqual([2, ['user:1:notes']]);
  expect(again.states).toEqual([{ status: 'joined' }]);
});

test('a late listener is told at once that the channel is joined', async () => {
  const supabase = connectTo(server);
  join(supabase, 'user:1:notes', KIND, listener());
  await soon();
  const late = listener();
  join(supabase, 'user:1:notes', KIND, late);
  expect(late.states).toEqual([{ status: 'joined' }]);
});

test('a lost connection is told, and so is each join after it', async () => {
  const supabase = connectTo(server);
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon();
  server.drop();
  await soon(15_000);
  expect(each.states.map(({ status }) => status)).toEqual(['joined', 'lost', 'joined']);
  expect(each.states[1]).toHaveProperty('reason', 'socket closed: 1006 (lost)');
});

test('a refused join is told once with its reason, and joined when the database thinks better of it', async () => {
  server.refusal = 'Unauthorized: You do not have permissions to read from this Channel topic: user:1:notes';
  const supabase = connectTo(server);
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon(30_000);
  expect(each.states).toEqual([{ status: 'refused', reason: server.refusal }]);
  server.refusal = null;
  await soon(30_000);
  expect(each.states.at(-1)).toEqual({ status: 'joined' });
});

test('a channel that the server closed is opened again, with a fresh token', async () => {
  const supabase = connectTo(server);
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon();
  server.close('user:1:notes');
  await soon(5000);
  expect(each.states.map(({ status }) => status)).toEqual(['joined', 'lost', 'joined']);
  expect(server.joins).toHaveLength(2);
});

test('a token that cannot be had is told, and asked for again', async () => {
  const supabase = connectTo(server);
  vi.spyOn(supabase.realtime, 'setAuth').mockRejectedValueOnce(new Error('no session'));
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon(5000);
  expect(each.states).toEqual([{ status: 'lost', reason: 'no session' }, { status: 'joined' }]);
});

test('a channel that somebody else opened is not taken away from them: it is told', async () => {
  const supabase = connectTo(server);
  supabase.channel('user:1:notes').subscribe();
  await soon();
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon();
  expect(each.states[0]).toMatchObject({ status: 'lost', reason: expect.stringContaining('Another channel is open') });
});

test("one listener's fault is not the others'", async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
  const supabase = connectTo(server);
  const fault = new Error('mine');
  join(supabase, 'user:1:notes', KIND, {
    ...listener(),
    onHeard: () => {
      throw fault;
    },
  });
  const each = listener();
  join(supabase, 'user:1:notes', KIND, each);
  await soon();
  server.broadcast('user:1:notes', 'changed');
  await soon();
  expect(each.heard).toEqual(['changed']);
  expect(complaint).toHaveBeenCalledWith(fault);
});
