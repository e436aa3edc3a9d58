"""The rows of a pgTAP test: those that have to be there before anything is tried, and the one to write beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from realtime_advisor.model import Column, Table, TableName
from realtime_advisor.proof.entitled import Row, Rows, sub_of
from realtime_advisor.proof.skeleton import holder, principal_column, told_on
from realtime_advisor.proof.world import PEOPLED, STRANGER, Person, World


@dataclass(frozen=True)
class Inserted:
    """One row that is there before anything is tried."""

    table: TableName
    row: Row


@dataclass(frozen=True)
class Changing:
    """A column that an update changes, and its value before and after."""

    column: str
    before: str
    after: str


def prepare(world: World, table: Table, changed: Changing | None) -> tuple[Row, list[Inserted]]:
    """A new row of the design's own table, and the rows that have to be there before it.

    Where the table makes the members, say, those rows are of it too: then it is a row of a slice that nobody asks of.
    """
    made = []
    for slice_ in range(PEOPLED):
        row = world.fresh(slice_)
        there = _with_parents(world, [(table.name, row, False), *((name, at, True) for name, at in _entitling(world))])
        made.append((row, there))
        own = [one.row for one in there if one.table == table.name]
        if not any(_collide(table, old, new) for old in own for new in _written(row, changed)):
            return row, there
    return made[0]


def _written(row: Row, changed: Changing | None) -> Iterator[Row]:
    """All that the row holds while it is written to."""
    yield row
    if changed:
        yield from ({**row, changed.column: text} for text in (changed.before, changed.after))


def _collide(table: Table, old: Row, new: Row) -> bool:
    """Whether a unique key of the table forbids one row beside the other."""
    keys = (*table.unique_keys, *(key.columns for key in table.partial_keys))
    return any(all(_is_same(table.column(name), old, new) for name in key) for key in keys)


def _is_same(column: Column, old: Row, new: Row) -> bool:
    """Whether a column's value is the same in both; one that neither names is the same by its default."""
    if column.name not in old and column.name not in new:
        return column.has_default
    return old.get(column.name) is not None and old.get(column.name) == new.get(column.name)


def _entitling(world: World) -> Iterator[tuple[TableName, Row]]:
    """The first two scopes' own rows, and the memberships of all who are asked about."""
    subs, rows = {person.sub for person in asked(world)}, Rows(world.rows)
    for emission in told_on(world.skeleton.design):
        entitlement, principal = emission.scope.entitlement, emission.scope.principal
        if entitlement is None or entitlement.membership is None or entitlement.user_column is None:
            continue
        if principal in world.rows:
            yield from ((principal, row) for row in world.rows[principal][:2])
        for row in world.rows.get(entitlement.membership, ()):
            if sub_of(row, entitlement, rows) in subs:
                yield entitlement.membership, row


def _with_parents(world: World, start: Iterable[tuple[TableName, Row, bool]]) -> list[Inserted]:
    """Those of the rows that are to be there, and before each whatever it refers to."""
    found: dict[tuple[TableName, tuple[tuple[str, str | None], ...]], Inserted] = {}
    rows = Rows(world.rows)

    def visit(table: TableName, row: Row, is_there: bool, above: frozenset[TableName]) -> None:
        mark = table, tuple(row.items())
        if mark in found:
            return
        for references, columns, wanted in _references(world, table, row):
            parent = rows.find(references, columns, wanted)
            if parent is not None and references not in above:
                visit(references, parent, True, above | {references})
        if is_there:
            found.setdefault(mark, Inserted(table, row))

    for table, row, is_there in start:
        visit(table, row, is_there, frozenset({table}))
    return list(found.values())


def _references(
    world: World, table: TableName, row: Row
) -> Iterator[tuple[TableName, tuple[str, ...], tuple[str | None, ...]]]:
    """What a row leads to: by foreign keys, and by ways to a scope that no key declares."""
    for key in world.skeleton.tables[table].foreign_keys:
        yield key.references, key.referenced_columns, tuple(row[column] for column in key.columns)
    for emission in told_on(world.skeleton.design):
        entitlement = emission.scope.entitlement
        login = (entitlement.login,) if entitlement and entitlement.login else ()
        for hop in (*emission.scope.path, *(entitlement.path if entitlement else ()), *login):
            if hop.table == table and hop.references in world.rows:
                yield hop.references, hop.referenced_columns, tuple(row[column] for column in hop.columns)
        at, column = holder(world.skeleton.design, emission), emission.scope.columns[0]
        to = principal_column(world.skeleton.design, emission, world.skeleton.tables)
        if at == table and emission.scope.principal in world.rows and to:
            yield emission.scope.principal, (to,), (row[column],)


def asked(world: World) -> list[Person]:
    """A member, a member of another scope, somebody in none, and bearers of memberships that do not count."""
    return [world.people[0], world.people[1], world.people[STRANGER], *world.people[STRANGER + 1 :]]
