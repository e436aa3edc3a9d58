// $about

import type { Database } from './database.types';

/** Untyped where that file does not have the table: it holds the schemas that it was made for. */
export type EntityRow = Database extends {
  '$schema': { Tables: { '$table': { Row: infer Row extends Record<string, unknown> } } };
}
  ? Row
  : Record<string, unknown>;
