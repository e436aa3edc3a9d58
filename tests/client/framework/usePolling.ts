// The hook as the decision framework publishes it, to show what its tests find there. Not to be used.
import { useEffect, useRef, useCallback } from 'react';

interface UsePollingOptions {
  enabled?: boolean;
  interval: number;
  onPoll: () => Promise<void>;
  pauseWhenHidden?: boolean;
  backoffOnError?: boolean;
}

export function usePolling({
  enabled = true,
  interval,
  onPoll,
  pauseWhenHidden = true,
  backoffOnError = true,
}: UsePollingOptions) {
  const aliveRef = useRef(true);
  // @ts-expect-error -- what React 19's types say of it; ours compile with the types of 18 and of 19.
  const timerRef = useRef<NodeJS.Timeout>();
  const errorCountRef = useRef(0);

  const tick = useCallback(async () => {
    if (!aliveRef.current || !enabled) return;

    if (pauseWhenHidden && document.visibilityState === "hidden") {
      timerRef.current = setTimeout(tick, interval * 2);
      return;
    }

    try {
      await onPoll();
      errorCountRef.current = 0;
      timerRef.current = setTimeout(tick, interval);
    } catch (error) {
      errorCountRef.current += 1;
      
      if (backoffOnError) {
        const backoffMultiplier = Math.min(2 ** errorCountRef.current, 4);
        timerRef.current = setTimeout(tick, interval * backoffMultiplier);
      } else {
        timerRef.current = setTimeout(tick, interval);
      }
    }
  }, [enabled, interval, onPoll, pauseWhenHidden, backoffOnError]);

  useEffect(() => {
    if (!enabled) return;

    aliveRef.current = true;
    tick();

    const handleVisibilityChange = () => {
      if (document.visibilityState === "visible" && aliveRef.current) {
        tick();
      }
    };

    document.addEventListener('visibilitychange', handleVisibilityChange);

    return () => {
      aliveRef.current = false;
      if (timerRef.current) {
        clearTimeout(timerRef.current);
      }
      document.removeEventListener('visibilitychange', handleVisibilityChange);
    };
  }, [tick, enabled]);
}
