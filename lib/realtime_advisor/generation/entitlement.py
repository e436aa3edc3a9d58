"""Whether a scope can be told and who listens can be checked; the kinds of key that this takes."""

from __future__ import annotations

import re
from typing import Final

from realtime_advisor.model import Catalog, Condition, Entitlement, RelationKind, Scope, Table, TableName

from .quoting import quote_ident, quote_literal

# Types whose equality is exact, and which are named alike under every search_path.
_EXACT: Final = re.compile(
    r"(uuid|bigint|integer|smallint|boolean|date|bytea|oid|timestamp(\(\d\))? with(out)? time zone)\Z"
)
# Types whose text is of digits, letters, points and hyphens only.
_PLAIN: Final = re.compile(r"(uuid|bigint|integer|smallint|boolean|oid|numeric(\(\d+,-?\d+\))?)\Z")
# Types whose text depends on the session's DateStyle, TimeZone, IntervalStyle, bytea_output, extra_float_digits or
# lc_monetary, or is no id at all.
_SHIFTING: Final = re.compile(
    r"(date|timestamp.*|time .*|interval.*|bytea|real|double precision|money|jsonb?|xml|.*\[\])\Z"
)
_TEXT: Final = re.compile(r"(text|character varying(\(\d+\))?)\Z")
_OWN_TYPE: Final = re.compile(r'("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)\.("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)\Z')
_FAMILY: Final = {"bigint": "integer", "smallint": "integer"}


def is_exact(type_name: str) -> bool:
    """Whether values of the type may be compared as they are: equal means the same.

    >>> is_exact("uuid"), is_exact("numeric"), is_exact("citext")
    (True, False, False)
    """
    return bool(_EXACT.match(type_name))


def is_text(type_name: str) -> bool:
    """Whether values of the type are text, to be compared with collate "C"."""
    return bool(_TEXT.match(type_name))


def needs_encoding(type_name: str) -> bool:
    """Whether a key of the type may hold what a topic cannot: anything but numbers and uuids.

    >>> needs_encoding("uuid"), needs_encoding("numeric(10,2)"), needs_encoding("text")
    (False, False, True)
    """
    return not _PLAIN.match(type_name)


def family(type_name: str) -> str:
    """Types of one family can be compared with `=` and an index; others are compared as text.

    >>> family("bigint"), family("character varying(20)"), family("public.citext")
    ('integer', 'text', 'public.citext')
    """
    return "text" if is_text(type_name) else _FAMILY.get(type_name, type_name)


def variable_type(type_name: str) -> str:
    """The type that a variable holds a key in: text for types that are not ours to name.

    >>> variable_type("integer"), variable_type("public.citext")
    ('integer', 'text')
    """
    return type_name if is_exact(type_name) else "text"


def condition_facts(entitlement: Entitlement) -> tuple[str, ...]:
    """What tells one entitlement's conditions from another's; nothing where there are none."""
    return tuple(f"{each.column} {each.test} {each.values} {each.type_name}" for each in entitlement.conditions)


def condition_clauses(row: str, entitlement: Entitlement) -> tuple[str, ...]:
    """What must hold of the membership's row, called `row`, for it to make a member; never true of a NULL unasked.

    Raises ValueError for a condition that cannot be written.
    """
    return tuple(_clause(f"{row}.{quote_ident(each.column)}", each) for each in entitlement.conditions)


def _clause(column: str, condition: Condition) -> str:
    match condition.test:
        case "in" if condition.values:
            literals = [_literal(value, condition.type_name) for value in condition.values]
            return f"{column} = {literals[0]}" if len(literals) == 1 else f"{column} in ({', '.join(literals)})"
        case "null" | "not null" | "true" | "false":
            return f"{column} is {condition.test}"
        case "past" | "future":
            return f"{column} {'<' if condition.test == 'past' else '>'} now()"
    raise ValueError(f"the condition {condition.test!r} on {condition.column} cannot be written")


def _literal(value: str, type_name: str) -> str:
    """A constant of a column's type, which may be one of the database's own."""
    if family(type_name) == "integer":
        if not (value.isascii() and value.isdigit()):
            raise ValueError(f"{value!r} is no {type_name}")
        return value
    if is_text(type_name):
        return quote_literal(value)
    own = _OWN_TYPE.match(type_name)
    if own is None:
        raise ValueError(f"a constant of the type {type_name} cannot be written")
    schema, name = (quote_ident(_unquoted(part)) for part in own.groups())
    return f"{quote_literal(value)}::{schema}.{name}"


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def why_unusable(scope: Scope, catalog: Catalog, table: Table) -> str | None:
    """Why no script can be written for this scope, in a sentence; None if one can."""
    problem = _problem(scope, catalog, table)
    return f"{table.name} gets no policy for its {scope.label}: {problem}" if problem else None


def principal_key(scope: Scope, catalog: Catalog, table: Table) -> str | None:
    """The column that holds the key of the scope's principal: what the foreign key names, else the primary key."""
    if scope.principal is None or scope.principal not in catalog.tables:
        return None
    holder = catalog[scope.path[-1].references] if scope.path else table
    for key in holder.foreign_keys:
        if key.references == scope.principal and key.columns == scope.columns:
            return key.referenced_columns[0]
    primary_key = catalog[scope.principal].primary_key
    return primary_key[0] if len(primary_key) == 1 else None


def _problem(scope: Scope, catalog: Catalog, table: Table) -> str | None:
    if scope.refusal or scope.entitlement is None:
        return scope.refusal or "it is not known who may read one. Name the membership table."
    if len(scope.columns) != 1:
        return f"a topic names one key, and here are {len(scope.columns)} columns. Name a scope with a key of its own."
    if _SHIFTING.match(scope.key_type):
        return f"its key is {scope.key_type}, whose text is not the same in every session. Name another scope."
    for between in (*(hop.references for hop in scope.path), *(hop.table for hop in scope.entitlement.path)):
        if not _is_table(catalog, between):
            return f"the way leads through {between}, which is no table that triggers can watch. Name another scope."
    return _membership_problem(scope, scope.entitlement, catalog, table)


def _membership_problem(scope: Scope, entitlement: Entitlement, catalog: Catalog, table: Table) -> str | None:
    if entitlement.kind == "self":
        return None
    membership = entitlement.membership
    if membership is None or entitlement.user_column is None or not entitlement.scope_columns:
        return "no membership table says who belongs to one. Name it."
    if entitlement.login and not _is_table(catalog, entitlement.login.references):
        return f"{entitlement.login.references}, which holds the sub of the token, is no table here. Name another one."
    if membership not in catalog.tables:
        return f"the membership table {membership} is not in the catalogue. Read it again with a role that sees it."
    if not entitlement.path:
        return _type_problem(scope, catalog[membership].column(entitlement.scope_columns[0]).type, membership)
    if principal_key(scope, catalog, table) is None:
        return f"{scope.principal} has no key of one column to look it up by. Name another scope."
    return None


def _type_problem(scope: Scope, looked_up: str, membership: TableName) -> str | None:
    if family(looked_up) == family(scope.key_type):
        return None
    return (
        f"its key is {scope.key_type} here and {looked_up} in {membership}, which do not compare. Give both one type."
    )


def _is_table(catalog: Catalog, name: TableName) -> bool:
    return name in catalog.tables and catalog[name].kind in (RelationKind.TABLE, RelationKind.PARTITIONED)
