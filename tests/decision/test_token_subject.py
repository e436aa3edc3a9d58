"""The architect says which column holds the JWT's `sub`: what that opens, and all that it must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    Catalog,
    Column,
    Decision,
    ForeignKey,
    Hop,
    RelationKind,
    Scope,
    ScopeKind,
    Source,
    Table,
)

from .world import catalog, churn, name, outside_supabase, reads, table

Said = dict[str, dict[str, object]]
WHY = {"answer": "id", "reason": "our own login", "by": "Ada"}
SAID = "public.users.id is the JWT's sub (the architect's answer: our own login (Ada))"


def typed(known: Table, **types: str) -> Table:
    """The table with other types; `_` behind a type says that the column is filled."""
    columns = tuple(
        Column(c.name, types[c.name].rstrip("_"), types[c.name].endswith("_")) if c.name in types else c
        for c in known.columns
    )
    return replace(known, columns=columns)


def keyed(known: Table, *keys: str) -> Table:
    return replace(known, unique_keys=tuple((key,) for key in keys))


USERS = keyed(
    typed(table("users", "id email auth_id born"), id="bigint_", email="text_", auth_id="text", born="date"),
    *("email", "auth_id", "born"),
)
GROUPS = table("groups", "id name")
TO_GROUP, TO_USER = {"group_id": "groups"}, {"user_id": "users"}
MEMBERS = table("group_users", "group_id user_id", key="group_id user_id", refers={**TO_GROUP, **TO_USER})
POSTS = table("posts", "id group_id user_id", refers={**TO_GROUP, **TO_USER})
ALERTS = table("alerts", "id user_id", refers=TO_USER)
WORLD = (USERS, GROUPS, *(typed(each, user_id="bigint_") for each in (MEMBERS, POSTS, ALERTS)))


def world(*others: Table) -> Catalog:
    return outside_supabase(*{each.name: each for each in (*WORLD, *others)}.values())


def decided(of: str, answers: Mapping[str, Mapping[str, object]], known: Catalog | None = None) -> Decision:
    full = {f"public.{called}": said for called, said in answers.items()}
    return decide(known or world(), churn(of), full)[name(of)]


def scope(of: str, answers: Mapping[str, Mapping[str, object]], known: Catalog | None = None) -> Scope:
    found = decided(of, answers, known).scope
    assert found is not None
    return found


# ---------------------------------------------------------------- what must still be refused


@pytest.mark.parametrize("of", ["posts", "alerts", "groups", "users"])
def test_without_the_answer_nobody_listens_and_the_sentence_names_it(of: str) -> None:
    made = decided(of, {})
    assert all(each.entitlement is None for each in made.scopes)
    if of == "alerts":
        assert made.scope is not None
        assert "nothing says that public.users.id is the id in the JWT" in (made.scope.refusal or "")
        assert "answer token_subject for public.users" in (made.scope.refusal or "")


@pytest.mark.parametrize("of", ["posts", "alerts", "groups", "group_users", "users"])
def test_the_answer_by_itself_opens_no_table(of: str) -> None:
    made = decided(of, {"users": {"token_subject": "id"}})
    assert [each.entitlement for each in made.scopes] == [None] * len(made.scopes)


def test_what_is_missing_is_said_as_the_answer_to_give() -> None:
    answers: Said = {"users": {"token_subject": "id"}}
    assert 'Answer scope = "user_id" for public.alerts if each' in (scope("alerts", answers).refusal or "")
    assert 'answer members = "public.group_users" for public.posts' in (scope("posts", answers).refusal or "")


def test_members_alone_are_no_answer_where_the_sub_is_unknown() -> None:
    asked = decided("posts", {"posts": {"members": "public.group_users"}}).questions
    assert (
        "Which column of public.users holds the JWT's sub, if one does? Answer token_subject for public.users." in asked
    )
    refused = scope("posts", {"posts": {"members": "public.group_users"}}).refusal or ""
    assert "nothing says that public.group_users.user_id is the id in the JWT" in refused
    assert "answer token_subject for public.users" in refused


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("colour", "is 'colour', which is no column of it. Name the column that holds the JWT's sub; there are id, "),
        ("ID", "is 'ID', which is no column of it."),
        ("born", "is 'born', of the type date, which a sub is not compared with exactly."),
        ("name", "is 'name', which no unique key has to itself, so one sub could be two users."),
        ("", "is '', which is no column of it."),
        ("id; drop table users", "which is no column of it."),
    ],
)
def test_a_column_that_cannot_be_a_sub_is_refused_in_a_sentence(column: str, sentence: str) -> None:
    users = replace(USERS, columns=(*USERS.columns, Column("name", "text", True)))
    with pytest.raises(BadInput) as refused:
        decided("alerts", {"users": {"token_subject": column}}, world(users))
    assert str(refused.value).startswith("The answer 'token_subject' for public.users ")
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "kind", ["boolean", "numeric", "public.citext", "character(26)", "json", "uuid[]", "app.login"]
)
def test_a_type_whose_equality_is_not_plain_is_refused(kind: str) -> None:
    with pytest.raises(BadInput, match="which a sub is not compared with exactly"):
        decided("alerts", {"users": {"token_subject": "email"}}, world(typed(USERS, email=kind)))


def test_a_key_of_two_columns_makes_neither_unique() -> None:
    users = replace(USERS, unique_keys=(("email", "born"),))
    with pytest.raises(BadInput, match="no unique key has to itself"):
        decided("alerts", {"users": {"token_subject": "email"}}, world(users))


def test_a_table_whose_children_have_no_such_key_is_refused() -> None:
    child = replace(table("bots", "id"), inherits=(USERS.name,))
    with pytest.raises(BadInput, match=r"public\.bots inherits without its unique key"):
        decided("alerts", {"users": {"token_subject": "id"}}, world(child))


def test_a_view_is_no_users_table() -> None:
    people = replace(table("people", "id"), kind=RelationKind.VIEW)
    with pytest.raises(BadInput, match="of a view. Answer it for the table that has a row for each user"):
        decided("alerts", {"people": {"token_subject": "id"}}, world(people))


@pytest.mark.parametrize(
    ("one", "other"), [("bigint", "integer"), ("text", "bigint"), ("text", "text"), ("uuid", "text"), ("uuid", "uuid")]
)
def test_columns_of_unrelated_tables_cannot_both_be_the_sub(one: str, other: str) -> None:
    users, staff = typed(USERS, id=one), typed(table("staff", "id"), id=other)
    answers: Said = {"users": {"token_subject": "id"}, "staff": {"token_subject": "id"}}
    if one == other == "uuid":
        assert decided("alerts", answers, world(users, staff))
        return
    with pytest.raises(BadInput, match=r"sub is public\.staff\.id and public\.users\.id, of tables that no foreign"):
        decided("alerts", answers, world(users, staff))


def test_columns_that_are_keys_of_one_sub_may_all_be_it() -> None:
    def extends(called: str, of: str) -> Table:
        return replace(table(called, "id"), foreign_keys=(ForeignKey("k", ("id",), name(of), ("id",)),))

    known = world(*(typed(each, id="bigint") for each in (extends("staff", "users"), extends("bosses", "staff"))))
    said = ("users", "staff", "bosses")
    assert decided("alerts", {each: {"token_subject": "id"} for each in said}, known)
    elsewhere: Said = {"users": {"token_subject": "auth_id"}, "staff": {"token_subject": "id"}}
    with pytest.raises(BadInput, match="one sub could be two users"):
        decided("alerts", elsewhere, known)


def test_what_the_catalogue_says_is_not_overruled() -> None:
    users = replace(USERS, foreign_keys=(ForeignKey("k", ("id",), name("auth.users"), ("id",)),))
    with pytest.raises(BadInput, match=r"says that id is the JWT's sub. Take the answer back"):
        decided("alerts", {"users": {"token_subject": "auth_id"}}, world(users))


def test_an_answer_that_the_catalogue_gives_too_changes_nothing() -> None:
    known = catalog(
        table("alerts", "id user_id", refers=TO_USER), table("notes", "id room_id", refers={"room_id": "rooms"})
    )
    answers: Said = {"public.users": {"token_subject": "id"}}
    for of in ("alerts", "notes", "rooms", "teams"):
        without, said = (decide(known, churn(of), given)[name(of)].scopes for given in ({}, answers))
        assert said == without
        assert any(each.entitlement for each in without)


def test_a_table_that_does_not_look_like_users_is_remarked_on() -> None:
    said = "Only the answer token_subject says that each row of public.groups is a user; neither its name nor a column"
    assert any(reason.startswith(said) for reason in decided("groups", {"groups": {"token_subject": "id"}}).reasons)
    staff = table("staff", "id")
    notes = table("notes", "id owner_id", refers={"owner_id": "staff"})
    for of, known in (
        ("users", world()),
        ("staff", world(staff, notes)),
        ("app_userprofile", world(table("app_userprofile", "id"))),
    ):
        reasons = decided(of, {of: {"token_subject": "id"}}, known).reasons
        assert not any("Only the answer token_subject" in reason for reason in reasons), of


def test_an_authors_column_is_not_taken_for_the_audience_unless_it_is_said() -> None:
    notes = typed(table("notes", "id author_id", refers={"author_id": "users"}), author_id="bigint_")
    answers: Said = {"users": {"token_subject": "id"}}
    assert scope("notes", answers, world(notes)).entitlement is None
    assert scope("notes", {**answers, "notes": {"scope": "author_id"}}, world(notes)).entitlement


def test_policies_that_say_otherwise_are_not_overruled_by_the_scope_alone() -> None:
    policy = reads("alerts.id", functions=("app.any",), using="app.any(id)")
    alerts = replace(ALERTS, row_security=True, policies=(policy,))
    answers: Said = {"users": {"token_subject": "id"}, "alerts": {"scope": "user_id"}}
    refused = scope("alerts", answers, world(alerts)).refusal or ""
    assert 'answer scope = "user_id" and members = "public.users" for public.alerts' in refused
    answers["alerts"] |= {"members": "public.users"}
    found = scope("alerts", answers, world(alerts))
    assert found.entitlement is not None
    assert "No SELECT policy of public.alerts is known to say so" in found.notes[0]
    closed = replace(alerts, policies=())
    assert "no policy lets authenticated read it" in (scope("alerts", answers, world(closed)).refusal or "")


# ---------------------------------------------------------------- what it opens


def test_members_whose_key_is_the_sub_listen_and_the_reason_is_told() -> None:
    answers: Said = {"users": {"token_subject": WHY}, "posts": {"members": "public.group_users"}}
    made = decided("posts", answers)
    assert made.scope is not None
    entitlement = made.scope.entitlement
    assert entitlement is not None
    assert (entitlement.membership, entitlement.user_column, entitlement.user_type) == (
        MEMBERS.name,
        "user_id",
        "bigint",
    )
    assert entitlement.source is Source.ANSWERED
    assert f"the architect named public.group_users (the architect's answer); {SAID}" in entitlement.reason
    assert any(SAID in reason for reason in made.reasons)


def test_a_users_own_rows_are_told_to_the_user_once_the_scope_is_said() -> None:
    found = scope("alerts", {"users": {"token_subject": WHY}, "alerts": {"scope": "user_id"}})
    assert found.entitlement is not None
    assert (found.kind, found.entitlement.kind, found.entitlement.user_type) == (ScopeKind.USER, "self", "bigint")
    assert (found.entitlement.source, found.entitlement.reason) == (Source.ANSWERED, SAID)
    assert SAID in found.reason


def test_behind_another_column_the_users_row_is_looked_up() -> None:
    found = scope("alerts", {"users": {"token_subject": "auth_id"}, "alerts": {"scope": "user_id"}})
    assert found.entitlement is not None
    entitled = found.entitlement
    assert (entitled.kind, entitled.membership, entitled.scope_columns, entitled.user_column, entitled.user_type) == (
        "membership",
        USERS.name,
        ("id",),
        "auth_id",
        "text",
    )
    assert "one at a time" not in found.reason
    assert found.notes == ("public.users.auth_id may be null: a user without one hears nothing.",)


def test_a_foreign_key_to_the_sub_itself_needs_no_look_up() -> None:
    badges = typed(table("badges", "id login"), login="text_")
    badges = replace(badges, foreign_keys=(ForeignKey("k", ("login",), USERS.name, ("auth_id",)),))
    for subject, kind in (("auth_id", "self"), ("id", "membership")):
        answers: Said = {"users": {"token_subject": subject}, "badges": {"scope": "login"}}
        entitlement = scope("badges", answers, world(badges)).entitlement
        assert entitlement is not None
        assert entitlement.kind == kind


def test_members_are_found_by_the_login_of_their_own_row() -> None:
    found = scope("posts", {"users": {"token_subject": "auth_id"}, "posts": {"members": "public.group_users"}})
    entitled = found.entitlement
    assert entitled is not None
    assert (entitled.membership, entitled.user_column, entitled.user_type) == (MEMBERS.name, "user_id", "text")
    assert entitled.login == Hop(MEMBERS.name, ("user_id",), USERS.name, ("id",))
    assert entitled.login_column == "auth_id"
    assert "public.users.auth_id may be null: a user without one hears nothing." in found.notes


def test_policies_that_know_users_by_the_key_say_nothing_of_a_login() -> None:
    asked = reads("posts.group_id", "group_users.group_id", "group_users.user_id")
    posts = replace(WORLD[3], row_security=True, policies=(asked,))
    answers: Said = {"users": {"token_subject": "auth_id"}, "posts": {"members": "public.group_users"}}
    found = scope("posts", answers, world(posts))
    assert found.entitlement is not None
    assert "they are not compared with a sub in public.users.auth_id" in found.notes[0]


def test_the_users_row_may_be_the_membership() -> None:
    users = replace(
        USERS,
        columns=(*USERS.columns, Column("group_id", "uuid")),
        foreign_keys=(ForeignKey("k", ("group_id",), GROUPS.name, ("id",)),),
    )
    answers: Said = {"users": {"token_subject": "auth_id"}, "posts": {"members": "public.users"}}
    found = scope("posts", answers, world(users))
    assert found.entitlement is not None, found.refusal
    assert found.entitlement.membership == USERS.name
    assert (found.entitlement.scope_columns, found.entitlement.user_column) == (("group_id",), "auth_id")


def test_a_table_that_extends_the_users_names_them_too() -> None:
    profiles = typed(table("profiles", "user_id", key="user_id", refers=TO_USER), user_id="bigint_")
    drafts = table("drafts", "id profile_id")
    drafts = replace(
        typed(drafts, profile_id="bigint_"),
        foreign_keys=(ForeignKey("k", ("profile_id",), profiles.name, ("user_id",)),),
    )
    answers: Said = {"users": {"token_subject": "id"}, "drafts": {"scope": "profile_id"}}
    entitlement = scope("drafts", answers, world(profiles, drafts)).entitlement
    assert entitlement is not None
    assert entitlement.kind == "self"
    assert scope("drafts", {"users": {"token_subject": "id"}}, world(profiles, drafts)).entitlement is None


def test_a_pair_that_only_looks_like_keys_is_taken_where_it_is_named_and_said_so() -> None:
    members = replace(WORLD[2], foreign_keys=())
    posts = replace(WORLD[3], foreign_keys=())
    answers: Said = {
        "users": {"token_subject": "id"},
        "posts": {"members": "public.group_users", "scope": "group_id"},
    }
    found = scope("posts", answers, world(members, posts))
    assert found.entitlement is not None, found.refusal
    assert "That public.group_users.user_id names a row of public.users is read off its name and type." in found.notes
    del answers["posts"]["scope"]
    assert 'answer scope = "group_id"' in (scope("posts", answers, world(members, posts)).refusal or "")


def test_where_no_table_of_users_is_known_it_is_asked_for() -> None:
    known = outside_supabase(table("things", "id"))
    asked = "Which table has a row for each user, and which column of it holds the JWT's sub? Answer token_subject."
    assert asked in decided("things", {}, known).questions
    linked = outside_supabase(table("things", "id"), table("others", "id user_id", refers={"user_id": "auth.users"}))
    assert asked not in decided("things", {}, linked).questions


def test_a_named_membership_of_other_users_says_whose_it_is() -> None:
    admins = typed(table("admins", "id name"), id="bigint_")
    pairs = table(
        "admin_groups", "group_id admin_id", key="group_id admin_id", refers={**TO_GROUP, "admin_id": "admins"}
    )
    answers: Said = {"users": {"token_subject": "id"}, "posts": {"members": "public.admin_groups"}}
    with pytest.raises(BadInput) as refused:
        decided("posts", answers, world(admins, typed(pairs, admin_id="bigint_")))
    assert str(refused.value) == (
        "public.admin_groups was named as a membership, but its keys lead from admin_id to public.admins and group_id "
        "to public.groups, and the users known are those of public.users. If one of these tables holds users, answer "
        "token_subject for it; else name a table that pairs public.users with something."
    )
    answers = {"admins": {"token_subject": "id"}, "posts": {"members": "public.admin_groups"}}
    assert scope("posts", answers, world(admins, typed(pairs, admin_id="bigint_"))).entitlement is not None
