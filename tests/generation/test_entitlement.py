"""Who may join what: the members of a scope, on exactly its topic, and nobody through a look-alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from realtime_advisor.generation.entitlement import condition_clauses
from realtime_advisor.generation.naming import encode_id
from realtime_advisor.generation.policies import entitlement_name
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Condition,
    Decision,
    Entitlement,
    Scope,
    ScopeKind,
)
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import authorize

from .conftest import Application, open_application, plan, write
from .people import ANN, BLUE, BLUE_THREAD, BOB, CYD, DAN, PEOPLE, RED, RED_THREAD
from .world import (
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    create_table,
    decide,
    make_table,
    public,
)

PEOPLE_IN_TURN = (ANN, BOB, CYD, DAN)


def populate(application: Application) -> Application:
    application.run(PEOPLE)
    for decision in (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION):
        application.install(write(decision))
    return application


@pytest.fixture
def installed(application: Application) -> Application:
    """The application with its people and its scripts, for one test."""
    return populate(application)


@pytest.fixture(scope="module", params=["server", "server15"], ids=["embedded", "15"])
def standing(request: pytest.FixtureRequest) -> Iterator[Application]:
    """The same for the tests that only ask who may join, which leaves nothing behind."""
    running: RunningServer = request.getfixturevalue(request.param)
    yield from map(populate, open_application(running, " ".join(map(create_table, TABLES))))


@pytest.mark.parametrize(
    ("topic", "members"),
    [
        (f"user:{ANN}:notifications", {ANN}),
        (f"user:{DAN}:notifications", {DAN}),
        (f"tenant:{RED}:dashboard", {ANN, CYD}),
        (f"tenant:{BLUE}:dashboard", {BOB, CYD}),
        (f"thread:{RED_THREAD}:messages", {ANN, CYD}),
        (f"thread:{BLUE_THREAD}:messages", {BOB, CYD}),
    ],
)
def test_exactly_the_members_may_join(standing: Application, topic: str, members: set[str]) -> None:
    assert {person for person in PEOPLE_IN_TURN if standing.may_join(topic, person)} == members


def test_joining_gives_no_right_to_send_and_no_presence(standing: Application) -> None:
    access = standing.access(f"tenant:{RED}:dashboard", ANN)
    assert (access.broadcast_write, access.presence_read, access.presence_write) == (False, False, False)


@pytest.mark.parametrize(
    "look_alike",
    [
        f"tenant:{RED}:dashboard-admin",
        f"tenant:{RED}:dashboards",
        f"tenant:{RED}",
        f"tenant:{RED}:",
        f"tenant:{RED}:notifications",
        f"tenant:{RED}:dashboard ",
        f" tenant:{RED}:dashboard",
        f"tenant:{{{RED}}}:dashboard",
        f"tenant:{RED.replace('-', '')}:dashboard",
        f"tenant: {RED}:dashboard",
        f"Tenant:{RED}:dashboard",
        f"tenant:{RED}:dashboard\n",
        "tenant:%:dashboard",
        f"tenant:{RED[:-1]}_:dashboard",
        "tenant::dashboard",
        "tenant:dashboard",
        "tenant:not-a-uuid:dashboard",
        f"tenant:{RED}' or true --:dashboard",
        f"user:{RED}:dashboard",
        "",
        "dashboard",
        "tenant:" + "x" * 10_000 + ":dashboard",
        f"tenant:{RED}:dashboard" * 200,
    ],
)
def test_a_look_alike_topic_is_refused_without_an_error(standing: Application, look_alike: str) -> None:
    assert not standing.may_join(look_alike, ANN)


@pytest.mark.parametrize("subject", ["user_2abcDEF", "", "' or true --", "x" * 10_000, None, 7, {"a": 1}, f"{ANN} "])
def test_a_sub_that_is_no_key_is_refused_without_an_error(standing: Application, subject: object) -> None:
    for topic in (f"user:{ANN}:notifications", f"tenant:{RED}:dashboard", f"thread:{RED_THREAD}:messages"):
        assert not standing.may_join(topic, subject)


def test_anonymous_visitors_may_join_nothing(standing: Application) -> None:
    access = authorize(standing.admin, f"tenant:{RED}:dashboard", None)
    assert (access.broadcast_read, access.error) == (False, None)


def test_membership_that_ends_ends_the_right_to_join(installed: Application) -> None:
    installed.run(f"delete from memberships where user_id = '{ANN}'")
    assert not installed.may_join(f"tenant:{RED}:dashboard", ANN)


def test_a_membership_table_that_nobody_may_read_still_entitles(installed: Application) -> None:
    installed.run("revoke all on memberships, message_threads from authenticated")
    installed.run("drop policy everything on memberships")
    assert installed.may_join(f"thread:{RED_THREAD}:messages", ANN)


# ---------------------------------------------------------------- keys of other types


def keyed(key_type: str, user_type: str) -> tuple[Decision, Catalog]:
    """A table `notes` of teams, whose keys are of these types; the membership has columns that clash with ours."""
    teams, members, notes = map(public, ("teams", "members", "notes"))
    tables = (
        make_table("teams", [Column("id", key_type, not_null=True)]),
        make_table(
            "members",
            [Column("scope_id", key_type, not_null=True), Column("user_id", user_type, not_null=True)],
            key=("scope_id", "user_id"),
            references={"scope_id": teams},
        ),
        make_table(
            "notes",
            [Column("id", "bigint", not_null=True), Column("topics", key_type), Column("topic", "text")],
            references={"topics": teams},
        ),
    )
    entitled = Entitlement("membership", user_type, members, ("scope_id",), "user_id")
    scope = Scope(ScopeKind.TENANT, "team", teams, ("topics",), key_type, entitlement=entitled)
    return decide(notes, scope), Catalog(SERVER, ByTable({table.name: table for table in tables}))


@pytest.fixture
def keyed_application(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Application]:
    decision, catalog = keyed(*request.param)
    tables = [catalog[name] for name in ("teams", "members", "notes")]
    for application in open_application(server, " ".join(map(create_table, tables))):
        application.install(write(decision, catalog))
        yield application


@pytest.mark.parametrize(
    ("keyed_application", "key", "user", "look_alikes"),
    [
        (("bigint", "text"), "42", "user_2abcDEF", ["042", " 42", "+42", "4_", "42.0", "9" * 40]),
        (("integer", "bigint"), "42", "7", ["042", "42 "]),
        (("text", "text"), "acme_co", "%", ["acmeXco", "%", "acme%", "ACME_CO", "acme_co:notes"]),
        (("text", "text"), "a:b", "it's", ["a", "b", "a:b", "a%3ab", "a%3Ab:notes", "a%253Ab", "%61%3Ab", "a%3"]),
        (("text", "text"), "café", "x", ["café", "cafe%CC%81", "caf%E9", "caf%c3%a9", "caf%C3", "caf%C3%A9%00"]),
        (("text", "text"), "%", "_", ["acme", "", "_"]),
        (("text", "uuid"), 'it\'s \\ "odd" $$', ANN, ["its"]),
        (("character varying(20)", "text"), "x", "y", ["X", "x "]),
        (("numeric", "text"), "1.50", "y", ["1.5", "01.50", "1.500"]),
    ],
    indirect=["keyed_application"],
)
def test_keys_of_any_type_reach_their_members_and_nobody_else(
    keyed_application: Application, key: str, user: str, look_alikes: list[str]
) -> None:
    owner = keyed_application.owner
    owner.execute("insert into teams values (%s)", [key])
    owner.execute("insert into members values (%s, %s)", [key, user])
    owner.execute("insert into notes values (1, %s, 'hello')", [key])
    topic = f"team:{encode_id(key)}:notes"
    assert keyed_application.topics() == [topic]
    assert keyed_application.may_join(topic, user)
    assert not keyed_application.may_join(topic, "999")
    assert [other for other in look_alikes if keyed_application.may_join(f"team:{other}:notes", user)] == []
    assert keyed_application.warnings == []


# ---------------------------------------------------------------- members whose row says that they count

TYPE = '"My Types"."member role"'
COUNTING = {
    "text": (Condition("state", "in", ("it's $$",), "text"), "state = 'it''s $$'"),
    "one of some": (Condition("state", "in", ("a", "it's $$"), "text"), "state = 'a'"),
    "varying": (Condition("short", "in", ("x",), "character varying(9)"), "short = 'x'"),
    "enum": (Condition("The Role", "in", ("own'er",), TYPE), "\"The Role\" = 'own''er'"),
    "number": (Condition("rank", "in", ("7", "8"), "smallint"), "rank = 8"),
    "null": (Condition("gone", "null"), "gone = null"),
    "not null": (Condition("gone", "not null"), "gone = now() - interval '1 day'"),
    "past": (Condition("gone", "past"), "gone = now() - interval '1 day'"),
    "future": (Condition("gone", "future"), "gone = now() + interval '1 day'"),
    "true": (Condition("active", "true"), "active = true"),
    "false": (Condition("active", "false"), "active = false"),
}
UNKNOWN = 'state = null, short = null, "The Role" = null, rank = null, active = null, gone = null'
OTHERWISE = "state = 'b', short = 'y', \"The Role\" = 'guest', rank = 1"
OUTSIDE = {
    "null": "gone = now()",
    "not null": "gone = null",
    "past": "gone = now() + interval '1 day'",
    "future": "gone = now() - interval '1 day'",
    "true": "active = false",
    "false": "active = true",
}


@pytest.fixture
def with_states(application: Application) -> Application:
    application.run(PEOPLE)
    application.run(
        f"create schema \"My Types\"; create type {TYPE} as enum ('own''er', 'guest'); "
        f'alter table memberships add state text, add short varchar(9), add "The Role" {TYPE}, '
        "add rank smallint, add gone timestamptz, add active boolean"
    )
    return application


@pytest.mark.parametrize("called", COUNTING)
def test_only_members_whose_row_says_so_may_join(with_states: Application, called: str) -> None:
    condition, made_true = COUNTING[called]
    entitled = replace(MEMBERSHIP, conditions=(condition,))
    with_states.install(write(decide(DOCUMENTS, replace(TENANT_SCOPE, entitlement=entitled)), feeds=()))
    found = []
    for row in (UNKNOWN, OUTSIDE.get(called, OTHERWISE), made_true):
        with_states.run(f"update memberships set {row}")
        found.append({each for each in PEOPLE_IN_TURN if with_states.may_join(f"tenant:{RED}:documents", each)})
    assert found == [{ANN, CYD} if called == "null" else set(), set(), {ANN, CYD}]


def test_another_condition_is_another_function() -> None:
    names = {
        entitlement_name(emission)
        for conditions in ((), *((condition,) for condition, _ in COUNTING.values()))
        for scope in [replace(TENANT_SCOPE, entitlement=replace(MEMBERSHIP, conditions=conditions))]
        for emission in plan(decide(DOCUMENTS, scope), feeds=()).emissions
    }
    assert len(names) == len(COUNTING) + 1


@pytest.mark.parametrize(
    "condition",
    [
        Condition("state", "in", (), "text"),
        Condition("state", "like", ("a",), "text"),
        Condition("rank", "in", ("1 or true",), "integer"),
        Condition("state", "in", ("a",), "text); drop table x; --"),
        Condition("state", "in", ("a",), "public.citext[]"),
        Condition("state", "in", ("a",), "date"),
    ],
)
def test_a_condition_that_cannot_be_written_is_not_left_out(condition: Condition) -> None:
    with pytest.raises(ValueError, match="cannot be written|is no"):
        condition_clauses("member", replace(MEMBERSHIP, conditions=(condition,)))
