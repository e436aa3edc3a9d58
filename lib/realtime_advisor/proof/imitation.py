"""Types, tables and keys of a skeleton as SQL, and sentences about what could only be imitated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, LiteralString

from psycopg.sql import SQL, Composed, Identifier, Literal

from realtime_advisor.model import Column, Policy, RelationKind, Table, TableName

from .skeleton import Skeleton, Statement, told_on
from .values import value

SOURCE: Final = "realtime_advisor_source"  # what a generated column of the imitation is made from

_BUILT_IN: Final = re.compile(
    r'([a-z][a-z0-9_]*|"char"|double precision|bit varying|character varying)(\(\d+(,-?\d+)?\))?'
    r"( with(out)? time zone)?(\[\])*\Z"
)
_EXTENSIONS: Final = ("citext", "hstore", "ltree", "cube", "seg")


@dataclass
class Imitation:
    """How a skeleton is built: statements for a superuser, in order, and what they imitate.

    `labels` are the labels of enum types by the type's name.
    """

    statements: list[Statement] = field(default_factory=list)
    policies: list[Statement] = field(default_factory=list)
    substitutes: list[str] = field(default_factory=list)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)


def imitate(skeleton: Skeleton, extensions: frozenset[str], built_in: frozenset[str]) -> Imitation:
    """The skeleton as SQL. `extensions` can be created on the server, `built_in` are the types it has by itself."""
    made = Imitation()
    schemas = dict.fromkeys(name.schema for name in skeleton.tables)
    for schema in schemas:
        made.statements.append(SQL("create schema if not exists {} authorization postgres").format(Identifier(schema)))
        made.statements.append(
            SQL("grant usage on schema {} to anon, authenticated, service_role").format(Identifier(schema))
        )
    _types(skeleton, made, extensions, built_in)
    for table in skeleton.tables.values():
        made.statements += _table(table, made, built_in)
    made.statements += _unique_keys(skeleton)
    for table in skeleton.tables.values():
        made.statements += _keys(table)
        made.policies += _policies(table)
    return made


def _types(skeleton: Skeleton, made: Imitation, extensions: frozenset[str], built_in: frozenset[str]) -> None:
    needed = dict.fromkeys(_bare(column.type) for table in skeleton.tables.values() for column in table.columns)
    conditioned = _condition_labels(skeleton)
    for type_name in needed:
        if type_name in built_in:
            continue
        name = TableName.parse(type_name)
        made.statements.append(SQL("create schema if not exists {}").format(Identifier(name.schema)))
        if name.name in _EXTENSIONS and name.name in extensions:
            made.statements.append(
                SQL("create extension if not exists {} schema {}").format(
                    Identifier(name.name), Identifier(name.schema)
                )
            )
            continue
        made.statements += _stand_in(name, conditioned.get(type_name, ()), made, type_name)


def _stand_in(name: TableName, labels: tuple[str, ...], made: Imitation, type_name: str) -> Iterator[Statement]:
    identifier = Identifier(name.schema, name.name)
    if labels:
        made.labels[type_name] = (*labels, "another label")
        made.substitutes.append(f"The type {type_name} is an enum of the labels that the members' condition names.")
        listed = SQL(", ").join(map(Literal, made.labels[type_name]))
        yield SQL("create type {} as enum ({})").format(identifier, listed)
    else:
        made.substitutes.append(f"A domain over text stands for the type {type_name}, which the sandbox does not have.")
        yield SQL("create domain {} as text").format(identifier)
    yield SQL("grant usage on schema {} to public").format(Identifier(name.schema))


def _condition_labels(skeleton: Skeleton) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for emission in told_on(skeleton.design):
        entitlement = emission.scope.entitlement
        for condition in entitlement.conditions if entitlement else ():
            if condition.test == "in" and entitlement and entitlement.membership:
                column = skeleton.tables[entitlement.membership].column(condition.column)
                earlier = found.get(_bare(column.type), ())
                found[_bare(column.type)] = tuple(dict.fromkeys((*earlier, *condition.values)))
    return found


def _bare(type_name: str) -> str:
    return re.sub(r"\(.*?\)|\[\]", "", type_name)


def _table(table: Table, made: Imitation, built_in: frozenset[str]) -> Iterator[Statement]:
    name = Identifier(table.name.schema, table.name.name)
    columns = [_column(column, made, built_in) for column in table.columns]
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


def _column(column: Column, made: Imitation, built_in: frozenset[str]) -> Statement:
    type_sql = _type(column.type, built_in)
    if column.generated:
        low, high = (Literal(value(column.type, number, made.labels)) for number in (1, 2))
        return SQL("{} {} generated always as (case when {} then {}::{} else {}::{} end) stored").format(
            Identifier(column.name), type_sql, Identifier(SOURCE), low, type_sql, high, type_sql
        )
    return SQL("{} {}{}").format(Identifier(column.name), type_sql, SQL(" not null") if column.not_null else SQL(""))


def _type(type_name: str, built_in: frozenset[str]) -> Statement:
    """The type as SQL: nothing of its name is taken as it is unless it looks like one of Postgres's own."""
    if _bare(type_name) in built_in and _BUILT_IN.match(type_name):
        return SQL(type_name)
    name = TableName.parse(_bare(type_name))
    return SQL("{}{}").format(Identifier(name.schema, name.name), SQL("[]" * type_name.count("[]")))


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
    """What foreign keys refer to, and what makes a membership unique: its look-up may rest on that."""
    members = {e.scope.entitlement.membership for e in told_on(skeleton.design) if e.scope.entitlement}
    referenced = {
        (key.references, key.referenced_columns) for table in skeleton.tables.values() for key in table.foreign_keys
    }
    of_members = {(name, key) for name in members if name for key in skeleton.tables[name].unique_keys}
    for name, columns in sorted(referenced | of_members):
        if columns != skeleton.tables[name].primary_key:
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
