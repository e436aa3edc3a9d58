'use client';
// Keeps a component's data fresh by the feed it's news.

import { organizationItSNews_b794b524FeedContract, type OrganizationItSNews_b794b524FeedEvent } from './organizationItSNews_b794b524FeedBroadcast';
import type { OrganizationItSNews_b794b524FeedMessage } from './organizationItSNews_b794b524FeedMessage';
import type { ChannelState } from './realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from './useBroadcast';

export type UseBroadcastOrganizationItSNews_b794b524FeedOptions = UseBroadcastOptions<OrganizationItSNews_b794b524FeedEvent, OrganizationItSNews_b794b524FeedMessage>;

/** Refetch when something changed, and whenever a message may have been missed. Returns how the channel stands. */
export function useBroadcastOrganizationItSNews_b794b524Feed(options: UseBroadcastOrganizationItSNews_b794b524FeedOptions): ChannelState {
  return useBroadcast(organizationItSNews_b794b524FeedContract, options);
}
