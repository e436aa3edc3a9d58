"""The architect names a scope, a membership, which of its rows count: each checked, told, or refused in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Column, Condition, Decision, ForeignKey, Scope, ScopeKind, Source

from .world import AUTH_USERS, ROOMS, catalog, churn, name, reads, table

ROOM, TEAM = {"room_id": "rooms"}, {"team_id": "teams"}
NOTES = table("notes", "id room_id author_id", refers={**ROOM, "author_id": "users"})
CREWS = table("crews", "id team_id user_id status left_at", refers={**TEAM, "user_id": "users"})
CREWS = replace(
    CREWS,
    columns=(
        *CREWS.columns[:3],
        Column("status", "text"),
        Column("left_at", "timestamp with time zone"),
        Column("Is Boss", "boolean"),
    ),
)
PLANS = table(
    "plans", "id team_id", refers=TEAM, policies=[reads("plans.id", functions=("app.any",), using="app.any(id)")]
)


def decided(of: str, known: Catalog, /, **answers: object) -> Decision:
    return decide(known, churn(of), {f"public.{of}": answers})[name(of)]


def scope(of: str, known: Catalog, /, **answers: object) -> Scope:
    found = decided(of, known, **answers).scope
    assert found is not None
    return found


def test_a_scope_may_be_the_way_to_a_column() -> None:
    found = scope("notes", catalog(NOTES), scope="room_id.team_id", reason="the office reads all")
    assert (found.kind, found.columns, [str(hop.references) for hop in found.path]) == (
        ScopeKind.TENANT,
        ("team_id",),
        ["public.rooms"],
    )
    assert found.source is Source.ANSWERED
    assert "the architect's answer: the office reads all" in found.reason


@pytest.mark.parametrize(
    "written", ["room_id", '"room_id"', "notes.room_id", "public.notes.room_id", ' "notes" . room_id ']
)
def test_a_column_may_be_written_with_its_table(written: str) -> None:
    found = scope("notes", catalog(NOTES), scope=written)
    assert (found.columns, found.path) == (("room_id",), ())


def test_of_two_keys_of_one_column_the_table_is_named() -> None:
    both = replace(NOTES, foreign_keys=(*NOTES.foreign_keys, ForeignKey("x", ("room_id",), name("teams"), ("id",))))
    found = scope("notes", catalog(both), scope="room_id.rooms.team_id")
    assert [str(hop.references) for hop in found.path] == ["public.rooms"]
    with pytest.raises(BadInput, match="in several foreign keys. Say room_id.rooms or room_id.teams."):
        decided("notes", catalog(both), scope="room_id.team_id")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            "colour",
            "The scope 'colour' for public.notes is no column of it. Name the column that holds the scope's key",
        ),
        (
            "room_id.colour",
            "The scope 'room_id.colour' for public.notes is no column of it: public.rooms has no colour.",
        ),
        (
            "id.team_id",
            "The scope 'id.team_id' for public.notes goes on from public.notes.id, which is no foreign key.",
        ),
        ("author_id.id.x", "goes on from public.users.id, which leads to auth.users"),
        ("", "The scope '' for public.notes is no column of it, nor a path to one."),
        ("room_id.", "is no column of it, nor a path to one."),
        (".room_id", "is no column of it, nor a path to one."),
        ('"room_id"x', "is no column of it, nor a path to one."),
        ("room_id; drop table x", "is no column of it."),
    ],
)
def test_a_way_that_is_none_is_refused_with_what_there_is(written: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        decided("notes", catalog(NOTES), scope=written)
    assert sentence in str(refused.value)


def test_a_named_column_that_names_nobody_says_so_and_grants_nothing() -> None:
    codes = table("codes", "id shop", policies=[reads("codes.shop")], roles=("authenticated",))
    found = scope("codes", catalog(replace(codes, columns=(*codes.columns[:1], Column("shop", "text")))), scope="shop")
    assert found.entitlement is None
    assert "nothing says which table's rows public.codes.shop names. Add the foreign key." in (found.refusal or "")


def test_a_column_that_looks_like_a_users_key_is_granted_once_policies_compare_it() -> None:
    plain = table("tokens", "id user_id body")
    asked = replace(plain, row_security=True, policies=(reads("tokens.user_id"),))
    found = scope("tokens", catalog(plain))
    assert (found.kind, found.source) == (ScopeKind.USER, Source.INFERRED)
    assert "that user_id names a row of public.users is read off its name and type." in (found.refusal or "")
    alone = scope("tokens", catalog(plain, without=("public.users",)))
    assert (alone.principal, alone.columns) == (AUTH_USERS, ("user_id",))
    assert scope("tokens", catalog(asked)).entitlement
    assert scope("tokens", catalog(plain), scope="user_id").entitlement  # anybody may read these
    author = table("stamps", "id created_by", roles=("authenticated",))
    assert scope("stamps", catalog(author)).entitlement is None


def test_a_column_of_another_type_is_no_users_key() -> None:
    odd = table("tokens", "id user_id")
    odd = replace(odd, columns=(odd.columns[0], Column("user_id", "bigint")))
    assert decided("tokens", catalog(odd)).scope is None


def test_a_named_membership_grants_with_a_note_and_its_reason() -> None:
    plain = replace(CREWS, columns=CREWS.columns[:3])
    before = scope("plans", catalog(plain, PLANS))
    assert before.entitlement is None
    found = scope("plans", catalog(plain, PLANS), members={"answer": "public.crews", "reason": "crews read plans"})
    assert found.entitlement is not None, found.refusal
    assert (found.entitlement.membership, found.entitlement.source) == (name("crews"), Source.ANSWERED)
    assert found.entitlement.reason == "the architect named public.crews (the architect's answer: crews read plans)"
    assert "No SELECT policy of public.plans is known to say so" in found.notes[0]


def test_of_a_named_membership_with_a_state_the_rows_that_count_are_asked() -> None:
    known = catalog(CREWS, PLANS)
    refused = scope("plans", known, members="public.crews").refusal or ""
    assert "public.crews has the column status, and which of its values make a member is not known." in refused
    assert (
        'or answer members_when under ["public.plans"]: a test of that column, or, if every row makes one, '
        'members_when = "user_id is not null".'
    ) in refused
    every = scope("plans", known, members="public.crews", members_when="user_id is not null").entitlement
    assert every is not None
    assert every.conditions == ()
    when = "status in ('in', 'lead') AND Left_At is null and \"Is Boss\""
    for answers in (
        {"public.plans": {"members": "crews", "members_when": when}},
        {"public.plans": {"members": "crews"}, "public.crews": {"members_when": when}},
    ):
        found = decide(known, churn("plans"), answers)[name("plans")].scope
        assert found is not None
        assert found.entitlement is not None, found.refusal
        assert found.entitlement.conditions == (
            Condition("status", "in", ("in", "lead")),
            Condition("left_at", "null", (), "timestamp with time zone"),
            Condition("Is Boss", "true", (), "boolean"),
        )


@pytest.mark.parametrize(
    "when",
    [
        "status <> 'out'",
        "status = 'in' or \"Is Boss\"",
        "not (status = 'in' and \"Is Boss\")",
        "true",
        "",
        "status = 'in'; drop table crews",
        "status = 'in' -- and left_at is null",
        "colour = 'red'",
        "plans.status = 'in'",
        "crews.status = 'in' and exists (select 1)",
        "status = user_id",
        "status = 'in' limit 1",
        "status in (select 'in')",
        "coalesce(status, 'in') = 'in'",
        "status = 5",
        "left_at",
        "status = E'\\x41'",
        "left_at > '2020-01-01'",
        "status = 'a\\b'",
        "'in'",
    ],
)
def test_rows_that_count_are_told_in_plain_tests_or_not_at_all(when: str) -> None:
    with pytest.raises(BadInput, match="The answer 'members_when' for public.plans"):
        decided("plans", catalog(CREWS, PLANS), members="crews", members_when=when)


@pytest.mark.parametrize("when", ["statu = 'in'", "left_at is null and crews.Statu in ('in')"])
def test_a_misspelt_column_is_named_beside_those_there_are(when: str) -> None:
    with pytest.raises(BadInput) as refused:
        decided("plans", catalog(CREWS, PLANS), members="crews", members_when=when)
    assert str(refused.value).endswith(
        "and public.crews has no column statu. "
        "Name one of those there are: id, team_id, user_id, status, left_at, Is Boss."
    )


SEATS = table("seats", "id room_id user_id can_write", refers={**ROOM, "user_id": "users"})
SEAT_POLICY = reads("cursors.room_id", "seats.room_id", "seats.user_id")


def test_of_several_memberships_the_one_that_the_policies_ask_is_named() -> None:
    cursors = table("cursors", "id room_id", refers=ROOM, policies=[SEAT_POLICY])
    with pytest.raises(BadInput) as refused:
        decided("cursors", catalog(SEATS, cursors), members_when="can_rite")
    assert str(refused.value) == (
        "The answer 'members_when' for public.cursors asks can_rite, and public.seats has no column can_rite. Name one "
        "of those there are: id, room_id, user_id, can_write."
    )


def test_where_policies_do_not_tell_the_memberships_apart_each_is_named() -> None:
    policies = (
        [replace(SEAT_POLICY, name="seats"), reads("cursors.team_id", "members.team_id", "members.user_id")],
        [reads("cursors.id", functions=("app.any",), using="app.any(id)")],
    )
    for asked in policies:
        cursors = table("cursors", "id room_id team_id", refers={**ROOM, **TEAM}, policies=asked)
        others = replace(ROOMS, policies=(reads("rooms.id", "seats.room_id", "seats.user_id"),))
        with pytest.raises(BadInput) as refused:
            decided("cursors", catalog(SEATS, cursors, others), members_when="can_rite")
        assert str(refused.value) == (
            "The answer 'members_when' for public.cursors can be asked of no row of public.members or public.seats, "
            "one of which says who belongs. Write plain tests of columns that it has."
        )


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ("public.nobody", "The answer 'members' for public.plans is public.nobody, which the database does not have."),
        ("a.b.c", "The answer 'members' for public.plans is a.b.c, which the database does not have."),
        ("public.rooms", "public.rooms was named as a membership, but has no key of a user beside a key of something"),
    ],
)
def test_what_cannot_be_a_membership_is_refused(members: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        decided("plans", catalog(PLANS), members=members)
    assert str(refused.value).startswith(sentence)


def test_a_named_membership_opens_no_table_that_nobody_may_read() -> None:
    closed = replace(PLANS, select_roles=())
    plain = replace(CREWS, columns=CREWS.columns[:3])
    assert "authenticated may not select from public.plans" in (
        scope("plans", catalog(plain, closed), members="crews").refusal or ""
    )


def test_a_named_membership_whose_users_are_not_the_tokens_grants_nothing() -> None:
    staff = table("staff", "id")
    crews = table("crews", "id team_id user_id", refers={**TEAM, "user_id": "users"})
    users = table("users", "id email")
    found = decide(
        catalog(crews, PLANS, staff, users, without=("public.members", "public.rooms")),
        churn("plans"),
        {"public.plans": {"members": "crews", "user_facing": True}},
    )[name("plans")].scope
    assert found is not None
    assert "nothing says that public.crews.user_id is the id in the JWT" in (found.refusal or "")
