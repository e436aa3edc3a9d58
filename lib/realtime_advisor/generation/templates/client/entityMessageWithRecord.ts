// $about

import type { EntityEvent } from './entityBroadcast';
import type { EntityRow } from './entityRow';

type Operation = '$operation';
type Column = '$column';

/** A word that something changed, with what may be shown at once; fetch the rest under row level security. */
export interface EntityMessage {
  type: EntityEvent;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** These columns of the changed row; null where several changed, or one came or went: fetch. */
  record: Pick<EntityRow, Column> | null;
  /** The message's own id. */
  id?: string;
}
