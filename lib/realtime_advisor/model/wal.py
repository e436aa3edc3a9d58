"""What a reading of the WAL told: exact row changes, aborted work excluded. Counts only, never the rows' values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .names import ByTable, TableName


@dataclass(frozen=True, slots=True)
class ScopeRows:
    """How row changes spread over the values of one key column: how many values, and the busiest one's changes."""

    column: str
    changes: int  # row changes with a value in this column
    distinct: int  # values seen
    hottest: int  # row changes of the busiest value

    @property
    def hottest_share(self) -> float:
        """The busiest value's part of the changes, 0 to 1."""
        return self.hottest / self.changes if self.changes else 0.0


@dataclass(frozen=True, slots=True)
class TableWal:
    """Committed row changes of one table by logical decoding; `bytes_of_rows` is the length of the new rows as text."""

    table: TableName
    inserts: int
    updates: int
    deletes: int
    truncates: int
    transactions: int  # that touched this table
    largest_transaction: int  # row changes of this table in one transaction
    bytes_of_rows: int
    scopes: tuple[ScopeRows, ...] = ()
    changed_columns: Mapping[str, int] | None = None  # updates by changed column; None: replica identity hides it

    @property
    def events(self) -> int:
        """Row changes that Postgres Changes would deliver."""
        return self.inserts + self.updates + self.deletes


class WalReading(ByTable[TableWal]):
    """The WAL of one database for `seconds`, by table, with what reading it cost.

    A table that is absent had no committed change. `stopped` says why it ended before its time, if it did.
    """

    def __init__(
        self,
        entries: Mapping[TableName, TableWal],
        seconds: float,
        plugin: str,
        transactions: int,
        wal_bytes: int,
        largest_lag_bytes: int,
        stopped: str | None = None,
    ) -> None:
        super().__init__(entries)
        self.seconds = seconds
        self.plugin = plugin
        self.transactions = transactions
        self.wal_bytes = wal_bytes
        self.largest_lag_bytes = largest_lag_bytes
        self.stopped = stopped
