'use client';
// Keeps a component's data fresh by messages about public.notifications.

import { notificationsContract, type NotificationsEvent } from './notificationsBroadcast';
import type { NotificationsMessage } from './notificationsMessage';
import type { ChannelState } from './realtimeChannels';
import { useBroadcast, type UseBroadcastOptions } from './useBroadcast';

export type UseBroadcastNotificationsOptions = UseBroadcastOptions<NotificationsEvent, NotificationsMessage>;

/** Refetch when something changed, and whenever a message may have been missed. Returns how the channel stands. */
export function useBroadcastNotifications(options: UseBroadcastNotificationsOptions): ChannelState {
  return useBroadcast(notificationsContract, options);
}
