"""Columns whose collation takes texts that differ for equal: nobody is let in by them, whoever says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Column, Scope, Table

from .world import MEMBERSHIP, ROOMS, TEAMS, USERS, catalog, churn, name, outside_supabase, table

REFUSED = "is nondeterministic: texts that differ are equal, so one id could pass for another. Give the column a "


def texts(known: Table, *lenient: str) -> Table:
    """The table with text for each uuid, some of a nondeterministic collation."""
    columns = tuple(Column(each.name, "text", lenient=each.name in lenient) for each in known.columns)
    return replace(known, columns=columns)


def scope_of(of: str, known: Catalog, answers: dict[str, dict[str, object]] | None = None) -> Scope:
    found = decide(known, churn(of), answers)[name(of)].scope
    assert found is not None
    return found


def test_a_sub_is_never_looked_up_by_a_lenient_column() -> None:
    users = texts(table("users", "id auth_id"), "auth_id")
    alerts = texts(table("alerts", "id user_id", refers={"user_id": "users"}))
    known = outside_supabase(replace(users, unique_keys=(("auth_id",),)), alerts)
    sentence = "whose collation is nondeterministic: texts that differ are equal, so one user's sub could pass"
    with pytest.raises(BadInput, match=sentence):
        scope_of("alerts", known, {"public.users": {"token_subject": "auth_id"}})
    answers: dict[str, dict[str, object]] = {"public.users": {"token_subject": "id"}}
    answers["public.alerts"] = {"scope": "user_id"}
    assert scope_of("alerts", known, answers).entitlement is not None


@pytest.mark.parametrize(("column", "is_open"), [("user_id", False), ("team_id", False), ("", True)])
def test_members_that_were_named_are_not_found_by_a_lenient_column(column: str, is_open: bool) -> None:
    known = outside_supabase(*(texts(each) for each in (USERS, TEAMS, ROOMS)), texts(MEMBERSHIP, column))
    known = outside_supabase(*(replace(each, policies=(), row_security=False) for each in known))
    known = outside_supabase(*known, replace(known["public.users"], foreign_keys=()))
    answers: dict[str, dict[str, object]] = {
        "public.users": {"token_subject": "id"},
        "public.rooms": {"members": "public.members"},
    }
    found = scope_of("rooms", known, answers)
    assert (found.entitlement is not None) is is_open
    assert is_open or f"the collation of public.members.{column} {REFUSED}" in (found.refusal or "")


@pytest.mark.parametrize("column", ["user_id", "team_id"])
def test_policies_that_decide_by_a_lenient_column_let_nobody_in(column: str) -> None:
    assert scope_of("rooms", catalog(*map(texts, (USERS, TEAMS, MEMBERSHIP, ROOMS)))).entitlement is not None
    found = scope_of("rooms", catalog(*map(texts, (USERS, TEAMS, ROOMS)), texts(MEMBERSHIP, column)))
    assert found.entitlement is None
    assert f"the collation of public.members.{column} {REFUSED}deterministic collation." in (found.refusal or "")


def test_the_rows_own_column_may_be_lenient_because_the_topic_is_compared_exactly() -> None:
    found = scope_of("rooms", catalog(*map(texts, (USERS, TEAMS, MEMBERSHIP)), texts(ROOMS, "team_id")))
    assert found.entitlement is not None
