'use client';
// public.users is fetched, not told: no rate is known.
// Fetch it when a page is loaded or its tab is focused: no channel, no trigger, no policy.

import { usePolling, type UsePollingOptions } from './usePolling';

/** Milliseconds: no faster than the rows change. */
export const usersInterval = 120_000;

/** Fetch at mount, when the tab returns, and slowly: no channel, no trigger, no policy. */
export function usePollingUsers(options: Omit<UsePollingOptions, 'interval'> & { interval?: number }): void {
  usePolling({ interval: usersInterval, ...options });
}
