"""Ctrl-C where work must not break off in its middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_STOPS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class _Notice:
    """A signal's handler while work ends: the first signal is kept for later, the second interrupts."""

    def __init__(self) -> None:
        self.signals: list[tuple[int, FrameType | None]] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.signals.append((number, frame))
        if len(self.signals) > 1:
            signal.default_int_handler(number, frame)


@contextmanager
def finishing() -> Iterator[None]:
    """Let the body end before Ctrl-C, or a signal that was made to mean it, takes effect; a second one does at once.

    An interrupt in a library's middle may be told or swallowed there: a connection that is closing complains of it.
    Work around such work ends first, too. Outside the main thread, which alone hears of signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    present = [getattr(signal, name) for name in _STOPS if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in present}
    before = {n: handler for n, handler in handlers.items() if callable(handler) and not isinstance(handler, _Notice)}
    notice = _Notice()
    for number in before:
        signal.signal(number, notice)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if len(notice.signals) == 1:
            number, frame = notice.signals[0]
            before[number](number, frame)
