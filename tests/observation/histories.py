"""Made-up readings, and histories to keep them in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from realtime_advisor.model import ByTable, DatabaseIdentity, Sampling, Snapshot, TableCounters, TableName
from realtime_advisor.observation.history import History

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
APP = DatabaseIdentity("0123456789ab", "app")
SHOP = DatabaseIdentity("ba9876543210", "shop")


def entry(name: str, inserts: int = 0, relid: int | None = None, parent: str | None = None) -> TableCounters:
    """The counters of a table, its oid told by its name unless given."""
    number = sum(name.encode()) if relid is None else relid
    partition_of = TableName("public", parent) if parent else None
    return TableCounters(number, TableName("public", name), inserts, inserts + 1, inserts, 2**40, partition_of)


def reading(second: float, *entries: TableCounters, **told: Any) -> Snapshot:
    """A reading so many seconds after noon."""
    facts: dict[str, Any] = {"stats_reset": None, "server_started_at": NOON - timedelta(days=1)}
    facts |= {"in_recovery": False, "track_counts": True, **told}
    counters = ByTable({e.table: e for e in entries})
    return Snapshot(taken_at=NOON + timedelta(seconds=second), counters=counters, **facts)


def recorded(history: History, *readings: Snapshot, database: DatabaseIdentity = APP) -> Sampling:
    """A sampling with these readings."""
    sampling = history.begin_sampling(database, readings[0].taken_at, 60, 5)
    recorder = history.open_recorder(sampling)
    for each in readings:
        recorder.keep(each)
    return sampling


def same(read: Snapshot, written: Snapshot) -> bool:
    """Whether a reading came back as it was, its counters in the order of their names."""
    return read == written and list(read.counters.values()) == list(written.counters.values())
