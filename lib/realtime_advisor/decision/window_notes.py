"""What happened to the whole database while it was read, in sentences: resets, restarts, standbys, gaps."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Snapshot

from .intervals import Interval, is_blind

_MOST_GAPS: Final = 3  # told one by one, the longest
_NOTICEABLE: Final = 0.05  # of all transactions rolled back
_LEAST_ROLLED_BACK: Final = 10
RESET: Final = "Statistics were reset in the window: all counts are at least these."
LOST: Final = "Counters began anew though nobody reset them, as after a crash: all counts are at least these."
RESTARTED: Final = "The server restarted in the window: changes that it had not yet counted are missing."
SWITCHED: Final = (
    "Another server answered in the window, as after a failover: each counts for itself, so what changed around "
    "the switch is missing."
)


class WindowNotes:
    """Watches readings go by and remembers of each kind of event that it happened; the readings it forgets."""

    def __init__(self, first: Snapshot) -> None:
        self.all_blind = True  # no reading was of a server that counts
        self._standby = self._untracked = False
        self._events: set[str] = set()
        self._fallen: set[int] = set()  # tables whose counters began anew, with no reset on record
        self._just_fallen: frozenset[int] = frozenset()  # the latest interval's: the next may tell of a reset
        self._gaps = _Gaps()
        self._commits = self._rollbacks = 0
        self._see(first)

    def watch(self, interval: Interval) -> None:
        """Take note of what happened between two readings."""
        before, after = interval.before, interval.after
        self._see(after)
        if interval.usual is not None:
            self._gaps.add(interval.seconds, after.gap_before.reason if after.gap_before else None)
        if interval.switched:
            self._events.add(SWITCHED)
            return
        self._commits += _since(before.xact_commit, after.xact_commit)
        # The server counts a connection that it refuses as rolled back, and so our own readings that failed.
        failed = after.gap_before.readings if after.gap_before else 0
        self._rollbacks += max(0, _since(before.xact_rollback, after.xact_rollback) - failed)
        if before.server_started_at != after.server_started_at:
            self._events.add(RESTARTED)
        if before.stats_reset != after.stats_reset:
            self._events.add(LOST if after.stats_reset is None else RESET)
            # A reading takes the time of the reset first, the counters then: a reset between the two is read of later.
            self._just_fallen = frozenset()
            return
        self._fallen |= self._just_fallen
        self._just_fallen = frozenset() if after.server_started_at is None else interval.reset
        if _fell(before.xact_commit, after.xact_commit):
            self._events.add(LOST)

    def _see(self, snapshot: Snapshot) -> None:
        self._standby |= snapshot.in_recovery
        self._untracked |= not snapshot.track_counts
        self.all_blind &= is_blind(snapshot)

    def tell(self, last: Snapshot, seconds: float | None) -> Iterator[str]:
        """The sentences, those that matter most first; `seconds` is the length of the window, None if not known."""
        yield from self.tell_blindness()
        # A table that is being dropped may be read after its counters are gone: that is no crash.
        fallen = self._fallen | self._just_fallen
        if any(entry.relid in fallen for entry in last.counters.values()):
            self._events.add(LOST)
        yield from (event for event in (RESET, LOST, RESTARTED, SWITCHED) if event in self._events)
        if seconds is None and not self.all_blind:
            yield "The clock stood still or ran backwards between the readings, so there are no rates."
        yield from self._gaps.tell()
        if last.gap_after:
            yield f"No reading in the last {_say_length(last.gap_after.seconds)}: {last.gap_after.reason}"
        yield from self._tell_rollbacks()

    def tell_blindness(self) -> Iterator[str]:
        """Whether and why nothing was counted."""
        part = "" if self.all_blind else " for a part of the window"
        if self._standby:
            yield f"The server was a standby{part}, which counts nothing: connect to the primary."
        if self._untracked:
            yield f"track_counts was off{part}, so changes were not counted: turn it on."

    def _tell_rollbacks(self) -> Iterator[str]:
        share = self._rollbacks / max(1, self._commits + self._rollbacks)
        if share >= _NOTICEABLE and self._rollbacks >= _LEAST_ROLLED_BACK:
            percent = f"{100 * share:.0f} %"
            yield f"{percent} of the transactions were rolled back: the counts include the rows that those wrote."


def _fell(before: int | None, after: int | None) -> bool:
    return before is not None and after is not None and after < before


def _since(before: int | None, after: int | None) -> int:
    if before is None or after is None:
        return 0
    return after if after < before else after - before


class _Gaps:
    """The longest times without a reading, and how many there were."""

    def __init__(self) -> None:
        self._longest: list[tuple[float, int, str | None]] = []
        self._count, self._seconds = 0, 0.0

    def add(self, seconds: float, reason: str | None) -> None:
        self._count += 1
        self._seconds += seconds
        heapq.heappush(self._longest, (seconds, self._count, reason))
        if len(self._longest) > _MOST_GAPS:
            heapq.heappop(self._longest)

    def tell(self) -> Iterator[str]:
        """One sentence a gap as they came, each reason once."""
        said: set[str | None] = {None}
        for seconds, _, reason in sorted(self._longest, key=lambda gap: gap[1]):
            why = "" if reason in said else f": {reason}"
            said.add(reason)
            yield f"No reading for {_say_length(seconds)}, so bursts in that time are not known{why or '.'}"
        if self._count > _MOST_GAPS:
            yield f"Readings were missing {self._count} times, {_say_length(self._seconds)} in all."


def _say_length(seconds: float) -> str:
    """A length of time as people say it.

    >>> [_say_length(seconds) for seconds in (0.4, 35, 250, 7260)]
    ['1 s', '35 s', '4 min 10 s', '2 h 1 min']
    """
    whole = max(1, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
