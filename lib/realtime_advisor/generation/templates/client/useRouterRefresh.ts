'use client';
// Next.js: a refetch that has the server render the page again, and ends when the new page is shown.

import { useCallback, useEffect, useRef, useTransition } from 'react';

/** Give it what useRouter() of next/navigation returns, and pass the result on as `refetch`, with `startNow: false`. */
export function useRouterRefresh(router: { refresh(): void }): () => Promise<void> {
  const [isPending, startTransition] = useTransition();
  const waiting = useRef<(() => void)[]>([]);

  useEffect(() => {
    if (isPending) return;
    for (const resolve of waiting.current.splice(0)) resolve();
  }, [isPending]);

  return useCallback(
    () =>
      new Promise<void>((resolve) => {
        waiting.current.push(resolve);
        startTransition(() => router.refresh());
      }),
    [router],
  );
}
