import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChannelState } from '@templates/realtimeChannels';
import { filterValue, followChanges, newsOf, type Change, type ChangesContract } from '@templates/realtimeChanges';
import { followThread } from './framework/MessageThread';
import { connectTo } from './supabase';
import { Server } from './socket';

interface Message extends Record<string, unknown> {
  id: string;
  body?: string;
}

const CONTRACT: ChangesContract<Message> = {
  schema: 'public',
  table: 'messages',
  events: ['INSERT', 'UPDATE'],
  filterColumn: 'thread_id',
  key: ['id'],
};
const NAME = 'changes:public:messages:INSERT%2BUPDATE:thread_id%3Deq.7';

let server: Server;
let stop: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(() => {
  for (const each of stop.splice(0)) each();
  vi.useRealTimers();
});

const soon = (milliseconds = 2000): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

async function follow(contract: ChangesContract<Message> = CONTRACT, id = '7', applies = true) {
  const refetch = vi.fn(async () => {});
  const changes: Change<Message>[] = [];
  const states: ChannelState[] = [];
  const onChange = applies ? (change: Change<Message>) => void changes.push(change) : undefined;
  const onState = (state: ChannelState): void => void states.push(state);
  const supabase = connectTo(server);
  stop.push(followChanges({ supabase, contract, id, refetch, interval: 60_000, onChange, onState }));
  await soon();
  return { refetch, changes, states };
}

function insert(id: string, at = '2026-01-01T00:00:00.000Z', body = ''): Record<string, unknown> {
  const columns = ['id', 'body'].map((name) => ({ name, type: 'text' }));
  const what = { schema: 'public', table: 'messages', commit_timestamp: at, errors: null };
  return { type: 'INSERT', ...what, columns, record: { id, body } };
}

test('it asks for the events and the filter that were decided, and not for a private channel', async () => {
  await follow();
  expect(server.joins.map(({ topic, config }) => [topic, config.private])).toEqual([[NAME, false]]);
  const wanted = { schema: 'public', table: 'messages', filter: 'thread_id=eq.7' };
  expect(server.joins[0]?.config.postgres_changes).toEqual([
    { event: 'INSERT', ...wanted },
    { event: 'UPDATE', ...wanted },
  ]);
});

test('all events are one subscription, and no filter is none', async () => {
  await follow({ ...CONTRACT, events: ['INSERT', 'UPDATE', 'DELETE'], filterColumn: null });
  expect(server.joins[0]?.config.postgres_changes).toEqual([{ event: '*', schema: 'public', table: 'messages' }]);
});

test('a change is applied once, though it is told twice', async () => {
  const { changes, refetch } = await follow();
  refetch.mockClear();
  server.change(NAME, insert('1'));
  server.change(NAME, insert('1'));
  server.change(NAME, insert('2'));
  await soon();
  expect(changes.map((change) => (change.new as Message).id)).toEqual(['1', '2']);
  expect(refetch).not.toHaveBeenCalled();
});

test('a change during a refetch is applied, and fetched once more: what comes back may be from before it', async () => {
  const { changes, refetch } = await follow();
  refetch.mockClear();
  refetch.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 5000)));
  await soon(60_000);
  expect(refetch).toHaveBeenCalledTimes(1);
  server.change(NAME, insert('1'));
  await soon(6000);
  expect([changes.length, refetch.mock.calls.length]).toEqual([1, 2]);
});

test('a change before the late answer of a refetch that was given up is fetched once more', async () => {
  const refetch = vi.fn(async () => {});
  const supabase = connectTo(server);
  const onError = vi.fn();
  const given = { supabase, contract: CONTRACT, id: '7', interval: 600_000, timeout: 5000, onChange: () => {}, onError };
  stop.push(followChanges({ ...given, refetch }));
  await soon();
  refetch.mockClear();
  refetch.mockImplementationOnce(() => new Promise((resolve) => setTimeout(resolve, 20_000)));
  server.drop();
  await soon(15_000);
  expect([refetch.mock.calls.length, onError.mock.calls.length]).toEqual([1, 1]);
  server.change(NAME, insert('1'));
  await soon(2000);
  expect(refetch).toHaveBeenCalledTimes(1);
  await soon(15_000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('without anyone to apply it, a change asks for a refetch', async () => {
  const { refetch } = await follow(CONTRACT, '7', false);
  refetch.mockClear();
  server.change(NAME, insert('1'));
  await soon();
  expect(refetch).toHaveBeenCalledTimes(1);
});

test('a change that came without its row is fetched, not applied', async () => {
  const { changes, refetch } = await follow();
  refetch.mockClear();
  server.change(NAME, { ...insert('1'), errors: ['Error 413: Payload Too Large'] });
  await soon();
  expect([changes.length, refetch.mock.calls.length]).toEqual([0, 1]);
});

test('the database subscribes after SUBSCRIBED, and what came in between is fetched', async () => {
  const { refetch } = await follow();
  expect(refetch).toHaveBeenCalledTimes(2); // at the start, and when the channel was joined
  server.system(NAME, { status: 'ok', extension: 'postgres_changes', message: 'Subscribed to PostgreSQL' });
  await soon();
  expect(refetch).toHaveBeenCalledTimes(3);
});

test('an error of the database’s subscription is told', async () => {
  const { states } = await follow();
  server.system(NAME, { status: 'error', extension: 'postgres_changes', message: 'Unable to subscribe' });
  await soon();
  expect(states.at(-1)).toEqual({ status: 'lost', reason: 'Unable to subscribe' });
});

test('once the database has subscribed after all, that is told too', async () => {
  const { states } = await follow();
  const tell = (status: string): void => server.system(NAME, { status, extension: 'postgres_changes', message: status });
  for (const status of ['ok', 'error', 'ok', 'ok']) tell(status);
  await soon();
  expect(states.map(({ status }) => status)).toEqual(['joined', 'lost', 'joined']);
});

test('what was missed while the connection was gone is fetched on the rejoin', async () => {
  const { refetch } = await follow();
  refetch.mockClear();
  server.drop();
  await soon(20_000);
  expect([server.joins.length, refetch.mock.calls.length]).toEqual([2, 1]);
});

describe('the framework’s thread', () => {
  const THEIRS = 'thread:7:messages';

  async function followTheirs(): Promise<unknown[]> {
    const messages: unknown[] = [];
    followThread(connectTo(server), '7', (message) => messages.push(message));
    await soon();
    return messages;
  }

  test('asks for a private channel, which policies on realtime.messages have to let in besides', async () => {
    await followTheirs();
    expect(server.joins[0]?.config.private).toBe(true);
  });

  test('shows a row twice that is told twice, and not that the database refused to subscribe', async () => {
    const messages = await followTheirs();
    server.change(THEIRS, insert('1'));
    server.change(THEIRS, insert('1'));
    server.system(THEIRS, { status: 'error', extension: 'postgres_changes', message: 'Unable to subscribe' });
    await soon();
    expect(messages).toEqual([{ id: '1', body: '' }, { id: '1', body: '' }]);
  });
});

describe('a filter’s value', () => {
  test.each([
    ['7', '7'],
    ['a.b:c', 'a.b:c'],
    ['a,b=eq.c', '"a,b=eq.c"'],
    ['(x)', '"(x)"'],
    ['say "so"', '"say \\"so\\""'],
    ['a\\b', '"a\\\\b"'],
    [' a', '" a"'],
  ])('%s', (value, written) => expect(filterValue(value)).toBe(written));
});

describe('what is news of a row', () => {
  const change = (id: string | undefined, at: string, body = ''): Change =>
    ({ eventType: 'UPDATE', schema: 's', table: 't', commit_timestamp: at, errors: [], new: { id, body }, old: {} }) as Change;

  test('later than what is known of it, or another change of the same commit', () => {
    const isNews = newsOf(['id']);
    const told = [
      change('1', '2026-01-01T00:00:02.000Z', 'b'),
      change('1', '2026-01-01T00:00:01.000Z', 'a'),
      change('1', '2026-01-01T00:00:02.000Z', 'c'),
      change('1', '2026-01-01T00:00:02.000Z', 'b'),
      change('2', '2026-01-01T00:00:01.000Z', 'a'),
      change('1', '2026-01-01T00:00:03Z', 'b'),
    ];
    expect(told.map(isNews)).toEqual([true, false, true, false, true, true]);
  });

  test('all, where nothing says which row or when', () => {
    for (const isNews of [newsOf([]), newsOf(['id'])]) {
      const unknown = change(undefined, '2026-01-01T00:00:01Z');
      expect([isNews(unknown), isNews(unknown)]).toEqual([true, true]);
    }
    const isNews = newsOf(['id']);
    expect([isNews(change('1', '')), isNews(change('1', ''))]).toEqual([true, true]);
  });

  test('no more rows are remembered than asked for', () => {
    const isNews = newsOf(['id'], 2);
    for (const id of ['1', '2', '3']) isNews(change(id, '2026-01-01T00:00:01Z'));
    expect(['3', '2', '1'].map((id) => isNews(change(id, '2026-01-01T00:00:01Z')))).toEqual([false, false, true]);
  });
});
