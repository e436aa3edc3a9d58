import { act } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChannelState } from '@templates/realtimeChannels';
import type { Change, ChangesContract } from '@templates/realtimeChanges';
import { useChanges, type UseChangesOptions } from '@templates/useChanges';
import { mount, type Mounted } from './page';
import { Server } from './socket';
import { connectTo } from './supabase';

interface Message extends Record<string, unknown> {
  id: string;
}
interface Props {
  supabase: SupabaseClient;
  id: number | null;
  refetch?: () => Promise<void>;
  onChange?: (change: Change<Message>) => void;
  more?: Partial<UseChangesOptions<Message>>;
}

const CONTRACT: ChangesContract<Message> = {
  schema: 'public',
  table: 'messages',
  events: ['INSERT', 'UPDATE', 'DELETE'],
  filterColumn: 'thread_id',
  key: ['id'],
};

let server: Server;
let component: Mounted<Props>;
let state: ChannelState;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(async () => {
  await component.unmount();
  vi.useRealTimers();
});

const advance = (milliseconds: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(milliseconds)));

function useThread({ supabase, id, refetch = async () => {}, onChange, more }: Props): void {
  state = useChanges(CONTRACT, { supabase, id, refetch, ...(onChange ? { onChange } : {}), ...more });
}

const name = (id: number): string => `changes:public:messages:INSERT%2BUPDATE%2BDELETE:thread_id%3Deq.${id}`;

test('StrictMode subscribes once; another id leaves the first thread, none leaves all', async () => {
  const supabase = connectTo(server);
  component = await mount(useThread, { supabase, id: 7 });
  await advance(2000);
  expect([server.topics, server.joins.length, state]).toEqual([[name(7)], 1, { status: 'joined' }]);
  await component.render({ supabase, id: 8 });
  await advance(2000);
  expect([server.topics, server.left]).toEqual([[name(8)], [name(7)]]);
  await component.render({ supabase, id: null });
  await advance(2000);
  expect(server.topics).toEqual([]);
});

test('the latest callback is told, and a component that gets none fetches instead', async () => {
  const supabase = connectTo(server);
  const [first, second, refetch] = [vi.fn(), vi.fn(), vi.fn(async () => {})];
  component = await mount(useThread, { supabase, id: 7, refetch, onChange: first });
  await advance(2000);
  await component.render({ supabase, id: 7, refetch, onChange: second });
  const columns = [{ name: 'id', type: 'text' }];
  const change = { type: 'INSERT', schema: 'public', table: 'messages', errors: null, columns };
  server.change(name(7), { ...change, commit_timestamp: '2026-01-01T00:00:00Z', record: { id: '1' } });
  await advance(2000);
  expect([first.mock.calls.length, second.mock.calls.length, server.joins.length]).toEqual([0, 1, 1]);
  await component.render({ supabase, id: 7, refetch });
  await advance(2000);
  refetch.mockClear();
  server.change(name(7), { ...change, commit_timestamp: '2026-01-01T00:00:01Z', record: { id: '2' } });
  await advance(2000);
  expect(refetch).toHaveBeenCalledTimes(1);
});

test('a refusal of the database’s subscription is shown', async () => {
  component = await mount(useThread, { supabase: connectTo(server), id: 7 });
  await advance(2000);
  server.system(name(7), { status: 'error', extension: 'postgres_changes', message: 'Unable to subscribe' });
  await advance(100);
  expect(state).toEqual({ status: 'lost', reason: 'Unable to subscribe' });
});

test('a refetch that hangs is told after the time that the component gives it', async () => {
  const onError = vi.fn();
  const refetch = vi.fn(() => new Promise<void>(() => {}));
  component = await mount(useThread, { supabase: connectTo(server), id: 7, refetch, more: { onError, timeout: 5000 } });
  await advance(5100);
  expect(onError).toHaveBeenCalled();
  expect(refetch).toHaveBeenCalledTimes(2);
});
