"""Which subscribers of Postgres Changes see a change, and what they see of it: asked of the database, as Realtime asks.

One question for each change and subscriber, which is why Postgres Changes does not scale with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from .frames import Payload
from .pgoutput import Change, Operation, Row
from .tokens import Claims
from .wishes import OPERATORS, Condition, Wish, WishRefused

Connection = psycopg.Connection[Any]

_QUERIES: Final = resources.files(__package__)
_TABLE: Final = _QUERIES.joinpath("table.sql").read_bytes()
_PUBLISHED: Final = _QUERIES.joinpath("published.sql").read_bytes()


@dataclass(frozen=True, slots=True)
class Column:
    """A column as one role meets it; `cast_to` is its type as SQL, from the catalogue."""

    name: str
    type: str
    cast_to: str
    is_key: bool
    is_readable: bool
    has_row_security: bool

    def value(self, text: str | None) -> Composable:
        """A value of the column's type, written as SQL."""
        return self.cast(Literal(text))

    def cast(self, value: Composable, *, array: bool = False) -> Composable:
        """A cast to the column's type, or to an array of it; format_type() has written it as SQL already."""
        return SQL("{}::{}{}").format(value, SQL(self.cast_to), SQL("[]" if array else ""))


def check(connection: Connection, wish: Wish, claims: Claims) -> None:
    """Return if Realtime would take the subscription: of published tables, by their columns. Raises WishRefused."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        tables = cursor.execute(_PUBLISHED, {"schema": wish.schema, "table": wish.table}).fetchall()
    asked = f"[event: {wish.event}, schema: {wish.schema}, table: {wish.table}]"
    if not tables:
        raise WishRefused(
            "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given "
            f"connect parameters: {asked}"
        )
    try:
        for schema, table in tables:
            columns = {column.name: column for column in _columns(connection, schema, table, claims)}
            for condition in wish.conditions:
                _check_condition(connection, condition, columns)
    except (psycopg.Error, WishRefused) as error:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else error
        raise WishRefused(
            "Unable to subscribe to changes with given parameters. An exception happened so please check your connect "
            f"parameters: {asked}. Exception: {said}"
        ) from None


def view(connection: Connection, change: Change, wishes: Iterable[Wish], claims: Claims) -> Payload | None:
    """The change as the bearer of `claims` sees it through these subscriptions, None if through none.

    A table without a primary key that the role may read sends nothing. DELETE is not asked of row level security.
    """
    columns = _columns(connection, change.relation.schema, change.relation.name, claims)
    keys = [column for column in columns if column.is_key]
    if change.operation is not Operation.DELETE and not (keys and all(key.is_readable for key in keys)):
        return None
    row = change.old if change.operation is Operation.DELETE else change.new
    ids = [wish.number for wish in wishes if _passes(connection, wish.conditions, row, columns)]
    has_row_security = any(column.has_row_security for column in columns)
    if not ids or (has_row_security and not _may_read(connection, change, keys, claims)):
        return None
    return {"ids": ids, "data": _data(connection, change, columns)}


def _columns(connection: Connection, schema: str, table: str, claims: Claims) -> Sequence[Column]:
    with connection.cursor(row_factory=class_row(Column)) as cursor:
        asked = {"schema": schema, "name": table, "role": str(claims["role"])}
        return cursor.execute(_TABLE, asked).fetchall()


def _check_condition(connection: Connection, condition: Condition, columns: Mapping[str, Column]) -> None:
    column = columns.get(condition.column)
    if column is None or not column.is_readable:
        raise WishRefused(f"invalid column for filter {condition.column}")
    connection.execute(SQL("select {}").format(_compare(condition, column, None)))


def _compare(condition: Condition, column: Column, text: str | None) -> Composable:
    literal = column.cast(Literal(condition.value), array=condition.operator == "in")
    return SQL("{} {} ({})").format(column.value(text), SQL(OPERATORS[condition.operator]), literal)


def _passes(connection: Connection, conditions: Sequence[Condition], row: Row, columns: Sequence[Column]) -> bool:
    """Whether a row meets all conditions; a column that the log does not have of it meets none."""
    if not conditions:
        return True
    if any(condition.column not in row for condition in conditions):
        return False
    named = {column.name: column for column in columns}
    comparisons = [_compare(each, named[each.column], row[each.column]) for each in conditions]
    (passes,) = connection.execute(SQL("select {}").format(SQL(" and ").join(comparisons))).fetchone() or (None,)
    return passes is True


def _may_read(connection: Connection, change: Change, keys: Sequence[Column], claims: Claims) -> bool:
    """Whether the bearer sees the row now, by its policies; for a DELETE nobody is asked, since the row is gone."""
    if change.operation is Operation.DELETE:
        return True
    conditions = [SQL("{} = {}").format(Identifier(key.name), key.value(change.new[key.name])) for key in keys]
    table = Identifier(change.relation.schema, change.relation.name)
    question = SQL("select exists (select from {} where {})").format(table, SQL(" and ").join(conditions))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(
                "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)",
                [json.dumps(claims), str(claims["role"])],
            )
            (is_seen,) = connection.execute(question).fetchone() or (False,)
            return bool(is_seen)
    except psycopg.Error:
        if connection.closed:
            raise
        return False  # a policy that fails; there, it holds up the changes of all


def _data(connection: Connection, change: Change, columns: Sequence[Column]) -> Payload:
    """What the subscriber is sent; under row level security, of an old row only the key."""
    readable = [column for column in columns if column.is_readable]
    data: Payload = {
        "schema": change.relation.schema,
        "table": change.relation.name,
        "type": change.operation.value,
        "commit_timestamp": f"{change.committed_at:%Y-%m-%dT%H:%M:%S}.{change.committed_at.microsecond // 1000:03}Z",
        "columns": [{"name": column.name, "type": column.type} for column in readable],
        "errors": None,
    }
    if change.operation is not Operation.DELETE:
        data["record"] = _as_json(connection, {**change.old, **change.new}, readable)
    if change.operation is not Operation.INSERT:
        old = change.old or {column.name: change.new[column.name] for column in columns if column.is_key}
        seen = [column for column in readable if column.is_key or not column.has_row_security]
        data["old_record"] = _as_json(connection, old, seen)
    return data


def _as_json(connection: Connection, row: Row, columns: Sequence[Column]) -> Payload:
    """A row as JSON, each value as Postgres turns its type into JSON."""
    values = [
        SQL("({}, pg_catalog.to_jsonb({}))").format(Literal(column.name), column.value(row[column.name]))
        for column in columns
        if column.name in row
    ]
    if not values:
        return {}
    query = SQL("select jsonb_object_agg(name, value) from (values {}) as row (name, value)")
    (made,) = connection.execute(query.format(SQL(", ").join(values))).fetchone() or ({},)
    return dict(made)
