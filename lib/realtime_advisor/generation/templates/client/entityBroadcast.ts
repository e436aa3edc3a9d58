// $about

import type { EntityMessage } from './entityMessage';
import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const entityTopic = (id: string | number | bigint): string =>
  '$opening' + encodeKey(id, '$keyType') + '$closing';

export const entityEvents = ['$events'] as const;
export type EntityEvent = (typeof entityEvents)[number];

export const entityContract: BroadcastContract<EntityEvent, EntityMessage> = {
  topic: entityTopic,
  events: entityEvents,
};
