"""Ctrl-C where work must not break off in its middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_STOPS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def finishing() -> Iterator[None]:
    """Let the body end before Ctrl-C, or a signal that was made to mean it, takes effect; a second one does at once.

    An interrupt in a library's middle may be told or swallowed there: a connection that is closing complains of it.
    Outside the main thread, which alone hears of signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[tuple[int, FrameType | None]] = []

    def note(number: int, frame: FrameType | None) -> None:
        pending.append((number, frame))
        if len(pending) > 1:
            signal.default_int_handler(number, frame)

    present = [getattr(signal, name) for name in _STOPS if hasattr(signal, name)]
    before = {number: handler for number in present if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if len(pending) == 1:
            number, frame = pending[0]
            before[number](number, frame)
