// A detail view, both ways: rows applied as Postgres Changes tells them, or fetched when a broadcast says so.

import { useState } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { useBroadcastMessages } from '../generated/messages_broadcast/useBroadcastMessages';
import type { MessagesRow } from '../generated/row_types/messagesRow';
import { useChangesMessages } from '../generated/row_types/useChangesMessages';

interface Props {
  supabase: SupabaseClient;
  threadId: string;
}

/** With Postgres Changes. */
export function MessageThreadByRows({ supabase, threadId }: Props) {
  const [messages, setMessages] = useState<MessagesRow[]>([]);
  useChangesMessages({
    supabase,
    id: threadId,
    refetch: async () => setMessages(await load(supabase, threadId)),
    onChange: (change) => {
      if (change.eventType === 'INSERT') setMessages((before) => withRow(before, change.new));
      if (change.eventType === 'UPDATE') setMessages((before) => before.map((row) => newer(row, change.new)));
    },
  });
  return <Messages messages={messages} />;
}

/** With Broadcast. */
export function MessageThreadByFetching({ supabase, threadId }: Props) {
  const [messages, setMessages] = useState<MessagesRow[]>([]);
  useBroadcastMessages({
    supabase,
    id: threadId,
    refetch: async () => setMessages(await load(supabase, threadId)),
  });
  return <Messages messages={messages} />;
}

function Messages({ messages }: { messages: MessagesRow[] }) {
  return (
    <ol>
      {messages.map((message) => (
        <li key={message.id}>{message.body}</li>
      ))}
    </ol>
  );
}

async function load(supabase: SupabaseClient, threadId: string): Promise<MessagesRow[]> {
  const { data } = await supabase.from('messages').select('*').eq('thread_id', threadId).throwOnError();
  return data;
}

/** A refetch may have brought the row already. */
function withRow(rows: MessagesRow[], row: MessagesRow): MessagesRow[] {
  return rows.some(({ id }) => id === row.id) ? rows : [...rows, row];
}

function newer(row: MessagesRow, changed: MessagesRow): MessagesRow {
  return row.id === changed.id ? changed : row;
}
