"""Snapshots into rates, mixes and bursts: what is known was counted, what is not known is said.

Readings go by one at a time and only running sums are kept, so that a day of them needs no more memory than an hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Churn, DatabaseChurn, Snapshot, TableCounters, TableName, WalReading
from realtime_advisor.model import WritingStatements as Statements

from .evidence import attach
from .intervals import Counts, Interval, is_blind, read_intervals, sum_since_reset
from .window_notes import WindowNotes

_RESET = "statistics were reset in the window: at least these counts"
_PARTITION_RESET = "a partition's statistics were reset in the window: at least these counts"
_CREATED = "created in the window: counts since its creation"
_RECREATED = "re-created in the window: at least these counts, its predecessor's last ones are lost"
_LONGEST_LIST = 5


@dataclass
class _Tally:
    """The running sums of one relation, or of several that had one name after the other."""

    counts: Counts = field(default_factory=Counts)
    peak_per_minute: float = 0
    largest_burst: int = 0
    busy_seconds: float = 0
    reset: bool = False

    def add(self, counts: Counts, interval: Interval) -> None:
        self.counts += counts
        if not counts.events:
            return
        seconds = interval.seconds
        # In a gap, so many at least fell into some stretch as long as an ordinary interval.
        share = interval.usual / seconds if interval.usual and seconds > 0 else 1
        self.largest_burst = max(self.largest_burst, int(counts.events * share))
        if seconds > 0:
            self.peak_per_minute = max(self.peak_per_minute, counts.events * 60 / seconds)
            self.busy_seconds += seconds if interval.is_counted else 0

    def join(self, other: _Tally) -> None:
        self.counts += other.counts
        self.peak_per_minute = max(self.peak_per_minute, other.peak_per_minute)
        self.largest_burst = max(self.largest_burst, other.largest_burst)
        self.busy_seconds += other.busy_seconds
        self.reset |= other.reset


@dataclass
class _Window:
    """What is kept of the readings that went by. A table is its oid, and is shown by its latest name."""

    first: Snapshot
    last: Snapshot
    notes: WindowNotes
    tallies: dict[int, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    first_names: dict[int, TableName] = field(default_factory=dict)
    latest_names: dict[int, TableName] = field(default_factory=dict)
    intervals: int = 0
    counted_seconds: float = 0

    @classmethod
    def of(cls, first: Snapshot, rest: Iterable[Snapshot]) -> _Window:
        window = cls(first, first, WindowNotes(first))
        window._learn_names(first.counters.values())
        for interval in read_intervals(first, rest):
            window._add(interval)
        return window

    def _learn_names(self, entries: Iterable[TableCounters]) -> None:
        for entry in entries:
            self.first_names.setdefault(entry.relid, entry.table)
            self.latest_names[entry.relid] = entry.table

    def _add(self, interval: Interval) -> None:
        self.last = interval.after
        self.intervals += 1
        self.counted_seconds += max(0.0, interval.seconds) if interval.is_counted else 0
        self._learn_names(interval.changed)
        self.notes.watch(interval)
        for relid, counts in interval.counts.items():
            self.tallies[relid].add(counts, interval)
        for relid in interval.reset:
            self.tallies[relid].reset = True

    def by_latest_name(self) -> Mapping[TableName, _Tally]:
        found: dict[TableName, _Tally] = defaultdict(_Tally)
        for relid, tally in self.tallies.items():
            found[self.latest_names[relid]].join(tally)
        return found


def measure_churn(
    *snapshots: Snapshot | Iterable[Snapshot], statements: Statements | None = None, wal: WalReading | None = None
) -> DatabaseChurn:
    """The churn between the first and the last snapshot, or since the last reset if there is only one.

    Snapshots are in the order in which they were taken, given one by one or as an iterable, of which one at a time is
    kept. With three or more, each table also has its busiest interval (`peak_per_minute`), its `largest_burst` and its
    `quiet_share`. Nothing is ever negative: after a reset, what was counted since is a lower bound, and the notes say
    so. Where nothing is counted (a standby, `track_counts` off) the basis is 'none'. `statements` and `wal` are joined
    to each table's churn. Raises BadInput without a snapshot.
    """
    readings = _one_by_one(snapshots)
    first = next(readings, None)
    if first is None:
        raise BadInput("Churn needs at least one snapshot; take one with take_snapshot(target).")
    window = _Window.of(first, readings)
    churn = _measure_window(window) if window.intervals else _measure_since_reset(first)
    return attach(churn, statements, wal)


def _one_by_one(snapshots: Sequence[Snapshot | Iterable[Snapshot]]) -> Iterator[Snapshot]:
    for given in snapshots:
        if isinstance(given, Snapshot):
            yield given
        else:
            yield from given


def _measure_since_reset(snapshot: Snapshot) -> DatabaseChurn:
    blind = is_blind(snapshot)
    seconds = _seconds(snapshot.stats_reset, snapshot.taken_at)
    # What a standby has was counted while it was a primary, if ever: nobody knows what came since.
    counts = defaultdict(Counts) if blind else sum_since_reset(snapshot)
    basis, known = ("none", None) if blind else ("since reset", seconds)
    entries = {entry.table: _churn(entry, counts[entry.relid], known, basis) for entry in snapshot.counters.values()}
    return DatabaseChurn(entries, known, tuple(_notes_since_reset(snapshot, seconds)))


def _measure_window(window: _Window) -> DatabaseChurn:
    last, tallies = window.last, window.by_latest_name()
    blind = window.notes.all_blind
    seconds = None if blind else _seconds(window.first.taken_at, last.taken_at)
    notes = _notes_by_table(window, tallies)
    entries = {
        entry.table: _churn_of_window(window, entry, tallies.get(entry.table, _Tally()), seconds, notes)
        for entry in last.counters.values()
    }
    if not blind:
        entries |= {quiet.table: quiet for quiet in _quiet_since_reset(entries, last)}
    return DatabaseChurn(entries, seconds, tuple(_notes_of_window(window, seconds)))


def _quiet_since_reset(entries: Mapping[TableName, Churn], last: Snapshot) -> Iterator[Churn]:
    """Tables that nobody wrote to in the window, with what their counters tell since they began, if anything."""
    since = _measure_since_reset(last)
    for entry in entries.values():
        if not entry.events and since[entry.table].events:
            yield replace(entry, earlier=since[entry.table])


def _churn_of_window(
    window: _Window, entry: TableCounters, tally: _Tally, seconds: float | None, notes: Mapping[TableName, str]
) -> Churn:
    plain = _churn(entry, tally.counts, seconds, "none" if window.notes.all_blind else "window")
    plain = replace(plain, note=notes.get(entry.table))
    if window.intervals < 2:
        return plain
    quiet = 1 - tally.busy_seconds / window.counted_seconds if window.counted_seconds else None
    return replace(
        plain,
        peak_per_minute=tally.peak_per_minute if seconds else None,
        largest_burst=tally.largest_burst,
        quiet_share=None if quiet is None or not seconds else max(0.0, quiet),
    )


def _churn(entry: TableCounters, counts: Counts, seconds: float | None, basis: str) -> Churn:
    return Churn(
        table=entry.table,
        seconds=seconds,
        inserts=counts.inserts,
        updates=counts.updates,
        deletes=counts.deletes,
        hot_updates=counts.hot_updates,
        basis=basis,
        partition_of=entry.partition_of,
    )


def _seconds(start: datetime | None, end: datetime) -> float | None:
    """The length of a time, None if it is unknown or not positive."""
    length = (end - start).total_seconds() if start else 0
    return length if length > 0 else None


def _notes_by_table(window: _Window, tallies: Mapping[TableName, _Tally]) -> dict[TableName, str]:
    first, last = window.first, window.last
    parents = {entry.partition_of for entry in last.counters.values()}
    known = {entry.relid for entry in first.counters.values()}
    notes = {}
    for entry in last.counters.values():
        said = []
        if entry.relid not in known:
            said.append(_RECREATED if entry.table in first.counters else _CREATED)
        if window.first_names[entry.relid] != entry.table:
            said.append(f"renamed from {window.first_names[entry.relid]}")
        if entry.table in tallies and tallies[entry.table].reset:
            said.append(_PARTITION_RESET if entry.table in parents else _RESET)
        if said:
            notes[entry.table] = "; ".join(said)
    return notes


def _notes_since_reset(snapshot: Snapshot, seconds: float | None) -> Iterator[str]:
    if is_blind(snapshot):
        yield from WindowNotes(snapshot).tell_blindness()
        return
    yield "Counted since the statistics were last reset, not in a window: totals, mix and mean, no peaks."
    if seconds is None:
        yield "The server does not say since when it counts, so there are no rates."


def _notes_of_window(window: _Window, seconds: float | None) -> Iterator[str]:
    yield from window.notes.tell(window.last, seconds)
    yield from _notes_on_renamed(window)
    yield from _notes_on_dropped(window)


def _notes_on_renamed(window: _Window) -> Iterator[str]:
    now = {entry.relid: entry.table for entry in window.last.counters.values()}
    moved = sorted((name, now[relid]) for relid, name in window.first_names.items() if now.get(relid, name) != name)
    if moved:
        told = ", ".join(f"{before} is {after} by now" for before, after in moved[:_LONGEST_LIST])
        more = f" and {len(moved) - _LONGEST_LIST} more" if len(moved) > _LONGEST_LIST else ""
        yield f"Renamed in the window: {told}{more}."


def _notes_on_dropped(window: _Window) -> Iterator[str]:
    last, names = window.last, window.latest_names
    present = {entry.relid for entry in last.counters.values()}
    gone = sorted({name for relid, name in names.items() if relid not in present and name not in last.counters})
    if gone:
        more = f" and {len(gone) - _LONGEST_LIST} more" if len(gone) > _LONGEST_LIST else ""
        yield f"Dropped in the window and not counted: {', '.join(map(str, gone[:_LONGEST_LIST]))}{more}."
