// Messages about sales."order""; drop table users; -- $function$", on the private topic
// user:<id>:order%22%3B%20drop%20table%20users%3B%20--%0A%24function%24.
// Made from the same design as the SQL: change it there.
// TRUNCATE tells nobody: clients see it at their next catch-up.
// Rows without order"; drop table users; -- $function$.user_id belong to nobody and are told to nobody.

import type { SalesOrderDropTableUsersFunction_7c60dac1Message } from './salesOrderDropTableUsersFunction_7c60dac1Message';
import type { BroadcastContract } from './realtimeBroadcast';
import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the triggers send to it, the policies open it, this joins it. */
export const salesOrderDropTableUsersFunction_7c60dac1Topic = (id: string | number | bigint): string =>
  'user:' + encodeKey(id, 'uuid') + ':order%22%3B%20drop%20table%20users%3B%20--%0A%24function%24';

export const salesOrderDropTableUsersFunction_7c60dac1Events = ['order%22%3B%20drop%20table%20users%3B%20--%0A%24function%24_created', 'order%22%3B%20drop%20table%20users%3B%20--%0A%24function%24_updated', 'order%22%3B%20drop%20table%20users%3B%20--%0A%24function%24_deleted'] as const;
export type SalesOrderDropTableUsersFunction_7c60dac1Event = (typeof salesOrderDropTableUsersFunction_7c60dac1Events)[number];

export const salesOrderDropTableUsersFunction_7c60dac1Contract: BroadcastContract<SalesOrderDropTableUsersFunction_7c60dac1Event, SalesOrderDropTableUsersFunction_7c60dac1Message> = {
  topic: salesOrderDropTableUsersFunction_7c60dac1Topic,
  events: salesOrderDropTableUsersFunction_7c60dac1Events,
};
