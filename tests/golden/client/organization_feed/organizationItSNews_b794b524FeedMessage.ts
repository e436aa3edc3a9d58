// What a message about the feed it's news carries.

import type { OrganizationItSNews_b794b524FeedEvent } from './organizationItSNews_b794b524FeedBroadcast';

type Operation = 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE';

/** A word that something changed; fetch the rest under row level security. */
export interface OrganizationItSNews_b794b524FeedMessage {
  type: OrganizationItSNews_b794b524FeedEvent;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}
