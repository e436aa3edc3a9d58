// The three screens of the decision framework, on generated hooks: what a user sees of what the database says.

import { act, createElement, type FunctionComponent } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import './page';
import { DashboardStats } from './screens/DashboardStats';
import { MessageThreadByFetching, MessageThreadByRows } from './screens/MessageThread';
import { NotificationCenter } from './screens/NotificationCenter';
import { Server } from './socket';
import { connectTo } from './supabase';

const ID = '00000000-0000-0000-0000-000000000007';

let server: Server;
let tables: Record<string, object[]>;
let fetched: string[];
let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  tables = {};
  fetched = [];
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const advance = (milliseconds: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(milliseconds)));

/** What the project's data API answers. */
async function answer(input: RequestInfo | URL): Promise<Response> {
  const table = new URL(String(input)).pathname.split('/').at(-1) ?? '';
  fetched.push(table);
  const rows = tables[table] ?? [];
  return new Response(JSON.stringify(rows), { headers: { 'content-range': `0-9/${rows.length}` } });
}

async function show<Props extends object>(screen: FunctionComponent<Props>, props: Omit<Props, 'supabase'>) {
  page = document.createElement('div');
  root = createRoot(page);
  const supabase = connectTo(server, { fetch: answer });
  await act(async () => root.render(createElement(screen, { supabase, ...props } as unknown as Props)));
  await advance(3000);
}

test('a new notification is in the list, and in the browser’s own', async () => {
  const shown = vi.fn();
  vi.stubGlobal('Notification', Object.assign(shown, { permission: 'granted' }));
  await show(NotificationCenter, { userId: ID });
  tables['notifications'] = [{ id: '1', title: 'Your invoice' }];
  server.broadcast(`user:${ID}:notifications`, 'notifications_created', { record_id: '1' });
  await advance(1000);
  expect(page.textContent).toBe('Your invoice');
  expect(shown).toHaveBeenCalledTimes(1);
  server.drop();
  await advance(100);
  expect(page.textContent).toContain('Connecting again');
});

test('counters are fetched at most once in two seconds, and end up right', async () => {
  await show(DashboardStats, { tenantId: ID });
  await advance(5000);
  fetched = [];
  for (let tenth = 0; tenth < 100; tenth += 1) {
    tables['documents'] = Array.from({ length: tenth + 1 }, () => ({}));
    server.broadcast(`tenant:${ID}:dashboard`, 'stats_invalidated', { table: 'documents' });
    await advance(100);
  }
  await advance(5000);
  expect(fetched.length).toBeLessThanOrEqual(7);
  expect(page.textContent).toBe('100 documents');
});

test('a thread shows a row that Postgres Changes tells, once and without a fetch', async () => {
  await show(MessageThreadByRows, { threadId: ID });
  fetched = [];
  const columns = ['id', 'body'].map((name) => ({ name, type: 'text' }));
  const what = { type: 'INSERT', schema: 'public', table: 'messages', errors: null, columns };
  const change = { ...what, commit_timestamp: '2026-01-01T00:00:00Z', record: { id: '1', body: 'Hello' } };
  const [channel] = server.topics;
  for (let time = 0; time < 2; time += 1) server.change(channel ?? '', change);
  await advance(1000);
  expect([page.textContent, fetched]).toEqual(['Hello', []]);
});

test('a thread fetches what a broadcast says is there', async () => {
  await show(MessageThreadByFetching, { threadId: ID });
  tables['messages'] = [{ id: '1', body: 'Hello' }];
  server.broadcast(`thread:${ID}:messages`, 'messages_created', { record_id: '1' });
  await advance(1000);
  expect(page.textContent).toBe('Hello');
});
