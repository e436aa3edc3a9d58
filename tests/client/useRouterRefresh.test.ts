import { act, useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useRouterRefresh } from '@templates/useRouterRefresh';
import { mount } from './page';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the refetch asks the router, and ends when the page has been rendered', async () => {
  const rendered: number[] = [];
  let refetch: () => Promise<void> = async () => {};
  let router: { refresh(): void } | undefined;
  function usePage(): void {
    const [version, setVersion] = useState(0);
    router ??= { refresh: () => setVersion((before) => before + 1) };
    rendered.push(version);
    refetch = useRouterRefresh(router);
  }
  await mount(usePage, {}, { strict: false });
  for (const expected of [1, 2]) {
    let shown = 0;
    await act(async () => void refetch().then(() => (shown = rendered.at(-1) ?? 0)));
    expect(shown).toBe(expected);
  }
});
