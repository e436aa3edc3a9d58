// One path to fresh data: page load, a message, a rejoin, the tab's return and a slow poll all ask the same
// refetch. One runs at a time and not for ever, one more may wait, and one timer drives them all.

export interface CatchUpOptions {
  /** Fetches the truth. The next run waits for its promise. */
  refetch: () => Promise<unknown> | void;
  /** Milliseconds from one run to the next when nothing else asks. */
  interval: number;
  /** Milliseconds between the starts of two runs, however often somebody asks: a burst costs two. Default 500. */
  spacing?: number;
  /** Milliseconds until a refetch is given up and told as failed, so that the next may run. Default 30,000. */
  timeout?: number;
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

const LONGEST_TIMEOUT = 2 ** 31 - 1; // what setTimeout can wait: beyond, it does not wait at all

export function startCatchUp(options: CatchUpOptions): CatchUp {
  const { refetch, interval, spacing = 500, timeout = 30_000 } = options;
  const { pauseWhenHidden = true, backoffOnError = true } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let limit: ReturnType<typeof setTimeout> | undefined;
  let runs = 0;
  let answered = 0; // the latest run whose answer came
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

  const fetchInTime = (): Promise<void> => {
    const number = ++runs;
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => reject(new Error(`The refetch took longer than ${timeout / 1000} s, and was given up.`));
      limit = setTimeout(giveUp, Math.min(timeout, LONGEST_TIMEOUT));
      const onAnswer = (): void => {
        // It was given up, and its old data may have been applied over a later run's.
        if (number < answered) ask();
        answered = Math.max(answered, number);
        resolve();
      };
      Promise.resolve(refetch()).then(onAnswer, reject);
    }).finally(() => clearTimeout(limit));
  };

  const run = async (): Promise<void> => {
    running = true;
    asked = false;
    lastStart = performance.now();
    try {
      await fetchInTime();
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
      clearTimeout(limit);
      if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}

function isHidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden';
}
