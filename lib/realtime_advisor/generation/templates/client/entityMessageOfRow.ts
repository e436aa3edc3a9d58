// $about

import type { EntityRow } from './entityRow';

type Operation = '$operation';

/** A row that changed, as Postgres Changes would tell it. */
export interface EntityMessage {
  schema: string;
  table: string;
  operation: Operation;
  /** The row as it is; null after a DELETE, and where it is too wide for a message: fetch. */
  record: EntityRow | null;
  /** The row as it was; null after an INSERT, and where it is too wide for a message. */
  old_record: EntityRow | null;
  /** The message's own id. */
  id?: string;
}
