"""Tables that the application's own server reads for clients who may not: what answers open, and what not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Decision, Option, Source, Table, TableName

from .test_token_subject import WORLD
from .world import catalog, churn, name, reads, table

Said = Mapping[str, Mapping[str, object]]
SUB: Said = {"users": {"token_subject": "id"}}
MEMBERS: Said = {**SUB, "posts": {"members": "public.group_users"}}
OWN: Said = {**SUB, "alerts": {"scope": "user_id"}}
CLOSED = [replace(each, select_roles=()) for each in WORLD]
POSTS = next(each for each in CLOSED if each.name == name("posts"))
NOTE = (
    "authenticated may not select from public.{}, so your own server reads it for the clients: the architect says who "
    "may hear of it."
)


def decided(of: str, answers: Said, *others: Table) -> Decision:
    """The decision on a table where the API's roles exist, and may select from nothing."""
    closed = {each.name: each for each in (*CLOSED, *others)}
    known = catalog(*closed.values(), without=("public.teams", "public.members", "public.rooms"))
    return decide(known, churn(of, inserts=60), {f"public.{each}": said for each, said in answers.items()})[name(of)]


@pytest.mark.parametrize(("of", "answers"), [("posts", MEMBERS), ("alerts", OWN)])
def test_who_is_named_hears_though_only_the_server_reads(of: str, answers: Said) -> None:
    made = decided(of, answers)
    assert made.scope is not None
    assert made.scope.entitlement is not None, made.scope.refusal
    assert made.scope.entitlement.source is Source.ANSWERED
    assert NOTE.format(of) in made.reasons
    assert made.option is Option.BROADCAST


@pytest.mark.parametrize(("of", "answers"), [("posts", MEMBERS), ("alerts", OWN)])
def test_postgres_changes_stay_impossible_there(of: str, answers: Said) -> None:
    made = decided(of, {**answers, of: {**answers[of], "user_facing": True, "subscriptions": 1}})
    assert made.option is Option.BROADCAST
    assert made.runner_up is not Option.POSTGRES_CHANGES
    assert Option.POSTGRES_CHANGES not in {flip.to for flip in made.flips}
    filterable = next(finding for finding in made.findings if finding.criterion == "filterable")
    assert (filterable.holds, filterable.evidence.detail) == (
        None,
        "clients may not select its rows, so Postgres Changes has none to filter",
    )


@pytest.mark.parametrize(
    "answers", [{}, SUB, {"alerts": {"scope": "user_id"}}, {**SUB, "alerts": {"subscriptions": 9}}]
)
@pytest.mark.parametrize("of", ["posts", "alerts"])
def test_without_such_an_answer_all_stays_refused(of: str, answers: Said) -> None:
    made = decided(of, answers)
    assert made.option is Option.NO_REALTIME
    assert [each.entitlement for each in made.scopes] == [None] * len(made.scopes)


@pytest.mark.parametrize(
    "posts",
    [
        replace(POSTS, row_security=True),
        replace(POSTS, row_security=True, policies=(reads("posts.user_id"),)),
        replace(POSTS, policies=(reads("posts.user_id"),)),
        replace(POSTS, exposed_by=(TableName("public", "shown_posts"),)),
        replace(POSTS, select_roles=("anon",)),
    ],
)
def test_what_somebody_wrote_of_who_reads_is_not_overruled(posts: Table) -> None:
    made = decided("posts", MEMBERS, posts)
    assert [each.entitlement for each in made.scopes] == [None] * len(made.scopes)


def test_that_users_see_rows_does_not_say_which_users() -> None:
    shown: Said = {**SUB, "alerts": {"user_facing": True}}
    made = decided("alerts", shown)
    assert made.scope is not None
    assert made.scope.entitlement is None
    assert made.scope.refusal is not None
    assert "answer user_facing = true, and scope or members, for public.alerts." in made.scope.refusal
    assert "Users cannot read it" not in " ".join(made.reasons)


def test_a_scope_that_policies_elsewhere_give_members_counts_once_users_see_the_rows() -> None:
    plans = table("plans", "id team_id", refers={"team_id": "teams"}, roles=())
    known = catalog(plans)
    for given, hears in (({}, False), ({"scope": "team_id"}, False), ({"scope": "team_id", "user_facing": True}, True)):
        found = decide(known, churn("plans"), {"public.plans": given})[plans.name].scope
        assert found is not None
        assert (found.entitlement is not None) is hears
