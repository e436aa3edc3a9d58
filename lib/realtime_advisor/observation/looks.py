"""When a sampling reads the catalogue again, and what became of the tables since it did."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from realtime_advisor.model import ByTable, Catalog, Setup, Snapshot, Table, TableName

USUAL: Final = 600.0  # seconds between looks: of 1,000 tables one takes a quarter of a second
SOONEST: Final = 60.0  # after the last look, where tables came or went
_LONGEST_LIST: Final = 5


class Looks:
    """The looks at the catalogue in one process: each is begun with the reading that it follows."""

    def __init__(self) -> None:
        self._names: dict[int, TableName] = {}
        self._pause = SOONEST
        self._at: float | None = None  # None: there was no look yet

    def is_due(self, reading: Snapshot) -> bool:
        """Whether to look again: tables came, went or were renamed since the last look, or that was long ago."""
        passed = USUAL if self._at is None else time.monotonic() - self._at
        return passed >= USUAL or (passed >= self._pause and _names(reading) != self._names)

    def begin(self, reading: Snapshot) -> str | None:
        """Look now; the sentence on what became of the tables since the look before."""
        now, before = _names(reading), self._names
        changed = self._at is not None and now != before
        # Where tables come and go all the time, looks must not, as each may write a whole catalogue down.
        self._pause = min(2 * self._pause, USUAL) if changed else SOONEST
        self._names, self._at = now, time.monotonic()
        said = "; ".join(_tell(before, now)) if changed else ""
        return f"Since the last look at the tables: {said}." if said else None


def without_figures(catalog: Catalog, setup: Setup) -> tuple[Catalog, Setup]:
    """Both without what changes though nobody changes anything: estimates, widths, and how far the slots are."""
    tables = ByTable({table.name: _plain(table) for table in catalog})
    none: ByTable[Any] = ByTable({})
    return replace(catalog, tables=tables), replace(setup, slots=None, column_widths=none, out_of_line=none)


def _plain(table: Table) -> Table:
    columns = (replace(c, n_distinct=None, null_fraction=None, top_frequency=None) for c in table.columns)
    return replace(table, columns=tuple(columns), estimated_rows=None)


def _names(reading: Snapshot) -> dict[int, TableName]:
    return {entry.relid: entry.table for entry in reading.counters.values()}


def _tell(before: dict[int, TableName], now: dict[int, TableName]) -> Iterator[str]:
    moved = sorted((name, now[oid]) for oid, name in before.items() if now.get(oid, name) != name)
    there, here = set(before.values()), set(now.values())
    yield from _listed("renamed", (f"{name} to {latest}" for name, latest in moved))
    yield from _listed("dropped", _gone(before, now, here))
    yield from _listed("new", _gone(now, before, there))


def _gone(names: dict[int, TableName], others: dict[int, TableName], kept: set[TableName]) -> Iterable[str]:
    """Names of oids that the others lack; a table that was made again under its name is not gone."""
    return map(str, sorted(name for oid, name in names.items() if oid not in others and name not in kept))


def _listed(what: str, told: Iterable[str]) -> Iterator[str]:
    if named := list(told):
        more = f" and {len(named) - _LONGEST_LIST} more" if len(named) > _LONGEST_LIST else ""
        yield f"{what} {', '.join(named[:_LONGEST_LIST])}{more}"
