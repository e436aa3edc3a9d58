"""What an operator should look at before applying a script: missing indexes, and policies that would void ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import ByTable, Catalog, Decision, Design, MessagesTable, Option, Policy, Setup, TableName

from .conftest import Application, plan, write
from .test_install import faults
from .world import CATALOG, DOCUMENTS_DECISION, MEMBERSHIPS, MESSAGES_DECISION, NOTIFICATIONS_DECISION, SERVER, decide

TOPIC = ((TableName("realtime", "messages"), "topic"),)
OURS = "realtime_advisor tenant:<id>:dashboard 0a1b2c3d"


def set_up(*policies: Policy) -> Setup:
    messages = MessagesTable(True, policies, (), "messages_2026_01_05")
    return Setup((), None, messages, None, "logical", ByTable({}))


def noted(*policies: Policy) -> Design:
    return design(DOCUMENTS_DECISION, CATALOG, option=Option.BROADCAST, setup=set_up(*policies))


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (
            Policy("all", "select", True, ("authenticated",), "true"),
            "the policy all on realtime.messages does not look",
        ),
        (
            Policy("all", "all", True, ("public",), "true"),
            "the policy all on realtime.messages does not look at the to",
        ),
        (
            Policy("w", "insert", True, ("anon",), None, "true"),
            "the policy w on realtime.messages lets clients send to",
        ),
        (Policy("r", "select", False, ("public",), "true"), "the policy r on realtime.messages is restrictive"),
        *(
            (
                Policy("room", "select", True, ("public",), f"may_join({whole})", functions=("public.may_join",)),
                f"the policy room on realtime.messages takes every topic for a {kind}: for",
            )
            for whole, kind in (
                ("(realtime.topic())::uuid", "uuid"),
                ("(( SELECT realtime.topic() AS topic))::bigint", "bigint"),
                ("(topic)::integer", "integer"),
            )
        ),
    ],
)
def test_a_policy_that_would_void_ours_stands_in_the_head(policy: Policy, sentence: str) -> None:
    made = noted(policy)
    assert made.notes[0].startswith(sentence)
    assert f"-- Mind: {sentence}" in generate(made).functions


@pytest.mark.parametrize(
    "policy",
    [
        Policy("narrow", "select", True, ("authenticated",), "…", functions=("realtime.topic", "auth.uid")),
        Policy("narrow", "select", True, ("authenticated",), "…", columns=TOPIC),
        Policy("own function", "select", True, ("authenticated",), "…", functions=("public.may_join",)),
        Policy("part", "select", True, ("public",), "(split_part(topic, ':'::text, 2))::uuid = id", columns=TOPIC),
        Policy("hash", "select", True, ("public",), "(md5(topic))::uuid = id", columns=TOPIC),
        Policy(
            "case", "select", True, ("public",), "CASE WHEN is_uuid(topic) THEN (topic)::uuid END = id", columns=TOPIC
        ),
        Policy("server", "all", True, ("service_role",), "true"),
        Policy(OURS, "select", True, ("authenticated",), "…", functions=("realtime_advisor.may_read_tenant_0a1b2c3d",)),
    ],
)
def test_a_policy_that_looks_at_the_topic_is_let_be(policy: Policy) -> None:
    assert noted(policy).notes == ()


def without_key() -> Catalog:
    memberships = replace(CATALOG[MEMBERSHIPS], primary_key=("id",))
    return Catalog(SERVER, ByTable({**{table.name: table for table in CATALOG}, MEMBERSHIPS: memberships}))


def test_an_index_is_advised_where_no_key_finds_a_member() -> None:
    (note,) = plan(DOCUMENTS_DECISION, without_key()).notes
    assert note == (
        "no key of public.memberships begins with user_id or tenant_id. Unless an index does, every join of a channel "
        "reads the whole table: create index concurrently on public.memberships (user_id, tenant_id);"
    )


@pytest.mark.parametrize("decision", [DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION])
def test_no_index_is_advised_where_a_key_serves_or_nothing_is_looked_up(decision: Decision) -> None:
    assert plan(decision).notes == ()


def test_the_check_sees_plain_indexes_and_lets_small_tables_be(embedded: Application) -> None:
    script = write(DOCUMENTS_DECISION)
    embedded.install(script)
    embedded.run("alter table memberships drop constraint memberships_pkey")
    assert faults(embedded, script.check) == []
    embedded.run(
        "insert into tenants (id) values ('00000000-0000-0000-0000-000000000001'); "
        "insert into users (id) select gen_random_uuid() from generate_series(1, 2000); "
        "insert into memberships select '00000000-0000-0000-0000-000000000001', id from users; analyze memberships"
    )
    assert faults(embedded, script.check) == [
        ("index of public.memberships", "no index begins with any of user_id, tenant_id")
    ]
    embedded.run("create index on memberships (user_id)")
    assert faults(embedded, script.check) == []


def test_a_table_that_nothing_is_told_of_has_no_notes() -> None:
    policy = Policy("all", "select", True, ("public",), "true")
    made = design(decide(MEMBERSHIPS, option=Option.NO_REALTIME), without_key(), setup=set_up(policy))
    assert made.notes == ()
