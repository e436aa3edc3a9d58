'use client';
// Keeps a component's data fresh by row changes of public.messages.

import { messagesChanges } from './messagesChanges';
import type { MessagesRow } from './messagesRow';
import type { ChannelState } from './realtimeChannels';
import { useChanges, type UseChangesOptions } from './useChanges';

/** Hear of each change of the rows, refetch whenever one may have been missed. Returns how the channel stands. */
export function useChangesMessages(options: UseChangesOptions<MessagesRow>): ChannelState {
  return useChanges(messagesChanges, options);
}
