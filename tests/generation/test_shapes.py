"""Tables of other shapes: partitions, children, no key, generated and json columns; and TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.model import ByTable, Catalog, Column, Decision, Hop, RelationKind, Scope, Script, Table
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, open_application, plan, write
from .people import BLUE, PEOPLE, RED, RED_THREAD, uuid
from .test_install import CATALOGUE, faults
from .world import (
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    create_table,
    decide,
    make_table,
    public,
)

EVENTS = public("events")
DASHBOARD = {RED: f"tenant:{RED}:events", BLUE: f"tenant:{BLUE}:events"}
PARTITIONS = """
    create table events (id bigint, region text, tenant_id uuid references tenants on delete cascade, title text,
      primary key (id, region)) partition by list (region);
    create table events_eu partition of events for values in ('eu');
    create table events_rest partition of events default partition by list (region);
    create table "Events; US" partition of events_rest for values in ('us');
    grant all on events to authenticated;
"""
EVENTS_TABLE = replace(
    make_table(
        "events", "id bigint, region text, tenant_id uuid?, title text?", ("id", "region"), {"tenant_id": TENANTS}
    ),
    kind=RelationKind.PARTITIONED,
    partitions=(public("events_eu"), public("events_rest")),
)


def with_table(table: Table) -> Catalog:
    return Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, table)}))


def application_with(server: RunningServer, more: str) -> Iterator[Application]:
    for application in open_application(server, " ".join(map(create_table, TABLES)) + more):
        application.run(PEOPLE)
        yield application


# ---------------------------------------------------------------- partitions

EVENTS_SCRIPT = write(decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE))
EVENTS_AND_TRUNCATE = write(
    decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE), operations=("insert", "update", "delete", "truncate")
)


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def partitioned(request: pytest.FixtureRequest) -> Iterator[Application]:
    for application in application_with(request.getfixturevalue(request.param), PARTITIONS):
        application.install(EVENTS_SCRIPT)
        application.run(f"insert into events values (1, 'eu', '{RED}', 'a'), (2, 'us', '{BLUE}', 'b')")
        application.messages()
        yield application


@pytest.mark.parametrize("relation", ["events", "events_rest", '"Events; US"'])
@pytest.mark.parametrize(
    ("write_it", "action"),
    [
        (f"insert into {{}} values (3, 'us', '{BLUE}', 'c')", "created"),
        ("update {} set title = 'x' where id = 2", "updated"),
        ("delete from {} where id = 2", "deleted"),
    ],
)
def test_each_write_is_told_once_whatever_it_is_addressed_to(
    partitioned: Application, relation: str, write_it: str, action: str
) -> None:
    partitioned.run(write_it.format(relation))
    assert [(topic, event) for topic, event, _ in partitioned.messages()] == [(DASHBOARD[BLUE], f"events_{action}")]
    assert partitioned.warnings == []


def test_a_row_that_moves_to_another_partition_is_told_to_both_its_scopes(partitioned: Application) -> None:
    partitioned.run(f"update events set region = 'us', tenant_id = '{BLUE}' where id = 1")
    assert partitioned.topics() == [DASHBOARD[RED], DASHBOARD[BLUE]]
    partitioned.run("update events set region = 'eu'")
    assert partitioned.topics() == [DASHBOARD[BLUE]]


def test_rows_deleted_with_their_tenant_are_told(partitioned: Application) -> None:
    partitioned.run(f"delete from tenants where id = '{RED}'")
    assert partitioned.topics() == [DASHBOARD[RED]]


def test_a_partition_made_later_is_found_by_the_check_and_mended_by_the_second_step(partitioned: Application) -> None:
    assert faults(partitioned, EVENTS_SCRIPT.check) == []
    partitioned.run("create table events_asia partition of events for values in ('asia')")
    assert faults(partitioned, EVENTS_SCRIPT.check) == [("partitions of public.events", "lack triggers: events_asia")]
    partitioned.run(EVENTS_SCRIPT.triggers)
    assert faults(partitioned, EVENTS_SCRIPT.check) == []
    partitioned.run(f"insert into events_asia values (3, 'asia', '{RED}', 'c')")
    assert partitioned.topics() == [DASHBOARD[RED]]


def test_undoing_takes_the_triggers_of_partitions_along_even_of_detached_ones(partitioned: Application) -> None:
    apply_policies(partitioned.admin, EVENTS_SCRIPT.down)
    before = partitioned.ask(CATALOGUE)
    partitioned.install(EVENTS_SCRIPT)
    assert partitioned.ask(CATALOGUE) != before
    partitioned.run("alter table events detach partition events_eu")
    apply_policies(partitioned.admin, EVENTS_SCRIPT.down)
    assert partitioned.ask("select count(*) from pg_trigger where tgname like 'realtime_advisor%'") == [(0,)]


def test_inheritance_children_are_told_too(server: RunningServer) -> None:
    table = make_table(
        "events", "id bigint, region text, tenant_id uuid?, title text?", ("id",), {"tenant_id": TENANTS}
    )
    script = write(decide(EVENTS, TENANT_SCOPE), with_table(replace(table, partitions=(public("events_child"),))))
    more = create_table(table) + " create table events_child (primary key (id)) inherits (events);"
    for application in application_with(server, more):
        application.install(script)
        application.run(f"insert into events_child values (1, 'eu', '{RED}', 'a')")
        assert application.topics() == [DASHBOARD[RED]]
        application.run("update events set title = 'b'")
        assert application.topics() == [DASHBOARD[RED]]
        assert faults(application, script.check) == []


def test_moving_a_partitioned_parent_is_told(server: RunningServer) -> None:
    threads = replace(
        make_table("rooms", "id bigint, tenant_id uuid?", ("id",), {"tenant_id": TENANTS}),
        kind=RelationKind.PARTITIONED,
        partitions=(public("rooms_all"),),
    )
    chats = make_table("chats", "id bigint, room_id bigint?", ("id",), {"room_id": threads.name})
    catalog = Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, threads, chats)}))
    path = (Hop(chats.name, ("room_id",), threads.name, ("id",)),)
    more = (
        "create table rooms (id bigint primary key, tenant_id uuid) partition by hash (id);"
        "create table rooms_all partition of rooms for values with (modulus 1, remainder 0);" + create_table(chats)
    )
    for application in application_with(server, more):
        script = write(decide(chats.name, replace(TENANT_SCOPE, path=path)), catalog)
        application.install(script)
        application.run(f"insert into rooms values (1, '{RED}'); insert into chats values (1, 1)")
        application.messages()
        application.run(f"update rooms_all set tenant_id = '{BLUE}'")
        assert application.topics() == [f"tenant:{RED}:chats", f"tenant:{BLUE}:chats"]
        assert faults(application, script.check) == []


def test_partitions_are_a_gap_only_when_made_later() -> None:
    gaps = plan(decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE)).gaps
    assert "Partitions made later tell nobody when written to by their own name, until step 2 is run again." in gaps


# ---------------------------------------------------------------- TRUNCATE

TWO_DOCUMENTS = f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{BLUE}', 'b')"


@pytest.mark.parametrize("cascade", ["documents", "tenants cascade"])
def test_truncate_is_told_to_every_scope_where_asked(application: Application, cascade: str) -> None:
    decision, operations = DOCUMENTS_DECISION, ("insert", "update", "delete", "truncate")
    application.run(PEOPLE + TWO_DOCUMENTS)
    script = write(decision, feeds=(), operations=operations)
    application.install(script)
    application.run(f"truncate {cascade}")
    payload = {"type": "documents_deleted", "table": "documents", "operation": "TRUNCATE"}
    assert application.messages() == [
        (f"tenant:{tenant}:documents", "documents_deleted", payload) for tenant in (RED, BLUE)
    ]
    assert faults(application, script.check) == []
    assert "TRUNCATE tells nobody: clients see it at their next catch-up." not in script.design.gaps
    apply_policies(application.admin, script.down)
    assert application.ask("select count(*) from pg_trigger where tgname like 'realtime_advisor%'") == [(0,)]


def test_truncate_of_many_scopes_tells_nobody(embedded: Application) -> None:
    embedded.run(PEOPLE + TWO_DOCUMENTS)
    embedded.install(write(DOCUMENTS_DECISION, operations=("truncate",), most_topics=1))
    embedded.run("truncate documents")
    assert embedded.topics() == []
    assert embedded.warnings == []


def test_truncate_reaches_scopes_behind_a_foreign_key(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into messages (id, thread_id, body) values ('{uuid(1)}', '{RED_THREAD}', 'x')")
    embedded.install(write(MESSAGES_DECISION, operations=("insert", "update", "delete", "truncate")))
    embedded.run("truncate message_threads cascade")
    assert embedded.topics() == [f"tenant:{RED}:dashboard", f"thread:{RED_THREAD}:messages"]


def test_truncate_is_silent_where_not_asked(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
    embedded.install(write(DOCUMENTS_DECISION))
    embedded.run("truncate documents")
    assert embedded.messages() == []


def test_truncate_of_a_partitioned_table_is_told_once(server: RunningServer) -> None:
    for application in application_with(server, PARTITIONS):
        application.install(EVENTS_AND_TRUNCATE)
        application.run(f"insert into events values (1, 'eu', '{RED}', 'a'), (2, 'us', '{RED}', 'b')")
        application.messages()
        application.run("truncate events")
        assert application.topics() == [DASHBOARD[RED]]
        assert faults(application, EVENTS_AND_TRUNCATE.check) == []


# ---------------------------------------------------------------- other columns, other keys

NOTES = public("notes")


def noted(table: Table, watched: list[str] | None = None) -> Script:
    return write(decide(NOTES, TENANT_SCOPE), with_table(table), watched=watched)


@pytest.mark.parametrize("persistence", ["", "unlogged"])
def test_a_table_without_a_key_is_told_of_and_names_no_record(server: RunningServer, persistence: str) -> None:
    table = make_table("notes", "tenant_id uuid?, body text?", (), {"tenant_id": TENANTS})
    for application in application_with(server, f"create {persistence} table notes (tenant_id uuid, body text);"):
        application.install(noted(table))
        application.run(f"insert into notes values ('{RED}', 'a'), ('{RED}', 'a'), ('{BLUE}', 'b')")
        application.messages()
        application.run("update notes set body = 'c' where ctid = (select min(ctid) from notes where body = 'a')")
        payload = {"type": "notes_updated", "table": "notes", "operation": "UPDATE"}
        assert application.messages() == [(f"tenant:{RED}:notes", "notes_updated", payload)]
        application.run("update notes set body = case body when 'a' then 'c' when 'c' then 'a' else body end")
        assert application.topics() == []  # the same rows as before, as nobody can tell them apart
        application.run("delete from notes")
        assert application.topics() == [f"tenant:{RED}:notes", f"tenant:{BLUE}:notes"]


def test_generated_and_json_columns_are_compared(application: Application) -> None:
    application.run(
        PEOPLE + "create table notes (id bigint primary key, tenant_id uuid, body jsonb, raw json, place point, "
        "size integer generated always as (jsonb_array_length(body)) stored)"
    )
    columns = [
        Column("id", "bigint", not_null=True),
        Column("tenant_id", "uuid"),
        Column("body", "jsonb"),
        Column("raw", "json"),
        Column("place", "point"),
        Column("size", "integer", generated=True),
    ]
    application.install(noted(make_table("notes", columns, references={"tenant_id": TENANTS})))
    application.run(
        f"""insert into notes values (1, '{RED}', '[1]', '{{"a": 1}}', '(1,2)'), (2, '{RED}', '[]', null, null)"""
    )
    application.messages()
    for number, told in (("id = 1", 1), ("true", 1)):
        for changed in ("body = '[1, 2]'", """raw = '{"a":2}'""", "place = '(2,2)'"):
            application.run(f"update notes set {changed} where {number}")
            application.run(f"update notes set {changed} where {number}")
            assert len(application.topics()) == told, (changed, number)
    assert application.warnings == []


PRICED = (
    Column("id", "bigint", not_null=True),
    Column("tenant_id", "uuid"),
    Column("price", "integer"),
    Column("cheap", "boolean", generated=True),
)


def test_a_virtual_column_is_refused_in_words_because_triggers_do_not_see_it(embedded: Application) -> None:
    # Before PostgreSQL 18 there are none, and nothing is to be refused.
    kind = "virtual" if embedded.admin.info.server_version >= 180000 else "stored"
    embedded.run(
        "create table notes (id bigint primary key, tenant_id uuid, price integer, "
        f"cheap boolean generated always as (price < 10) {kind})"
    )
    script = noted(make_table("notes", PRICED, references={"tenant_id": TENANTS}), watched=["cheap"])
    if kind == "stored":
        embedded.run(script.functions)
        return
    with pytest.raises(psycopg.errors.RaiseException, match=r"the watched column cheap of public\.notes is virtual"):
        embedded.run(script.functions)


def test_a_generated_column_of_the_architects_choice_is_compared(application: Application) -> None:
    application.run(
        PEOPLE + "create table notes (id bigint primary key, tenant_id uuid, price integer, "
        "cheap boolean generated always as (price < 10) stored)"
    )
    application.install(noted(make_table("notes", PRICED, references={"tenant_id": TENANTS}), watched=["cheap"]))
    application.run(f"insert into notes values (1, '{RED}', 1), (2, '{RED}', 1)")
    application.messages()
    for condition in ("id = 1", "true"):
        application.run(f"update notes set price = 2 where {condition}")
        assert application.topics() == []
        application.run(f"update notes set price = 20 where {condition}")
        assert application.topics() == [f"tenant:{RED}:notes"]
        application.run("update notes set price = 2")
        application.messages()
    assert application.warnings == []


@pytest.mark.parametrize("condition", ["id = 1", "true"])
def test_a_changed_key_is_told_with_its_new_id_if_it_is_one(embedded: Application, condition: str) -> None:
    embedded.run(PEOPLE + f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{RED}', 'b')")
    embedded.install(write(DOCUMENTS_DECISION))
    embedded.run(f"update documents set id = id + 10 where {condition}")
    [(topic, _, payload)] = embedded.messages()
    assert topic == f"tenant:{RED}:dashboard"
    assert payload.get("record_id") == ("11" if condition == "id = 1" else None)


@pytest.mark.parametrize(
    "key_type", ["date", "timestamp with time zone", "real", "bytea", "interval", "text[]", "money"]
)
def test_a_key_whose_text_depends_on_the_session_is_refused(key_type: str) -> None:
    table = make_table("notes", f"id bigint, tenant_id {key_type}")
    scope: Scope = replace(TENANT_SCOPE, key_type=key_type)
    decision: Decision = decide(NOTES, scope)
    refusal = plan(decision, with_table(table)).refusal or ""
    assert refusal.startswith(f"public.notes gets no policy for its tenant: its key is {key_type}, whose text is not")
