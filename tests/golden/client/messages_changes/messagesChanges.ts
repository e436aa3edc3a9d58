// Row changes of public.messages, where thread_id is the id, by Postgres Changes.
// Made from the same design as the SQL: change it there.
// public.messages is not published in supabase_realtime: until it is, clients see SUBSCRIBED and hear nothing.
// The filter on thread_id drops DELETE: only the primary key of a deleted row is known, unless the replica
// identity is full.
// TRUNCATE sends nothing, and an UPDATE that moves a row out of the filter is not shown to its old readers.
// TRUNCATE tells nobody: clients see it at their next catch-up.
// Rows without message_threads.tenant_id belong to nobody and are told to nobody.

import type { MessagesRow } from './messagesRow';
import type { ChangesContract } from './realtimeChanges';

export const messagesChanges: ChangesContract<MessagesRow> = {
  schema: 'public',
  table: 'messages',
  events: ['INSERT', 'UPDATE'],
  filterColumn: 'thread_id',
  key: ['id'],
};
