"""A message for each row, with the row itself: to whom, when it is refused, and that it never breaks a write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Column, Decision, Evidence, Finding, Option, Source
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, Choices, plan, write
from .people import ANN, BLUE, BOB, CYD, DAN, PEOPLE, RED
from .shapes import application_with, with_table
from .test_entitlement import keyed
from .test_install import CATALOGUE, faults
from .world import (
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    TENANT_SCOPE,
    TENANTS,
    create_table,
    decide,
    make_table,
    public,
)

ROWS = PEOPLE + (
    f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{RED}', 'b'), (3, null, 'c')"
)
OWN: Choices = {"granularity": "row"}


@pytest.fixture
def telling(application: Application) -> Application:
    application.run(ROWS)
    application.install(write(DOCUMENTS_DECISION, feeds=(), **OWN))
    return application


def told(application: Application) -> list[tuple[str, str, str | None, str | None]]:
    """Tenant, event, and the titles of the row as it was and as it is."""
    return [
        (topic.split(":")[1], event, *(row and row["title"] for row in (payload["old_record"], payload["record"])))
        for topic, event, payload in application.messages()
    ]


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ("insert into documents (id, tenant_id, title) values (4, '{RED}', 'd')", [("RED", "created", None, "d")]),
        ("update documents set title = 'x' where id = 1", [("RED", "updated", "a", "x")]),
        ("delete from documents where id = 1", [("RED", "deleted", "a", None)]),
        (
            "update documents set title = 'x' where tenant_id = '{RED}'",
            [("RED", "updated", "a", "x"), ("RED", "updated", "b", "x")],
        ),
        (
            "update documents set tenant_id = '{BLUE}', title = 'x' where id = 1",
            [("RED", "deleted", "a", None), ("BLUE", "created", None, "x")],
        ),
        ("update documents set tenant_id = null where id = 1", [("RED", "deleted", "a", None)]),
        ("update documents set tenant_id = '{RED}' where id = 3", [("RED", "created", None, "c")]),
        ("update documents set title = 'x' where id = 3", []),
        ("update documents set updated_at = now()", []),
        ("update documents set title = title", []),
        ("delete from documents where id = 3", []),
    ],
)
def test_each_row_is_told_to_its_scope(telling: Application, change: str, messages: list[Any]) -> None:
    telling.run(change.format(RED=RED, BLUE=BLUE))
    tenants = {"RED": RED, "BLUE": BLUE}
    expected = [(tenants[tenant], f"documents_{action}", old, new) for tenant, action, old, new in messages]
    assert sorted(told(telling), key=str) == sorted(expected, key=str)
    assert telling.warnings == []


def test_the_payload_is_the_documented_one(telling: Application) -> None:
    telling.run("delete from documents where id = 2")
    row = {"id": 2, "tenant_id": RED, "title": "b", "price": None, "labels": None, "updated_at": None}
    assert telling.messages() == [
        (
            f"tenant:{RED}:documents",
            "documents_deleted",
            {"schema": "public", "table": "documents", "operation": "DELETE", "record": None, "old_record": row},
        )
    ]


def test_a_failed_send_leaves_the_write(telling: Application) -> None:
    telling.change("alter function realtime.send(jsonb, text, text, boolean) rename to sent")
    telling.run("update documents set title = 'x' where id = 1")
    assert telling.ask("select title from documents where id = 1") == [("x",)]
    assert len(telling.warnings) == 1
    telling.run("update documents set title = 'y'")
    assert len(telling.warnings) == 2  # not one for each row
    assert telling.warnings[0].startswith("realtime_advisor: UPDATE on public.documents was not broadcast: Failed to")


def test_a_bulk_write_waits_once_while_policies_are_changed(embedded: Application) -> None:
    embedded.run(ROWS)
    embedded.install(write(DOCUMENTS_DECISION, feeds=(), **OWN))
    with embedded.admin.transaction():
        embedded.change("lock table realtime.messages in access exclusive mode")
        embedded.run("set statement_timeout = '10s'")
        embedded.run(
            f"insert into documents (id, tenant_id, title) select i, '{RED}', 'x' from generate_series(10, 60) as i"
        )
    assert embedded.ask("select count(*) from documents where title = 'x'") == [(51,)]
    assert len(embedded.warnings) == 1


def test_over_the_cap_the_rest_of_a_transaction_is_not_told_and_the_next_one_is(embedded: Application) -> None:
    embedded.run(ROWS)
    embedded.install(write(DOCUMENTS_DECISION, feeds=(), granularity="row", most_topics=3))
    with embedded.owner.transaction():
        for title in "xyz":
            embedded.run(f"update documents set title = '{title}'")
    assert len(told(embedded)) == 3
    embedded.run("update documents set title = 'q' where id = 1")
    assert len(told(embedded)) == 1
    assert embedded.warnings == []


def test_a_row_too_wide_for_a_message_is_left_out_of_it(telling: Application) -> None:
    telling.run("update documents set title = repeat('x', 260000) where id = 1")
    assert told(telling) == [(RED, "documents_updated", None, None)]


def test_only_members_join_and_all_is_undone(application: Application) -> None:
    before, script = application.ask(CATALOGUE), write(DOCUMENTS_DECISION, feeds=(), **OWN)
    application.run(PEOPLE)
    for _ in range(2):
        application.install(script)
    topic = f"tenant:{RED}:documents"
    assert {person for person in (ANN, BOB, CYD, DAN) if application.may_join(topic, person)} == {ANN, CYD}
    assert faults(application, script.check) == []
    application.run("alter table documents add column pin_code text; revoke select on documents from authenticated")
    [(name, detail)] = faults(application, script.check)
    assert (name, detail[:27]) == ("payload of public.documents", "authenticated may not selec")
    application.run("grant select (id, tenant_id, title, price, labels, updated_at) on documents to authenticated")
    assert faults(application, script.check) == [(name, "authenticated may not select pin_code")]
    application.run("alter table documents drop column pin_code; grant select on documents to authenticated")
    apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


def test_another_granularity_takes_its_place(embedded: Application) -> None:
    embedded.run(ROWS)
    for granularity in ("row", "statement", "row"):
        embedded.install(write(DOCUMENTS_DECISION, feeds=(), granularity=granularity))
        embedded.run("update documents set title = title || '!'")
        assert len(embedded.messages()) == (2 if granularity == "row" else 1)


def test_a_column_that_listeners_may_not_read_stops_the_installation(embedded: Application) -> None:
    embedded.run(
        "revoke select on documents from authenticated; grant select (id, title) on documents to authenticated"
    )
    with pytest.raises(psycopg.errors.RaiseException, match=r"may not select tenant_id of public\.documents"):
        embedded.run(write(DOCUMENTS_DECISION, feeds=(), **OWN).functions)


@pytest.mark.parametrize("key", ["a", "a:b", "50%"])
def test_ids_of_text_are_encoded(embedded: Application, key: str) -> None:
    decision, catalog = keyed("text", "text")
    embedded.run(" ".join(create_table(catalog[name]) for name in ("teams", "members", "notes")))
    embedded.install(write(decision, catalog, **OWN))
    for table, values in (("teams", [key]), ("members", [key, "ann"]), ("notes", [1, key, "x"])):
        marks = ", ".join(["%s"] * len(values))
        embedded.owner.execute(f"insert into {table} values ({marks})".encode(), values)
    [topic] = embedded.topics()
    assert embedded.may_join(topic, "ann")
    assert embedded.warnings == []


def test_partitions_tell_their_rows_without_triggers_of_their_own(request: pytest.FixtureRequest) -> None:
    table = make_table("notes", "id bigint, tenant_id uuid, body text", references={"tenant_id": TENANTS})
    made = (
        "create table notes (id bigint, tenant_id uuid, body text) partition by range (id);"
        "create table notes_1 partition of notes for values from (1) to (10);"
        "create table notes_2 partition of notes for values from (10) to (20);"
        "grant select on notes to authenticated;"
    )
    for application in application_with(request.getfixturevalue("server"), made):
        application.install(write(decide(public("notes"), TENANT_SCOPE), with_table(table), **OWN))
        application.run(f"insert into notes values (1, '{RED}', 'a'); insert into notes_2 values (11, '{RED}', 'b')")
        application.run("update notes set id = 12 where id = 1")
        events = sorted(event for _, event, _ in application.messages())
        assert events == ["notes_created", "notes_created", "notes_created", "notes_deleted"]
        assert application.warnings == []


def with_finding(criterion: str, holds: bool | None) -> Decision:
    evidence = Evidence(412.0, "events/minute", Source.MEASURED)
    finding = Finding(criterion, Option.BROADCAST, "High-frequency updates", holds, evidence, ">", 100)
    return replace(DOCUMENTS_DECISION, findings=(finding,))


@pytest.mark.parametrize("criterion", ["high_volume", "bulk_writes"])
def test_a_busy_table_is_refused_with_the_figures(criterion: str) -> None:
    with pytest.raises(BadInput) as refused:
        plan(with_finding(criterion, True), feeds=(), **OWN)
    assert str(refused.value) == (
        "public.documents is too busy for a message with each row (High-frequency updates: 412.0 events/minute, "
        "> 100): choose the granularity 'statement', and columns for what a client needs at once."
    )


def test_what_rows_disclose_and_cost_stands_in_the_head() -> None:
    notes = plan(with_finding("high_volume", False), feeds=(), **OWN).notes
    assert notes[0].startswith(
        "every listener is sent whole rows, as they are and as they were: id, tenant_id, title, pri"
    )
    assert notes[1].startswith("each row is a message of its own")
    assert notes[2].startswith("how many rows are written was not measured")


SECRETIVE: Catalog = with_table(make_table("devices", "id bigint, tenant_id uuid, api_key text"))
HIDING = replace(
    TENANT_SCOPE, entitlement=replace(TENANT_SCOPE.entitlement, hides_rows=True) if TENANT_SCOPE.entitlement else None
)


@pytest.mark.parametrize(
    ("decision", "catalog", "operations", "sentence"),
    [
        (decide(public("devices"), TENANT_SCOPE), SECRETIVE, ["insert"], "public.devices.api_key looks like a secret"),
        (decide(DOCUMENTS, HIDING), SECRETIVE, ["insert"], "The SELECT policies of public.documents hide some rows"),
        (MESSAGES_DECISION, SECRETIVE, ["truncate"], "TRUNCATE of public.messages names no rows"),
        (
            decide(MESSAGES_DECISION.table, MESSAGES_DECISION.scopes[1]),
            SECRETIVE,
            ["insert"],
            "public.messages finds its tenant through public.message_threads",
        ),
    ],
)
def test_rows_that_must_not_be_sent_are_refused(
    decision: Decision, catalog: Catalog, operations: list[str], sentence: str
) -> None:
    with pytest.raises(BadInput) as refused:
        plan(decision, catalog, feeds=(), granularity="row", operations=operations)
    assert str(refused.value).startswith(sentence)


def test_a_name_that_plpgsql_does_not_find_is_refused() -> None:
    table = make_table(public("devices"), [Column("id", "bigint"), Column("tenant_id", "uuid"), Column("a\nb", "text")])
    with pytest.raises(BadInput, match=r"public\.devices has a column whose name holds a line break"):
        plan(decide(public("devices"), TENANT_SCOPE), with_table(table), **OWN)


def test_a_feed_names_no_row() -> None:
    with pytest.raises(BadInput, match=r"public\.messages is in a feed, which names no row"):
        plan(MESSAGES_DECISION, **OWN)
