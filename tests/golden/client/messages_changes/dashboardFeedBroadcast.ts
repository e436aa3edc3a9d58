// The feed dashboard, on the private topic tenant:<id>:dashboard.
// Made from the same design as the SQL: change it there.

import type { DashboardFeedMessage } from './dashboardFeedMessage';
import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const dashboardFeedTopic = (id: string | number | bigint): string =>
  'tenant:' + encodeKey(id, 'uuid') + ':dashboard';

export const dashboardFeedEvents = ['stats_invalidated'] as const;
export type DashboardFeedEvent = (typeof dashboardFeedEvents)[number];

export const dashboardFeedContract: BroadcastContract<DashboardFeedEvent, DashboardFeedMessage> = {
  topic: dashboardFeedTopic,
  events: dashboardFeedEvents,
};
