// What a message about public.notifications carries.

import type { NotificationsEvent } from './notificationsBroadcast';

type Operation = 'INSERT' | 'UPDATE' | 'DELETE';

/** A word that something changed; fetch the rest under row level security. */
export interface NotificationsMessage {
  type: NotificationsEvent;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}
