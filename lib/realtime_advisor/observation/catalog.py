"""The user relations of a target, read from the system catalogues only: no user table is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row

from realtime_advisor.model import ByTable, Catalog, Column, ForeignKey, Policy, RelationKind, Table, TableName

from .supabase import is_users_own
from .target import Rows, Target

T = TypeVar("T")
_KINDS = {
    "r": RelationKind.TABLE,
    "p": RelationKind.PARTITIONED,
    "v": RelationKind.VIEW,
    "m": RelationKind.MATERIALIZED_VIEW,
    "f": RelationKind.FOREIGN_TABLE,
}
_REPLICA_IDENTITIES = {"d": "default", "f": "full", "n": "nothing", "i": "index"}


@dataclass(frozen=True)
class _Parts:
    """What the queries said, by the relation's oid."""

    names: Mapping[int, TableName]
    columns: Mapping[int, list[Column]]
    keys: Mapping[int, list[Row[Any]]]
    foreign_keys: Mapping[int, list[ForeignKey]]
    policies: Mapping[int, list[Policy]]
    publications: Mapping[int, list[tuple[str, ...]]]
    exposed_by: Mapping[int, list[TableName]]
    partitions: Mapping[int, list[TableName]]


def read_catalog(target: Target) -> Catalog:
    """Every user relation of the target as of one moment; empty if it has none.

    Supabase's own schemas and what extensions own are left out. Figures of pg_stats that this role may not see are
    None: unknown, not zero. Raises AdvisorError.
    """
    relations, columns, statistics, keys, foreign_keys, policies, publications, views = target.read_together(
        "relations", "columns", "statistics", "keys", "foreign_keys", "policies", "publications", "views"
    )
    own = [row for row in relations if is_users_own(row.schema, target.server.is_supabase)]
    names = {row.relid: TableName(row.schema, row.name) for row in own}
    parts = _Parts(
        names=names,
        columns=_read_columns(columns, statistics, names),
        keys=_group(keys, lambda row: row),
        foreign_keys=_group(foreign_keys, _foreign_key),
        policies=_group(policies, _policy),
        publications=_group(publications, lambda row: tuple(row.publications)),
        exposed_by=_group((row for row in views if row.view in names), lambda row: names[row.view]),
        partitions=_partitions(own, names),
    )
    return Catalog(target.server, ByTable({names[row.relid]: _table(row, parts) for row in own}))


def _group(rows: Any, make: Callable[[Row[Any]], T]) -> dict[int, list[T]]:
    grouped: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        grouped[row.relid].append(make(row))
    return grouped


def _table(row: Row[Any], parts: _Parts) -> Table:
    keys = parts.keys.get(row.relid, [])
    return Table(
        name=parts.names[row.relid],
        kind=_KINDS[row.relkind],
        columns=tuple(parts.columns.get(row.relid, ())),
        primary_key=next((tuple(key.columns) for key in keys if key.is_primary), ()),
        unique_keys=tuple(dict.fromkeys(tuple(key.columns) for key in keys if not key.is_primary)),
        foreign_keys=tuple(parts.foreign_keys.get(row.relid, ())),
        row_security=row.row_security,
        policies=tuple(parts.policies.get(row.relid, ())),
        select_roles=None if row.select_roles is None else tuple(row.select_roles),
        exposed_by=tuple(sorted(parts.exposed_by.get(row.relid, ()))),
        publications=next(iter(parts.publications.get(row.relid, ())), ()),
        replica_identity=_REPLICA_IDENTITIES[row.replica_identity],
        partition_of=parts.names.get(row.partition_of),
        partitions=tuple(sorted(parts.partitions.get(row.relid, ()))),
        estimated_rows=row.estimated_rows,
        comment=row.comment,
    )


def _read_columns(columns: Rows, statistics: Rows, names: Mapping[int, TableName]) -> dict[int, list[Column]]:
    known = {(row.schema, row.name, row.column_name): tuple(row)[3:] for row in statistics}
    read: dict[int, list[Column]] = defaultdict(list)
    for row in columns:
        relid, name, type_, not_null, generated, comment = tuple(row)
        if table := names.get(relid):
            figures = known.get((table.schema, table.name, name), (None, None, None))
            read[relid].append(Column(name, type_, not_null, generated, comment, *figures))
    return read


def _foreign_key(row: Row[Any]) -> ForeignKey:
    references = TableName(row.referenced_schema, row.referenced_name)
    return ForeignKey(row.name, tuple(row.columns), references, tuple(row.referenced_columns), row.on_delete)


def _policy(row: Row[Any]) -> Policy:
    return Policy(
        name=row.name,
        command=row.command,
        permissive=row.permissive,
        roles=tuple(row.roles),
        using=row.using_expression,
        with_check=row.check_expression,
        columns=tuple((TableName(schema, table), column) for schema, table, column in row.columns or ()),
        functions=tuple(row.functions or ()),
    )


def _partitions(rows: list[Row[Any]], names: Mapping[int, TableName]) -> dict[int, list[TableName]]:
    children: dict[int, list[TableName]] = defaultdict(list)
    for row in rows:
        if row.partition_of is not None:
            children[row.partition_of].append(names[row.relid])
    return children
