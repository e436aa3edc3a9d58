"""Snapshots into rates, mixes and bursts: what is known was counted, what is not known is said.

Counters only grow, except when somebody resets them: then the later reading is a lower bound of what happened since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Churn, DatabaseChurn, Snapshot, TableCounters, TableName

_RESET = "statistics were reset in the window: at least these counts"
_PARTITION_RESET = "a partition's statistics were reset in the window: at least these counts"
_CREATED = "created in the window: counts since its creation"
_RECREATED = "re-created in the window: at least these counts, its predecessor's last ones are lost"
_LONGEST_LIST = 5


@dataclass(frozen=True, slots=True)
class _Counts:
    inserts: int = 0
    updates: int = 0
    hot_updates: int = 0
    deletes: int = 0

    def __add__(self, other: _Counts) -> _Counts:
        return _Counts(
            self.inserts + other.inserts,
            self.updates + other.updates,
            self.hot_updates + other.hot_updates,
            self.deletes + other.deletes,
        )

    def since(self, before: _Counts) -> _Counts | None:
        """What was added to `before`; None if a counter fell, which only a reset does."""
        inserts, updates = self.inserts - before.inserts, self.updates - before.updates
        hot_updates, deletes = self.hot_updates - before.hot_updates, self.deletes - before.deletes
        if min(inserts, updates, hot_updates, deletes) < 0:
            return None
        return _Counts(inserts, updates, hot_updates, deletes)

    @property
    def events(self) -> int:
        return self.inserts + self.updates + self.deletes


@dataclass(frozen=True)
class _Interval:
    """What happened between two readings, by the tables' latest names; parents hold the sum of their partitions.

    A table in which nothing happened may be absent.
    """

    seconds: float
    counts: Mapping[TableName, _Counts]
    reset: frozenset[TableName] = frozenset()


@dataclass
class _Names:
    """How each relation was called: a table is its oid, and is shown by its latest name."""

    first: dict[int, TableName] = field(default_factory=dict)
    latest: dict[int, TableName] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshots: Sequence[Snapshot]) -> _Names:
        names = cls()
        for snapshot in snapshots:
            for entry in snapshot.counters.values():
                names.first.setdefault(entry.relid, entry.table)
                names.latest[entry.relid] = entry.table
        return names


def measure_churn(*snapshots: Snapshot) -> DatabaseChurn:
    """The churn between the first and the last snapshot, or since the last reset if there is only one.

    Snapshots are in the order in which they were taken. With three or more, each table also has its busiest interval
    (`peak_per_minute`) and its `largest_burst`. Nothing is ever negative: after a reset, what was counted since is a
    lower bound, and the notes say so. Where nothing is counted (a standby, `track_counts` off) the basis is 'none'.
    Raises BadInput without a snapshot.
    """
    if not snapshots:
        raise BadInput("Churn needs at least one snapshot; take one with take_snapshot(target).")
    names = _Names.of(snapshots)
    if len(snapshots) == 1:
        return _measure_since_reset(snapshots[0], names)
    return _measure_window(snapshots, names)


def _measure_since_reset(snapshot: Snapshot, names: _Names) -> DatabaseChurn:
    seconds = _seconds(snapshot.stats_reset, snapshot.taken_at)
    interval = _interval(seconds or 0, {}, snapshot, names)
    blind = _is_blind(snapshot)
    entries = {
        entry.table: _churn(
            entry,
            interval.counts[entry.table],
            None if blind else seconds,
            "none" if blind else "since reset",
        )
        for entry in snapshot.counters.values()
    }
    return DatabaseChurn(entries, None if blind else seconds, tuple(_notes_since_reset(snapshot, seconds)))


def _measure_window(snapshots: Sequence[Snapshot], names: _Names) -> DatabaseChurn:
    first, last = snapshots[0], snapshots[-1]
    blind = all(_is_blind(snapshot) for snapshot in snapshots)
    seconds = None if blind else _seconds(first.taken_at, last.taken_at)
    intervals = list(_intervals(snapshots, names))
    notes = _notes_by_table(first, last, names, intervals)
    basis, several = "none" if blind else "window", len(intervals) > 1
    busy = _busy_intervals(intervals)
    entries = {
        entry.table: _churn_of_window(entry, busy.get(entry.table, []), seconds, basis, several, notes.get(entry.table))
        for entry in last.counters.values()
    }
    if not blind:
        entries |= {quiet.table: quiet for quiet in _quiet_since_reset(entries, last, names)}
    return DatabaseChurn(entries, seconds, tuple(_notes_of_window(snapshots, names, seconds)))


def _quiet_since_reset(entries: Mapping[TableName, Churn], last: Snapshot, names: _Names) -> Iterator[Churn]:
    """Tables that nobody wrote to in the window, with what their counters tell since they began, if anything."""
    since = _measure_since_reset(last, names)
    for entry in entries.values():
        if not entry.events and since[entry.table].events:
            yield replace(entry, earlier=since[entry.table])


def _busy_intervals(intervals: Sequence[_Interval]) -> dict[TableName, list[tuple[float, _Counts]]]:
    busy: dict[TableName, list[tuple[float, _Counts]]] = defaultdict(list)
    for interval in intervals:
        for name, counts in interval.counts.items():
            busy[name].append((interval.seconds, counts))
    return busy


def _intervals(snapshots: Sequence[Snapshot], names: _Names) -> Iterator[_Interval]:
    seen: dict[int, TableCounters] = {entry.relid: entry for entry in snapshots[0].counters.values()}
    for before, after in pairwise(snapshots):
        yield _interval((after.taken_at - before.taken_at).total_seconds(), seen, after, names)
        seen.update((entry.relid, entry) for entry in after.counters.values())


def _interval(seconds: float, seen: Mapping[int, TableCounters], after: Snapshot, names: _Names) -> _Interval:
    counts: dict[TableName, _Counts] = defaultdict(_Counts)
    reset: set[TableName] = set()
    for entry in after.counters.values():
        before = seen.get(entry.relid)
        if before == entry:  # most tables, most of the time
            continue
        now = _counts(entry)
        added = now.since(_counts(before)) if before else now
        lineage = [names.latest[relid] for relid in _lineage(entry, after)]
        for name in lineage:
            counts[name] += now if added is None else added
        if added is None:
            reset.update(lineage)
    return _Interval(seconds, counts, frozenset(reset))


def _lineage(entry: TableCounters, snapshot: Snapshot) -> Iterator[int]:
    """The table and every partitioned table above it."""
    parent: TableCounters | None = entry
    while parent is not None:
        yield parent.relid
        above = parent.partition_of
        parent = snapshot.counters.get(above) if above else None


def _counts(entry: TableCounters) -> _Counts:
    return _Counts(entry.n_tup_ins, entry.n_tup_upd, entry.n_tup_hot_upd, entry.n_tup_del)


def _churn_of_window(
    entry: TableCounters,
    busy: Sequence[tuple[float, _Counts]],
    seconds: float | None,
    basis: str,
    several: bool,
    note: str | None,
) -> Churn:
    rates = (counts.events * 60 / length for length, counts in busy if length > 0)
    return _churn(
        entry,
        sum((counts for _, counts in busy), _Counts()),
        seconds,
        basis,
        peak_per_minute=max(rates, default=0) if several and seconds else None,
        largest_burst=max((counts.events for _, counts in busy), default=0) if several else None,
        note=note,
    )


def _churn(
    entry: TableCounters,
    counts: _Counts,
    seconds: float | None,
    basis: str,
    peak_per_minute: float | None = None,
    largest_burst: int | None = None,
    note: str | None = None,
) -> Churn:
    return Churn(
        table=entry.table,
        seconds=seconds,
        inserts=counts.inserts,
        updates=counts.updates,
        deletes=counts.deletes,
        hot_updates=counts.hot_updates,
        basis=basis,
        peak_per_minute=peak_per_minute,
        largest_burst=largest_burst,
        note=note,
        partition_of=entry.partition_of,
    )


def _seconds(start: datetime | None, end: datetime) -> float | None:
    """The length of a time, None if it is unknown or not positive."""
    length = (end - start).total_seconds() if start else 0
    return length if length > 0 else None


def _is_blind(snapshot: Snapshot) -> bool:
    return snapshot.in_recovery or not snapshot.track_counts


def _notes_by_table(
    first: Snapshot, last: Snapshot, names: _Names, intervals: Sequence[_Interval]
) -> dict[TableName, str]:
    reset = {name for interval in intervals for name in interval.reset}
    parents = {entry.partition_of for entry in last.counters.values()}
    known = {entry.relid for entry in first.counters.values()}
    notes = {}
    for entry in last.counters.values():
        said = []
        if entry.relid not in known:
            said.append(_RECREATED if entry.table in first.counters else _CREATED)
        if names.first[entry.relid] != entry.table:
            said.append(f"renamed from {names.first[entry.relid]}")
        if entry.table in reset:
            said.append(_PARTITION_RESET if entry.table in parents else _RESET)
        if said:
            notes[entry.table] = "; ".join(said)
    return notes


def _notes_since_reset(snapshot: Snapshot, seconds: float | None) -> Iterator[str]:
    yield "Counted since the statistics were last reset, not in a window: totals, mix and mean, no peaks."
    yield from _notes_on_blindness([snapshot])
    if seconds is None:
        yield "The server does not say since when it counts, so there are no rates."


def _notes_of_window(snapshots: Sequence[Snapshot], names: _Names, seconds: float | None) -> Iterator[str]:
    yield from _notes_on_blindness(snapshots)
    if any(before.stats_reset != after.stats_reset for before, after in pairwise(snapshots)):
        yield "Statistics were reset in the window: all counts are at least these."
    if any(before.server_started_at != after.server_started_at for before, after in pairwise(snapshots)):
        yield "The server restarted in the window: changes that it had not yet counted are missing."
    if seconds is None and not all(_is_blind(snapshot) for snapshot in snapshots):
        yield "The clock stood still or ran backwards between the readings, so there are no rates."
    yield from _notes_on_dropped(snapshots[-1], names)


def _notes_on_blindness(snapshots: Sequence[Snapshot]) -> Iterator[str]:
    part = "" if all(_is_blind(snapshot) for snapshot in snapshots) else " for a part of the window"
    if any(snapshot.in_recovery for snapshot in snapshots):
        yield f"The server was a standby{part}, which counts nothing: connect to the primary."
    if not all(snapshot.track_counts for snapshot in snapshots):
        yield f"track_counts was off{part}, so changes were not counted: turn it on."


def _notes_on_dropped(last: Snapshot, names: _Names) -> Iterator[str]:
    present = {entry.relid for entry in last.counters.values()}
    gone = sorted({name for relid, name in names.latest.items() if relid not in present and name not in last.counters})
    if gone:
        more = f" and {len(gone) - _LONGEST_LIST} more" if len(gone) > _LONGEST_LIST else ""
        yield f"Dropped in the window and not counted: {', '.join(map(str, gone[:_LONGEST_LIST]))}{more}."
