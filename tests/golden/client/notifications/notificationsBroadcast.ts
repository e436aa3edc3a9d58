// Messages about public.notifications, on the private topic user:<id>:notifications.
// Made from the same design as the SQL: change it there.
// TRUNCATE tells nobody: clients see it at their next catch-up.
// Rows without notifications.user_id belong to nobody and are told to nobody.

import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const notificationsTopic = (id: string | number | bigint): string =>
  'user:' + encodeKey(id, 'uuid') + ':notifications';

export const notificationsEvents = ['notifications_created', 'notifications_updated', 'notifications_deleted'] as const;
export type NotificationsEvent = (typeof notificationsEvents)[number];

const operations = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** A word that something changed; fetch the rest under row level security. */
export interface NotificationsMessage {
  type: NotificationsEvent;
  table: string;
  operation: (typeof operations)[number];
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}

export const notificationsContract: BroadcastContract<NotificationsEvent, NotificationsMessage> = {
  topic: notificationsTopic,
  events: notificationsEvents,
};
