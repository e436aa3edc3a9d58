"""The unattended run: a database's counters, read for hours or days into a history, and resumed where it broke off."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from tqdm import tqdm

from .errors import BadInput, HistoryFailed
from .model import Sampling, Snapshot
from .observation.counters import take_snapshot
from .observation.history import History, open_history
from .observation.interrupts import finishing
from .observation.recording import Recording, record, tell_length
from .observation.target import Target
from .targets import connect, identify_database, is_workshop, require_no_unread, run_traffic, turns_of

DONE: Final = 0
INTERRUPTED: Final = 130
DAY: Final = 86_400.0
INTERVAL: Final = 5.0
WORKSHOP_INTERVAL: Final = 60.0
_STOPS: Final = ("SIGTERM", "SIGHUP")


def run_sampling(environ: Mapping[str, str] = os.environ) -> int:
    """Record DATABASE_URL every INTERVAL seconds for SECONDS into HISTORY; 0 when done, 130 when interrupted.

    An unfinished sampling of the same database in the same history is gone on with. Raises AdvisorError.
    """
    seconds = read_number(environ, "SECONDS", "how long to watch the database", least=0)
    interval = read_number(environ, "INTERVAL", "how many seconds lie between two readings", least=0.1)
    require_no_unread(environ)
    history = open_environment_history(environ)
    with _stopping():
        target = connect(environ=environ)
        try:
            with finishing():
                sampling, first, introduction = _plan(target, history, seconds, interval)
            recording = _record(target, history, sampling, first, introduction)
            # All is recorded: an interrupt ends nothing any more.
            with suppress(KeyboardInterrupt), finishing():
                _end(history, recording)
        finally:
            with suppress(KeyboardInterrupt), finishing():
                target.close()
    return INTERRUPTED if recording.interrupted else DONE


def _record(target: Target, history: History, sampling: Sampling, first: Snapshot, introduction: str) -> Recording:
    try:
        say(introduction)
        return record(target, history, sampling, first, turns_of(target), say)
    except KeyboardInterrupt:  # before it had begun, or once more
        return Recording(sampling, 0, interrupted=True)


def open_environment_history(environ: Mapping[str, str], *, create: bool = True) -> History:
    """The history that HISTORY names, else the one in ./history/; KEEP_DAYS is its age. Raises AdvisorError."""
    days = read_number(environ, "KEEP_DAYS", "for how many days readings are kept", least=0)
    where = environ.get("HISTORY", "").strip() or "history"
    return open_history(where, create=create) if days is None else open_history(where, keep_days=days, create=create)


def read_number(environ: Mapping[str, str], name: str, meaning: str, *, least: float) -> float | None:
    """The number in a setting, None where it is not set. Raises BadInput.

    >>> read_number({"SECONDS": "60"}, "SECONDS", "how long", least=0)
    60.0
    """
    text = environ.get(name, "").strip()
    try:
        number = float(text) if text else None
    except ValueError:
        number = float("nan")
    if number is not None and not least <= number < float("inf"):
        raise BadInput(f"{name} is {text!r}; it says {meaning}: a number, {least:g} or more.")
    return number


def say(line: str) -> None:
    """One line for people, above a progress bar, or with the time into a log."""
    sys.stdout.flush()
    stamp = "" if sys.stdout.isatty() else f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} "
    tqdm.write(f"{stamp}{line}", file=sys.stdout)
    sys.stdout.flush()


def _plan(
    target: Target, history: History, seconds: float | None, interval: float | None
) -> tuple[Sampling, Snapshot, str]:
    """The sampling to record, an unfinished one or a new one, its next reading, and what to say of it."""
    history.age_out()
    database = identify_database(target)
    unfinished = history.find_unfinished(database)
    if unfinished and is_workshop(target):
        interval = unfinished.interval
        _catch_up(target, history, unfinished)
    first = take_snapshot(target)
    if unfinished and first.taken_at >= unfinished.ends:
        history.note(unfinished, "finished", "its time passed while nobody recorded")
        say(f"The sampling that began {_moment(unfinished.began)} was interrupted, and its time has passed: a new one.")
    elif unfinished and _is_meant(unfinished, seconds, interval):
        return unfinished, first, _resume(history, unfinished, first)
    elif unfinished:
        say(f"The unfinished sampling that began {_moment(unfinished.began)} is left as it is: this one is another.")
    own = WORKSHOP_INTERVAL if is_workshop(target) else interval or INTERVAL
    sampling = history.begin_sampling(database, first.taken_at, DAY if seconds is None else seconds, own)
    return sampling, first, _introduce(sampling, history, is_workshop(target))


def _is_meant(unfinished: Sampling, seconds: float | None, interval: float | None) -> bool:
    return seconds in (None, unfinished.seconds) and interval in (None, unfinished.interval)


def _catch_up(target: Target, history: History, unfinished: Sampling) -> None:
    """Write the workshop's traffic up to the last reading: each run has its own copy of the database."""
    last = history.progress(unfinished)[1]
    if last and target.clock:
        run_traffic(target, max(0.0, (last - target.clock()).total_seconds()) / 60)


def _introduce(sampling: Sampling, history: History, workshop: bool) -> str:
    what = "the workshop database by its own clock" if workshop else f"database {sampling.database.name}"
    return (
        f"Sampling {what} every {tell_length(sampling.interval)} for {tell_length(sampling.seconds)}, "
        f"until {_moment(sampling.ends)}, into {history.place}. Ctrl-C stops it; the same command goes on with it."
    )


def _resume(history: History, sampling: Sampling, first: Snapshot) -> str:
    readings, last = history.progress(sampling)
    gap = (first.taken_at - last).total_seconds() if last else 0.0
    history.note(sampling, "resumed", f"after {tell_length(gap)}")
    left = (sampling.ends - first.taken_at).total_seconds()
    return (
        f"Going on with the sampling of database {sampling.database.name} that began {_moment(sampling.began)}: "
        f"{_count(readings)} there, the last {tell_length(gap)} old; {tell_length(left)} of "
        f"{tell_length(sampling.seconds)} are left, every {tell_length(sampling.interval)}, into {history.place}. "
        "Ctrl-C stops it; the same command goes on with it."
    )


def _end(history: History, recording: Recording) -> None:
    sampling = recording.sampling
    readings, _ = history.progress(sampling)
    with suppress(HistoryFailed):  # then it counts as unfinished, and its time has passed
        history.note(sampling, "interrupted" if recording.interrupted else "finished")
    if recording.interrupted:
        say(f"Stopped: {_count(readings)} kept. The same command goes on until {_moment(sampling.ends)}.")
        return
    say(
        f"Done: {readings:,} readings in {tell_length(sampling.seconds)}. "
        "Decide from them with make report and the same HISTORY, without DATABASE_URL."
    )


def _count(readings: int) -> str:
    return "1 reading is" if readings == 1 else f"{readings:,} readings are"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


@contextmanager
def _stopping() -> Iterator[None]:
    """Have those who end this process by a signal end it as Ctrl-C does; who ignores one, as nohup does, ignores it."""
    before: dict[int, Callable[..., object] | int | None] = {}
    for name in _STOPS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
