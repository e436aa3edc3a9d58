// From the SQL write to the client's callback: generated triggers and policies, a real server, the real supabase-js.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { followBroadcast, type Broadcast } from '@templates/realtimeBroadcast';
import type { ChannelState } from '@templates/realtimeChannels';
import { documentsContract, type DocumentsEvent } from './generated/documents/documentsBroadcast';
import type { DocumentsMessage } from './generated/documents/documentsMessage';
import { Gateway } from './gateway';

const uuid = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
const [RED, BLUE] = [uuid(1), uuid(2)]; // tenants
const [ANN, BOB, CYD, DAN] = [uuid(11), uuid(12), uuid(13), uuid(14)]; // Ann: red; Bob: blue; Cyd: both; Dan: neither

let gateway: Gateway;
let stop: (() => void)[] = [];

beforeAll(async () => {
  gateway = await Gateway.open();
  await gateway.install('documents');
});
beforeEach(() => gateway.sql('truncate documents'));
afterEach(() => {
  for (const each of stop.splice(0)) each();
});
afterAll(() => gateway?.close());

interface Seen {
  states: ChannelState[];
  messages: Broadcast<DocumentsEvent, DocumentsMessage>[];
  rows: number[];
}

/** A user who follows a tenant's documents, and counts them at each refetch. */
async function follow(user: string, topic: string, spacing = 100, replay = 0): Promise<Seen> {
  const seen: Seen = { states: [], messages: [], rows: [] };
  stop.push(
    followBroadcast({
      supabase: await gateway.connect(user),
      contract: { ...documentsContract, topic: () => topic },
      id: topic,
      refetch: async () => {
        const [row] = await gateway.sql<{ count: number }>('select count(*)::int from documents');
        seen.rows.push(row?.count ?? -1);
      },
      interval: 600_000,
      spacing,
      replay,
      onMessage: (message) => void seen.messages.push(message),
      onState: (state) => void seen.states.push(state),
    }),
  );
  await vi.waitFor(() => expect(seen.states.length).toBeGreaterThan(0), 60_000);
  return seen;
}

/** Documents of the red tenant, each with a message of its own. */
const insert = (first: number, last: number): Promise<unknown> =>
  gateway.sql(
    `do $$ begin for number in ${first}..${last} loop
       insert into documents (id, tenant_id, title) values (number, '${RED}', 'a');
     end loop; end $$`,
  );

/** Do something while this user's connection is gone, all of it told to nobody, and have it come back. */
async function whileGone(seen: Seen, act: () => Promise<unknown>): Promise<void> {
  await gateway.ask({ faults: { is_reachable: false } });
  await gateway.ask({ drop: true });
  await soon(() => expect(seen.states.at(-1)?.status).toBe('lost'));
  await act();
  await gateway.ask({ settle: true });
  await gateway.ask({ faults: { is_reachable: true } });
  await soon(() => expect(seen.states.at(-1)?.status).toBe('joined'));
}

const told = (seen: Seen) => seen.messages.map(({ event, payload }) => [event, payload.record_id]);
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 50 });

test.each([
  ['Ann', ANN, true, false],
  ['Bob', BOB, false, true],
  ['Cyd', CYD, true, true],
  ['Dan', DAN, false, false],
])('%s joins what the policies let in', async (_, user, red, blue) => {
  for (const [tenant, allowed] of [[RED, red], [BLUE, blue]] as const) {
    const seen = await follow(user, documentsContract.topic(tenant));
    expect(seen.states[0]?.status).toBe(allowed ? 'joined' : 'refused');
  }
});

test.each(['tenant:%:documents', `tenant:${RED}:documents:x`, `tenant:${RED}:payroll`, 'tenant::documents'])(
  'nobody joins %s',
  async (topic) => {
    const [state] = (await follow(ANN, topic)).states;
    expect(state).toMatchObject({ status: 'refused', reason: expect.stringContaining(topic) });
  },
);

test('a row that moves to another tenant is told to both, and its deletion to the new one', async () => {
  const ann = await follow(ANN, documentsContract.topic(RED));
  const bob = await follow(BOB, documentsContract.topic(BLUE));
  await gateway.sql(`insert into documents (id, tenant_id, title) values (7, '${RED}', 'a')`);
  await gateway.sql(`update documents set tenant_id = '${BLUE}' where id = 7`);
  await gateway.sql('delete from documents where id = 7');
  await soon(() => expect(told(bob)).toHaveLength(2));
  await soon(() => expect(told(ann)).toHaveLength(2));
  expect(told(ann)).toEqual([['documents_created', '7'], ['documents_updated', '7']]);
  expect(told(bob)).toEqual([['documents_updated', '7'], ['documents_deleted', '7']]);
  await soon(() => expect([ann.rows.at(-1), bob.rows.at(-1)]).toEqual([0, 0]));
});

test('an unwatched update says nothing', async () => {
  const ann = await follow(ANN, documentsContract.topic(RED));
  await gateway.sql(`insert into documents (id, tenant_id, title) values (7, '${RED}', 'a')`);
  await gateway.sql('update documents set updated_at = now()');
  await gateway.sql("update documents set title = 'b'");
  await soon(() => expect(told(ann)).toEqual([['documents_created', '7'], ['documents_updated', '7']]));
});

test('a thousand messages in a burst cost two refetches, the last of which sees all', async () => {
  // Further apart than a burst lasts on a machine that has other work too.
  const ann = await follow(ANN, documentsContract.topic(RED), 20_000);
  await soon(() => expect(ann.rows.length).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 20_500));
  const before = ann.rows.length;
  await insert(1, 1000);
  await soon(() => expect(ann.messages).toHaveLength(1000));
  await soon(() => expect(ann.rows.at(-1)).toBe(1000));
  expect(ann.rows.length - before).toBeLessThanOrEqual(2);
});

test('five messages lost in a drop are caught up on the rejoin', async () => {
  const ann = await follow(ANN, documentsContract.topic(RED));
  await whileGone(ann, () => insert(1, 5));
  await soon(() => expect(ann.rows.at(-1)).toBe(5));
  expect(ann.messages).toEqual([]);
  expect(ann.states.map(({ status }) => status)).toEqual(['joined', 'lost', 'joined']);
});

test('messages lost in a drop are told later where that is asked for, each once, and none from before', async () => {
  await insert(1, 2);
  await gateway.ask({ settle: true });
  const ann = await follow(ANN, documentsContract.topic(RED), 100, 10);
  const records = () => ann.messages.map(({ payload, replayed }) => [payload.record_id, replayed]);
  await insert(3, 4);
  await soon(() => expect(records()).toEqual([['3', false], ['4', false]]));
  for (const [first, last] of [[5, 7], [8, 9]] as const) {
    await whileGone(ann, () => insert(first, last));
  }
  await soon(() => expect(records()).toHaveLength(7));
  await insert(10, 10);
  await soon(() => expect(records()).toHaveLength(8));
  expect(records().slice(2)).toEqual([
    ...['5', '6', '7', '8', '9'].map((id) => [id, true]),
    ['10', false],
  ]);
});
