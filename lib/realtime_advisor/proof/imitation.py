"""Types, tables and keys of a skeleton as SQL, and sentences about what could only be imitated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, LiteralString

from psycopg.sql import SQL, Composed, Identifier, Literal

from realtime_advisor.model import ByTable, Column, Policy, RelationKind, Table, TableName, UserType

from .kinds import Kinds, Offered, kinds_for
from .links import key_columns
from .skeleton import SOURCE, Skeleton, Statement, enforced_keys
from .values import value

# What a copy with Realtime's schema has by itself, and a server without may have as a table of its owner's.
_IN_EVERY_COPY: Final = TableName("auth", "users")


@dataclass
class Imitation:
    """How a skeleton is built: statements for a superuser, in order, and what they imitate.

    In `skeleton` a column's type is one whose values it takes: a domain's base. `labels` are values of enums and
    composite types.
    """

    skeleton: Skeleton
    statements: list[Statement] = field(default_factory=list)
    policies: list[Statement] = field(default_factory=list)
    substitutes: list[str] = field(default_factory=list)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def imitate(skeleton: Skeleton, types: Iterable[UserType], offered: Offered) -> Imitation:
    """The skeleton as SQL, for a server that offers these types and extensions."""
    kinds = kinds_for(skeleton, types, offered)
    made = Imitation(_with_plain_keys(skeleton), substitutes=kinds.substitutes, labels=kinds.labels)
    made.substitutes += [
        f"An ordinary column stands for {column.name} of {table.name}, which is generated: rows are made by their keys."
        for table in skeleton.tables.values()
        for column in table.columns
        if column.generated and not made.skeleton.tables[table.name].column(column.name).generated
    ]
    skeleton = made.skeleton
    for table in skeleton.tables.values():
        made.statements += _table(table, made, kinds)
    made.statements += _unique_keys(skeleton)
    for table in skeleton.tables.values():
        made.statements += _keys(table)
        made.policies += _policies(table)
    made.statements = [*_schemas(skeleton), *_make_room(skeleton), *kinds.statements, *made.statements]
    made.skeleton = _with_plain_types(skeleton, kinds)
    return made


def _schemas(skeleton: Skeleton) -> Iterator[Statement]:
    for schema in dict.fromkeys(name.schema for name in skeleton.tables):
        home = Identifier(schema)
        yield SQL("create schema if not exists {} authorization postgres").format(home)
        yield SQL("grant usage on schema {} to anon, authenticated, service_role").format(home)


def _make_room(skeleton: Skeleton) -> Iterator[Statement]:
    """An `auth.users` of the owner's own stands in place of the copy's, which has other columns."""
    if _IN_EVERY_COPY in skeleton.tables:
        yield SQL("drop table if exists {}").format(Identifier(_IN_EVERY_COPY.schema, _IN_EVERY_COPY.name))


def _with_plain_keys(skeleton: Skeleton) -> Skeleton:
    """The skeleton with ordinary columns for the generated ones by which rows are made and found."""
    keys = key_columns(skeleton)
    tables = {
        table.name: replace(
            table,
            columns=tuple(
                replace(column, generated=column.generated and (table.name, column.name) not in keys)
                for column in table.columns
            ),
        )
        for table in skeleton.tables.values()
    }
    return replace(skeleton, tables=ByTable(tables))


def _with_plain_types(skeleton: Skeleton, kinds: Kinds) -> Skeleton:
    tables = {
        name: replace(table, columns=tuple(replace(column, type=kinds.plain(column.type)) for column in table.columns))
        for name, table in skeleton.tables.items()
    }
    return replace(skeleton, tables=ByTable(tables))


def _table(table: Table, made: Imitation, kinds: Kinds) -> Iterator[Statement]:
    name = Identifier(table.name.schema, table.name.name)
    columns = [_column(column, kinds) for column in table.columns]
    if any(column.generated for column in table.columns):
        columns.append(SQL("{} boolean").format(Identifier(SOURCE)))
        made.substitutes.append(f"Generated columns of {table.name} are made from another expression than theirs.")
    yield SQL("create table {} ({}){}").format(name, SQL(", ").join(columns), _partition_by(table, made))
    yield SQL("alter table {} owner to postgres").format(name)
    yield SQL("grant all on {} to anon, authenticated, service_role").format(name)
    if table.primary_key:
        yield SQL("alter table {} add primary key ({})").format(name, _names(table.primary_key))
    yield from _partitions(table)
    if table.row_security:
        yield SQL("alter table {} enable row level security").format(name)


def _column(column: Column, kinds: Kinds) -> Statement:
    type_sql = kinds.sql(column.type)
    if column.generated:
        low, high = (Literal(value(kinds.plain(column.type), number, kinds.labels)) for number in (1, 2))
        return SQL("{} {} generated always as (case when {} then {}::{} else {}::{} end) stored").format(
            Identifier(column.name), type_sql, Identifier(SOURCE), low, type_sql, high, type_sql
        )
    return SQL("{} {}{}").format(Identifier(column.name), type_sql, SQL(" not null") if column.not_null else SQL(""))


def _partition_by(table: Table, made: Imitation) -> Statement:
    if table.kind is not RelationKind.PARTITIONED:
        return SQL("")
    key = table.primary_key[0] if table.primary_key else table.columns[0].name
    made.substitutes.append(f"{table.name} is partitioned by a hash of {key}: its own partition key is not known here.")
    return SQL(" partition by hash ({})").format(Identifier(key))


def _partitions(table: Table) -> Iterator[Statement]:
    name = Identifier(table.name.schema, table.name.name)
    for position, part in enumerate(table.partitions):
        made = Identifier(part.schema, part.name)
        yield SQL("create schema if not exists {}").format(Identifier(part.schema))
        if table.kind is RelationKind.PARTITIONED:
            yield SQL("create table {} partition of {} for values with (modulus {}, remainder {})").format(
                made, name, Literal(len(table.partitions)), Literal(position)
            )
        else:
            yield SQL("create table {} () inherits ({})").format(made, name)
        yield SQL("alter table {} owner to postgres").format(made)


def _unique_keys(skeleton: Skeleton) -> Iterator[Statement]:
    for name, columns in enforced_keys(skeleton):
        yield SQL("alter table {} add unique ({})").format(Identifier(name.schema, name.name), _names(columns))


def _keys(table: Table) -> Iterator[Statement]:
    name = Identifier(table.name.schema, table.name.name)
    for key in table.foreign_keys:
        parent = Identifier(key.references.schema, key.references.name)
        yield SQL("alter table {} add foreign key ({}) references {} ({}) on delete {}").format(
            name, _names(key.columns), parent, _names(key.referenced_columns), SQL(_ACTIONS[key.on_delete])
        )


_ACTIONS: Final[Mapping[str, LiteralString]] = {
    "no action": "no action",
    "restrict": "restrict",
    "cascade": "cascade",
    "set null": "set null",
    "set default": "set default",
}


def _policies(table: Table) -> Iterator[Statement]:
    """The table's policies for SELECT; those that mention what is not here do not parse, and are left out."""
    name = Identifier(table.name.schema, table.name.name)
    for policy in table.policies if table.row_security else ():
        if policy.using is not None and policy.command in ("all", "select"):
            yield _policy(name, policy)


def _policy(table: Identifier, policy: Policy) -> Composed:
    kind = SQL("permissive" if policy.permissive else "restrictive")
    roles = SQL(", ").join(SQL("public") if role == "public" else Identifier(role) for role in policy.roles)
    using = SQL(policy.using or "false")
    return SQL("create policy {} on {} as {} for select to {} using ({})").format(
        Identifier(policy.name), table, kind, roles, using
    )


def _names(columns: tuple[str, ...]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
