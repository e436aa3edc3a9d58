"""Of the catalogue, only the tables and columns that a design, its scopes' paths and its entitlements touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from psycopg.sql import SQL, Composed

from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Design,
    Emission,
    Entitlement,
    ForeignKey,
    Hop,
    RelationKind,
    Table,
    TableName,
)

Statement = SQL | Composed
SOURCE: Final = "realtime_advisor_source"  # the column that generated ones are made from, where tables are imitated


@dataclass(frozen=True)
class Skeleton:
    """The tables that a script touches, each with the columns that it touches.

    `spare` is a column of the design's own table whose change tells nobody, if there is one.
    """

    design: Design
    tables: ByTable[Table]
    spare: str | None
    whole: Table  # the design's own table, with all its columns

    @property
    def own(self) -> Table:
        """The design's own table."""
        return self.tables[self.design.table]


def told_on(design: Design) -> tuple[Emission, ...]:
    """The topics that somebody may join: those that are told, and the one that clients track on."""
    return (*design.emissions, *((design.presence,) if design.presence else ()))


def holder(design: Design, emission: Emission) -> TableName:
    """The table that holds the key of the emission's scope: the design's own, or the end of the scope's path."""
    return emission.scope.path[-1].references if emission.scope.path else design.table


def principal_column(design: Design, emission: Emission, tables: ByTable[Table]) -> str | None:
    """The column of the scope's principal that its holder's column refers to."""
    principal = emission.scope.principal
    if principal is None or principal not in tables:
        return None
    if emission.principal_key:
        return emission.principal_key
    at = holder(design, emission)
    for key in tables[at].foreign_keys if at in tables else ():
        if key.references == principal and key.columns == emission.scope.columns:
            return key.referenced_columns[0]
    keys = tables[principal].primary_key
    return keys[0] if len(keys) == 1 else None


def build_skeleton(design: Design, catalog: Catalog) -> Skeleton:
    """The skeleton of a design. Tables that the catalogue does not have are left out."""
    touched: dict[TableName, set[str]] = {}
    for name, column in _touched(design, catalog):
        if name in catalog.tables:
            touched.setdefault(name, set()).add(column)
    for name, columns in touched.items():
        columns.update(catalog[name].primary_key)
    for name in touched:
        for key in catalog[name].foreign_keys:
            if key.references in touched and set(key.columns) <= touched[name]:
                touched[key.references].update(key.referenced_columns)
    spare = _spare(catalog[design.table], touched[design.table])
    if spare:
        touched[design.table].add(spare)
    tables = ByTable({name: _reduced(catalog[name], columns, touched) for name, columns in touched.items()})
    return Skeleton(design, tables, spare, catalog[design.table])


def join_tables(skeletons: Iterable[Skeleton], catalog: Catalog) -> ByTable[Table]:
    """The tables of several skeletons, each with all the columns that any of them touches."""
    touched: dict[TableName, set[str]] = {}
    for skeleton in skeletons:
        for table in skeleton.tables.values():
            touched.setdefault(table.name, set()).update(column.name for column in table.columns)
    return ByTable({name: _reduced(catalog[name], columns, touched) for name, columns in touched.items()})


def _touched(design: Design, catalog: Catalog) -> Iterator[tuple[TableName, str]]:
    yield from ((design.table, column) for column in design.primary_key)
    yield from design.generated
    for emission in told_on(design):
        scope = emission.scope
        yield from ((design.table, column) for column in (*emission.watched, *emission.columns))
        yield from _along(scope.path)
        yield from ((holder(design, emission), column) for column in scope.columns)
        if scope.principal is not None:
            column = principal_column(design, emission, catalog.tables)
            yield from ((scope.principal, name) for name in ((column,) if column else ()))
        if scope.entitlement:
            yield from _of_entitlement(scope.entitlement)


def _along(path: Iterable[Hop]) -> Iterator[tuple[TableName, str]]:
    for hop in path:
        yield from ((hop.table, column) for column in hop.columns)
        yield from ((hop.references, column) for column in hop.referenced_columns)


def _of_entitlement(entitlement: Entitlement) -> Iterator[tuple[TableName, str]]:
    yield from _along(entitlement.path)
    if entitlement.membership is not None:
        columns = [*entitlement.scope_columns, *(condition.column for condition in entitlement.conditions)]
        columns += [entitlement.user_column] if entitlement.user_column else []
        if entitlement.login and entitlement.login_column:
            yield from _along((entitlement.login,))
            yield entitlement.login.references, entitlement.login_column
        yield from ((entitlement.membership, column) for column in columns)


def _spare(table: Table, touched: set[str]) -> str | None:
    """A column that is neither watched nor leads anywhere, one of text or a time by preference."""
    columns = [column for column in table.columns if column.name not in touched and not column.generated]
    columns.sort(key=lambda column: not column.type.startswith(("text", "timestamp", "character varying", "integer")))
    return columns[0].name if columns else None


def _reduced(table: Table, columns: set[str], touched: dict[TableName, set[str]]) -> Table:
    kept = tuple(column for column in table.columns if column.name in columns)
    return replace(
        table,
        columns=kept,
        foreign_keys=tuple(_kept_keys(table, columns, touched)),
        unique_keys=tuple(key for key in table.unique_keys if set(key) <= columns),
        partitions=table.partitions,
    )


def _kept_keys(table: Table, columns: set[str], touched: dict[TableName, set[str]]) -> Iterator[ForeignKey]:
    for key in table.foreign_keys:
        if set(key.columns) <= columns and set(key.referenced_columns) <= touched.get(key.references, set()):
            yield key


def is_partitioned(table: Table) -> bool:
    """Whether writes may be addressed to parts of the table."""
    return table.kind is RelationKind.PARTITIONED or bool(table.partitions)


def writable(table: Table) -> tuple[Column, ...]:
    """The columns that a write may name."""
    return tuple(column for column in table.columns if not column.generated)


def enforced_keys(skeleton: Skeleton) -> list[tuple[TableName, tuple[str, ...]]]:
    """Unique keys besides primary ones that the imitation has: what foreign keys refer to, and a membership's.

    The look-up of a membership may rest on what makes it unique.
    """
    entitled = [e.scope.entitlement for e in told_on(skeleton.design) if e.scope.entitlement]
    members = {one.membership for one in entitled} | {one.login.references for one in entitled if one.login}
    referenced = {
        (key.references, key.referenced_columns) for table in skeleton.tables.values() for key in table.foreign_keys
    }
    of_members = {(name, key) for name in members if name for key in skeleton.tables[name].unique_keys}
    return [(name, key) for name, key in sorted(referenced | of_members) if key != skeleton.tables[name].primary_key]
