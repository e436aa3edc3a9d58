// Ids that try to be something else, from the SQL write to the client's callback.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { followBroadcast } from '@templates/realtimeBroadcast';
import { notesContract } from './generated/text_keys/notesBroadcast';
import { ids } from './generated/text_keys/sent';
import { Gateway } from './gateway';

let gateway: Gateway;
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

beforeAll(async () => {
  gateway = await Gateway.open();
  await gateway.install('text_keys');
  await gateway.sql(`insert into members select id, 'member of ' || id from teams`);
});
afterAll(() => gateway?.close());

test.each(ids)('%s: its member hears of its notes and of nobody else’s', async (id) => {
  const heard: string[] = [];
  const states: string[] = [];
  const supabase = await gateway.connect(`member of ${id}`);
  const others = ids.filter((other) => other !== id);
  const stop = [id, ...others].map((team) =>
    followBroadcast({
      supabase,
      contract: notesContract,
      id: team,
      refetch: () => {},
      interval: 600_000,
      onMessage: () => void heard.push(team),
      onState: ({ status }) => void states.push(`${status} ${team}`),
    }),
  );
  await vi.waitFor(() => expect(new Set(states).size).toBe(ids.length), { timeout: 60_000 });
  expect([...new Set(states)].sort()).toEqual([`joined ${id}`, ...others.map((other) => `refused ${other}`)].sort());
  await gateway.sql(`insert into notes (id, topics) select coalesce(max(id), 0) + 1, ${quoted(id)} from notes`);
  await vi.waitFor(() => expect(heard).toEqual([id]), { timeout: 60_000 });
  for (const each of stop) each();
});
