"""Which users of a named membership are its members, where its columns make several pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Scope, Table

from .world import churn, name, outside_supabase, table

CLUBS = table("clubs", "id")
PEOPLE = table("people", "id club_id coach_id", refers={"club_id": "clubs", "coach_id": "people"})
GAMES = table("games", "id club_id", refers={"club_id": "clubs"})


def entries(columns: str, *unique: str) -> Table:
    """A table of who is in which club, that names people in several columns."""
    refers = {c: "clubs" if c.endswith("club_id") else "people" for c in columns.split()}
    known = table("entries", f"id {columns}", refers=refers)
    return replace(known, unique_keys=tuple(tuple(key.split()) for key in unique))


def heard(members: str, *tables: Table) -> Scope:
    """The scope of the games, whose listeners the architect says `members` lists."""
    answers = {"public.people": {"token_subject": "id"}, "public.games": {"members": f"public.{members}"}}
    scope = decide(outside_supabase(PEOPLE, CLUBS, GAMES, *tables), churn("games"), answers)[name("games")].scope
    assert scope is not None
    return scope


def test_a_users_row_is_about_that_user_and_never_about_the_one_it_names() -> None:
    entitlement = heard("people").entitlement
    assert entitlement is not None
    assert entitlement.user_column == "id"


@pytest.mark.parametrize(
    ("columns", "unique", "member"),
    [
        ("added_by club_id user_id", (), "user_id"),
        ("addedById club_id userId", (), "userId"),
        ("created_by club_id player", (), "player"),
        ("added_by club_id user_id", ("club_id user_id",), "user_id"),
        ("first club_id other", ("club_id other",), "other"),
        ("first club_id other", ("other",), "other"),
        ("user_id club_id old_club_id", (), "user_id"),
    ],
)
def test_of_several_users_the_one_who_belongs_is_the_member(columns: str, unique: tuple[str, ...], member: str) -> None:
    entitlement = heard("entries", entries(columns, *unique)).entitlement
    assert entitlement is not None
    assert (entitlement.scope_columns, entitlement.user_column) == (("club_id",), member)


def test_whoever_is_not_taken_for_a_member_is_said() -> None:
    assert (
        "Members are the users in public.entries.user_id, not those in added_by."
        in heard("entries", entries("added_by club_id user_id")).notes
    )


@pytest.mark.parametrize(
    ("columns", "ways"),
    [
        ("giver club_id taker", "(club_id, giver) and by (club_id, taker)"),
        ("home_club_id away_club_id user_id", "(home_club_id, user_id) and by (away_club_id, user_id)"),
    ],
)
def test_where_as_much_speaks_for_two_nobody_is_taken(columns: str, ways: str) -> None:
    scope = heard("entries", entries(columns))
    assert scope.entitlement is None
    assert scope.refusal == (
        "Who may hear a tenant cannot be derived: public.entries pairs users with public.clubs by "
        f"{ways}, and which says who belongs is not known. Give that pair a unique key, or write SELECT policies that "
        "decide by it."
    )


def test_what_a_user_has_chosen_for_now_is_no_membership_beside_where_the_user_belongs() -> None:
    rooms = table("rooms", "id club_id", refers={"club_id": "clubs"})
    refers = {"club_id": "clubs", "default_room_id": "rooms", "last_room_id": "rooms"}
    people = table("people", "id club_id default_room_id last_room_id", refers=refers)
    games = table("games", "id room_id", refers={"room_id": "rooms"})
    scope = heard("people", people, rooms, games)
    assert (scope.label, scope.columns) == ("room", ("room_id",))
    assert scope.entitlement is not None
    assert [str(hop.references) for hop in scope.entitlement.path] == ["public.clubs"]
    assert (scope.entitlement.scope_columns, scope.entitlement.user_column) == (("club_id",), "id")
