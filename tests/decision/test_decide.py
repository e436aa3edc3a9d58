"""The order of decision, three-valued, and what the architect may say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput, UnknownTable
from realtime_advisor.model import Churn, DatabaseChurn, Decision, Finding, Option, Source, Table, TableName

from .world import catalog, churn, name, outside_supabase, reads, table

POSTS = table(
    "posts",
    "id room_id",
    refers={"room_id": "rooms"},
    policies=[reads("posts.room_id", "rooms.id", "rooms.team_id", "members.team_id", "members.user_id")],
)
ONLINE = table(
    "who_is_online",
    "room_id user_id seen",
    key="room_id user_id",
    refers={"room_id": "rooms", "user_id": "users"},
    policies=POSTS.policies,
)


def decision(table: Table, observed: DatabaseChurn, **answers: object) -> Decision:
    return decide(catalog(table), observed, {str(table.name): answers} if answers else None)[table.name]


def finding(made: Decision, criterion: str) -> Finding:
    return next(entry for entry in made.findings if entry.criterion == criterion)


def test_insert_heavy_calm_and_filterable_is_postgres_changes() -> None:
    made = decision(POSTS, churn("posts", inserts=40, updates=2))
    assert (made.option, made.runner_up) == (Option.POSTGRES_CHANGES, Option.BROADCAST)
    said = "All known criteria of Postgres Changes hold: at most 42 events a minute in the hottest scope."
    assert made.reasons[0] == said, "how many clients listen is not known"


def test_update_heavy_is_broadcast() -> None:
    assert decision(POSTS, churn("posts", inserts=2, updates=40)).option is Option.BROADCAST


def test_what_users_cannot_read_gets_nothing_however_calm() -> None:
    hidden = replace(POSTS, select_roles=())
    assert decision(hidden, churn("posts", inserts=40)).option is Option.NO_REALTIME


def test_row_security_without_a_reading_policy_hides_the_table() -> None:
    hidden = replace(POSTS, policies=())
    assert decision(hidden, churn("posts", inserts=40)).option is Option.NO_REALTIME


def test_a_view_makes_readability_unknown_and_asks() -> None:
    exposed = replace(POSTS, select_roles=(), exposed_by=(TableName("public", "post_list"),))
    made = decision(exposed, churn("posts", inserts=40))
    assert finding(made, "not_user_facing").holds is None
    assert any("Do users see rows of public.posts" in question for question in made.questions)
    assert (made.option, made.confidence) == (Option.NO_REALTIME, "low"), (
        "nobody may read the table itself, so nobody may listen"
    )


def test_an_unknown_mix_is_unknown_and_not_judged() -> None:
    made = decision(POSTS, churn("posts"))
    assert finding(made, "insert_heavy").holds is None
    assert finding(made, "update_heavy").holds is None
    assert made.option is Option.BROADCAST
    assert made.confidence == "low"


def test_a_quiet_table_is_judged_by_what_its_counters_tell_since_they_began() -> None:
    window = churn("posts")
    since = Churn(POSTS.name, 600, 90, 10, 0, 0, "since reset")
    quiet = DatabaseChurn({POSTS.name: replace(window[POSTS.name], earlier=since)}, 60)
    made = decision(POSTS, quiet)
    assert made.option is Option.POSTGRES_CHANGES
    assert finding(made, "insert_heavy").evidence.detail == "90 of 100 since the counters began"
    assert any("since the counters began there were 90 inserts" in reason for reason in made.reasons)


@pytest.mark.parametrize(
    ("basis", "said"),
    [
        ("window", "No row changed in the window"),
        ("since reset", "No row changed since the counters began"),
        ("none", "No row change was counted"),
    ],
)
def test_a_table_without_changes_is_not_said_to_have_had_a_window_that_there_was_not(basis: str, said: str) -> None:
    entry = replace(churn("posts")[POSTS.name], basis=basis)
    made = decision(POSTS, DatabaseChurn({POSTS.name: entry}, 60))
    assert f"{said}: the mix is unknown." in made.reasons


def test_a_rate_whose_spread_is_unknown_counts_only_as_a_bound() -> None:
    calm, busy = churn("posts", inserts=90), churn("posts", inserts=9000)
    assert finding(decision(POSTS, calm), "low_volume").holds is True
    assert finding(decision(POSTS, busy), "low_volume").holds is None
    assert finding(decision(POSTS, busy), "high_volume").holds is None


def test_an_answered_rate_settles_what_no_statistics_tell() -> None:
    busy = churn("posts", inserts=9000)
    assert any("Answer hottest_scope_per_minute" in question for question in decision(POSTS, busy).questions)
    answered = decision(POSTS, busy, hottest_scope_per_minute=12)
    assert answered.option is Option.POSTGRES_CHANGES
    assert finding(answered, "low_volume").evidence.source is Source.ANSWERED
    assert decision(POSTS, busy, hottest_scope_per_minute=500).option is Option.BROADCAST


def test_where_nobody_is_entitled_the_fallback_is_nothing_and_asks() -> None:
    news = table("news", "id", policies=[reads("news.id", using="true", functions=())])
    made = decision(news, churn("news"))
    assert (made.option, made.confidence) == (Option.NO_REALTIME, "low")


def test_a_user_scope_makes_broadcast() -> None:
    inbox = table("inbox", "id user_id", refers={"user_id": "users"}, policies=[reads("inbox.user_id")])
    assert decision(inbox, churn("inbox", inserts=3)).option is Option.BROADCAST


def test_state_rewritten_by_each_user_is_presence_only_with_a_hint_that_it_is_disposable() -> None:
    heartbeat = {"updates": 300}
    assert decision(ONLINE, churn("who_is_online", **heartbeat)).option is Option.PRESENCE
    unnamed = replace(ONLINE, name=name("t7"))
    made = decision(unnamed, churn("t7", **heartbeat))
    assert (made.option, made.runner_up) == (Option.BROADCAST, Option.PRESENCE)
    answered = decision(unnamed, churn("t7", **heartbeat), disposable=True)
    assert answered.option is Option.PRESENCE


def test_what_other_tables_refer_to_is_no_presence() -> None:
    stays = table("visits", "id online_room", refers={"online_room": "who_is_online"})
    world = catalog(ONLINE, stays)
    assert decide(world, churn("who_is_online", updates=300))[ONLINE.name].option is not Option.PRESENCE


def test_where_readability_is_unknown_a_name_decides_and_says_that_it_is_weak() -> None:
    logs = table("audit_logs", "id team_id")
    made = decide(outside_supabase(logs), churn("audit_logs", inserts=900))[logs.name]
    assert (made.option, made.confidence) == (Option.NO_REALTIME, "low")
    assert "a weak hint" in made.reasons[0]


def test_nothing_that_leads_to_a_principal_is_nothing() -> None:
    countries = table("countries", "id")
    made = decision(countries, churn("countries", updates=10))
    assert made.option is Option.NO_REALTIME
    assert "Nothing leads from its rows to a user or a tenant" in made.reasons[0]


def test_exactly_at_the_threshold_neither_side_holds() -> None:
    made = decision(replace(POSTS, primary_key=("id",)), churn("posts", inserts=100))
    assert finding(made, "high_volume").holds is not True
    assert finding(made, "low_volume").holds is not True


def test_partitions_are_judged_with_their_parent() -> None:
    part = replace(table("posts_2026", "id room_id"), partition_of=POSTS.name)
    assert part.name not in decide(catalog(POSTS, part), churn("posts", inserts=1))


@pytest.mark.parametrize(
    ("answers", "error", "sentence"),
    [
        ({"public.gone": {}}, UnknownTable, "The answers name public.gone, which the database does not have."),
        ({"posts": {"colour": True}}, BadInput, "The answer 'colour' for posts is not known. Known are user_facing,"),
        (
            {"posts": {"disposable": "perhaps"}},
            BadInput,
            "The answer 'disposable' for posts is 'perhaps'; it says whether",
        ),
        (
            {"posts": {"option": "pigeon"}},
            BadInput,
            "The option 'pigeon' for posts is not known. Options are postgres_",
        ),
        (
            {"posts": {"hottest_scope_per_minute": "many"}},
            BadInput,
            "The answer 'hottest_scope_per_minute' for posts is",
        ),
        ({"posts": {"scope": "nowhere"}}, BadInput, "The scope 'nowhere' for public.posts is no column of it."),
    ],
)
def test_an_answer_that_means_nothing_is_refused_in_a_sentence(
    answers: dict[str, dict[str, object]], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        decide(catalog(POSTS), churn("posts"), answers)
    assert str(refused.value).startswith(sentence)
