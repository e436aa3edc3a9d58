"""What was counted between one reading and the next: differences, resets, gaps, and who answered.

Counters only grow, except when they begin anew: then the later reading is a lower bound of what happened since.
Only readings of the same server are compared; a server is known by when it started.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Final

from realtime_advisor.model import Gap, Snapshot, TableCounters

GAP: Final = 5.0  # as many times the usual length an interval must be, so that readings are missing in it,
LEAST_GAP: Final = 10.0  # and as many seconds
_USUAL_OF: Final = 99  # intervals, the latest ones
_LEAST_TO_TELL: Final = 3  # intervals before anything is usual
_MOST_SERVERS: Final = 4  # behind one address, in turns
_Seen = dict[int, TableCounters]


@dataclass(frozen=True, slots=True)
class Counts:
    inserts: int = 0
    updates: int = 0
    hot_updates: int = 0
    deletes: int = 0

    @classmethod
    def of(cls, entry: TableCounters) -> Counts:
        return cls(entry.n_tup_ins, entry.n_tup_upd, entry.n_tup_hot_upd, entry.n_tup_del)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.inserts + other.inserts,
            self.updates + other.updates,
            self.hot_updates + other.hot_updates,
            self.deletes + other.deletes,
        )

    def since(self, before: Counts) -> Counts | None:
        """What was added to `before`; None if a counter fell, which only a new beginning does."""
        inserts, updates = self.inserts - before.inserts, self.updates - before.updates
        hot_updates, deletes = self.hot_updates - before.hot_updates, self.deletes - before.deletes
        if min(inserts, updates, hot_updates, deletes) < 0:
            return None
        return Counts(inserts, updates, hot_updates, deletes)

    @property
    def events(self) -> int:
        return self.inserts + self.updates + self.deletes


@dataclass(frozen=True)
class Interval:
    """Two readings and the row changes between them, by oid; parents hold the sum of their partitions.

    A table in which nothing happened may be absent. `reset` holds the tables whose counters began anew, `changed` what
    differs from the reading before. `usual` is an ordinary interval's length in seconds where readings are missing in
    this one, else None.
    """

    before: Snapshot
    after: Snapshot
    counts: Mapping[int, Counts] = field(default_factory=dict)
    reset: frozenset[int] = frozenset()
    changed: Sequence[TableCounters] = ()
    usual: float | None = None
    switched: bool = False  # the later reading is of another server than the one before

    @property
    def seconds(self) -> float:
        return (self.after.taken_at - self.before.taken_at).total_seconds()

    @property
    def is_counted(self) -> bool:
        """Whether both readings are of one server that counts."""
        return not (self.switched or is_blind(self.before) or is_blind(self.after))


def is_blind(snapshot: Snapshot) -> bool:
    """Whether the server counts nothing: a standby, or one with track_counts off."""
    return snapshot.in_recovery or not snapshot.track_counts


def read_intervals(first: Snapshot, rest: Iterable[Snapshot]) -> Iterator[Interval]:
    """The intervals between snapshots in the order in which they were taken; only the last reading is kept."""
    seen: _Seen = {entry.relid: entry for entry in first.counters.values()}
    servers, lengths, before = _Servers(first.server_started_at, seen), _UsualLength(), first
    for after in rest:
        usual = lengths.of_gap(after.gap_before, (after.taken_at - before.taken_at).total_seconds())
        switched, seen = servers.answer(before, after)
        # Most tables do not change most of the time.
        changed = [entry for entry in after.counters.values() if seen.get(entry.relid) != entry]
        counts, reset = _add_up([] if switched and not seen else changed, seen, after)
        seen.update((entry.relid, entry) for entry in changed)
        yield Interval(before, after, counts, reset, changed, usual, switched)
        before = after


class _Servers:
    """Who answered so far, by when they started, and the last counters of each: several may take turns."""

    def __init__(self, started_at: datetime | None, seen: _Seen) -> None:
        self._seen = {started_at: seen}

    def answer(self, before: Snapshot, after: Snapshot) -> tuple[bool, _Seen]:
        """Whether another server answers than before, and the counters that it was last seen with, if it was.

        One that started after the reading before is the same one, restarted; one that ran already then is another.
        """
        now, then = after.server_started_at, before.server_started_at
        if now in self._seen:
            return now != then, self._seen[now]
        same_kind = before.in_recovery == after.in_recovery
        if now is None or then is None or (now >= before.taken_at and same_kind):
            self._seen[now] = self._seen.pop(then)
            return False, self._seen[now]
        while len(self._seen) >= _MOST_SERVERS:
            self._seen.pop(next(iter(self._seen)))
        self._seen[now] = {}
        return True, self._seen[now]


def _add_up(
    changed: Iterable[TableCounters], seen: _Seen, after: Snapshot
) -> tuple[Mapping[int, Counts], frozenset[int]]:
    """What was added to the counters seen before, and the tables whose counters began anew."""
    counts: dict[int, Counts] = defaultdict(Counts)
    reset: set[int] = set()
    for entry in changed:
        now, before = Counts.of(entry), seen.get(entry.relid)
        added = now.since(Counts.of(before)) if before else now
        for relid in _lineage(entry, after):
            counts[relid] += now if added is None else added
            if added is None:
                reset.add(relid)
    return counts, frozenset(reset)


def _lineage(entry: TableCounters, snapshot: Snapshot) -> Iterator[int]:
    """The table and every partitioned table above it."""
    parent: TableCounters | None = entry
    while parent is not None:
        yield parent.relid
        above = parent.partition_of
        parent = snapshot.counters.get(above) if above else None


def sum_since_reset(snapshot: Snapshot) -> Mapping[int, Counts]:
    """Every table's counters as they stand, by oid; a parent holds the sum of its partitions."""
    counts: dict[int, Counts] = defaultdict(Counts)
    for entry in snapshot.counters.values():
        for relid in _lineage(entry, snapshot):
            counts[relid] += Counts.of(entry)
    return counts


class _UsualLength:
    """How long an interval usually is, by the latest ones without a gap."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=_USUAL_OF)

    def of_gap(self, gap: Gap | None, seconds: float) -> float | None:
        """The usual length if readings are missing in an interval of `seconds`, else None."""
        if gap is not None:
            return seconds / (gap.readings + 1)
        usual = median(self._latest) if len(self._latest) >= _LEAST_TO_TELL else None
        if usual is not None and seconds > max(GAP * usual, LEAST_GAP):
            return usual
        self._latest.append(seconds)
        return None
