// What a message about the feed dashboard carries.

import type { DashboardFeedEvent } from './dashboardFeedBroadcast';

type Operation = 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE';

/** A word that something changed; fetch the rest under row level security. */
export interface DashboardFeedMessage {
  type: DashboardFeedEvent;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}
