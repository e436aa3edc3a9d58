"""What else is known of each table beside its counters: its writing statements, and its part of the WAL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from realtime_advisor.model import (
    Churn,
    DatabaseChurn,
    StatementRows,
    TableName,
    TableWal,
    WalReading,
    WritingStatements,
)

_ByTable = Mapping[TableName, tuple[StatementRows, ...]]


def attach(churn: DatabaseChurn, statements: WritingStatements | None, wal: WalReading | None) -> DatabaseChurn:
    """The same churn with each table's statements and WAL; without them (None) it is returned as it is.

    A table without statements has none, `()`; one that is absent from the WAL had no committed change. Statements
    addressed to a partition count for the partitioned tables above it too.
    """
    if statements is None and wal is None:
        return churn
    found = None if statements is None else _with_partitions(churn, statements)
    entries = {
        table: replace(
            entry,
            statements=None if found is None else found.get(table, ()),
            wal=None if wal is None else wal.get(table, _nothing(table)),
            wal_seconds=None if wal is None else wal.seconds,
        )
        for table, entry in churn.items()
    }
    return DatabaseChurn(entries, churn.seconds, churn.notes)


def _nothing(table: TableName) -> TableWal:
    return TableWal(table, 0, 0, 0, 0, 0, 0, 0)


def _with_partitions(churn: DatabaseChurn, statements: WritingStatements) -> _ByTable:
    found: dict[TableName, list[StatementRows]] = defaultdict(list)
    for table, rows in statements.items():
        for name in _lineage(churn, table):
            found[name] += rows
    return {table: tuple(sorted(rows, key=lambda one: -one.rows_per_statement)) for table, rows in found.items()}


def _lineage(churn: DatabaseChurn, table: TableName) -> Iterator[TableName]:
    """The table and every partitioned table above it."""
    entry: Churn | None = churn.get(table)
    while entry is not None:
        yield entry.table
        entry = churn.get(entry.partition_of) if entry.partition_of else None
