"""Columns in a payload: when they are carried, to whom they must not be, and how much room they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.generation.payload import most_bytes
from realtime_advisor.model import Catalog, Column, Decision, Table
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, plan, write
from .people import BLUE, BLUE_THREAD, PEOPLE, RED, RED_THREAD, uuid
from .shapes import with_table
from .test_install import CATALOGUE, faults
from .world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES,
    MESSAGES_DECISION,
    TENANT_SCOPE,
    decide,
    make_table,
    public,
)

ROWS = PEOPLE + (
    f"insert into documents (id, tenant_id, title, price, labels) "
    f"values (1, '{RED}', 'a', 1.50, '[1]'), (2, '{RED}', 'z', null, null)"
)


NEW = [(RED, {"title": "c", "price": None, "labels": None})]


@pytest.fixture
def carrying(application: Application) -> Application:
    application.run(ROWS)
    application.install(write(DOCUMENTS_DECISION, feeds=(), columns=["price", "title", "labels"]))
    return application


def records(application: Application) -> list[tuple[str, Any]]:
    """Tenant and record of each message."""
    return [(topic.split(":")[1], payload["record"]) for topic, _, payload in application.messages()]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update documents set title = 'b' where id = 1", [(RED, {"title": "b", "price": 1.5, "labels": [1]})]),
        ("update documents set price = null where id = 1", [(RED, {"title": "a", "price": None, "labels": [1]})]),
        ("delete from documents where id = 1", [(RED, {"title": "a", "price": 1.5, "labels": [1]})]),
        (
            "insert into documents (id, tenant_id, title) values (3, '{RED}', 'c')",
            NEW,
        ),
        ("update documents set title = 'b'", [(RED, None)]),
        ("update documents set tenant_id = '{BLUE}', title = 'b' where id = 1", [(RED, None), (BLUE, None)]),
        ("delete from documents", [(RED, None)]),
    ],
)
def test_they_are_carried_when_one_row_changed_and_stayed(carrying: Application, change: str, told: list[Any]) -> None:
    carrying.run(change.format(RED=RED, BLUE=BLUE))
    assert records(carrying) == told
    assert carrying.warnings == []


def test_the_rest_of_the_payload_stays(carrying: Application) -> None:
    carrying.run("update documents set title = 'b' where id = 1")
    [(_, event, payload)] = carrying.messages()
    payload.pop("record")
    assert payload == {"type": event, "table": "documents", "operation": "UPDATE", "record_id": "1"}


def test_wider_than_a_message_may_be_they_are_left_out(carrying: Application) -> None:
    for length, is_carried in ((most_bytes() - 100, True), (most_bytes(), False)):
        carrying.run(f"update documents set title = repeat('x', {length}) where id = 1")
        [(_, record)] = records(carrying)
        assert (record is not None) is is_carried


def test_the_limit_is_that_of_the_smallest_plan() -> None:
    assert most_bytes() == 252_000


@pytest.mark.parametrize("granularity", ["statement", "statement, set-based"])
def test_only_the_tables_own_topic_carries_them(embedded: Application, granularity: str) -> None:
    embedded.run(PEOPLE)
    embedded.install(write(MESSAGES_DECISION, columns=["body"], granularity=granularity))
    embedded.run(f"insert into messages (id, thread_id, body) values ('{uuid(1)}', '{RED_THREAD}', 'x')")
    told = {topic: payload.get("record", "none") for topic, _, payload in embedded.messages()}
    assert told == {f"thread:{RED_THREAD}:messages": {"body": "x"}, f"tenant:{RED}:dashboard": "none"}
    embedded.run(f"update messages set thread_id = '{BLUE_THREAD}'")
    assert {payload.get("record") for topic, _, payload in embedded.messages() if "thread" in topic} == {None}


def test_it_installs_twice_is_checked_and_undone(application: Application) -> None:
    before, script = application.ask(CATALOGUE), write(DOCUMENTS_DECISION, feeds=(), columns=["title"])
    for _ in range(2):
        application.install(script)
    assert faults(application, script.check) == []
    assert "Carries: title, under 'record', to all who listen to tenant:<id>:documents" in " ".join(
        script.functions.replace("\n--  ", "").split()
    )
    application.run("revoke select on documents from authenticated")
    assert faults(application, script.check) == [("payload of public.documents", "authenticated may not select title")]
    application.run("grant select on documents to authenticated; alter table documents rename title to headline")
    assert faults(application, script.check) == [
        ("payload of public.documents", "authenticated may not select title"),
        ("columns of public.documents", "these are gone: title"),
    ]
    application.run("alter table documents rename headline to title")
    apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


def test_columns_that_listeners_may_not_read_are_refused_at_the_installation(embedded: Application) -> None:
    embedded.run(
        "revoke select on documents from authenticated; grant select (id, price) on documents to authenticated"
    )
    embedded.run(write(DOCUMENTS_DECISION, feeds=(), columns=["price"]).functions)
    with pytest.raises(psycopg.errors.RaiseException, match=r"authenticated may not select title of public\.documents"):
        embedded.run(write(DOCUMENTS_DECISION, feeds=(), columns=["price", "title"]).functions)


SECRETIVE = make_table("devices", "id bigint, tenant_id uuid, name text, api_key text, token_count integer")


def devices(**changes: Any) -> tuple[Decision, Catalog]:
    made: Table = replace(SECRETIVE, **changes)
    return decide(public("devices"), TENANT_SCOPE), with_table(made)


@pytest.mark.parametrize(
    ("columns", "changes", "sentence"),
    [
        (["nam"], {}, "public.devices has no column nam to send: choose from id, tenant_id, name"),
        (["name", "api_key"], {}, "public.devices.api_key looks like a secret by its name, so it is not sent"),
        (
            ["name"],
            {"select_roles": ("anon",)},
            "authenticated may not select from public.devices, so no column is sent",
        ),
        (
            ["name"],
            {"columns": (*SECRETIVE.columns[:2], Column("name", "character varying(70000)"))},
            "The columns may take 280,000 bytes, and a payload has room for 252,000",
        ),
        (
            [f"c{number}" for number in range(51)],
            {"columns": (*SECRETIVE.columns, *(Column(f"c{number}", "integer") for number in range(51)))},
            "A payload takes at most 50 columns, and 51 of public.devices are named",
        ),
    ],
)
def test_what_must_not_be_sent_is_refused(columns: Sequence[str], changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        plan(*devices(**changes), columns=columns)
    assert str(refused.value).startswith(sentence)


def test_a_word_that_only_sounds_secret_is_sent() -> None:
    made = plan(*devices(), columns=["token_count", "name"])
    assert made.emissions[0].columns == ("name", "token_count")


def test_rows_that_a_condition_hides_are_not_sent() -> None:
    assert TENANT_SCOPE.entitlement is not None
    scope = replace(TENANT_SCOPE, entitlement=replace(TENANT_SCOPE.entitlement, hides_rows=True))
    with pytest.raises(
        BadInput, match=r"The SELECT policies of public\.documents hide some rows from members of the ten"
    ):
        plan(decide(DOCUMENTS, scope), feeds=(), columns=["title"])


def test_a_feed_and_a_transaction_name_no_row() -> None:
    with pytest.raises(BadInput, match=r"public\.documents speaks only in the feed dashboard, which names no row"):
        plan(DOCUMENTS_DECISION, columns=["title"])
    with pytest.raises(
        BadInput, match=r"public\.messages tells once per transaction, and such a message is of no single"
    ):
        plan(decide(MESSAGES, *MESSAGES_DECISION.scopes), CATALOG, columns=["body"], granularity="transaction")
