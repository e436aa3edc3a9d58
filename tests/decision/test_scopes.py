"""Whose rows a table holds, and who may listen; where that cannot be derived, why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Catalog, Scope, ScopeKind, Source, Table

from .world import MEMBERS, MEMBERSHIP, ROOMS, USERS, catalog, name, outside_supabase, reads, table

THROUGH_ROOM = ("rooms.id", "rooms.team_id", *MEMBERS)
POSTS = table("posts", "id room_id author_id", refers={"room_id": "rooms", "author_id": "users"})


def audience(table: Table, world: Catalog | None = None) -> Scope:
    return infer_scopes(world or catalog(table))[table.name][0]


def with_policies(table: Table, *mentions: str, functions: tuple[str, ...] = ("auth.uid",)) -> Table:
    return replace(table, row_security=True, policies=(reads(*mentions, functions=functions),))


def test_the_audience_is_the_column_that_the_select_policies_compare() -> None:
    scope = audience(with_policies(POSTS, "posts.room_id", *THROUGH_ROOM))
    assert (scope.kind, scope.label, scope.columns, scope.source) == (
        ScopeKind.THREAD,
        "room",
        ("room_id",),
        Source.CATALOG,
    )
    assert scope.entitlement is not None
    assert [str(hop.references) for hop in scope.entitlement.path] == ["public.teams"]


def test_without_policies_the_shared_parent_goes_before_the_author() -> None:
    scope = audience(POSTS)
    assert (scope.columns, scope.source) == (("room_id",), Source.INFERRED)


def test_a_policy_that_compares_a_user_and_a_team_has_the_wider_audience() -> None:
    tasks = table("tasks", "id team_id user_id", refers={"team_id": "teams", "user_id": "users"})
    assert audience(with_policies(tasks, "tasks.user_id", "tasks.team_id", *MEMBERS)).kind is ScopeKind.TENANT


def test_a_users_own_rows_need_no_membership() -> None:
    inbox = table("inbox", "id user_id", refers={"user_id": "users"}, policies=[reads("inbox.user_id")])
    scope = audience(inbox)
    assert scope.entitlement is not None
    assert (scope.kind, scope.entitlement.kind) == (ScopeKind.USER, "self")


def test_a_room_with_members_of_its_own_is_its_own_scope() -> None:
    room_members = table(
        "room_members",
        "room_id user_id",
        key="room_id user_id",
        refers={"room_id": "rooms", "user_id": "users"},
        policies=[reads("room_members.user_id")],
    )
    by_members = ("room_members.room_id", "room_members.user_id")
    rooms = with_policies(ROOMS, "rooms.id", *by_members)
    posts = with_policies(POSTS, "posts.room_id", *by_members)
    world = catalog(rooms, room_members, posts)
    for scope in (audience(rooms, world), audience(posts, world)):
        assert (scope.kind, scope.label) == (ScopeKind.THREAD, "room")
        assert scope.entitlement is not None
        assert str(scope.entitlement.membership) == "public.room_members"


def test_beside_users_accounts_are_something_else() -> None:
    users, accounts = (replace(USERS, name=name(n), foreign_keys=(), policies=()) for n in ("users", "accounts"))
    docs = table("docs", "id account_id", refers={"account_id": "accounts"})
    assert infer_scopes(outside_supabase(users, accounts, docs))[docs.name] == ()


def test_a_users_current_team_is_no_membership() -> None:
    users = table("users", "id team_id", refers={"id": "auth.users", "team_id": "teams"}, policies=[reads("users.id")])
    docs = table("docs", "id team_id", refers={"team_id": "teams"})
    scopes = infer_scopes(catalog(users, docs, without=("public.members",)))[docs.name]
    assert scopes == (), "no table pairs users with teams, so nothing says who belongs to one"


@pytest.mark.parametrize(
    ("mentions", "functions", "because"),
    [
        (
            ("docs.team_id", *MEMBERS, "members.role"),
            ("auth.uid",),
            "also test public.members.role, which a topic's policy",
        ),
        (("docs.team_id",), ("app.is_member",), "decide by app.is_member(), not by public.members."),
        (("docs.team_id", *MEMBERS, "teams.archived"), ("auth.uid",), "also test public.teams.archived"),
    ],
)
def test_a_policy_that_tests_more_than_membership_is_not_guessed(
    mentions: tuple[str, ...], functions: tuple[str, ...], because: str
) -> None:
    docs = with_policies(table("docs", "id team_id", refers={"team_id": "teams"}), *mentions, functions=functions)
    scope = audience(docs)
    assert scope.entitlement is None
    assert because in (scope.refusal or "")


def test_a_membership_with_a_status_is_not_guessed() -> None:
    members = replace(MEMBERSHIP, columns=(*MEMBERSHIP.columns, replace(MEMBERSHIP.columns[0], name="accepted_at")))
    scope = infer_scopes(catalog(members))[ROOMS.name][0]
    assert scope.entitlement is None
    assert "has the column accepted_at, and which of its values make a member is not known" in (scope.refusal or "")


def test_a_pairing_that_no_policy_uses_is_no_entitlement() -> None:
    plain = [replace(t, policies=(), row_security=False) for t in catalog()]
    scope = infer_scopes(catalog(*plain))[ROOMS.name][0]
    assert scope.kind is ScopeKind.TENANT
    assert "public.members looks like a membership table, but no policy decides by it." in (scope.refusal or "")


def test_rows_that_everyone_may_read_have_no_narrower_audience() -> None:
    news = table("news", "id user_id", refers={"user_id": "users"}, policies=[reads(using="true", functions=())])
    scope = audience(news)
    assert scope.kind is ScopeKind.GLOBAL
    assert "Everyone may read public.news" in (scope.refusal or "")


def test_outside_supabase_nothing_says_whose_id_a_token_carries() -> None:
    users = replace(USERS, foreign_keys=(), policies=(), row_security=False)
    inbox = table("inbox", "id user_id", refers={"user_id": "users"})
    scope = audience(inbox, outside_supabase(users, inbox))
    assert scope.kind is ScopeKind.USER
    assert "nothing says that public.users.id is the id in the JWT" in (scope.refusal or "")


def test_cycles_and_self_references_end() -> None:
    nodes = table("nodes", "id parent_id edge_id", refers={"parent_id": "nodes", "edge_id": "edges"})
    edges = table("edges", "id node_id", refers={"node_id": "nodes"})
    assert infer_scopes(catalog(nodes, edges))[nodes.name] == ()


def test_a_scope_three_keys_away_is_found_with_its_path() -> None:
    reactions = table("reactions", "id post_id", refers={"post_id": "posts"})
    scopes = infer_scopes(catalog(POSTS, reactions))[reactions.name]
    tenant = next(scope for scope in scopes if scope.kind is ScopeKind.TENANT)
    assert [str(hop.references) for hop in tenant.path] == ["public.posts", "public.rooms"]


def test_a_table_that_leads_nowhere_has_no_scope() -> None:
    assert infer_scopes(catalog(table("countries", "id")))[name("countries")] == ()
