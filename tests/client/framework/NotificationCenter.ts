// The component as the decision framework publishes it, its parts put in one hook, to show what its tests find there.
// Not to be used.

import { useEffect } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { usePolling } from './usePolling';

export interface Props {
  supabase: SupabaseClient;
  currentUser: { id: string };
  fetchNotifications: () => Promise<void>;
  onPayload?: (payload: unknown) => void;
}

export function useNotificationCenter({ supabase, currentUser, fetchNotifications, onPayload }: Props): void {
  useEffect(() => {
    supabase
      .channel(`user:${currentUser.id}:notifications`, {
        config: { private: true },
      })
      .on('broadcast', { event: 'notification_created' }, async (payload) => {
        onPayload?.(payload);
        // Refetch notifications (don't trust broadcast payload alone)
        await fetchNotifications();
      })
      .subscribe();
  }, []);

  // Fetch on page load
  useEffect(() => {
    void fetchNotifications();
  }, []);

  // Fetch on tab focus
  useEffect(() => {
    const handleFocus = () => {
      void fetchNotifications();
    };
    window.addEventListener('focus', handleFocus);
    return () => window.removeEventListener('focus', handleFocus);
  }, []);

  // Optional: Slow polling catch-up (every 60s)
  usePolling({
    interval: 60000,
    onPoll: fetchNotifications,
    pauseWhenHidden: true,
  });
}
