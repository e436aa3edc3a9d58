"""Refetching as often as needed and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from realtime_advisor.errors import ListeningFailed

Refetch = Callable[[], Awaitable[object]]
Report = Callable[[ListeningFailed], None]


class CatchUp:
    """Runs a refetch when asked: one at a time, and once more if asked meanwhile.

    The next begins `spacing` seconds after the last at the earliest, so that a burst shorter than that costs two.
    """

    def __init__(self, refetch: Refetch, spacing: float, report: Report) -> None:
        self._refetch = refetch
        self._spacing = spacing
        self._report = report
        self._is_asked = False
        self._running: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Something may have changed."""
        self._is_asked = True
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Cancel what runs; nothing runs after this."""
        self._is_asked = False
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._is_asked:
            self._is_asked = False
            next_at = clock() + self._spacing
            try:
                await self._refetch()
            except Exception as error:  # whatever the caller's function raises; the next message tries again
                self._report(ListeningFailed(f"The refetch failed ({error}); it runs again when something is told."))
            await asyncio.sleep(next_at - clock())
