"""What policies ask of a membership's row: read through a whitelist, and asked again of whoever would listen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Option, Scope, ScopeKind, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies, authorize, install

from ..conftest import fresh_database

DOCS = TableName("public", "docs")
TEAM = str(UUID(int=10))
# One member a row; a name and what the row says beside team and user.
ROWS = {
    "nothing": "",
    "active": "status = 'active', kind = 'active', role = 'Team \"Admin\"', accepted_at = now(), live = true, rank = 2",
    "pending": "status = 'pending', kind = 'pending', role = 'guest', live = false, rank = 1",
    "revoked": "status = 'active', kind = 'active', revoked_at = now(), live = true, banned = true, rank = 3",
    "not banned": "status = 'ACTIVE', banned = false, live = true",
    "expired": "status = 'active ', kind = 'active', expires_at = now() - interval '1 minute', live = true",
    "lasting": "status = 'it''s', kind = 'it''s', role = 'owner', expires_at = now() + interval '1 hour', live = true",
}
PEOPLE = {name: str(UUID(int=number)) for number, name in enumerate([*ROWS, "stranger"], 100)}
SCHEMA = f"""
create schema "My Types";
create type "My Types"."member role" as enum ('Team "Admin"', 'owner', 'guest');
create domain word as text;
create table teams (id uuid primary key);
create table members (team_id uuid references teams, user_id uuid references auth.users, status text,
  kind varchar(20), tag word, role "My Types"."member role", live boolean, banned boolean, rank smallint,
  accepted_at timestamptz, revoked_at timestamptz, expires_at timestamptz, ends timestamp, "since when" date,
  primary key (team_id, user_id));
create table docs (id uuid primary key, team_id uuid references teams, status text, live boolean);
alter table members enable row level security;
alter table docs enable row level security;
create policy mine on members using (user_id = auth.uid());
grant usage on schema public, "My Types" to authenticated, anon;
grant select on all tables in schema public to authenticated, anon;
insert into teams values ('{TEAM}');
insert into docs values ('{TEAM}', '{TEAM}', 'active', true);
"""
ASKED = {
    "status = 'active'": {"active", "revoked"},
    "'active' = status": {"active", "revoked"},
    "status in ('active', 'it''s')": {"active", "revoked", "lasting"},
    "status = any (array['pending', 'ACTIVE'])": {"pending", "not banned"},
    "status = any ('{pending,ACTIVE}')": {"pending", "not banned"},
    "(status = 'pending' or status = 'ACTIVE')": {"pending", "not banned"},
    "kind = 'active' and live is not null": {"active", "revoked", "expired"},
    "kind in ('active', 'it''s') and live is not null": {"active", "revoked", "expired", "lasting"},
    "tag = 'x' and live is not null": set(),
    "role = 'owner' and live is not null": {"lasting"},
    "role in ('Team \"Admin\"', 'owner') and live is not null": {"active", "lasting"},
    "role::text = 'owner' and live is not null": {"lasting"},
    "rank = 2 and live is not null": {"active"},
    "rank in (2, 3) and live is not null": {"active", "revoked"},
    "live": {"active", "revoked", "not banned", "expired", "lasting"},
    "live is true": {"active", "revoked", "not banned", "expired", "lasting"},
    "live = true": {"active", "revoked", "not banned", "expired", "lasting"},
    "live = false": {"pending"},
    "not live": {"pending"},
    "not banned": {"not banned"},
    "banned is false": {"not banned"},
    "accepted_at is not null": {"active"},
    "revoked_at is null": set(ROWS) - {"revoked"},
    "expires_at > now()": {"lasting"},
    "expires_at >= current_timestamp": {"lasting"},
    "(select now()) < expires_at": {"lasting"},
    "expires_at < now()": {"expired"},
    "status = 'active' and revoked_at is null and live": {"active"},
}


def member(asked: str) -> str:
    return f"exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and {asked})"


@pytest.fixture(scope="module")
def world(server: RunningServer) -> Iterator[str]:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(SCHEMA.encode())
            for name, person in PEOPLE.items():
                connection.execute("insert into auth.users (id) values (%s)", [person])
                if name in ROWS:
                    connection.execute("insert into members (team_id, user_id) values (%s, %s)", [TEAM, person])
                if ROWS.get(name):
                    connection.execute(f"update members set {ROWS[name]} where user_id = '{person}'".encode())
        yield conninfo


def tenant_with(world: str, using: str, change: str = "") -> Scope:
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute(f"drop policy if exists p on docs; {change}".encode())
        connection.execute(f"create policy p on docs for select using ({using})".encode())
    with closing(open_target(world)) as target:
        scopes = decide(read_catalog(target), measure_churn(take_snapshot(target)))[DOCS].scopes
    return next(scope for scope in scopes if scope.kind is ScopeKind.TENANT)


def joined_and_read(world: str, **answers: object) -> tuple[set[str], set[str]]:
    """Who may listen by the script that is written now, and who may read."""
    with closing(open_target(world)) as target:
        catalog = read_catalog(target)
        decision = decide(catalog, measure_churn(take_snapshot(target)), {"public.docs": answers})[DOCS]
    script = generate(design(decision, catalog, option=Option.BROADCAST))
    with psycopg.connect(world, autocommit=True) as connection:
        old = connection.execute("select polname from pg_policy where polrelid = 'realtime.messages'::regclass")
        for (name,) in old.fetchall():
            connection.execute(SQL("drop policy {} on realtime.messages").format(Identifier(name)))
        connection.execute(script.functions.encode())
        apply_policies(connection, script.policies)
        joined = {name for name, person in PEOPLE.items() if may_join(connection, person)}
        return joined, {name for name, person in PEOPLE.items() if may_read(connection, person)}


def may_join(connection: psycopg.Connection[tuple[Any, ...]], person: str) -> bool:
    access = authorize(connection, f"tenant:{TEAM}:docs", {"role": "authenticated", "sub": person})
    assert access.error is None
    return access.broadcast_read


def may_read(connection: psycopg.Connection[tuple[Any, ...]], person: str) -> bool:
    claims = json.dumps({"role": "authenticated", "sub": person})
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("set local role authenticated")
        return connection.execute("select from docs").fetchone() is not None


@pytest.mark.parametrize(("asked", "members"), ASKED.items(), ids=ASKED)
def test_exactly_those_may_join_whose_row_says_what_the_policy_asks(world: str, asked: str, members: set[str]) -> None:
    scope = tenant_with(world, member(asked))
    assert scope.entitlement is not None, scope.refusal
    assert joined_and_read(world) == (members, members)


NOT_READ = [
    "m.status <> 'active'",
    "m.status is distinct from 'revoked'",
    "coalesce(m.status, 'active') = 'active'",
    "lower(m.status) = 'active'",
    "m.status like 'a%'",
    "m.status || '' = 'active'",
    "m.status > 'a'",
    "m.status = m.kind",
    "m.status = docs.status",
    "m.status = m.status",
    "docs.status = 'active'",
    "docs.status = docs.status",
    "docs.live",
    "m.status = (select d.status from docs d limit 1)",
    "m.status = current_user",
    "m.status = current_setting('app.status', true)",
    "m.status = any (array['active', null])",
    "m.status = any (array[m.kind, 'active'])",
    "m.status = any ('{active,NULL}')",
    "m.status = any ('{{active},{pending}}')",
    "m.status <> all (array['revoked'])",
    "m.status not in ('revoked')",
    "m.status = 'active' collate \"C\"",
    "m.status::varchar(3) = 'act'",
    "m.status::varchar(3)::text = 'act'",
    "m.status = 'active'::varchar(3)",
    "m.status = e'a\\nb'",
    "m.status operator(public.===) 'active'",
    "m.rank > 1",
    "m.rank = -1",
    "m.rank::text = '2'",
    "m.rank = any ('{1,2}')",
    "m.role > 'owner'",
    "(m.status = 'active' or m.live)",
    "(m.status = 'active' or m.kind = 'active')",
    "(m.status = 'active' or true)",
    "(m.live or docs.live)",
    "(m.status = 'active' or docs.status = 'active')",
    "not (m.status = 'active')",
    "not (m.live and m.banned)",
    "m.live is not true",
    "m.live is unknown",
    "(m.live is null) is false",
    "m.live = m.banned",
    "(m.status = 'active') = m.live",
    "(m.status = 'active') is not false",
    "case when m.live then m.status = 'active' else true end",
    "m.ends > now()",
    '"since when" < current_date',
    "m.expires_at > now() - interval '1 day'",
    "m.expires_at > clock_timestamp()",
    "m.expires_at > current_timestamp(0)",
    "m.expires_at > public.now()",
    "m.expires_at > '2020-01-01'",
    "m.expires_at between now() and 'infinity'",
    "exists (select 1 from teams t where t.id = m.team_id and t.id = '00000000-0000-0000-0000-00000000000a')",
    "exists (select 1 from members n where n.team_id = m.team_id and n.user_id = m.user_id and n.status <> 'x')",
]


@pytest.mark.parametrize("asked", NOT_READ)
def test_what_else_is_asked_of_a_row_lets_nobody_listen(world: str, asked: str) -> None:
    helpers = """create or replace function public.now() returns timestamptz language sql as 'select pg_catalog.now()';
        drop operator if exists public.=== (text, text);
        create operator public.=== (function = pg_catalog.texteq, leftarg = text, rightarg = text)"""
    scope = tenant_with(world, member(asked), helpers)
    assert scope.entitlement is None
    assert scope.refusal


SHAPES = [
    "exists (select 1 from members m where m.user_id = docs.team_id and m.team_id = auth.uid() and m.live)",
    "exists (select 1 from members m where (m.team_id = docs.team_id) = (m.user_id = auth.uid()) and m.live)",
    "exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live limit 0)",
    "exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live offset 1)",
    "exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() "
    "group by m.live having m.live)",
    "exists (select count(*) from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live)",
    "exists (select unnest('{}'::int[]) from members m where m.team_id = docs.team_id "
    "and m.user_id = auth.uid() and m.live)",
    "not exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live)",
    "exists (select 1 from only members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live)",
    "exists (select 1 from members m left join teams t on t.id = m.team_id where m.team_id = docs.team_id "
    "and m.user_id = auth.uid() and m.live)",
    "exists (select 1 from (select * from members where status = 'active') m where m.team_id = docs.team_id "
    "and m.user_id = auth.uid() and m.live)",
    "exists (with m as (select * from members) select 1 from m where m.team_id = docs.team_id "
    "and m.user_id = auth.uid() and m.live)",
    "exists (select 1 from members m where m.team_id = docs.team_id and m.user_id = auth.uid() and m.live "
    "union select 1 where false)",
    "exists (select 1 from members m, docs d where m.team_id = d.team_id and m.user_id = auth.uid() and m.live)",
    "(select m.live from members m where m.team_id = docs.team_id and m.user_id = auth.uid())",
    "(select m.status from members m where m.team_id = docs.team_id and m.user_id = auth.uid()) = 'active'",
    "team_id not in (select m.team_id from members m where m.user_id = auth.uid() and m.live)",
    "team_id in (select m.user_id from members m where m.team_id = auth.uid() and m.live)",
    "(team_id in (select m.team_id from members m where m.user_id = auth.uid() and m.live)) = live",
    "id in (select m.team_id from members m where m.user_id = auth.uid() and m.live)",
]


@pytest.mark.parametrize("using", SHAPES)
def test_a_condition_in_another_shape_of_query_lets_nobody_listen(world: str, using: str) -> None:
    assert tenant_with(world, using).entitlement is None


def test_what_the_memberships_own_policy_hides_counts_too(world: str) -> None:
    hide = "alter policy mine on members using (user_id = auth.uid() and revoked_at is null)"
    show = "alter policy mine on members using (user_id = auth.uid())"
    try:
        scope = tenant_with(world, member("m.status = 'active'"), hide)
        assert scope.entitlement is not None, scope.refusal
        assert [c.column for c in scope.entitlement.conditions] == ["revoked_at", "status"]
        assert joined_and_read(world) == ({"active"}, {"active"})
    finally:
        with psycopg.connect(world, autocommit=True) as connection:
            connection.execute(show)


def test_of_a_membership_with_a_state_something_has_to_be_asked_of_the_state(world: str) -> None:
    scope = tenant_with(world, member("m.role = 'owner'"))
    assert "public.members has the column status, and which of its values make a member is not known." in str(
        scope.refusal
    )


def test_who_reads_by_a_second_rule_is_said_not_to_hear(world: str) -> None:
    scope = tenant_with(world, f"{member('m.live')} or {member('m.role = $$owner$$')}")
    assert scope.entitlement is not None
    assert [condition.column for condition in scope.entitlement.conditions] == ["live"]
    assert "only by another rule" in " ".join(scope.notes)


def test_where_policies_ask_nothing_of_the_state_the_architect_says_which_rows_count(world: str) -> None:
    every_row = set(ROWS)
    tenant_with(world, member("m.team_id = docs.team_id"))
    for when, members in (
        ("status = 'active' and revoked_at is null", {"active"}),
        ("live and \"role\" in ('owner', 'Team \"Admin\"')", {"active", "lasting"}),
        ("expires_at > now()", {"lasting"}),
        ("not banned", {"not banned"}),
    ):
        assert joined_and_read(world, members_when=when) == (members, every_row)


def test_a_named_membership_lets_in_whose_row_counts_whatever_the_policies_say(world: str) -> None:
    tenant_with(world, "length(status) > 100")
    joined, read = joined_and_read(world, members="public.members", members_when="status = 'pending'")
    assert (joined, read) == ({"pending"}, set())
