"""Designs of many shapes, all of them sound: whoever calls one of them wrong raises a false alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Unpack

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Condition,
    Decision,
    Entitlement,
    ForeignKey,
    Hop,
    Option,
    Scope,
    ScopeKind,
    Table,
    TableName,
)

from ..generation.conftest import Choices, write
from ..generation.shapes import with_table
from ..generation.test_entitlement import keyed
from ..generation.test_golden import HOSTILE_CATALOG, HOSTILE_DECISION
from ..generation.test_partitions import EVENTS, EVENTS_TABLE
from ..generation.test_presence import present
from ..generation.world import (
    CATALOG,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    TENANT_SCOPE,
    TENANTS,
    USER_SCOPE,
    USERS,
    decide,
    make_table,
    public,
)
from .designs import Case, guarded

NOTES = public("notes")
KEYS: Final = (
    ("bigint", "text"),
    ("integer", "bigint"),
    ("text", "uuid"),
    ("character varying(20)", "text"),
    ("numeric", "text"),
    ("uuid", "text"),
    ("smallint", "integer"),
)


def _noted(
    described: str | list[Column], *scopes: Scope, key: tuple[str, ...] = ("id",), **choices: Unpack[Choices]
) -> Case:
    """A table of notes with these columns, of the tenant unless scopes are given."""
    table = make_table("notes", described, key, {"tenant_id": TENANTS} if not scopes else {})
    catalog = with_table(table)
    return Case(write(decide(NOTES, *(scopes or (TENANT_SCOPE,))), catalog, **choices), catalog)


def _called_presence() -> Case:
    """A table that speaks beside the topic on which clients track."""
    table = make_table("presence", "id uuid, tenant_id uuid?, title text?", references={"tenant_id": TENANTS})
    catalog = with_table(table)
    return Case(write(decide(table.name, TENANT_SCOPE), catalog), catalog)


def _of(decision: Decision, catalog: Catalog = CATALOG, **choices: Unpack[Choices]) -> Case:
    return Case(write(decision, catalog, **choices), catalog)


def _keyed(key_type: str, user_type: str) -> Case:
    decision, catalog = keyed(key_type, user_type)
    return Case(write(decision, catalog), catalog)


def _present(key_type: str) -> Case:
    decision, catalog = keyed(key_type, "text")
    made = design(decision, catalog, option=Option.PRESENCE)
    return Case(generate(made), catalog)


def _partitioned(**choices: Unpack[Choices]) -> Case:
    catalog = with_table(EVENTS_TABLE)
    return Case(write(decide(EVENTS, TENANT_SCOPE), catalog, **choices), catalog)


def _two_hops() -> Case:
    """Reactions to messages, whose tenant is two foreign keys away."""
    reactions, messages, threads = map(public, ("reactions", "messages", "message_threads"))
    table = make_table("reactions", "id uuid, message_id uuid, emoji text", references={"message_id": messages})
    path = (
        Hop(reactions, ("message_id",), messages, ("id",)),
        Hop(messages, ("thread_id",), threads, ("id",)),
    )
    catalog = with_table(table)
    return Case(write(decide(reactions, replace(TENANT_SCOPE, path=path)), catalog), catalog)


def _one_to_one() -> Case:
    """Settings, whose key is the user's."""
    table = make_table("settings", "user_id uuid, theme text?", ("user_id",), {"user_id": USERS})
    catalog = with_table(table)
    return Case(write(decide(public("settings"), USER_SCOPE), catalog), catalog)


def _own_tenant() -> Case:
    """The tenants' own table: the scope's id is the row's."""
    scope = Scope(
        ScopeKind.TENANT,
        "tenant",
        TENANTS,
        ("id",),
        "uuid",
        entitlement=Entitlement("membership", "uuid", public("memberships"), ("tenant_id",), "user_id"),
    )
    return _of(decide(TENANTS, scope))


def _login(kind: ScopeKind, *, conditions: tuple[Condition, ...] = ()) -> Case:
    """Notes whose listeners are known by a column of the users' row that no other table refers to."""
    users, teams, members, notes = map(public, ("people", "teams", "team_people", "notes"))
    people = replace(make_table("people", "number integer, login text?", ("number",)), unique_keys=(("login",),))
    tables = (
        people,
        make_table("teams", "id bigint"),
        make_table("team_people", "team_id bigint, person_id integer, active boolean?", ("team_id", "person_id")),
        make_table("notes", "id bigint, team_id bigint, person_id integer, body text?"),
    )
    keys = {"team_id": (teams, "id"), "person_id": (users, "number")}
    linked = [replace(table, foreign_keys=tuple(_keys_of(table, keys))) for table in tables]
    login = Hop(members, ("person_id",), users, ("number",))
    by_row = Entitlement("membership", "text", users, ("number",), "login")
    by_member = Entitlement(
        "membership", "text", members, ("team_id",), "person_id", (), conditions=conditions, login=login,
        login_column="login",
    )  # fmt: skip
    scope = (
        Scope(kind, "user", users, ("person_id",), "integer", entitlement=by_row)
        if kind is ScopeKind.USER
        else Scope(kind, "tenant", teams, ("team_id",), "bigint", entitlement=by_member)
    )
    catalog = Catalog(CATALOG.server, ByTable({table.name: table for table in linked}))
    return Case(write(decide(notes, scope), catalog, feeds=()), catalog)


def _keys_of(table: Table, keys: Mapping[str, tuple[TableName, str]]) -> Iterator[ForeignKey]:
    for number, column in enumerate(table.columns):
        if column.name in keys:
            parent, key = keys[column.name]
            yield ForeignKey(f"fk_{number}", (column.name,), parent, (key,), on_delete="cascade")


def _many_types() -> Case:
    columns = (
        "id bigint, tenant_id uuid?, a jsonb?, b json?, c point?, d text[]?, e bytea?, f interval?, g inet?, h date?"
    )
    return _noted(columns)


def _generated(**choices: Unpack[Choices]) -> Case:
    columns = [
        Column("id", "bigint", not_null=True),
        Column("tenant_id", "uuid"),
        Column("price", "integer"),
        Column("cheap", "boolean", generated=True),
    ]
    return _noted(columns, **choices)


VARIED: Final[Mapping[str, Callable[[], Case]]] = {
    "notifications": lambda: _of(NOTIFICATIONS_DECISION),
    "documents": lambda: _of(DOCUMENTS_DECISION),
    "messages": lambda: _of(MESSAGES_DECISION),
    "hostile names": lambda: _of(HOSTILE_DECISION, HOSTILE_CATALOG),
    "set-based": lambda: _of(DOCUMENTS_DECISION, granularity="statement, set-based"),
    "set-based, two topics": lambda: _of(MESSAGES_DECISION, granularity="statement, set-based"),
    "transaction": lambda: _of(DOCUMENTS_DECISION, granularity="transaction"),
    "transaction, two topics": lambda: _of(MESSAGES_DECISION, granularity="transaction"),
    "transaction of a user": lambda: _of(NOTIFICATIONS_DECISION, granularity="transaction"),
    "partitioned": _partitioned,
    "partitioned, whole rows": lambda: _partitioned(granularity="row"),
    "partitioned, truncate": lambda: _partitioned(operations=("insert", "update", "delete", "truncate")),
    "truncate": lambda: _of(DOCUMENTS_DECISION, operations=("insert", "update", "delete", "truncate")),
    "inserts only": lambda: _of(DOCUMENTS_DECISION, operations=("insert",)),
    "no deletes": lambda: _of(NOTIFICATIONS_DECISION, operations=("insert", "update")),
    "one watched column": lambda: _of(DOCUMENTS_DECISION, watched=["price"]),
    "no watched column": lambda: _of(DOCUMENTS_DECISION, watched=[]),
    "a small cap": lambda: _of(DOCUMENTS_DECISION, most_topics=3),
    "presence": lambda: Case(present(), CATALOG),
    "presence, text keys": lambda: _present("text"),
    "presence, number keys": lambda: _present("bigint"),
    "a table called presence": _called_presence,
    "no key": lambda: _noted("tenant_id uuid?, body text?", key=()),
    "key of two columns": lambda: _noted("tenant_id uuid, number integer, body text?", key=("tenant_id", "number")),
    "many types": _many_types,
    "generated column": _generated,
    "generated column in whole rows": lambda: _generated(granularity="row"),
    "generated column in the payload": lambda: _generated(columns=["price", "cheap"]),
    "every column required": lambda: _noted("id uuid, tenant_id uuid, title text, size integer, done boolean"),
    "nothing but keys": lambda: _noted("id uuid, tenant_id uuid"),
    "reserved words": lambda: _noted("id uuid, tenant_id uuid, select text, keys text, topic text"),
    "two hops": _two_hops,
    "one to one": _one_to_one,
    "the tenant itself": _own_tenant,
    "own rows, known by the login": lambda: _login(ScopeKind.USER),
    "members known by the login": lambda: _login(ScopeKind.TENANT),
    "members known by the login, whose row counts": lambda: _login(
        ScopeKind.TENANT, conditions=(Condition("active", "true", (), "boolean"),)
    ),
    "members whose row counts": lambda: guarded(),
    "columns in the payload": lambda: guarded("price", "labels", conditions=()),
    "columns, no key": lambda: _noted("tenant_id uuid?, body text?", key=(), columns=["body"]),
    "columns, set-based": lambda: _noted(
        "id uuid, tenant_id uuid?, body text?", columns=["body"], granularity="statement, set-based"
    ),
    **{f"keys of {key}, users of {user}": partial(_keyed, key, user) for key, user in KEYS},
}
