"""Names and ids of any spelling: the right topic is reached, and nothing escapes from its quotes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realtime_advisor.generation.naming import encode_id
from realtime_advisor.generation.quoting import quote_ident
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Entitlement,
    Hop,
    Scope,
    ScopeKind,
    TableName,
)
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, open_application, plan
from .odd_names import ids, names
from .world import SERVER, create_table, decide, make_table

OBJECTS = """
    select (select count(*) from pg_class where relnamespace <> 'pg_toast'::regnamespace),
      (select count(*) from pg_proc), (select count(*) from pg_policy), (select count(*) from pg_namespace)
"""


@pytest.fixture(scope="module")
def victim(server: RunningServer) -> Iterator[Application]:
    """A database with one table that an escaped name would drop."""
    yield from open_application(server, "create table victim (id integer)")


def build(schema: str, table: str, columns: tuple[str, str, str], label: str) -> tuple[TableName, Catalog, Scope]:
    """A table of three columns (key, link to its parent, watched), its parent with the scope, and the members."""
    key, link, watched = columns
    name, parent, members = (
        TableName(schema, table),
        TableName(schema, "parents of it"),
        TableName(schema, "their readers"),
    )
    tables = (
        make_table(parent, [Column(key, "text", not_null=True), Column(link, "text")], key=(key,)),
        make_table(members, [Column(key, "text"), Column(link, "text")], key=()),
        make_table(
            name, [Column(key, "text", not_null=True), Column(link, "text"), Column(watched, "text")], key=(key,)
        ),
    )
    scope = Scope(
        ScopeKind.TENANT,
        label,
        parent,
        (link,),
        "text",
        path=(Hop(name, (link,), parent, (key,)),),
        entitlement=Entitlement("membership", "text", members, (link,), key),
    )
    return name, Catalog(SERVER, ByTable({made.name: made for made in tables})), scope


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, names, st.lists(names, min_size=3, max_size=3, unique=True), names, ids, ids, names)
@example("public", "victim; drop table victim; --", ["$function$", "$function_1$", "\n"], "<id>", "%", "'", "\r\n\\")
@example('"', "a:b", ["new_rows", "changed", "topics"], "a:b", "a:b", "$$", "*/ drop table victim; --")
def test_names_and_ids_of_any_spelling_reach_their_topic(
    victim: Application, schema: str, table: str, columns: list[str], label: str, scope_id: str, user: str, reason: str
) -> None:
    if schema.startswith("pg_") or schema in ("auth", "realtime", "extensions", "information_schema"):
        return
    key, link, watched = columns
    name, catalog, scope = build(schema, table, (key, link, watched), label)
    if len(catalog) < 3:
        return
    before = victim.ask(OBJECTS)
    victim.run(f"create schema if not exists {quote_ident(schema)}")
    for made in catalog:
        victim.run(create_table(made))
    try:
        exercise(victim, name, catalog, scope, scope_id, user, reason)
    finally:
        for made in catalog:
            victim.run(f"drop table {quote_ident(schema)}.{quote_ident(made.name.name)}")
        if schema != "public":
            victim.run(f"drop schema {quote_ident(schema)}")
    assert victim.ask(OBJECTS) == before
    assert victim.warnings == []


def exercise(
    victim: Application, name: TableName, catalog: Catalog, scope: Scope, scope_id: str, user: str, reason: str
) -> None:
    """Install twice, write, join, check, undo."""
    design = plan(decide(name, scope, because=reason), catalog)
    script = generate(design)
    victim.install(script)
    victim.install(script)
    topic = design.emissions[0].topic.replace("<id>", encode_id(scope_id))
    parent, members = scope.path[0].references, scope.entitlement.membership if scope.entitlement else None
    assert members is not None
    for table, values in (
        (parent, ("p", scope_id)),
        (members, (user, scope_id)),
        (name, ("r", "p", "one")),
    ):
        target = f"{quote_ident(table.schema)}.{quote_ident(table.name)}"
        marks = ", ".join(["%s"] * len(values))
        victim.owner.execute(f"insert into {target.replace('%', '%%')} values ({marks})".encode(), values)
    event = design.emissions[0].event.replace("<action>", "created")
    payload = {"type": event, "table": name.name, "operation": "INSERT", "record_id": "r"}
    assert victim.messages() == [(topic, event, payload)]
    watched = quote_ident(catalog[name].columns[2].name)
    victim.run(f"update {quote_ident(name.schema)}.{quote_ident(name.name)} set {watched} = 'two'")
    assert victim.topics() == [topic]
    assert victim.may_join(topic, user)
    assert not victim.may_join(topic, user + "x")
    assert not victim.may_join(topic + "x", user)
    assert [row for row in victim.ask(script.check) if not row[1]] == []
    apply_policies(victim.admin, script.down)
