// One path to fresh data: page load, a message, a rejoin, the tab's return and a slow poll all ask the same
// refetch. One runs at a time, one more may wait, and one timer drives them all.

export interface CatchUpOptions {
  /** Fetches the truth. The next run waits for its promise. */
  refetch: () => Promise<unknown> | void;
  /** Milliseconds from one run to the next when nothing else asks. */
  interval: number;
  /** Milliseconds between the starts of two runs, however often somebody asks: a burst costs two. Default 500. */
  spacing?: number;
  /** No slow poll in a hidden tab; its return runs once. Default true. */
  pauseWhenHidden?: boolean;
  /** After failures in a row the interval doubles, up to four times its length. Default true. */
  backoffOnError?: boolean;
  /** Run once at the start. Default true; false where the page came with its data. */
  startNow?: boolean;
  onError?: (error: unknown) => void;
}

export interface CatchUp {
  /** Ask for fresh data: at once if nothing runs, else once more afterwards. */
  ask(): void;
  /** Nothing runs any more; what is in flight ends without effect here. */
  stop(): void;
}

export function startCatchUp(options: CatchUpOptions): CatchUp {
  const { refetch, interval, spacing = 500, pauseWhenHidden = true, backoffOnError = true } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastStart = -Infinity;
  let failures = 0;
  let running = false;
  let asked = false;
  let stopped = false;

  const isPaused = (): boolean => pauseWhenHidden && isHidden();

  const runIn = (delay: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), delay);
  };

  const ask = (): void => {
    if (stopped) return;
    asked = true;
    if (!running) runIn(Math.max(0, lastStart + spacing - performance.now()));
  };

  const pollLater = (): void => {
    if (!isPaused()) runIn(backoffOnError ? interval * Math.min(2 ** failures, 4) : interval);
  };

  const tell = (failure: unknown): void => {
    try {
      options.onError?.(failure);
    } catch (error) {
      console.error(error); // or nothing would run any more
    }
  };

  const run = async (): Promise<void> => {
    running = true;
    asked = false;
    lastStart = performance.now();
    try {
      await refetch();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!stopped) tell(error);
    }
    running = false;
    if (stopped) return;
    if (asked) ask();
    else pollLater();
  };

  const onVisibility = (): void => {
    if (!isHidden()) ask();
    else if (isPaused() && !running && !asked) clearTimeout(timer);
  };

  if (typeof document !== 'undefined') document.addEventListener('visibilitychange', onVisibility);
  if (options.startNow ?? true) ask();
  else pollLater();

  return {
    ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
      if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}

function isHidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden';
}
