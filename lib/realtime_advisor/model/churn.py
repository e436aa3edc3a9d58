"""Counters as Postgres keeps them, and the churn between two readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from .names import ByTable, TableName
from .statements import StatementRows
from .wal import TableWal


@dataclass(frozen=True, slots=True)
class TableCounters:
    """One row of pg_stat_user_tables, with the oid that tells a re-created table from the old one."""

    relid: int
    table: TableName
    n_tup_ins: int
    n_tup_upd: int  # HOT updates included
    n_tup_hot_upd: int
    n_tup_del: int
    partition_of: TableName | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Readings of a sampling that failed one after the other, and the sentence why most of them did."""

    readings: int
    seconds: float  # since the last reading that succeeded
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """All counters at one moment. `taken_at` is the server's clock, or the traffic's on the workshop database."""

    taken_at: datetime
    stats_reset: datetime | None  # None: this server does not know since when it counts
    server_started_at: datetime | None
    in_recovery: bool
    track_counts: bool
    counters: ByTable[TableCounters]
    xact_commit: int | None = None  # of this database, as pg_stat_database counts them; None: not told
    xact_rollback: int | None = None
    gap_before: Gap | None = None  # readings that failed since the snapshot before
    gap_after: Gap | None = None  # on the last snapshot of a sampling: readings that failed after it

    def __repr__(self) -> str:
        return f"Snapshot({len(self.counters)} tables)"


@dataclass(frozen=True, slots=True)
class Churn:
    """Row changes of one table in `seconds`; rates are None where the length of time is unknown.

    `basis` is 'window' (between snapshots), 'since reset' (one snapshot), or 'none' (nothing could be told).
    """

    table: TableName
    seconds: float | None
    inserts: int
    updates: int
    deletes: int
    hot_updates: int
    basis: str
    peak_per_minute: float | None = None  # busiest interval between two samples; None with fewer than two intervals
    largest_burst: int | None = None  # most row changes between two samples
    note: str | None = None  # what happened to this table in the window: reset, created, re-created, dropped
    partition_of: TableName | None = None  # a partitioned parent holds its partitions' sum
    quiet_share: float | None = None  # part of the time in which no row changed; None with fewer than two intervals
    statements: tuple[StatementRows, ...] | None = None  # None: pg_stat_statements was not read
    wal: TableWal | None = None  # None: the WAL was not read; `wal_seconds` is how long it was
    wal_seconds: float | None = None
    earlier: Churn | None = None  # where no row changed in the window: what the counters tell since they began

    @property
    def events(self) -> int:
        """Row changes as the counters have them, aborted work included."""
        return self.inserts + self.updates + self.deletes

    @property
    def caveat(self) -> str:
        """What the counts are worth, by their basis: what they include that Postgres Changes would not tell."""
        return _CAVEATS[self.basis]

    def _rate(self, count: int) -> float | None:
        return count * 60 / self.seconds if self.seconds else None

    @property
    def inserts_per_minute(self) -> float | None:
        return self._rate(self.inserts)

    @property
    def updates_per_minute(self) -> float | None:
        return self._rate(self.updates)

    @property
    def deletes_per_minute(self) -> float | None:
        return self._rate(self.deletes)

    @property
    def events_per_minute(self) -> float | None:
        return self._rate(self.events)

    @property
    def update_share(self) -> float | None:
        """Updates among all row changes, 0 to 1; None without any."""
        return self.updates / self.events if self.events else None

    @property
    def insert_share(self) -> float | None:
        return self.inserts / self.events if self.events else None

    @property
    def hot_share(self) -> float | None:
        """HOT updates among the updates, 0 to 1. Not reproducible: show it, do not store it."""
        return self.hot_updates / self.updates if self.updates else None


_COUNTED = "rows written by work that was rolled back are included, rows removed by TRUNCATE are not"
_CAVEATS = {
    "window": f"Counted by the server: {_COUNTED}.",
    "since reset": f"Counted by the server since its statistics were last reset: {_COUNTED}.",
    "none": "Not counted.",
}


class DatabaseChurn(ByTable[Churn]):
    """Churn of every table that can be told, with what happened to the whole database in `notes`."""

    def __init__(self, entries: Mapping[TableName, Churn], seconds: float | None, notes: tuple[str, ...] = ()) -> None:
        super().__init__(entries)
        self.seconds = seconds
        self.notes = notes

    @cached_property
    def events(self) -> int:
        """All row changes; a partition's are counted once, in its parent."""
        return sum(churn.events for churn in self.values() if churn.partition_of not in self)

    @cached_property
    def bases(self) -> frozenset[str]:
        """What the counts of its tables rest on."""
        return frozenset(churn.basis for churn in self.values())

    def share(self, table: TableName | str) -> float | None:
        """This table's part of all row changes, 0 to 1; None when nothing changed at all."""
        return self[table].events / self.events if self.events else None
