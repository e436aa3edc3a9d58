"""Rows per statement, as pg_stat_statements tells them. Figures only, never a statement's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .names import ByTable, TableName


@dataclass(frozen=True, slots=True)
class StatementRows:
    """The statements of one shape that write to one table: how often they ran, and how many rows they wrote in all."""

    operation: str  # 'insert', 'update', 'delete', 'merge', 'copy'
    calls: int
    rows: int

    @property
    def rows_per_statement(self) -> float:
        return self.rows / self.calls if self.calls else 0.0


class WritingStatements(ByTable[tuple[StatementRows, ...]]):
    """The writing statements of one database by table, those with most rows per statement first.

    `unread` is how many shapes of statements may write and could not be attributed to a table; `notes` says why, and
    what can be done.
    """

    def __init__(
        self, entries: Mapping[TableName, tuple[StatementRows, ...]], unread: int = 0, notes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(entries)
        self.unread = unread
        self.notes = notes
