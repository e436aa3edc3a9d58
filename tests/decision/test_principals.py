"""Which tables are memberships, which of their columns may say that a row makes no member, what looks like a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.principals import find_principals
from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Column

from .world import MEMBERSHIP, ROOMS, USERS, catalog, name, outside_supabase, table


@pytest.mark.parametrize(
    ("column", "is_state"),
    [
        (Column("muted", "boolean"), True),
        (Column("until", "timestamp with time zone"), True),
        (Column("deleteat", "bigint", not_null=True), True),
        (Column("kind", "app.kind"), True),
        (Column("since", "timestamp with time zone", not_null=True), False),
        (Column("created_at", "timestamp with time zone"), False),
        (Column("joinedAt", "timestamp with time zone"), False),
        (Column("role", "app.role"), False),
        (Column("nickname", "text"), False),
        (Column("lastviewedat", "bigint"), False),
        (Column("last_active_at", "timestamp with time zone"), False),
        (Column("channel_viewed_at", "timestamp with time zone"), False),
        (Column("notify_props", "app.props"), False),
        (Column("reviewed_at", "timestamp with time zone"), True),
        (Column("last_valid_at", "timestamp with time zone"), True),
        (Column("last_day", "date"), True),
        (Column("left_at", "timestamp with time zone"), True),
        (Column("removedat", "bigint"), True),
        (Column("expires_at", "timestamp with time zone", not_null=True), True),
        (Column("revoked_at", "timestamp with time zone"), True),
        (Column("status", "text"), True),
    ],
)
def test_what_may_say_that_a_row_makes_no_member_holds_back_the_grant(column: Column, is_state: bool) -> None:
    world = catalog(replace(MEMBERSHIP, columns=(*MEMBERSHIP.columns, column)))
    (membership,) = find_principals(world).memberships
    scope = infer_scopes(world)[ROOMS.name][0]
    assert membership.state == ((column.name,) if is_state else ())
    assert (scope.entitlement is None) is is_state
    assert (f"has the column {column.name}, and which of its values" in (scope.refusal or "")) is is_state


def test_a_column_looks_like_a_key_only_where_name_and_type_fit_and_no_type_column_stands_beside() -> None:
    users = replace(USERS, foreign_keys=(), policies=(), row_security=False)
    fits, typed, other = (table(called, "id user_id") for called in ("notes", "comments", "counts"))
    typed = replace(typed, columns=(*typed.columns, Column("user_type", "text")))
    other = replace(other, columns=(Column("id", "uuid"), Column("user_id", "bigint")))
    scopes = infer_scopes(outside_supabase(users, fits, typed, other))
    assert [scope.columns for scope in scopes[name("notes")]] == [("user_id",)]
    assert (scopes[name("comments")], scopes[name("counts")]) == ((), ())


def test_where_a_foreign_key_leads_to_somebody_no_column_merely_looks_like_a_key() -> None:
    notes = table("notes", "id room_id user_id", refers={"room_id": "rooms"})
    assert ("user_id",) not in {scope.columns for scope in infer_scopes(catalog(notes))[notes.name]}
