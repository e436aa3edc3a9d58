'use client';
// $about

import { entityChanges } from './entityChanges';
import type { EntityRow } from './entityRow';
import type { ChannelState } from './realtimeChannels';
import { useChanges, type UseChangesOptions } from './useChanges';

/** Hear of each change of the rows, refetch whenever one may have been missed. Returns how the channel stands. */
export function useChangesEntity(options: UseChangesOptions<EntityRow>): ChannelState {
  return useChanges(entityChanges, options);
}
