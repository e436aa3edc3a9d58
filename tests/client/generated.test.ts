// What each generated design subscribes to, held against what the sandbox's triggers sent: written by
// tests/generation/client_sent.py. That it compiles is half of the test: the messages are constants of its types.

import { expect, expectTypeOf, test } from 'vitest';
import type { Broadcast } from '@templates/realtimeBroadcast';
import type { NotificationsEvent } from './generated/notifications/notificationsBroadcast';
import type { NotificationsMessage } from './generated/notifications/notificationsMessage';
import type { UseBroadcastNotificationsOptions } from './generated/notifications/useBroadcastNotifications';
import type { DocumentsMessage } from './generated/row_types/documentsMessage';
import type { MessagesRow } from './generated/row_types/messagesRow';
import type { SalesORder_1a050367Row } from './generated/row_types/salesORder_1a050367Row';
import { messagesChanges } from './generated/row_types/messagesChanges';
import { messagesPresenceTopic } from './generated/presence/messagesPresence';
import { usersInterval } from './generated/none/usePollingUsers';

interface Sent {
  ids: string[];
  emissions: (readonly [{ topic: (id: string) => string; events: readonly string[] }, { topic: string; message: Broadcast }[]])[];
}

const designs = Object.entries(import.meta.glob<Sent>('./generated/*/sent.ts', { eager: true }));

test('there are designs with messages', () => expect(designs.length).toBe(13));

test.each(designs)('%s spells its topics and events as the database does', (_, { ids, emissions }) => {
  const topics = new Set<string>();
  for (const [contract, sent] of emissions) {
    const possible = ids.map((id) => contract.topic(id));
    expect(sent).not.toEqual([]);
    for (const { topic, message } of sent) {
      expect(possible).toContain(topic);
      expect(contract.events).toContain(message.event);
      topics.add(topic);
    }
  }
  expect(topics.size).toBe(ids.length);
});

test('an event or a payload that the triggers do not send does not compile', () => {
  expectTypeOf<NotificationsEvent>().toEqualTypeOf<
    'notifications_created' | 'notifications_updated' | 'notifications_deleted'
  >();
  expectTypeOf<NotificationsMessage['operation']>().toEqualTypeOf<'INSERT' | 'UPDATE' | 'DELETE'>();
  const options: Pick<UseBroadcastNotificationsOptions, 'onMessage'> = {
    // @ts-expect-error -- there is no such event
    onMessage: ({ event }) => event === 'notification_created',
  };
  expect(options).toBeDefined();
});

test('rows have the types of the file that supabase writes, and none where it does not have the table', () => {
  expectTypeOf<MessagesRow['author_id']>().toEqualTypeOf<string | null>();
  expectTypeOf<MessagesRow['kind']>().toEqualTypeOf<'text' | 'image'>();
  expectTypeOf<NonNullable<DocumentsMessage['record']>>().toEqualTypeOf<{ title: string; price: number | null }>();
  expectTypeOf<SalesORder_1a050367Row>().toEqualTypeOf<Record<string, unknown>>();
  expect(messagesChanges).toMatchObject({ schema: 'public', table: 'messages', filterColumn: 'thread_id', key: ['id'] });
});

test('presence is on the topic that the policies open, a table without realtime has its interval', () => {
  expect(messagesPresenceTopic('A-B')).toBe('thread:a-b:presence');
  expect(usersInterval).toBe(120_000);
});
