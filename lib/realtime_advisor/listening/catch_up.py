"""Refetching as often as needed and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from realtime_advisor.errors import ListeningFailed

Refetch = Callable[[], Awaitable[object]]
Report = Callable[[ListeningFailed], None]

_MOST_BACK_OFF: Final = 4  # times the interval


class CatchUp:
    """Runs a refetch when asked: one at a time, and once more if asked meanwhile.

    The next begins `spacing` seconds after the last at the earliest, so that a burst shorter than that costs two. After
    `interval` seconds in which nobody asked it asks itself; after failures in a row, up to four times as long. A
    refetch that takes longer than `timeout` seconds is cancelled, and has failed; with None it may take for ever.
    """

    def __init__(
        self,
        refetch: Refetch,
        spacing: float,
        report: Report,
        interval: float | None = None,
        timeout: float | None = None,
    ) -> None:
        self._refetch = refetch
        self._spacing = spacing
        self._report = report
        self._interval = interval
        self._timeout = timeout
        self._failures = 0
        self._is_asked = False
        self._is_stopped = False
        self._running: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Something may have changed."""
        if self._is_stopped:
            return
        self._is_asked = True
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())

    def wait(self) -> None:
        """Ask when the interval is over, counted from now."""
        self._forget_timer()
        if self._interval is not None:
            delay = self._interval * min(2**self._failures, _MOST_BACK_OFF)
            self._timer = asyncio.get_running_loop().call_later(delay, self.ask)

    async def stop(self) -> None:
        """Cancel what runs; nothing runs after this, whoever asks."""
        self._is_stopped = True
        self._is_asked = False
        self._forget_timer()
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        self._forget_timer()
        while self._is_asked:
            self._is_asked = False
            next_at = clock() + self._spacing
            limit = asyncio.timeout(self._timeout)
            try:
                async with limit:
                    await self._refetch()
                self._failures = 0
            except Exception as error:  # whatever the caller's function raises
                why = f"it took longer than {self._timeout:g} s" if limit.expired() else str(error)
                self._fail(why)
            await asyncio.sleep(next_at - clock())
        self.wait()

    def _fail(self, why: str) -> None:
        self._failures += 1
        again = "when something is told" if self._interval is None else "by itself"
        self._report(ListeningFailed(f"The refetch failed ({why}); it runs again {again}."))

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
