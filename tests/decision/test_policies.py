"""Whoever may listen may read: policies in many styles, written by a real server, granted only where that holds."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Catalog, Scope, ScopeKind, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from ..conftest import fresh_database

MEMBER = "team_id in (select m.team_id from members m where m.user_id = auth.uid())"
MEMBER_OF_ROOM = """exists (select 1 from rooms r join members m on m.team_id = r.team_id
    where r.id = room_id and m.user_id = (select auth.uid()))"""
SCHEMA = f"""
create table users (id uuid primary key references auth.users);
create table teams (id uuid primary key);
create table members (team_id uuid references teams, user_id uuid references users, role text,
  primary key (team_id, user_id));
create table rooms (id uuid primary key, team_id uuid references teams, archived boolean);
create table docs (id uuid primary key, team_id uuid references teams, user_id uuid references users,
  room_id uuid references rooms, status text, public boolean, expires date);
create table unlisted (team_id uuid);
alter table users enable row level security;
alter table members enable row level security;
alter table rooms enable row level security;
create policy own on users for select using (id = auth.uid());
create policy own on members for select using (user_id = auth.uid());
create policy members on rooms for select using ({MEMBER});
create function is_member(uuid) returns boolean language sql as 'select true';
create function is_admin() returns boolean language sql as 'select true';
grant select on all tables in schema public to authenticated, anon;
"""

GRANTED = {
    "in": (MEMBER, ScopeKind.TENANT),
    "exists": (
        "exists (select from members where members.team_id = docs.team_id and user_id = auth.uid())",
        ScopeKind.TENANT,
    ),
    "any": ("team_id = any (array(select team_id from members where user_id = auth.uid()))", ScopeKind.TENANT),
    "the user's own": ("user_id = auth.uid()", ScopeKind.USER),
    "the user's own, by subquery": ("(select auth.uid()) = user_id", ScopeKind.USER),
    "own or the team's": (f"user_id = auth.uid() or {MEMBER}", ScopeKind.TENANT),
    "public or the team's": (f"public or {MEMBER}", ScopeKind.TENANT),
    "through the room": (MEMBER_OF_ROOM, ScopeKind.THREAD),
}
REFUSED = {
    "own and the team's": f"user_id = auth.uid() and {MEMBER}",
    "published ones": f"status = 'published' and {MEMBER}",
    "published ones of one's own": "status = 'published' and user_id = auth.uid()",
    "the team but its admins": """team_id in
        (select m.team_id from members m where m.user_id = auth.uid() and m.role <> 'admin')""",
    "not the team": f"not ({MEMBER})",
    "another team": "team_id <> all (select m.team_id from members m where m.user_id = auth.uid())",
    "somebody else": "user_id <> auth.uid()",
    "members and admins": f"{MEMBER} and is_admin()",
    "by a function": "is_member(team_id)",
    "by a built-in": f"{MEMBER} and current_setting('app.on', true) = 'yes'",
    "by the token": "team_id::text = (auth.jwt() ->> 'team_id')",
    "with a second factor": f"{MEMBER} and (auth.jwt() ->> 'aal') = 'aal2'",
    "while it lasts": f"{MEMBER} and expires > current_date",
    "live rooms": """exists (select 1 from rooms r join members m on m.team_id = r.team_id
        where r.id = room_id and not r.archived and m.user_id = auth.uid())""",
    "two members at once": f"{MEMBER} and {MEMBER_OF_ROOM}",
    "a limit": "team_id in (select m.team_id from members m where m.user_id = auth.uid() limit 1)",
    "an outer join": """exists (select 1 from members m left join unlisted u on u.team_id = m.team_id
        where m.team_id = docs.team_id and m.user_id = auth.uid() and u.team_id is null)""",
    "the database's role": f"{MEMBER} and current_user = 'authenticated'",
    "one's own in the team": """exists (select 1 from members m
        where m.team_id = docs.team_id and m.user_id = auth.uid() and m.user_id = docs.user_id)""",
    "rooms of the same team": """exists (select 1 from members m join rooms r on r.team_id = m.team_id
        where m.team_id = docs.team_id and m.user_id = auth.uid() and r.id = docs.id)""",
    "our staff reads all": """exists (select 1 from members m
        where m.team_id = '00000000-0000-0000-0000-00000000000a' and m.user_id = auth.uid())""",
    "one's manager": "exists (select 1 from members m where m.user_id = auth.uid() and docs.user_id is not null)",
    "a whole row": """exists (select 1 from members m
        where m.team_id = docs.team_id and m.user_id = auth.uid() and m = (m.team_id, m.user_id, 'admin'::text))""",
    "a row turned to json": """exists (select 1 from members m
        where m.team_id = docs.team_id and m.user_id = auth.uid() and to_jsonb(m) ->> 'role' = 'admin')""",
    "a system column": """exists (select 1 from members m
        where m.team_id = docs.team_id and m.user_id = auth.uid() and m.xmin = docs.xmin)""",
}


@pytest.fixture(scope="module")
def world(server: RunningServer) -> Iterator[str]:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute("grant usage on schema public to anon, authenticated")
            connection.execute(SCHEMA.encode())
        yield conninfo


def catalog_with(world: str, *policies: str) -> Catalog:
    """The catalogue after docs got these policies alone; each is what stands behind its name in CREATE POLICY."""
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute("drop table if exists kept; alter table docs enable row level security")
        for (old,) in connection.execute("select polname from pg_policy where polrelid = 'docs'::regclass").fetchall():
            connection.execute(f'drop policy "{old}" on docs'.encode())
        for number, policy in enumerate(policies):
            connection.execute(f"create policy p{number} on docs {policy}".encode())
    target = open_target(world)
    return read_catalog(target)


def scopes_of(catalog: Catalog, hears_hidden_rows: bool = False) -> tuple[Scope, ...]:
    docs = TableName("public", "docs")
    return infer_scopes(catalog, hears_hidden_rows=[docs] if hears_hidden_rows else [])[docs]


@pytest.mark.parametrize(("using", "kind"), GRANTED.values(), ids=GRANTED)
def test_a_rule_that_is_the_membership_grants_its_scope(world: str, using: str, kind: ScopeKind) -> None:
    scopes = scopes_of(catalog_with(world, f"for select using ({using})"))
    assert (scopes[0].kind, bool(scopes[0].entitlement)) == (kind, True), scopes[0].refusal


@pytest.mark.parametrize("using", REFUSED.values(), ids=REFUSED)
def test_a_rule_that_asks_for_more_or_else_grants_nothing(world: str, using: str) -> None:
    scopes = scopes_of(catalog_with(world, f"for select using ({using})"))
    assert [scope for scope in scopes if scope.entitlement] == []
    assert all(scope.refusal for scope in scopes)


def test_permissive_policies_add_up(world: str) -> None:
    scopes = scopes_of(
        catalog_with(world, "for select using (status = 'published' and user_id = auth.uid())", f"using ({MEMBER})")
    )
    assert scopes[0].kind is ScopeKind.TENANT
    assert scopes[0].entitlement


def test_a_restrictive_policy_refuses(world: str) -> None:
    scopes = scopes_of(catalog_with(world, f"using ({MEMBER})", "as restrictive using (status = 'published')"))
    assert "has a restrictive policy, which a topic's policy would not test" in (scopes[0].refusal or "")


def test_policies_for_writing_do_not_let_anybody_read(world: str) -> None:
    scopes = scopes_of(catalog_with(world, f"for update using ({MEMBER})"))
    assert "no policy lets authenticated read it" in (scopes[0].refusal or "")


@pytest.mark.parametrize(
    ("change", "undo", "because"),
    [
        ("alter policy own on members using (user_id = auth.uid() and role <> 'hidden')",
         "alter policy own on members using (user_id = auth.uid())",
         "the SELECT policies of public.members, which those of public.docs look up, test more"),
        ("revoke select on members from authenticated", "grant select on members to authenticated",
         "authenticated may not select from public.members."),
        ("revoke select on members from authenticated; grant select (team_id, role) on members to authenticated",
         "grant select on members to authenticated",
         "looks up public.members.user_id, which authenticated may not select. Grant that, or"),
        ("revoke select on rooms from authenticated; grant select (id) on rooms to authenticated; "
         "create policy mates on members using (exists (select from rooms r where r.team_id = members.team_id))",
         "drop policy mates on members; grant select on rooms to authenticated",
         "the policy mates on public.members looks up public.rooms.team_id, which authenticated may not select."),
        ("create policy mfa on members as restrictive using (false)", "drop policy mfa on members",
         "public.members has a restrictive policy"),
        ("revoke select on docs from authenticated", "grant select on docs to authenticated",
         "authenticated may not select from public.docs."),
        ("alter table members add \"leftAt\" date", "alter table members drop \"leftAt\"",
         "public.members has the column leftAt, and which of its values make a member is not known."),
    ],
)  # fmt: skip
def test_what_hides_the_membership_from_readers_hides_the_topic(
    world: str, change: str, undo: str, because: str
) -> None:
    catalog_with(world, f"for select using ({MEMBER})")
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute(change.encode())
        catalog = read_catalog(open_target(world))
        connection.execute(undo.encode())
    scope = next(scope for scope in scopes_of(catalog) if scope.kind is ScopeKind.TENANT)
    assert scope.entitlement is None
    assert because in (scope.refusal or "")


def test_of_a_looked_up_table_only_the_columns_that_are_asked_need_a_grant(world: str) -> None:
    catalog_with(world, f"for select using ({MEMBER})")
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute("revoke select on members from authenticated")
        connection.execute("grant select (team_id, user_id) on members to authenticated")
        catalog = read_catalog(open_target(world))
        connection.execute("grant select on members to authenticated")
    assert catalog["members"].withheld_columns == ("role",)
    assert next(scope for scope in scopes_of(catalog) if scope.kind is ScopeKind.TENANT).entitlement


def test_a_policy_for_anon_alone_lets_nobody_listen(world: str) -> None:
    scopes = scopes_of(catalog_with(world, f"for select to anon using ({MEMBER})"))
    assert [scope for scope in scopes if scope.entitlement] == []


def test_a_condition_on_the_row_is_named_and_may_be_waived(world: str) -> None:
    catalog = catalog_with(world, f"for select using (status = 'published' and {MEMBER})")
    refusal = next(scope.refusal for scope in scopes_of(catalog) if scope.kind is ScopeKind.TENANT)
    assert refusal is not None
    assert "also test status = 'published' :: text, so members would hear of rows that they may not read" in refusal
    waived = scopes_of(catalog, hears_hidden_rows=True)[0].entitlement
    assert waived is not None
    assert waived.hides_rows


@pytest.mark.parametrize(("using", "_"), GRANTED.values(), ids=GRANTED)
def test_where_a_rule_is_the_membership_alone_no_row_is_hidden(world: str, using: str, _: ScopeKind) -> None:
    scopes = scopes_of(catalog_with(world, f"for select using ({using})"), hears_hidden_rows=True)
    assert not any(scope.entitlement.hides_rows for scope in scopes if scope.entitlement)


@pytest.mark.parametrize(
    "name", ["members and admins", "the team but its admins", "own and the team's", "not the team"]
)
def test_what_is_no_condition_on_the_row_cannot_be_waived(world: str, name: str) -> None:
    scopes = scopes_of(catalog_with(world, f"for select using ({REFUSED[name]})"), hears_hidden_rows=True)
    assert [scope for scope in scopes if scope.entitlement] == []


def test_without_row_level_security_members_hear_less_than_everybody_may_read(world: str) -> None:
    catalog_with(world)
    with psycopg.connect(world, autocommit=True) as connection:
        connection.execute("alter table docs disable row level security")
    assert any(scope.entitlement for scope in scopes_of(read_catalog(open_target(world))))
