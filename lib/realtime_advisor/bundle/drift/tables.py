"""Tables and columns that a decision names: gone, renamed, or of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.display.wording import say_list
from realtime_advisor.generation.naming import object_name
from realtime_advisor.generation.rows import ROW
from realtime_advisor.model import Catalog, Decided, DecidedRun, DriftFinding, TableName

from .world import World

DECIDE_AGAIN: Final = "Decide again with make report, and apply what that exports."
_NAME_THE_RIGHT_ONE: Final = "Name the database that the bundle was made of, or decide about this one with make report."


def find_tables(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """What the decisions name and the catalogue does not have as they name it."""
    for table, entry in run.tables.items():
        if table not in world.catalog.tables:
            yield _gone(table, world)
        else:
            yield from _columns(entry, world.catalog)


def find_another_database(run: DecidedRun, world: World) -> DriftFinding | None:
    """That nothing the bundle decided about is here, under whatever name; None where some of it is."""
    there = world.catalog.tables
    if not run.tables or any(table in there or _new_names(table, world) for table in run.tables):
        return None
    tables = say_list(str(table) for table in sorted(run.tables))
    fact = f"None of the bundle's tables ({tables}) is in this database: it is another one, or all were dropped."
    return DriftFinding("another database", None, fact, _NAME_THE_RIGHT_ONE)


def gone_tables(run: DecidedRun, world: World) -> frozenset[TableName]:
    """The tables that were decided about and are not there under their names."""
    return frozenset(table for table in run.tables if table not in world.catalog.tables)


def lacking_tables(run: DecidedRun, world: World) -> frozenset[TableName]:
    """The tables that lack a column which `find_tables` tells of."""
    needed = {each for entry in run.tables.values() for each in _needed(entry)}
    there = world.catalog.tables
    return frozenset(
        table
        for table, column in needed
        if table in there and column not in {each.name for each in world.catalog[table].columns}
    )


def _gone(table: TableName, world: World) -> DriftFinding:
    if renamed := _new_names(table, world):
        fact = f"Table {table} is called {renamed[0]} now: topics, clients and functions still say {table.name}."
    else:
        fact = f"Table {table} is gone: it was dropped, renamed or moved."
    return DriftFinding("table", table, fact, DECIDE_AGAIN)


def _new_names(table: TableName, world: World) -> list[str]:
    """What a table is called now: one that was renamed has taken its triggers along."""
    function = str(TableName("realtime_advisor", object_name("broadcast", table)))
    return sorted({str(trigger.table) for trigger in world.setup.triggers if trigger.function == function})


def _columns(entry: Decided, catalog: Catalog) -> Iterator[DriftFinding]:
    for (table, column), purpose in _needed(entry).items():
        if table not in catalog.tables:
            continue  # told of that table, or of none that was decided about
        if column not in {each.name for each in catalog[table].columns}:
            fact = f"Column {column} of {table} is gone: it was dropped or renamed, and {purpose}"
            silenced = _silenced(entry, column) if table == entry.table else None
            fact += f"; since then {silenced} is told, and the server only logs a warning." if silenced else "."
            yield DriftFinding("column", entry.table, fact, DECIDE_AGAIN)
    yield from _type_of_scope(entry, catalog)


def _needed(entry: Decided) -> dict[tuple[TableName, str], str]:
    """The columns that the decision stands on, each with what for; the weightiest reason counts."""
    needed: dict[tuple[TableName, str], str] = {}
    scope, table = entry.scope, entry.table
    if scope:
        for hop in scope.path:
            needed.update({(hop.table, column): f"leads {table} to its scope" for column in hop.columns})
            needed.update(
                {(hop.references, column): f"leads {table} to its scope" for column in hop.referenced_columns}
            )
        end = scope.path[-1].references if scope.path else table
        needed.update({(end, column): f"holds the scope of {table}" for column in scope.columns})
    for emission in entry.design.emissions if entry.design else ():
        for column in (*emission.columns, *emission.watched):
            purpose = "messages carry it" if column in emission.columns else "its changes are to be told"
            needed.setdefault((table, column), purpose)
    return needed


def _silenced(entry: Decided, column: str) -> str | None:
    """Of which writes nobody hears without a column of the table itself: its function fails and lets them through.

    What is compared is read of an UPDATE only, but where whole rows are sent: those are sent without naming columns.
    """
    if entry.design is None or entry.scope is None or not entry.design.emissions:
        return None
    emissions, by_row = entry.design.emissions, entry.design.granularity == ROW
    leading = entry.scope.path[0].columns if entry.scope.path else entry.scope.columns
    compared = {name for each in emissions for name in each.watched}
    carried = {name for each in emissions for name in each.columns}
    if column in leading or column in (compared if by_row else carried):
        return f"no write to {entry.table}"
    return f"no UPDATE of {entry.table}" if column in compared and not by_row else None


def _type_of_scope(entry: Decided, catalog: Catalog) -> Iterator[DriftFinding]:
    scope = entry.scope
    if scope is None or len(scope.columns) != 1:
        return
    end = scope.path[-1].references if scope.path else entry.table
    found = [each.type for each in catalog[end].columns if each.name in scope.columns] if end in catalog.tables else []
    if found and found[0] != scope.key_type:
        fact = (
            f"Column {scope.columns[0]} of {end}, the scope of {entry.table}, was {scope.key_type} and is {found[0]}."
        )
        yield DriftFinding("column", entry.table, fact, DECIDE_AGAIN)
