"""The user relations of a target, read from the system catalogues only: no user table is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_advisor.model import ByTable, Catalog, Column, ForeignKey, Policy, RelationKind, Table, TableName

from .building import collector_paused, group
from .details import Keys, Relations, Rows, make_columns, make_foreign_keys, make_keys, make_policies, make_types
from .supabase import is_users_own
from .target import Target

_KINDS = {
    "r": RelationKind.TABLE,
    "p": RelationKind.PARTITIONED,
    "v": RelationKind.VIEW,
    "m": RelationKind.MATERIALIZED_VIEW,
    "f": RelationKind.FOREIGN_TABLE,
}
_REPLICA_IDENTITIES = {"d": "default", "f": "full", "n": "nothing", "i": "index"}


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the queries of these names said, in the order in which they are asked."""

    relations: Rows
    columns: Rows
    statistics: Rows
    foreign_keys: Rows
    mentions: Rows
    publications: Rows
    views: Rows
    functions: Rows
    types: Rows
    keys: Rows
    policies: Rows  # these two last, because of their locks


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to a table, by the relation's oid."""

    names: Mapping[int, TableName]
    columns: Mapping[int, tuple[Column, ...]]
    keys: Keys
    foreign_keys: Mapping[int, Sequence[ForeignKey]]
    policies: Mapping[int, Sequence[Policy]]
    publications: Mapping[int, Sequence[str]]
    exposed_by: Mapping[int, Sequence[TableName]]
    partitions: Mapping[int, Sequence[TableName]]


def read_catalog(target: Target) -> Catalog:
    """Every user relation of the target as of one moment; empty if it has none.

    Supabase's own schemas and what extensions own are left out. Figures of pg_stats that this role may not see are
    None: unknown, not zero. Raises AdvisorError.
    """
    with collector_paused():
        answers = _Answers(*target.read_together(*_Answers.__slots__))
        return Catalog(target.server, _make_tables(target, answers), make_types(answers.types))


def _make_tables(target: Target, answers: _Answers) -> ByTable[Table]:
    is_supabase = target.server.is_supabase
    users_own = [row for row in answers.relations if row.is_users and is_users_own(row.schema, is_supabase)]
    parts = _read_parts(answers, users_own)
    return ByTable({parts.names[row.relid]: _table(row, parts) for row in users_own})


def _read_parts(answers: _Answers, users_own: Sequence[Any]) -> _Parts:
    everything = {row.relid: TableName(row.schema, row.name) for row in answers.relations}
    names = {row.relid: everything[row.relid] for row in users_own}
    columns: dict[int, dict[int, Any]] = defaultdict(dict)
    for row in answers.columns:
        columns[row[0]][row[1]] = row
    relations = Relations(everything, columns)
    return _Parts(
        names=names,
        columns=make_columns(relations, answers.statistics, names),
        keys=make_keys(relations, answers.keys),
        foreign_keys=group(make_foreign_keys(relations, answers.foreign_keys)),
        policies=group(make_policies(relations, answers.policies, answers.mentions, answers.functions)),
        publications={relid: publications for relid, publications in answers.publications},
        exposed_by=group((relid, names[view]) for relid, view in answers.views if view in names),
        partitions=group((row.partition_of, names[row.relid]) for row in users_own if row.partition_of is not None),
    )


def _table(row: Any, parts: _Parts) -> Table:
    relid, _, _, _, kind, row_security, replica_identity, estimated_rows, partition_of, comment, *more = row
    select_roles, of, withheld = more
    return Table(
        name=parts.names[relid],
        kind=_KINDS[kind],
        columns=parts.columns[relid],
        primary_key=parts.keys.primary.get(relid, ()),
        unique_keys=tuple(dict.fromkeys(parts.keys.unique.get(relid, ()))),
        foreign_keys=tuple(parts.foreign_keys.get(relid, ())),
        row_security=row_security,
        policies=tuple(parts.policies.get(relid, ())),
        select_roles=None if select_roles is None else tuple(select_roles),
        exposed_by=tuple(sorted(parts.exposed_by.get(relid, ()))),
        publications=tuple(parts.publications.get(relid, ())),
        replica_identity=_REPLICA_IDENTITIES[replica_identity],
        partition_of=parts.names.get(partition_of),
        partitions=tuple(sorted(parts.partitions.get(relid, ()))),
        estimated_rows=estimated_rows,
        comment=comment,
        partial_keys=tuple(dict.fromkeys(parts.keys.partial.get(relid, ()))),
        inherits=tuple(parts.names[parent] for parent in of if parent in parts.names),
        withheld_columns=tuple(withheld),
    )
