'use client';
// Keeps a component's data fresh by messages about sales."order""; drop table users; -- $function$".

import { salesOrderDropTableUsersFunction_7c60dac1Contract, type SalesOrderDropTableUsersFunction_7c60dac1Event } from './salesOrderDropTableUsersFunction_7c60dac1Broadcast';
import type { SalesOrderDropTableUsersFunction_7c60dac1Message } from './salesOrderDropTableUsersFunction_7c60dac1Message';
import type { ChannelState } from './realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from './useBroadcast';

export type UseBroadcastSalesOrderDropTableUsersFunction_7c60dac1Options = UseBroadcastOptions<SalesOrderDropTableUsersFunction_7c60dac1Event, SalesOrderDropTableUsersFunction_7c60dac1Message>;

/** Refetch when something changed, and whenever a message may have been missed. Returns how the channel stands. */
export function useBroadcastSalesOrderDropTableUsersFunction_7c60dac1(options: UseBroadcastSalesOrderDropTableUsersFunction_7c60dac1Options): ChannelState {
  return useBroadcast(salesOrderDropTableUsersFunction_7c60dac1Contract, options);
}
