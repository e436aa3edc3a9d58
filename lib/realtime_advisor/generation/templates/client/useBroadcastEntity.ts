'use client';
// $about

import { entityContract, type EntityEvent } from './entityBroadcast';
import type { EntityMessage } from './entityMessage';
import type { ChannelState } from './realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from './useBroadcast';

export type UseBroadcastEntityOptions = UseBroadcastOptions<EntityEvent, EntityMessage>;

/** Refetch when something changed, and whenever a message may have been missed. Returns how the channel stands. */
export function useBroadcastEntity(options: UseBroadcastEntityOptions): ChannelState {
  return useBroadcast(entityContract, options);
}
