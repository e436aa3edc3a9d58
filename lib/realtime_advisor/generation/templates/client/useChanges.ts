'use client';
// A component that keeps its data fresh by its rows' changes.

import { useEffect, useRef, useState } from 'react';
import type { ChannelState, RealtimeHost } from './realtimeChannels';
import { followChanges, type Change, type ChangesContract, type Row } from './realtimeChanges';

export interface UseChangesOptions<R extends Row> {
  supabase: RealtimeHost;
  /** Whose rows; null or undefined: no channel, and no fetch. */
  id: string | number | bigint | null | undefined;
  /** Fetches the truth; may be a new function on every render. */
  refetch: () => Promise<unknown> | void;
  /** Applies a change to what is shown. Without it, each change asks for a refetch. */
  onChange?: (change: Change<R>) => void;
  onError?: (error: unknown) => void;
  enabled?: boolean;
  /** Milliseconds between slow polls, for changes that never came. */
  interval?: number;
  spacing?: number;
  /** Milliseconds until a refetch is given up and told to `onError`, so that the next may run. Default 30,000. */
  timeout?: number;
  pauseWhenHidden?: boolean;
  backoffOnError?: boolean;
  /** False where the page came with its data, as from a server component. */
  startNow?: boolean;
}

export function useChanges<R extends Row>(contract: ChangesContract<R>, options: UseChangesOptions<R>): ChannelState {
  const { supabase, id, enabled = true, interval = 60_000, spacing = 500, startNow = true } = options;
  const { pauseWhenHidden = true, backoffOnError = true, timeout = 30_000 } = options;
  const [state, setState] = useState<ChannelState>({ status: 'joining' });
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const applies = options.onChange !== undefined;
  useEffect(() => {
    if (!enabled || id === null || id === undefined) return;
    const unfollow = followChanges<R>({
      supabase,
      contract,
      id,
      refetch: () => latest.current.refetch(),
      onChange: applies ? (change) => latest.current.onChange?.(change) : undefined,
      onError: (error) => latest.current.onError?.(error),
      onState: setState,
      interval,
      spacing,
      timeout,
      pauseWhenHidden,
      backoffOnError,
      startNow,
    });
    return () => {
      unfollow();
      setState({ status: 'joining' });
    };
  }, [supabase, contract, id, enabled, applies, interval, spacing, timeout, pauseWhenHidden, backoffOnError, startNow]);
  return state;
}
