// Messages about public.notifications, on the private topic user:<id>:notifications.
// Made from the same design as the SQL: change it there.
// TRUNCATE tells nobody: clients see it at their next catch-up.
// Rows without notifications.user_id belong to nobody and are told to nobody.

import type { NotificationsMessage } from './notificationsMessage';
import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const notificationsTopic = (id: string | number | bigint): string =>
  'user:' + encodeKey(id, 'uuid') + ':notifications';

export const notificationsEvents = ['notifications_created', 'notifications_updated', 'notifications_deleted'] as const;
export type NotificationsEvent = (typeof notificationsEvents)[number];

export const notificationsContract: BroadcastContract<NotificationsEvent, NotificationsMessage> = {
  topic: notificationsTopic,
  events: notificationsEvents,
};
