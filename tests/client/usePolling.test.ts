// The polling hook as an app uses it, in StrictMode; and, test by test, what the framework's own does instead.

import { act } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { usePolling, type UsePollingOptions } from '@templates/usePolling';
import { usePolling as useFrameworksPolling } from './framework/usePolling';
import { mount, showTab, type Mounted } from './page';

const MINUTE = 60_000;
let mounted: Mounted<UsePollingOptions>[] = [];

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  for (const each of mounted.splice(0)) await each.unmount();
  showTab('visible');
  vi.useRealTimers();
});

const advance = (milliseconds: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(milliseconds)));

type Hook = (options: UsePollingOptions & { onPoll: () => Promise<void> }) => void;

async function poll(hook: Hook, options: UsePollingOptions & { onPoll: () => Promise<void> }, strict = true) {
  const component = await mount(hook, options, { strict });
  mounted.push(component as Mounted<UsePollingOptions>);
  return component;
}

const counter = () => vi.fn(async () => {});

describe.each<[string, Hook, boolean]>([
  ['ours', usePolling, true],
  ['the framework', useFrameworksPolling, false],
])('%s', (_, hook, isOurs) => {
  test('ten returns to the tab leave one timer', async () => {
    const onPoll = counter();
    await poll(hook, { interval: MINUTE, onPoll }, false);
    await advance(1000);
    for (let turn = 0; turn < 10; turn += 1) {
      showTab('hidden');
      await advance(1000);
      showTab('visible');
      await advance(1000);
    }
    onPoll.mockClear();
    expect(vi.getTimerCount()).toBe(isOurs ? 1 : 11);
    await advance(10 * MINUTE);
    expect(onPoll).toHaveBeenCalledTimes(isOurs ? 10 : 110);
  });

  test('two polls never run at once', async () => {
    let running = 0;
    let most = 0;
    const onPoll = async (): Promise<void> => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 30_000));
      running -= 1;
    };
    await poll(hook, { interval: MINUTE, onPoll }, false);
    for (let turn = 0; turn < 5; turn += 1) {
      await advance(1000);
      showTab('hidden');
      showTab('visible');
    }
    await advance(10 * MINUTE);
    if (isOurs) expect(most).toBe(1);
    else expect(most).toBeGreaterThan(1);
  });

  test('a callback that is new on every render is called no more often', async () => {
    const onPoll = counter();
    const component = await poll(hook, { interval: MINUTE, onPoll: () => onPoll() }, false);
    for (let render = 0; render < 20; render += 1) {
      await component.render({ interval: MINUTE, onPoll: () => onPoll() });
      await advance(50);
    }
    expect(onPoll).toHaveBeenCalledTimes(isOurs ? 1 : 21);
  });

  test('nothing runs after the component is gone, though a poll was in flight', async () => {
    const onPoll = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 1000)));
    const component = await poll(hook, { interval: MINUTE, onPoll }, false);
    await advance(500);
    await component.unmount();
    await advance(1000);
    expect(vi.getTimerCount()).toBe(isOurs ? 0 : 1); // the framework's last one finds that it is over, and ends
  });

  test('StrictMode polls no more than once at the start, nor in two chains', async () => {
    const onPoll = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 100)));
    await poll(hook, { interval: MINUTE, onPoll });
    await advance(10 * MINUTE + 5000);
    if (isOurs) expect(onPoll).toHaveBeenCalledTimes(11);
    else expect(onPoll.mock.calls.length).toBeGreaterThan(20);
  });

  test('a changed interval replaces the chain', async () => {
    const onPoll = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 100)));
    const component = await poll(hook, { interval: MINUTE, onPoll }, false);
    await component.render({ interval: MINUTE + 1, onPoll });
    await component.render({ interval: MINUTE + 2, onPoll });
    await advance(200);
    onPoll.mockClear();
    await advance(10 * MINUTE);
    if (isOurs) expect(onPoll.mock.calls.length).toBeLessThanOrEqual(10);
    else expect(onPoll.mock.calls.length).toBeGreaterThan(20);
  });
});

test('the latest callback is the one that is called', async () => {
  const [first, second] = [counter(), counter()];
  const component = await poll(usePolling, { interval: MINUTE, onPoll: first });
  await advance(1000);
  await component.render({ interval: MINUTE, onPoll: second });
  await advance(MINUTE);
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
});

test('switched off it does nothing, switched on it starts', async () => {
  const onPoll = counter();
  const component = await poll(usePolling, { interval: MINUTE, onPoll, enabled: false });
  await advance(5 * MINUTE);
  expect(onPoll).not.toHaveBeenCalled();
  await component.render({ interval: MINUTE, onPoll, enabled: true });
  await advance(1000);
  expect(onPoll).toHaveBeenCalledTimes(1);
});

test('a poll that hangs is told after the time that the component gives it, and the next one runs', async () => {
  const onError = vi.fn();
  const onPoll = vi.fn(() => new Promise<void>(() => {}));
  await poll(usePolling, { interval: MINUTE, onPoll, onError, timeout: 5000, backoffOnError: false }, false);
  await advance(5100);
  expect(onError).toHaveBeenCalledTimes(1);
  await advance(MINUTE);
  expect(onPoll).toHaveBeenCalledTimes(2);
});
