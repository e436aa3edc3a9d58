"""A whole schema in one migration: the same messages and the same readers, with a handful of policies."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Design,
    Entitlement,
    Feed,
    Migration,
    Option,
    Scope,
    ScopeKind,
    Table,
)
from realtime_advisor.sandbox.realtime import Access, apply_policies

from .conftest import Application, plan
from .people import ANN, BLUE, BOB, CYD, DAN, PEOPLE, RED, RED_THREAD
from .test_install import CATALOGUE, faults
from .test_presence import BOTH
from .world import (
    CATALOG,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    SERVER,
    TABLES,
    TENANTS,
    THREAD_SCOPE,
    create_table,
    decide,
    make_table,
    public,
)


@cache
def designs() -> tuple[Design, ...]:
    """Broadcast with and without a feed, a parent, Presence, and a table without realtime."""
    return (
        *(plan(decision) for decision in (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION)),
        design(decide(public("message_threads"), THREAD_OF_ITSELF, option=Option.PRESENCE), CATALOG),
        design(decide(public("users"), option=Option.NO_REALTIME), CATALOG),
    )


THREAD_OF_ITSELF = replace(THREAD_SCOPE, columns=("id",))


def install(application: Application, migration: Migration) -> None:
    application.run(migration.functions)
    application.run(migration.triggers)
    apply_policies(application.admin, migration.policies)


def policies(application: Application) -> list[str]:
    return [
        name
        for (name,) in application.ask(
            "select policyname::text from pg_policies where tablename = 'messages' "
            "and schemaname = 'realtime' order by 1"
        )
    ]


def test_it_installs_twice_is_checked_and_leaves_nothing(application: Application) -> None:
    before, migration = application.ask(CATALOGUE), generate_all(designs())
    install(application, migration)
    once = application.ask(CATALOGUE)
    install(application, migration)
    assert application.ask(CATALOGUE) == once
    assert faults(application, migration.check) == []
    assert application.warnings == []
    for _ in range(2):
        apply_policies(application.admin, migration.down)
        assert application.ask(CATALOGUE) == before


def test_there_is_one_policy_for_each_helper_extension_and_command(embedded: Application) -> None:
    migration = generate_all(designs())
    install(embedded, migration)
    assert [name.rsplit("_", 1)[0] for name in policies(embedded)] == [
        "realtime_advisor broadcast select may_read_tenant",
        "realtime_advisor broadcast select may_read_thread",
        "realtime_advisor broadcast select may_read_user",
        "realtime_advisor presence insert may_read_thread",
        "realtime_advisor presence select may_read_thread",
    ]


@pytest.mark.parametrize(
    ("topic", "members"),
    [
        (f"user:{ANN}:notifications", {ANN}),
        (f"tenant:{RED}:dashboard", {ANN, CYD}),
        (f"tenant:{BLUE}:dashboard", {BOB, CYD}),
        (f"thread:{RED_THREAD}:messages", {ANN, CYD}),
        (f"thread:{RED_THREAD}:dashboard", set()),
        (f"tenant:{RED}:messages", set()),
        (f"tenant:{RED}:dashboard:x", set()),
        (f"tenant:{RED}", set()),
        (f"tenant:{RED}:", set()),
        ("::", set()),
        ("tenant:%:dashboard", set()),
        ("", set()),
    ],
)
def test_exactly_the_members_may_join(embedded: Application, topic: str, members: set[str]) -> None:
    embedded.run(PEOPLE)
    install(embedded, generate_all(designs()))
    heard = Access(True, False, False, False, None)
    silence = Access(False, False, False, False, None)
    allowed = {person: embedded.access(topic, person) for person in (ANN, BOB, CYD, DAN, "user_2abc")}
    assert allowed == {person: heard if person in members else silence for person in allowed}


def test_members_are_present_where_presence_was_decided(embedded: Application) -> None:
    embedded.run(PEOPLE)
    install(embedded, generate_all(designs()))
    assert embedded.access(f"thread:{RED_THREAD}:presence", ANN) == BOTH
    assert embedded.access(f"thread:{RED_THREAD}:presence", BOB) == Access(False, False, False, False, None)


def test_its_messages_are_those_of_the_single_scripts(embedded: Application) -> None:
    embedded.run(PEOPLE)
    install(embedded, generate_all(designs()))
    embedded.run(f"insert into notifications (id, user_id, title) values ('{ANN}', '{ANN}', 'x')")
    embedded.run(f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'x')")
    embedded.run(f"insert into messages (id, thread_id, body) values ('{ANN}', '{RED_THREAD}', 'x')")
    assert embedded.topics() == [
        f"tenant:{RED}:dashboard",
        f"tenant:{RED}:dashboard",
        f"thread:{RED_THREAD}:messages",
        f"user:{ANN}:notifications",
    ]


def test_it_takes_the_place_of_single_scripts(embedded: Application) -> None:
    before, migration = embedded.ask(CATALOGUE), generate_all(designs())
    for made in designs()[:4]:
        embedded.install(generate(made))
    install(embedded, migration)
    assert len(policies(embedded)) == 5
    assert faults(embedded, migration.check) == []
    apply_policies(embedded.admin, migration.down)
    assert embedded.ask(CATALOGUE) == before


def test_the_check_finds_an_entity_that_is_missing_from_a_policy(embedded: Application) -> None:
    before, after = generate_all(designs()[:1]), generate_all([*designs()[:1], plan(OTHER_DECISION, OTHER_CATALOG)])
    install(embedded, before)
    assert any(name.startswith("policy ") for name, _ in faults(embedded, after.check))


OTHER_TABLE = make_table("tasks", "id uuid, user_id uuid", references={"user_id": public("users")})
OTHER_CATALOG = Catalog(SERVER, ByTable({table.name: table for table in (*TABLES, OTHER_TABLE)}))
OTHER_DECISION = replace(NOTIFICATIONS_DECISION, table=OTHER_TABLE.name)


def test_it_is_the_same_on_every_run_and_in_whatever_order() -> None:
    migration = generate_all(designs())
    for seed in range(5):
        shuffled = list(designs())
        random.Random(seed).shuffle(shuffled)
        assert generate_all(shuffled) == migration


def test_what_has_no_sql_is_left_out_with_its_reason() -> None:
    migration = generate_all([*designs(), plan(decide(public("tenants")))])
    assert [str(table) for table, _ in migration.left_out] == ["public.tenants", "public.users"]
    assert "-- Left out: public.tenants has no scope" in migration.functions
    assert "public.users" not in migration.functions


def test_nothing_to_do_is_nothing() -> None:
    assert generate_all([]).up == ""


# ---------------------------------------------------------------- two kinds of tenant


def two_kinds(key_type: str) -> tuple[Catalog, list[Design]]:
    """Tables of two tenant-like principals, organisations and teams, that feed one feed name."""
    tables: list[Table] = []
    scopes: list[Scope] = []
    for word in ("organisations", "teams"):
        own, members = public(word), public(f"{word}_members")
        tables += [
            make_table(word, f"id {key_type}"),
            make_table(f"{word}_members", f"scope_id {key_type}, user_id uuid", key=("scope_id", "user_id")),
            make_table(f"{word}_things", f"id bigint, scope_id {key_type}", references={"scope_id": own}),
        ]
        entitled = Entitlement("membership", "uuid", members, ("scope_id",), "user_id")
        scopes.append(Scope(ScopeKind.TENANT, "tenant", own, ("scope_id",), key_type, entitlement=entitled))
    catalog = Catalog(SERVER, ByTable({table.name: table for table in tables}))
    names = [public("organisations_things"), public("teams_things")]
    feed = Feed("dashboard", "stats_invalidated", tuple(names))
    return catalog, [plan(decide(name, scope), catalog, [feed]) for name, scope in zip(names, scopes, strict=True)]


@pytest.mark.parametrize("as_one", [True, False])
def test_two_kinds_of_tenant_with_one_feed_name_both_keep_their_readers(embedded: Application, as_one: bool) -> None:
    catalog, made = two_kinds("uuid")
    embedded.run(" ".join(map(create_table, catalog)))
    embedded.run(f"insert into organisations_members values ('{RED}', '{ANN}')")
    embedded.run(f"insert into teams_members values ('{BLUE}', '{BOB}')")
    scripts = [generate(each) for each in made]
    if as_one:
        install(embedded, generate_all(made))
    else:
        for script in scripts:
            embedded.install(script)
            embedded.install(script)
    joins = [(RED, ANN), (RED, BOB), (BLUE, ANN), (BLUE, BOB)]
    assert [embedded.may_join(f"tenant:{tenant}:dashboard", person) for tenant, person in joins] == [
        True,
        False,
        False,
        True,
    ]
    if not as_one:
        apply_policies(embedded.admin, scripts[0].down)
        assert [embedded.may_join(f"tenant:{tenant}:dashboard", person) for tenant, person in joins] == [
            False,
            False,
            False,
            True,
        ]


def test_two_kinds_of_tenant_whose_ids_may_be_alike_do_not_share_a_topic() -> None:
    migration = generate_all(two_kinds("bigint")[1])
    [(table, sentence)] = migration.left_out
    assert table == public("teams_things")
    assert sentence.startswith(
        "public.teams_things would share the topic tenant:<id>:dashboard with rows of public.org"
    )


# ---------------------------------------------------------------- names


def test_names_stay_within_63_bytes_and_are_all_different() -> None:
    words = ["t" * 60 + str(number) for number in range(9)] + ["é" * 30, 'a"b', "a b", "a_b", "order"]
    tables = [make_table(word, "id uuid, tenant_id uuid", references={"tenant_id": TENANTS}) for word in words]
    catalog = Catalog(SERVER, ByTable({table.name: table for table in (*TABLES, *tables)}))
    scope = Scope(ScopeKind.TENANT, "tenant" * 12, TENANTS, ("tenant_id",), "uuid", entitlement=MEMBERSHIP)
    made = [plan(decide(table.name, scope), catalog) for table in tables]
    lines = generate_all(made).up.splitlines()
    functions = [line.split(".", 1)[1].split("(")[0] for line in lines if line.startswith("create or replace function")]
    named = [line.split('"')[1] for line in lines if line.startswith("create policy")]
    assert len(set(functions)) == len(functions) == len(tables) + 1
    assert len(named) == 1
    assert all(len(name.strip('"').encode()) <= 63 for name in (*functions, *named))
