"""An unattended sampling: readings written into a history as they are taken, whatever happens meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from realtime_advisor.errors import AdvisorError, HistoryFailed
from realtime_advisor.model import Catalog, Gap, Sampling, Setup, Snapshot

from .catalog import read_catalog
from .counters import take_snapshot
from .history import History
from .history.recorder import Recorder
from .interrupts import finishing
from .looks import Looks, without_figures
from .progress import progress_bar
from .setup import read_setup
from .statements import read_statements
from .target import Target

Turns = Callable[[float, float], Iterator[float]]  # seconds left, interval: yields the seconds passed at each reading
Say = Callable[[str], None]
_EVERY: Final = 600.0  # seconds between lines in a log


@dataclass(frozen=True, slots=True)
class Recording:
    """What one process recorded."""

    sampling: Sampling
    readings: int
    interrupted: bool


def every(seconds: float, interval: float) -> Iterator[float]:
    """Sleep from turn to turn, giving the seconds that have passed; the last turn is at the end.

    Turns that were overslept are left out.
    """
    started = time.monotonic()
    turns = max(1, round(seconds / interval)) if seconds > 0 else 0
    step, turn = seconds / max(1, turns), 0
    while turn < turns:
        turn = max(turn + 1, math.ceil((time.monotonic() - started) / step))
        time.sleep(max(0.0, started + step * min(turn, turns) - time.monotonic()))
        yield time.monotonic() - started


def record(
    target: Target, history: History, sampling: Sampling, first: Snapshot, turns: Turns, say: Say, *, shown: bool = True
) -> Recording:
    """Record from `first`, a reading just taken, to the sampling's end; Ctrl-C ends it early and keeps what there is.

    A reading that cannot be taken or written is said and noted once, and tried again at the next turn. Raises
    AdvisorError if the first cannot be written.
    """
    with finishing():
        recorder = history.open_recorder(sampling)
    left = (sampling.ends - first.taken_at).total_seconds()
    done = _Progress(target, history, sampling, recorder, say, sampling.seconds - left)
    try:
        with finishing():
            done.begin(first)
        with progress_bar(sampling.seconds, "Sampling", shown=shown) as bar:
            bar.update(done.before)
            for passed in turns(left, sampling.interval):
                with finishing():
                    done.take()
                bar.update(min(done.before + passed, sampling.seconds) - bar.n)
                if bar.disable and shown:
                    done.tell(passed)
        with finishing():
            done.end()
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt), finishing():
            done.end()
        return Recording(sampling, done.readings, interrupted=True)
    return Recording(sampling, done.readings, interrupted=False)


@dataclass
class _Progress:
    """A recording under way: what was kept, and what fails at present."""

    target: Target
    history: History
    sampling: Sampling
    recorder: Recorder
    say: Say
    before: float  # seconds of the plan that had passed when this began
    readings: int = 0
    failures: int = 0
    reason: str = ""
    last_kept: float = 0.0
    latest: Snapshot | None = None
    looks: Looks = field(default_factory=Looks)
    kept: tuple[Catalog, Setup] | None = None  # as they were last kept, without their figures
    complaint: str = ""  # of the latest look, if it failed
    told: float = field(default_factory=time.monotonic)

    def begin(self, first: Snapshot) -> None:
        self.recorder.keep(first)
        self.readings, self.last_kept, self.latest = 1, time.monotonic(), first
        self._keep_surroundings(first)

    def take(self) -> None:
        """Take a reading and keep it, or remember why not."""
        begins = self.recorder.next_begins_segment
        try:
            reading = take_snapshot(self.target)
            self.recorder.keep(replace(reading, gap_before=self._gap()))
        except AdvisorError as error:
            self._fail(str(error))
            return
        if self.failures:
            self._recover()
        self.readings, self.last_kept, self.latest = self.readings + 1, time.monotonic(), reading
        if begins:
            self._keep_surroundings(reading)
            with suppress(HistoryFailed):  # the next time is soon enough
                self.history.age_out()
        elif self.looks.is_due(reading):
            self._keep_surroundings(reading, whole=False)

    def end(self) -> None:
        """Look at the catalogue once more: what was renamed meanwhile is known by its latest name."""
        if self.latest:
            self._keep_surroundings(self.latest)

    def tell(self, passed: float) -> None:
        """One line a while, for a log."""
        now = time.monotonic()
        if now - self.told >= _EVERY:
            self.told = now
            whole = self.sampling.seconds
            self.say(f"{self.readings:,} readings; {tell_length(self.before + passed)} of {tell_length(whole)}.")

    def _gap(self) -> Gap | None:
        seconds = round(time.monotonic() - self.last_kept, 1)
        return Gap(self.failures, seconds, self.reason) if self.failures else None

    def _fail(self, reason: str) -> None:
        self.failures += 1
        if self.failures == 1:
            self.reason = reason
            self.say(f"{reason} Trying again every {tell_length(self.sampling.interval)}.")
            self._note("lost", reason)

    def _recover(self) -> None:
        missing = f"{self.failures} {'reading is' if self.failures == 1 else 'readings are'} missing"
        length = tell_length(time.monotonic() - self.last_kept)
        self.say(f"Reading again after {length}; {missing}.")
        self._note("back", f"after {length}; {missing}")
        self.failures = 0

    def _note(self, kind: str, detail: str) -> None:
        with suppress(HistoryFailed):  # it may be the history that fails
            self.history.note(self.sampling, kind, detail)

    def _keep_surroundings(self, reading: Snapshot, *, whole: bool = True) -> None:
        """Keep what changes seldom: the catalogue, today's set-up, and the statements where they can be read.

        Unless it is `whole`, figures that change all the time are not kept again for their own sake.
        """
        if said := self.looks.begin(reading):
            self.say(said)
        database = self.sampling.database
        try:
            catalog, setup = read_catalog(self.target), read_setup(self.target)
            plain = without_figures(catalog, setup)
            if whole or plain != self.kept:
                self.history.keep_catalog(database, catalog)
                self.history.keep_setup(database, setup)
            self.kept = plain
            self.history.note_look(self.sampling, reading.taken_at)
            if whole and (statements := read_statements(self.target)):
                self.history.keep_statements(database, statements)
        except AdvisorError as error:
            self._complain(f"Catalogue and set-up were not recorded this time. {error}")
        else:
            self.complaint = ""

    def _complain(self, complaint: str) -> None:
        if complaint != self.complaint:  # a right that is missing will be missing at every look
            self.complaint = complaint
            self.say(complaint)


def tell_length(seconds: float) -> str:
    """A length of time as people say it.

    >>> [tell_length(seconds) for seconds in (0.5, 5, 90, 4500, 86400, 90000)]
    ['0.5 s', '5 s', '1 min 30 s', '1 h 15 min', '1 day', '1 day 1 h']
    """
    if seconds < 1:
        return f"{seconds:.1g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in [part for part in parts if part[0]][:2])
