"""Which tables burst, and when: intervals that stand out from the rest, and row changes as time goes by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from realtime_advisor.model import Churn, Snapshot, TableName

from .intervals import Interval, read_intervals

STANDS_OUT: Final = 3.0  # as many times the rest of the window must the busiest interval be
LEAST_BURST: Final = 30  # row changes: a day has 17,280 intervals of 5 s, one of which has 20 of an even trickle
MOST_BUCKETS: Final = 500


def stands_out(churn: Churn, times: float = STANDS_OUT) -> bool:
    """Whether the busiest interval is a burst: at least `times` as busy as the rest, and more than chance makes it.

    The rest, not the mean: in a short window a burst is a good part of its own mean, and would hide in it.
    """
    if not churn.largest_burst or not churn.peak_per_minute:
        return False
    return churn.largest_burst >= LEAST_BURST and churn.peak_per_minute >= times * (rest_per_minute(churn) or 0)


def rest_per_minute(churn: Churn) -> float | None:
    """Row changes a minute outside the busiest interval; None where no interval is known to be the busiest."""
    if not churn.largest_burst or not churn.peak_per_minute or not churn.seconds:
        return None
    rest = churn.seconds - churn.largest_burst * 60 / churn.peak_per_minute
    return max(0, churn.events - churn.largest_burst) * 60 / rest if rest > 0 else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """One or more intervals, one after the other: seconds since the first reading, and what happened to one table."""

    start: float
    end: float
    events: int
    peak_per_minute: float | None  # of the busiest interval in it, so that no burst is averaged away


def trace_events(
    snapshots: Iterable[Snapshot], tables: Collection[TableName], most: int = MOST_BUCKETS
) -> Mapping[TableName, tuple[Bucket, ...]]:
    """The row changes of each of `tables` as time goes by, in at most `most` buckets, the same ones for every table.

    Up to `most` intervals each is a bucket of its own; of more, neighbours are put together. Nothing but the buckets is
    kept, so any number of snapshots will do. A table that was renamed is followed from where it had the name asked for.
    """
    readings = iter(snapshots)
    first = next(readings, None)
    traces = _Traces(tables, max(2, most))
    if first is not None:
        traces.follow(first)
        for interval in read_intervals(first, readings):
            traces.add(interval, (interval.after.taken_at - first.taken_at).total_seconds())
    return {table: traces.buckets(table) for table in tables}


class _Traces:
    """Row changes of some tables in buckets of as many intervals each; full, every two neighbours become one."""

    def __init__(self, tables: Collection[TableName], most: int) -> None:
        self._tables, self._most = set(tables), most
        self._oids: dict[int, TableName] = {}
        self._ends: list[float] = []
        self._events: dict[TableName, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._peaks: dict[TableName, dict[int, float]] = defaultdict(dict)
        self._each, self._in_last = 1, 0  # intervals in a bucket, and in the last one so far

    def follow(self, snapshot: Snapshot) -> None:
        for entry in snapshot.counters.values():
            if entry.table in self._tables:
                self._oids[entry.relid] = entry.table

    def add(self, interval: Interval, end: float) -> None:
        self._oids |= {one.relid: one.table for one in interval.changed if one.table in self._tables}
        self._make_room(end)
        bucket = len(self._ends) - 1
        for relid, table in self._oids.items():
            events = interval.counts[relid].events if relid in interval.counts else 0
            if events:
                self._events[table][bucket] += events
                rate = events * 60 / interval.seconds if interval.seconds > 0 else 0.0
                self._peaks[table][bucket] = max(rate, self._peaks[table].get(bucket, 0.0))

    def _make_room(self, end: float) -> None:
        if self._ends and self._in_last < self._each:
            self._ends[-1] = end
            self._in_last += 1
            return
        if len(self._ends) == self._most:
            self._halve()
            self._make_room(end)
            return
        self._ends.append(end)
        self._in_last = 1

    def _halve(self) -> None:
        odd = len(self._ends) % 2
        self._ends = self._ends[1::2] + self._ends[len(self._ends) - odd :]
        self._in_last, self._each = self._each if odd else 2 * self._each, 2 * self._each
        for table, events in self._events.items():
            merged: dict[int, int] = defaultdict(int)
            for bucket, count in events.items():
                merged[bucket // 2] += count
            peaks: dict[int, float] = {}
            for bucket, rate in self._peaks[table].items():
                peaks[bucket // 2] = max(rate, peaks.get(bucket // 2, 0.0))
            self._events[table], self._peaks[table] = merged, peaks

    def buckets(self, table: TableName) -> tuple[Bucket, ...]:
        events, peaks = self._events.get(table, {}), self._peaks.get(table, {})
        starts = chain([0.0], self._ends)
        return tuple(
            Bucket(start, end, events.get(index, 0), peaks.get(index, 0.0))
            for index, (start, end) in enumerate(zip(starts, self._ends, strict=False))
        )
