'use client';
// A slow poll for a component: one timer chain, never two polls at once, one poll when the tab returns.

import { useEffect, useRef } from 'react';
import { startCatchUp } from './catchUp';

export interface UsePollingOptions {
  enabled?: boolean;
  /** Milliseconds between polls. */
  interval: number;
  /** Called at mount and then after each interval; may be a new function on every render. */
  onPoll: () => Promise<unknown> | void;
  pauseWhenHidden?: boolean;
  backoffOnError?: boolean;
  /** Milliseconds until a poll is given up and told to `onError`, so that the next may run. Default 30,000. */
  timeout?: number;
  onError?: (error: unknown) => void;
}

export function usePolling(options: UsePollingOptions): void {
  const { enabled = true, interval, pauseWhenHidden = true, backoffOnError = true, timeout = 30_000 } = options;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  useEffect(() => {
    if (!enabled) return;
    const catchUp = startCatchUp({
      refetch: () => latest.current.onPoll(),
      onError: (error) => latest.current.onError?.(error),
      interval,
      pauseWhenHidden,
      backoffOnError,
      timeout,
    });
    return () => catchUp.stop();
  }, [enabled, interval, pauseWhenHidden, backoffOnError, timeout]);
}
