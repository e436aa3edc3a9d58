"""Tables of other shapes: no key, generated and json columns, keys that change."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.model import Column, Decision, Scope, Script, Table
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import Application, plan, write
from .people import BLUE, PEOPLE, RED
from .shapes import application_with, with_table
from .world import (
    DOCUMENTS_DECISION,
    MESSAGE_TENANT_SCOPE,
    MESSAGES,
    TENANT_SCOPE,
    TENANTS,
    decide,
    make_table,
    public,
)

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
    with pytest.raises(psycopg.errors.RaiseException, match=r"the column cheap of public\.notes is virtual"):
        embedded.run(script.functions)


def test_a_virtual_scope_is_refused_rather_than_told_to_nobody(embedded: Application) -> None:
    kind = "virtual" if embedded.admin.info.server_version >= 180000 else "stored"
    columns = (
        Column("id", "bigint", not_null=True),
        Column("org", "text"),
        Column("tenant_id", "uuid", generated=True),
    )
    embedded.run(
        f"create table notes (id bigint primary key, org text, tenant_id uuid generated always as (org::uuid) {kind})"
    )
    script = noted(make_table("notes", columns, references={"tenant_id": TENANTS}))
    if kind == "stored":
        embedded.run(script.functions)
        return
    with pytest.raises(psycopg.errors.RaiseException, match=r"the column tenant_id of public\.notes is virtual"):
        embedded.run(script.functions)


def test_a_virtual_scope_of_a_parent_is_refused_too(embedded: Application) -> None:
    kind = "virtual" if embedded.admin.info.server_version >= 180000 else "stored"
    embedded.run(
        "alter table message_threads drop tenant_id cascade, add org text, "
        f"add tenant_id uuid generated always as (org::uuid) {kind}"
    )
    columns = (Column("id", "uuid", not_null=True), Column("org", "text"), Column("tenant_id", "uuid", generated=True))
    script = write(decide(MESSAGES, MESSAGE_TENANT_SCOPE), with_table(make_table("message_threads", columns)))
    if kind == "stored":
        embedded.run(script.functions)
        return
    with pytest.raises(psycopg.errors.RaiseException, match=r"tenant_id of public\.message_threads is virtual"):
        embedded.run(script.functions)


def test_whole_rows_say_that_virtual_columns_are_null_in_them() -> None:
    catalog = with_table(make_table("notes", PRICED, references={"tenant_id": TENANTS}))
    made = plan(decide(public("notes"), TENANT_SCOPE), catalog, feeds=(), granularity="row")
    assert "Generated columns that are not stored, but virtual, stand as null in the rows that are told." in made.gaps
    assert not any("virtual" in gap for gap in plan(DOCUMENTS_DECISION, feeds=(), granularity="row").gaps)


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
