// $about

import type { EntityEvent } from './entityBroadcast';

type Operation = '$operation';

/** A word that something changed; fetch the rest under row level security. */
export interface EntityMessage {
  type: EntityEvent;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}
