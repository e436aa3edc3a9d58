"""Changes a second times subscriptions: what Postgres Changes asks of its one poller, for a table and for a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.decision.poller import poller_load
from realtime_advisor.model import Churn, DatabaseChurn, Decision, Decisions, Finding, Option, Source, Table
from realtime_advisor.reference import load_matrix

from .world import catalog, churn, reads, table

ROOM_MEMBERS = ("rooms.id", "rooms.team_id", "members.team_id", "members.user_id")


def room_table(called: str) -> Table:
    return table(
        called, "id room_id", refers={"room_id": "rooms"}, policies=[reads(f"{called}.room_id", *ROOM_MEMBERS)]
    )


POSTS, VOTES = room_table("posts"), room_table("votes")


def decided(observed: DatabaseChurn, posts: Table = POSTS, **answers: object) -> Decision:
    return decide(catalog(posts), observed, {"public.posts": answers} if answers else None)["posts"]


def finding(made: Decision, criterion: str) -> Finding:
    return next(entry for entry in made.findings if entry.criterion == criterion)


def test_without_an_answer_it_is_unknown_but_in_nobodys_way_and_is_asked() -> None:
    made = decided(churn("posts", inserts=60))
    keeps_up = finding(made, "poller_keeps_up")
    assert (keeps_up.holds, keeps_up.evidence.source) == (None, Source.ASSUMED)
    assert made.option is Option.POSTGRES_CHANGES
    assert "How many clients listen to public.posts at the busiest hour? Answer subscriptions." in made.questions
    assert keeps_up.evidence.detail == (
        "how many clients listen is not known; "
        "at 60 changes a minute at the peak, 16,000 subscriptions saturate the poller"
    )


def test_what_was_not_asked_makes_no_broadcast_less_sure() -> None:
    made = decided(churn("posts", inserts=2, updates=40))
    assert finding(made, "poller_saturated").holds is None
    assert [entry.criterion for entry in made.findings if entry.holds and entry.option is Option.BROADCAST] == [
        "update_heavy"
    ]
    assert made.confidence == "high"


def test_a_handful_of_row_changes_makes_nobody_sure() -> None:
    few, many = decided(churn("posts", updates=19)), decided(churn("posts", updates=20))
    assert (few.option, few.confidence) == (Option.BROADCAST, "low")
    assert (many.option, many.confidence) == (Option.BROADCAST, "high")


@pytest.mark.parametrize(
    ("subscriptions", "option", "checks"),
    [
        (15_999, Option.POSTGRES_CHANGES, 15_999),
        (16_000, Option.BROADCAST, 16_000),
        (50_000, Option.BROADCAST, 50_000),
        (0, Option.POSTGRES_CHANGES, 0),
    ],
)
def test_many_subscriptions_turn_a_calm_table_to_broadcast(subscriptions: int, option: Option, checks: float) -> None:
    made = decided(churn("posts", inserts=60), subscriptions=subscriptions)
    assert made.option is option
    keeps_up, saturated = finding(made, "poller_keeps_up"), finding(made, "poller_saturated")
    assert keeps_up.evidence.value == checks
    assert keeps_up.evidence.source is Source.ANSWERED
    assert (keeps_up.holds, saturated.holds) == (option is Option.POSTGRES_CHANGES, option is Option.BROADCAST)
    assert not any("Answer subscriptions" in question for question in made.questions)


def test_the_busiest_interval_counts_where_it_is_known_else_the_mean() -> None:
    entry = Churn(POSTS.name, 600, 600, 0, 0, 0, "window")
    mean = decided(DatabaseChurn({POSTS.name: entry}, 600), subscriptions=100)
    peak = decided(DatabaseChurn({POSTS.name: replace(entry, peak_per_minute=300)}, 600), subscriptions=100)
    assert finding(mean, "poller_keeps_up").evidence.value == 100
    assert finding(peak, "poller_keeps_up").evidence.value == 500
    assert "at 60 changes a minute, " in finding(mean, "poller_keeps_up").evidence.detail
    assert "at 300 changes a minute at the peak, " in finding(peak, "poller_keeps_up").evidence.detail


@pytest.mark.parametrize(
    ("posts", "published"),
    [
        (POSTS, "Supabase published 10 changes a second for 1,500 clients with row level security"),
        (
            replace(POSTS, row_security=False, policies=()),
            "Supabase published 10 changes a second for 5,000 clients without row level security",
        ),
    ],
)
def test_what_supabase_published_is_told_beside_it(posts: Table, published: str) -> None:
    made = decided(churn("posts", inserts=6), posts, subscriptions=1_000)
    assert finding(made, "poller_keeps_up").evidence.detail.endswith(published)


def test_a_rate_that_is_unknown_is_not_in_the_way_of_an_answer() -> None:
    entry = Churn(POSTS.name, None, 90, 0, 0, 0, "since reset")
    made = decided(DatabaseChurn({POSTS.name: entry}, None), hottest_scope_per_minute=12, subscriptions=5)
    assert finding(made, "poller_keeps_up").evidence.detail == "the table's rate is unknown"
    assert made.option is Option.POSTGRES_CHANGES


def test_the_flip_is_told_in_checks_a_second() -> None:
    flips = {flip.metric: flip for flip in decided(churn("posts", inserts=60), subscriptions=20).flips}
    assert (flips["checks_per_second"].now, flips["checks_per_second"].at) == (20, 16_000)
    assert flips["checks_per_second"].to is Option.BROADCAST


def test_a_machine_of_your_own_has_a_threshold_of_your_own() -> None:
    matrix = load_matrix().with_threshold("checks_per_second", 500)
    answers = {"public.posts": {"subscriptions": 600}}
    made = decide(catalog(POSTS), churn("posts", inserts=60), answers, matrix)["posts"]
    assert made.option is Option.BROADCAST
    assert "500 subscriptions saturate" in finding(made, "poller_saturated").evidence.detail


def both(**subscriptions: float) -> Decisions:
    observed = DatabaseChurn({**churn("posts", inserts=60), **churn("votes", inserts=30)}, 60)
    answers = {f"public.{called}": {"subscriptions": count} for called, count in subscriptions.items()}
    return decide(catalog(POSTS, VOTES), observed, answers)


def test_all_tables_on_postgres_changes_share_one_poller() -> None:
    load = poller_load(both(posts=10_000, votes=14_000))
    assert load is not None
    assert (load.tables, load.unknown) == ((POSTS.name, VOTES.name), ())
    assert (load.checks_per_second, load.limit, load.saturated) == (17_000, 16_000, True)


def test_tables_whose_subscriptions_are_unknown_are_named_and_not_counted() -> None:
    load = poller_load(both(posts=10_000))
    assert load is not None
    assert (load.checks_per_second, load.saturated, load.unknown) == (10_000, False, (VOTES.name,))
    assert load.changes_per_minute == 90


def test_tables_on_broadcast_ask_nothing_of_the_poller() -> None:
    load = poller_load(both(posts=20_000, votes=2))
    assert load is not None
    assert (load.tables, load.checks_per_second) == ((VOTES.name,), 1)
    assert poller_load(both(posts=20_000, votes=40_000)) is None
