// What a message about sales."order""; drop table users; -- $function$" carries.

import type { SalesOrderDropTableUsersFunction_7c60dac1Event } from './salesOrderDropTableUsersFunction_7c60dac1Broadcast';

type Operation = 'INSERT' | 'UPDATE' | 'DELETE';

/** A word that something changed; fetch the rest under row level security. */
export interface SalesOrderDropTableUsersFunction_7c60dac1Message {
  type: SalesOrderDropTableUsersFunction_7c60dac1Event;
  table: string;
  operation: Operation;
  /** The changed row's key, where one row changed. */
  record_id?: string;
  /** The message's own id. */
  id?: string;
}
