// Who is here, on the policies that the design made and within the limit at which the platform closes the channel.

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { joinPresence, type Present, type PresenceMembership } from '@templates/realtimePresence';
import { messagesPresenceTopic } from './generated/presence/messagesPresence';
import { Gateway } from './gateway';

const uuid = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
const [ANN, CYD, DAN, RED_THREAD] = [uuid(11), uuid(13), uuid(14), uuid(21)]; // Ann and Cyd: red; Dan: neither

interface State extends Record<string, unknown> {
  typing: number;
}

let gateway: Gateway;
let members: PresenceMembership<State>[] = [];

beforeAll(async () => {
  gateway = await Gateway.open();
  await gateway.install('presence');
});
afterEach(() => {
  for (const each of members.splice(0)) each.leave();
});
afterAll(() => gateway?.close());

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 50 });
const names = (present: Present<State>[]): string[] => present.map(({ key }) => key).sort();

async function come(user: string, key: string) {
  const seen = { present: [] as Present<State>[], states: [] as string[], errors: [] as unknown[] };
  const membership = joinPresence<State>({
    supabase: await gateway.connect(user),
    topic: messagesPresenceTopic(RED_THREAD),
    key,
    onPresent: (present) => void (seen.present = present),
    onState: ({ status }) => void seen.states.push(status),
    onError: (error) => void seen.errors.push(error),
  });
  members.push(membership);
  await soon(() => expect(seen.states.length).toBeGreaterThan(0));
  return { ...seen, seen, membership };
}

test('members see each other come, change and go; a stranger is not let in', async () => {
  const [ann, cyd, dan] = [await come(ANN, 'ann'), await come(CYD, 'cyd'), await come(DAN, 'dan')];
  expect(dan.seen.states).toEqual(['refused']);
  ann.membership.show({ typing: 1 });
  cyd.membership.show({ typing: 2 });
  await soon(() => expect([names(ann.seen.present), names(cyd.seen.present)]).toEqual([['ann', 'cyd'], ['ann', 'cyd']]));
  ann.membership.show({ typing: 3 });
  await soon(() => expect(cyd.seen.present.find(({ key }) => key === 'ann')?.states).toEqual([{ typing: 3 }]));
  cyd.membership.leave();
  await soon(() => expect(names(ann.seen.present)).toEqual(['ann']));
});

test('a state that changes with every key pressed does not close the channel', async () => {
  const ann = await come(ANN, 'ann');
  for (let typing = 0; typing < 40; typing += 1) {
    ann.membership.show({ typing });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([ann.seen.states, ann.seen.errors]).toEqual([['joined'], []]);
});
