// $about

import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const entityTopic = (id: string | number | bigint): string =>
  '$opening' + encodeKey(id, '$keyType') + '$closing';

export const entityEvents = ['$events'] as const;
export type EntityEvent = (typeof entityEvents)[number];

const operations = ['$operations'] as const;

/** A word that something changed; fetch the rest under row level security. */
export interface EntityMessage {
  type: EntityEvent;
  table: string;
  operation: (typeof operations)[number];
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}

export const entityContract: BroadcastContract<EntityEvent, EntityMessage> = {
  topic: entityTopic,
  events: entityEvents,
};
