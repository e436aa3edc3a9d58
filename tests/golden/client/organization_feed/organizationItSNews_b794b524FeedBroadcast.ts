// The feed it's news, on the private topic organization:<id>:it%27s%20news.
// Made from the same design as the SQL: change it there.

import type { OrganizationItSNews_b794b524FeedMessage } from './organizationItSNews_b794b524FeedMessage';
import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const organizationItSNews_b794b524FeedTopic = (id: string | number | bigint): string =>
  'organization:' + encodeKey(id, 'uuid') + ':it%27s%20news';

export const organizationItSNews_b794b524FeedEvents = ['it\'s <new>'] as const;
export type OrganizationItSNews_b794b524FeedEvent = (typeof organizationItSNews_b794b524FeedEvents)[number];

export const organizationItSNews_b794b524FeedContract: BroadcastContract<OrganizationItSNews_b794b524FeedEvent, OrganizationItSNews_b794b524FeedMessage> = {
  topic: organizationItSNews_b794b524FeedTopic,
  events: organizationItSNews_b794b524FeedEvents,
};
