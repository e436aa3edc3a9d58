'use client';
// $about

import { usePolling, type UsePollingOptions } from './usePolling';

/** Milliseconds: no faster than the rows change. */
export const entityInterval = 120_000; // $interval

/** Fetch at mount, when the tab returns, and slowly: no channel, no trigger, no policy. */
export function usePollingEntity(options: Omit<UsePollingOptions, 'interval'> & { interval?: number }): void {
  usePolling({ interval: entityInterval, ...options });
}
