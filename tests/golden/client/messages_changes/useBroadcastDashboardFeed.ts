'use client';
// Keeps a component's data fresh by the feed dashboard.

import { dashboardFeedContract, type DashboardFeedEvent } from './dashboardFeedBroadcast';
import type { DashboardFeedMessage } from './dashboardFeedMessage';
import type { ChannelState } from './realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from './useBroadcast';

export type UseBroadcastDashboardFeedOptions = UseBroadcastOptions<DashboardFeedEvent, DashboardFeedMessage>;

/** Refetch when something changed, and whenever a message may have been missed. Returns how the channel stands. */
export function useBroadcastDashboardFeed(options: UseBroadcastDashboardFeedOptions): ChannelState {
  return useBroadcast(dashboardFeedContract, options);
}
