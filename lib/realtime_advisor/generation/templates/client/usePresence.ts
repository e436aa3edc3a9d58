'use client';
// A component that shows who is here, and that its own user is.

import { useEffect, useRef, useState } from 'react';
import type { ChannelState, RealtimeHost } from './realtimeChannels';
import { joinPresence, type PresenceMembership, type Present } from './realtimePresence';

export interface UsePresenceOptions<State> {
  supabase: RealtimeHost;
  /** Whose channel; null or undefined: none. */
  id: string | number | bigint | null | undefined;
  /** Whose state it is, such as the user's id. */
  userKey?: string;
  /** What to show of oneself; null: only look. May be a new object on every render. */
  state: State | null;
  enabled?: boolean;
  onError?: (error: unknown) => void;
}

export interface UsePresenceResult<State> {
  present: Present<State>[];
  channel: ChannelState;
}

export function usePresence<State extends Record<string, unknown>>(
  topicOf: (id: string | number | bigint) => string,
  options: UsePresenceOptions<State>,
): UsePresenceResult<State> {
  const { supabase, id, userKey, state, enabled = true } = options;
  const [present, setPresent] = useState<Present<State>[]>([]);
  const [channel, setChannel] = useState<ChannelState>({ status: 'joining' });
  const membership = useRef<PresenceMembership<State> | null>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const topic = enabled && id !== null && id !== undefined ? topicOf(id) : null;
  useEffect(() => {
    if (topic === null) return;
    const joined = joinPresence<State>({
      supabase,
      topic,
      key: userKey,
      onPresent: setPresent,
      onState: setChannel,
      onError: (error) => latest.current.onError?.(error),
    });
    membership.current = joined;
    joined.show(latest.current.state);
    return () => {
      membership.current = null;
      setPresent([]);
      setChannel({ status: 'joining' });
      joined.leave();
    };
  }, [supabase, topic, userKey]);

  const words = JSON.stringify(state);
  useEffect(() => {
    membership.current?.show(latest.current.state);
  }, [words]);
  return { present, channel };
}
