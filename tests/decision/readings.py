"""Snapshots of a database whose tables were written so often by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from realtime_advisor.model import ByTable, Snapshot, TableCounters, TableName

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
Row = tuple[int, int, int, int]  # inserts, updates, HOT updates, deletes


def table(name: str) -> TableName:
    return TableName("public", name)


def entry(name: str, counts: Row = (0, 0, 0, 0), relid: int = 0, parent: str | None = None) -> TableCounters:
    return TableCounters(relid or sum(name.encode()), table(name), *counts, table(parent) if parent else None)


def snapshot(minute: float, *entries: TableCounters, reset: float | None = -60, started: float = -120) -> Snapshot:
    """A snapshot `minute` minutes after noon, by a server that started and was last reset so many minutes after."""
    return Snapshot(
        taken_at=NOON + timedelta(minutes=minute),
        stats_reset=None if reset is None else NOON + timedelta(minutes=reset),
        server_started_at=NOON + timedelta(minutes=started),
        in_recovery=False,
        track_counts=True,
        counters=ByTable({one.table: one for one in entries}),
    )
