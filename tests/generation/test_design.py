"""A decision becomes emissions, or a filter, or a refusal in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.errors import BadInput, ScriptRefused, UnknownTable
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Choice,
    Condition,
    Decision,
    Design,
    Option,
    Policy,
    PolicyFunction,
    RelationKind,
    Table,
    TableName,
)

from .world import (
    CATALOG,
    DASHBOARD,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MESSAGES,
    MESSAGES_DECISION,
    NOTIFICATIONS,
    NOTIFICATIONS_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    USER_SCOPE,
    decide,
    public,
)


def planned(decision: Decision, option: Option | None = None, catalog: Catalog = CATALOG) -> Design:
    return design(decision, catalog, feeds=[DASHBOARD], option=option)


def told(made: Design) -> list[tuple[str, str]]:
    return [(emission.topic, emission.event) for emission in made.emissions]


def with_table(table: Table) -> Catalog:
    return Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, table)}))


def test_what_the_architect_answered_holds_unless_the_call_says_otherwise() -> None:
    answers = (Choice("watched", ("title",), "why"), Choice("operations", ("update",), "why"))
    made = design(replace(DOCUMENTS_DECISION, choices=answers), CATALOG)
    assert (made.emissions[0].watched, made.emissions[0].operations) == (("title",), ("update",))
    assert "Watched: title; why." in made.reasons
    other = design(replace(DOCUMENTS_DECISION, choices=answers), CATALOG, watched=["price"])
    assert (other.emissions[0].watched, other.emissions[0].operations) == (("price",), ("update",))


def test_a_choice_that_there_is_not_is_refused_wherever_it_was_made() -> None:
    nowhere = replace(DOCUMENTS_DECISION, choices=(Choice("watched", ("colour",), "why"),))
    with pytest.raises(BadInput, match="no column colour to watch"):
        design(nowhere, CATALOG)
    with pytest.raises(BadInput, match="name one or more"):
        design(DOCUMENTS_DECISION, CATALOG, operations=())


def test_a_table_of_one_user_speaks_on_a_topic_of_its_own() -> None:
    made = planned(NOTIFICATIONS_DECISION)
    assert told(made) == [("user:<id>:notifications", "notifications_<action>")]
    assert made.emissions[0].operations == ("insert", "update", "delete")
    assert made.refusal is None


def test_a_table_whose_scope_is_the_feeds_speaks_only_there() -> None:
    assert told(planned(DOCUMENTS_DECISION)) == [("tenant:<id>:dashboard", "stats_invalidated")]


def test_without_its_feed_the_same_table_speaks_on_its_own_topic() -> None:
    assert told(design(DOCUMENTS_DECISION, CATALOG)) == [("tenant:<id>:documents", "documents_<action>")]


def test_a_table_under_postgres_changes_still_feeds_its_feed() -> None:
    made = planned(MESSAGES_DECISION)
    assert told(made) == [("tenant:<id>:dashboard", "stats_invalidated")]
    assert made.changes_filter == "thread_id=eq.<id>"
    assert made.changes_events == ("INSERT", "UPDATE")


def test_as_the_architects_choice_it_speaks_to_both() -> None:
    made = planned(MESSAGES_DECISION, Option.BROADCAST)
    assert [topic for topic, _ in told(made)] == ["thread:<id>:messages", "tenant:<id>:dashboard"]
    assert made.changes_filter is None


def test_deletes_reach_a_filter_only_with_a_full_replica_identity() -> None:
    full = replace(CATALOG[MESSAGES], replica_identity="full")
    catalog = Catalog(SERVER, ByTable({**CATALOG.tables, MESSAGES: full}))
    assert planned(MESSAGES_DECISION, catalog=catalog).changes_events == ("INSERT", "UPDATE", "DELETE")


def test_watched_are_the_columns_that_a_reader_would_miss() -> None:
    assert planned(NOTIFICATIONS_DECISION).emissions[0].watched == ("title", "body", "read_at")


def test_generated_columns_are_not_watched() -> None:
    table = CATALOG[NOTIFICATIONS]
    columns = tuple(replace(column, generated=column.name == "title") for column in table.columns)
    catalog = Catalog(SERVER, ByTable({**CATALOG.tables, NOTIFICATIONS: replace(table, columns=columns)}))
    assert planned(NOTIFICATIONS_DECISION, catalog=catalog).emissions[0].watched == ("body", "read_at")


def test_the_architect_names_the_watched_columns() -> None:
    made = design(NOTIFICATIONS_DECISION, CATALOG, watched=["read_at", "id"])
    assert made.emissions[0].watched == ("read_at",)


def test_an_unknown_watched_column_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"public\.notifications has no column red_at to watch: choose from id, user_id"):
        design(NOTIFICATIONS_DECISION, CATALOG, watched=["red_at"])


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(UnknownTable, match=r"Table public\.nothing is not in the catalogue\."):
        design(decide(public("nothing")), CATALOG)


def test_tables_of_one_name_in_two_schemas_do_not_share_a_topic() -> None:
    catalog = with_table(replace(CATALOG[NOTIFICATIONS], name=TableName("app", "notifications")))
    assert told(planned(NOTIFICATIONS_DECISION, catalog=catalog))[0][0] == "user:<id>:public.notifications"


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (decide(public("users")), "public.users has no scope: no column and no foreign key"),
        (
            decide(NOTIFICATIONS),
            "public.notifications has no scope: its foreign keys lead to public.users, and no users or members are "
            "known there. Answer token_subject for the table that has a row for each user, if none is known, or",
        ),
        (
            decide(NOTIFICATIONS, replace(USER_SCOPE, entitlement=None, refusal="nobody is entitled.")),
            "public.notifications gets no policy for its user: nobody is entitled.",
        ),
        (
            decide(NOTIFICATIONS, replace(USER_SCOPE, columns=("user_id", "id"))),
            "public.notifications gets no policy for its user: a topic names one key, and here are 2 columns.",
        ),
        (
            decide(public("documents"), replace(TENANT_SCOPE, key_type="text")),
            "public.documents gets no policy for its tenant: its key is text here and uuid in public.memberships",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_a_sentence(decision: Decision, sentence: str) -> None:
    made = design(decision, CATALOG)
    assert (made.refusal or "").startswith(sentence)
    assert made.emissions == ()
    with pytest.raises(ScriptRefused) as refused:
        generate(made)
    assert str(refused.value) == made.refusal


def test_a_function_that_decides_who_reads_is_named_where_nothing_else_leads_on() -> None:
    is_in = PolicyFunction(
        *("app.is_in", "c", None, True, (), "stable", False, (("", "uuid"),), ()),
        *(0, "boolean", False, True, 1, True, False),
    )
    policy = Policy("p", "select", True, ("public",), "app.is_in(user_id)", definitions=(is_in,))
    table = replace(CATALOG["notifications"], policies=(policy,))
    assert (design(decide(NOTIFICATIONS), with_table(table)).refusal or "").startswith(
        "public.notifications has no scope: its SELECT policies leave it to app.is_in() who reads, and what is"
    )


@pytest.mark.parametrize("kind", [RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW, RelationKind.FOREIGN_TABLE])
def test_only_tables_can_have_the_triggers(kind: RelationKind) -> None:
    catalog = with_table(Table(public("overview"), kind))
    refusal = design(decide(public("overview"), USER_SCOPE), catalog).refusal or ""
    assert refusal.startswith(f"public.overview is a {kind.value}, on which Postgres has no statement triggers")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (Option.NO_REALTIME, "public.notifications is decided as no_realtime, so there is no SQL to install. Fetch it"),
        (
            Option.POSTGRES_CHANGES,
            "public.notifications is told by Postgres Changes and needs no functions or triggers",
        ),
    ],
)
def test_options_without_emissions_have_no_script_and_say_what_to_do(option: Option, sentence: str) -> None:
    made = planned(NOTIFICATIONS_DECISION, option)
    assert made.emissions == ()
    with pytest.raises(ScriptRefused) as refused:
        generate(made)
    assert str(refused.value).startswith(sentence)


def test_presence_without_a_scope_has_no_script_and_says_what_to_do() -> None:
    with pytest.raises(ScriptRefused, match="is decided as presence, so there is no SQL to install. Let clients track"):
        generate(design(decide(NOTIFICATIONS, option=Option.PRESENCE), CATALOG))


def test_what_is_not_told_is_said() -> None:
    gaps = planned(NOTIFICATIONS_DECISION).gaps
    assert "TRUNCATE tells nobody: clients see it at their next catch-up." in gaps
    assert "Rows without notifications.user_id belong to nobody and are told to nobody." in gaps


def test_a_feed_without_a_way_to_the_tenant_is_a_gap_of_an_own_topic() -> None:
    decision = decide(MESSAGES, *(scope for scope in MESSAGES_DECISION.scopes if not scope.path))
    made = planned(decision, Option.BROADCAST)
    assert [topic for topic, _ in told(made)] == ["thread:<id>:messages"]
    assert any("is in the feed dashboard, but no path leads from it to a tenant" in gap for gap in made.gaps)


def test_members_of_whom_not_all_count_share_no_feed_with_those_of_other_tables() -> None:
    active = Condition("status", "in", ("active",))
    scope = replace(TENANT_SCOPE, entitlement=replace(MEMBERSHIP, conditions=(active,)))
    made = design(decide(DOCUMENTS, scope), CATALOG, feeds=[DASHBOARD])
    assert [(emission.topic, emission.feed) for emission in made.emissions] == [("tenant:<id>:documents", None)]
    assert "public.documents is not told to the feed dashboard" in made.gaps[0]
