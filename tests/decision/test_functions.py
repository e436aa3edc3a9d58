"""Functions that SELECT policies call: read only where their text is one plain look-up of who belongs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide as ra_decide
from realtime_advisor.decision.functions import see_through
from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Option, Scope, ScopeKind, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies, authorize, install

from ..conftest import fresh_database
from .function_cases import (
    ACCEPTED,
    ADMINS,
    BLUE,
    BODY,
    CONDITIONED,
    HEAD,
    MEMBERS,
    RED,
    REFUSED,
    RIGHTS,
    SCHEMA,
    TRUTH,
    written,
)
from .world import catalog

DOCS = TableName("public", "docs")


@pytest.fixture(scope="module")
def world(server: RunningServer) -> Iterator[str]:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(SCHEMA.encode())
        yield conninfo


def rewrite(connection: psycopg.Connection[tuple[Any, ...]], function: str, using: str) -> None:
    """Let this function and this policy on docs stand in place of the last ones."""
    connection.execute("drop policy if exists p on docs; drop schema if exists app cascade; create schema app")
    connection.execute("grant usage on schema app to authenticated, anon; set check_function_bodies = off")
    connection.execute(function.encode())
    connection.execute(f"create policy p on docs for select using ({using})".encode())


def scopes_with(world: str, function: str, using: str, more: str = "") -> tuple[Scope, ...]:
    with psycopg.connect(world, autocommit=True) as connection:
        rewrite(connection, function, using)
        connection.execute(more.encode())
    with closing(open_target(world)) as target:
        return infer_scopes(read_catalog(target))[DOCS]


def tenant(scopes: tuple[Scope, ...]) -> Scope:
    return next(scope for scope in scopes if scope.kind is ScopeKind.TENANT)


@pytest.mark.parametrize(("function", "using"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_plain_look_up_is_read_and_whoever_may_join_may_read(world: str, function: str, using: str) -> None:
    scope = tenant(scopes_with(world, function, using))
    assert scope.entitlement is not None, scope.refusal
    assert scope.entitlement.membership == TableName("public", "members")
    assert "through app.f()" in scope.entitlement.reason
    assert joined_and_read(world) == (MEMBERS, MEMBERS)


@pytest.mark.parametrize(("function", "using"), CONDITIONED.values(), ids=CONDITIONED)
def test_what_a_function_asks_of_the_row_is_asked_of_listeners(world: str, function: str, using: str) -> None:
    scope = tenant(scopes_with(world, function, using))
    assert scope.entitlement is not None, scope.refusal
    assert [condition.column for condition in scope.entitlement.conditions] == ["role"]
    wanted = MEMBERS if "is not null" in function else ADMINS
    assert joined_and_read(world) == (wanted, wanted)


def joined_and_read(world: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The teams of each user: to whose topic they may listen, and of which they may read."""
    with psycopg.connect(world, autocommit=True) as connection:
        with closing(open_target(world)) as target:
            catalog = read_catalog(target)
            decision = ra_decide(catalog, measure_churn(take_snapshot(target)))[DOCS]
        script = generate(design(decision, catalog, option=Option.BROADCAST))
        old = connection.execute("select polname from pg_policy where polrelid = 'realtime.messages'::regclass")
        for (name,) in old.fetchall():
            connection.execute(SQL("drop policy {} on realtime.messages").format(Identifier(name)))
        connection.execute(script.functions.encode())
        apply_policies(connection, script.policies)
        return {who: joined(connection, who) for who in MEMBERS}, {who: read(connection, who) for who in MEMBERS}


def joined(connection: psycopg.Connection[tuple[Any, ...]], who: str) -> set[str]:
    """The teams to whose topic the user may listen."""
    claims = {"role": "authenticated", "sub": who}
    return {team for team in (RED, BLUE) if authorize(connection, f"tenant:{team}:docs", claims).broadcast_read}


def read(connection: psycopg.Connection[tuple[Any, ...]], who: str) -> set[str]:
    """The teams of which the user may select a row."""
    claims = json.dumps({"role": "authenticated", "sub": who})
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("set local role authenticated")
        return {str(team) for (team,) in connection.execute("select team_id from public.docs")}


@pytest.mark.parametrize(("function", "using", "because"), REFUSED.values(), ids=REFUSED)
def test_whatever_else_a_function_asks_grants_nothing(world: str, function: str, using: str, because: str) -> None:
    scopes = scopes_with(world, function, using)
    assert [scope for scope in scopes if scope.entitlement] == []
    assert because in (tenant(scopes).refusal or "")


@pytest.mark.parametrize(("change", "because"), RIGHTS.values(), ids=RIGHTS)
def test_a_function_that_others_may_change_or_that_sees_less_grants_nothing(
    world: str, change: str, because: str
) -> None:
    scopes = scopes_with(world, written(HEAD, BODY), TRUTH, change)
    assert [scope for scope in scopes if scope.entitlement] == []
    assert because in (tenant(scopes).refusal or "")


def test_a_membership_table_may_show_itself_through_such_a_function(world: str) -> None:
    with psycopg.connect(world, autocommit=True) as connection:
        rewrite(
            connection, written(HEAD, BODY), "team_id in (select m.team_id from members m where m.user_id = auth.uid())"
        )
        connection.execute(
            "create policy teams on members using (app.f(team_id)); grant select on members to authenticated"
        )
        scopes = infer_scopes(read_catalog(open_target(world)))
        connection.execute("drop policy teams on members; revoke select on members from authenticated")
    assert tenant(scopes[DOCS]).entitlement
    assert tenant(scopes[TableName("public", "members")]).entitlement


def test_a_function_with_its_callers_rights_is_judged_by_the_members_own_policies(world: str) -> None:
    function, change = written(HEAD.replace("security definer ", ""), BODY), "grant select on members to authenticated"
    with psycopg.connect(world, autocommit=True) as connection:
        rewrite(connection, function, TRUTH)
        connection.execute(change.encode())
        found = []
        for policy in ("user_id = auth.uid()", "role <> 'admin' and user_id = auth.uid()", "app.f(team_id)"):
            connection.execute(f"create policy shown on members using ({policy})".encode())
            found.append(tenant(infer_scopes(read_catalog(open_target(world)))[DOCS]))
            connection.execute("drop policy shown on members")
        connection.execute("revoke select on members from authenticated")
    assert [bool(scope.entitlement) for scope in found] == [True, False, False]
    assert "test more than who belongs to it" in (found[1].refusal or "")
    assert "leads in a circle" in (found[2].refusal or "")


def test_through_a_room_the_function_is_asked_of_the_rooms_team(world: str) -> None:
    using = "exists (select 1 from rooms r where r.id = docs.room_id and app.f(r.team_id))"
    scopes = scopes_with(world, written(HEAD, BODY), using)
    assert [(s.kind, bool(s.entitlement)) for s in scopes if s.columns == ("room_id",)] == [(ScopeKind.THREAD, True)]


def test_a_room_that_asks_members_in_vain_hides_its_documents_from_them(world: str) -> None:
    using = "exists (select 1 from rooms r where r.id = docs.room_id and app.f(r.team_id))"
    plain = "team_id in (select m.team_id from members m where m.user_id = auth.uid())"
    change = f"alter table rooms enable row level security; create policy plain on rooms using ({plain})"
    scopes = scopes_with(world, written(HEAD, BODY), using, change)
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute("drop policy plain on rooms; alter table rooms disable row level security")
    room = next(scope for scope in scopes if scope.columns == ("room_id",))
    assert room.entitlement is None
    assert "the SELECT policies of public.rooms, which those of public.docs look up" in (room.refusal or "")


def test_without_functions_the_catalogue_stays_as_it_is() -> None:
    known = catalog()
    assert see_through(known) is known
