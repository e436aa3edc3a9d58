// Row changes from the SQL write to the callback: a filter, row level security, and what comes before and after.

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { followChanges } from '@templates/realtimeChanges';
import { messagesChanges } from './generated/messages_changes/messagesChanges';
import { Gateway } from './gateway';

const uuid = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
const [ANN, RED_THREAD, BLUE_THREAD] = [uuid(11), uuid(21), uuid(22)];

let gateway: Gateway;
let stop: (() => void)[] = [];

beforeAll(async () => {
  gateway = await Gateway.open();
  await gateway.install('messages_changes');
});
afterEach(() => {
  for (const each of stop.splice(0)) each();
});
afterAll(() => gateway?.close());

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 50 });

async function follow() {
  const seen = { changes: [] as string[], rows: [] as number[], states: [] as string[], ready: 0 };
  const supabase = await gateway.connect(ANN);
  const channelOf = supabase.channel.bind(supabase);
  vi.spyOn(supabase, 'channel').mockImplementation((...call) =>
    channelOf(...call).on('system', {}, ({ status }) => void (seen.ready += status === 'ok' ? 1 : 0)),
  );
  stop.push(
    followChanges({
      supabase,
      contract: messagesChanges,
      id: RED_THREAD,
      refetch: async () => {
        const [row] = await gateway.sql<{ count: number }>('select count(*)::int from messages');
        seen.rows.push(row?.count ?? -1);
      },
      interval: 600_000,
      spacing: 50,
      onChange: (change) => void seen.changes.push(`${change.eventType} ${String((change.new as { body: string }).body)}`),
      onState: ({ status }) => void seen.states.push(status),
    }),
  );
  await soon(() => expect(seen.ready).toBe(1));
  return seen;
}

const insert = (id: number, thread: string, body: string): Promise<unknown> =>
  gateway.sql(`insert into messages (id, thread_id, body) values ('${uuid(id)}', '${thread}', '${body}')`);

test('the thread’s rows are told, another thread’s are not', async () => {
  const seen = await follow();
  await insert(101, BLUE_THREAD, 'not ours');
  await insert(102, RED_THREAD, 'hello');
  await gateway.sql(`update messages set body = 'hello!' where id = '${uuid(102)}'`);
  await soon(() => expect(seen.changes).toEqual(['INSERT hello', 'UPDATE hello!']));
});

test('what is written while the connection is gone is fetched once it is back', async () => {
  const seen = await follow();
  await gateway.ask({ drop: true });
  await soon(() => expect(seen.states.at(-1)).toBe('lost'));
  seen.rows = [];
  await insert(103, RED_THREAD, 'missed');
  await soon(() => expect(seen.ready).toBe(2));
  await soon(() => expect(seen.rows.at(-1)).toBe(3));
  await insert(104, RED_THREAD, 'told again');
  await soon(() => expect(seen.changes.at(-1)).toBe('INSERT told again'));
});
