import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCatchUp, type CatchUp, type CatchUpOptions } from '@templates/catchUp';
import { showTab } from './page';

let started: CatchUp[] = [];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const catchUp of started.splice(0)) catchUp.stop();
  showTab('visible');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function start(options: Partial<CatchUpOptions> = {}): { catchUp: CatchUp; refetch: ReturnType<typeof vi.fn> } {
  const refetch = vi.fn(async () => {});
  const catchUp = startCatchUp({ refetch, interval: 60_000, ...options });
  started.push(catchUp);
  return { catchUp, refetch };
}

test('it fetches at the start and after each interval', async () => {
  const { refetch } = start();
  await vi.advanceTimersByTimeAsync(0);
  expect(refetch).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(refetch).toHaveBeenCalledTimes(11);
});

test('a thousand messages at once cost two refetches', async () => {
  const { catchUp, refetch } = start({ startNow: false });
  for (let message = 0; message < 1000; message += 1) catchUp.ask();
  await vi.advanceTimersByTimeAsync(10);
  for (let message = 0; message < 1000; message += 1) catchUp.ask();
  await vi.advanceTimersByTimeAsync(5000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('one runs at a time, and what was asked meanwhile is one more run', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const slow = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    running -= 1;
  };
  const { catchUp } = start({ refetch: slow });
  for (let second = 0; second < 3; second += 1) {
    await vi.advanceTimersByTimeAsync(900);
    catchUp.ask();
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect([most, runs]).toEqual([1, 2]);
});

test('a failure is told, and slows the poll down to a quarter at most', async () => {
  const onError = vi.fn();
  const refetch = vi.fn(async () => Promise.reject(new Error('offline')));
  start({ refetch, onError, interval: 1000 });
  await vi.advanceTimersByTimeAsync(0);
  await vi.advanceTimersByTimeAsync(2000);
  expect(refetch).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(refetch).toHaveBeenCalledTimes(12);
  expect(onError).toHaveBeenCalledTimes(12);
});

test('a fault of who is told of failures ends no poll', async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
  const fault = new Error('mine');
  const onError = (): void => {
    throw fault;
  };
  const { catchUp } = start({ refetch: async () => Promise.reject(new Error('offline')), onError });
  await vi.advanceTimersByTimeAsync(130_000);
  catchUp.ask();
  await vi.advanceTimersByTimeAsync(1000);
  expect(complaint.mock.calls).toEqual([[fault], [fault], [fault]]);
});

test('a success brings back the interval', async () => {
  let fails = true;
  const refetch = vi.fn(async () => {
    if (fails) throw new Error('offline');
  });
  start({ refetch, interval: 1000 });
  await vi.advanceTimersByTimeAsync(2500);
  fails = false;
  await vi.advanceTimersByTimeAsync(4000);
  refetch.mockClear();
  await vi.advanceTimersByTimeAsync(4000);
  expect(refetch).toHaveBeenCalledTimes(4);
});

test('a refetch that throws before it returns a promise is a failure like any other', async () => {
  const onError = vi.fn();
  start({
    refetch: () => {
      throw new Error('at once');
    },
    onError,
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(onError).toHaveBeenCalledTimes(1);
});

test('a hidden tab does not poll, and its return polls once', async () => {
  const { refetch } = start();
  await vi.advanceTimersByTimeAsync(1000);
  showTab('hidden');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(refetch).toHaveBeenCalledTimes(1);
  showTab('visible');
  window.dispatchEvent(new Event('focus'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('a message in a hidden tab is fetched for all the same', async () => {
  const { catchUp, refetch } = start();
  await vi.advanceTimersByTimeAsync(1000);
  showTab('hidden');
  catchUp.ask();
  await vi.advanceTimersByTimeAsync(1000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('a poll that the tab interrupted goes on after its return, hidden tabs poll where they are told to', async () => {
  const { refetch } = start({ pauseWhenHidden: false });
  showTab('hidden');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(refetch).toHaveBeenCalledTimes(3);
});

test('once stopped nothing runs, whatever was in flight or asked', async () => {
  const refetch = vi.fn(() => new Promise((resolve) => setTimeout(resolve, 100)));
  const { catchUp } = start({ refetch });
  await vi.advanceTimersByTimeAsync(50);
  catchUp.ask();
  catchUp.stop();
  catchUp.ask();
  showTab('hidden');
  showTab('visible');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(refetch).toHaveBeenCalledTimes(1);
});

test('nothing listens to the page any more', () => {
  const [added, removed] = [vi.spyOn(document, 'addEventListener'), vi.spyOn(document, 'removeEventListener')];
  start().catchUp.stop();
  expect(removed.mock.calls).toEqual(added.mock.calls);
});

test('a refetch that never ends is told after its time, and the poll goes on', async () => {
  const onError = vi.fn();
  const refetch = vi.fn(() => new Promise<void>(() => {}));
  start({ refetch, onError, interval: 60_000, backoffOnError: false });
  await vi.advanceTimersByTimeAsync(29_999);
  expect(onError).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onError.mock.calls).toEqual([[new Error('The refetch took longer than 30 s, and was given up.')]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('what was asked while a refetch hung is fetched once it is given up', async () => {
  const refetch = vi.fn(() => new Promise<void>(() => {}));
  const { catchUp } = start({ refetch, timeout: 5000 });
  await vi.advanceTimersByTimeAsync(1000);
  catchUp.ask();
  await vi.advanceTimersByTimeAsync(4100);
  expect(refetch).toHaveBeenCalledTimes(2);
});

/** Refetches that each take their time and then apply what they are, as an application does. */
function applying(...times: number[]): { applied: number[]; refetch: () => Promise<void> } {
  const applied: number[] = [];
  let runs = 0;
  const refetch = async (): Promise<void> => {
    const number = (runs += 1);
    await new Promise((resolve) => setTimeout(resolve, times[number - 1] ?? 10));
    applied.push(number);
  };
  return { applied, refetch };
}

test('a given-up answer that comes after a later one is fetched over again', async () => {
  const { applied, refetch } = applying(8000);
  const { catchUp } = start({ refetch, timeout: 5000 });
  await vi.advanceTimersByTimeAsync(1000);
  catchUp.ask();
  await vi.advanceTimersByTimeAsync(9000);
  expect(applied).toEqual([2, 1, 3]);
});

test('a server that is always too slow is asked no more often for it', async () => {
  const { applied, refetch } = applying(8000, 8000, 8000, 8000);
  const { catchUp } = start({ refetch, timeout: 5000, backoffOnError: false });
  await vi.advanceTimersByTimeAsync(1000);
  catchUp.ask();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(applied).toEqual([1, 2]);
});

test('a limit beyond what a timer can wait is no limit', async () => {
  const onError = vi.fn();
  start({ refetch: () => new Promise<void>(() => {}), onError, timeout: Infinity });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(onError).not.toHaveBeenCalled();
});
