'use client';
// A component that keeps its data fresh by what the database broadcasts.

import { useEffect, useRef, useState } from 'react';
import { followBroadcast, type Broadcast, type BroadcastContract } from './realtimeBroadcast';
import type { ChannelState, RealtimeHost } from './realtimeChannels';

export interface UseBroadcastOptions<Event extends string, Payload> {
  supabase: RealtimeHost;
  /** Whose topic; null or undefined, as before a login: no channel, and no fetch. */
  id: string | number | bigint | null | undefined;
  /** Fetches the truth; may be a new function on every render. */
  refetch: () => Promise<unknown> | void;
  onMessage?: (message: Broadcast<Event, Payload>) => void;
  onError?: (error: unknown) => void;
  /** How many messages that were lost with the connection `onMessage` hears of later: at most 25, default 0. */
  replay?: number;
  enabled?: boolean;
  /** Milliseconds between slow polls, for messages that never came. */
  interval?: number;
  /** Milliseconds between the starts of two refetches: the debounce. */
  spacing?: number;
  /** Milliseconds until a refetch is given up and told to `onError`, so that the next may run. Default 30,000. */
  timeout?: number;
  pauseWhenHidden?: boolean;
  backoffOnError?: boolean;
  /** False where the page came with its data, as from a server component. */
  startNow?: boolean;
}

export function useBroadcast<Event extends string, Payload>(
  contract: BroadcastContract<Event, Payload>,
  options: UseBroadcastOptions<Event, Payload>,
): ChannelState {
  const { supabase, id, enabled = true, interval = 60_000, spacing = 500, startNow = true } = options;
  const { pauseWhenHidden = true, backoffOnError = true, replay = 0, timeout = 30_000 } = options;
  const [state, setState] = useState<ChannelState>({ status: 'joining' });
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  useEffect(() => {
    if (!enabled || id === null || id === undefined) return;
    const unfollow = followBroadcast<Event, Payload>({
      supabase,
      contract,
      id,
      refetch: () => latest.current.refetch(),
      onMessage: (message) => latest.current.onMessage?.(message),
      onError: (error) => latest.current.onError?.(error),
      onState: setState,
      replay,
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
  }, [supabase, contract, id, enabled, replay, interval, spacing, timeout, pauseWhenHidden, backoffOnError, startNow]);
  return state;
}
