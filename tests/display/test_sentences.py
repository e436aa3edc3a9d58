"""What the reader is told, as it is read."""

from __future__ import annotations

from dataclasses import replace

from realtime_advisor.display import sentences
from realtime_advisor.model import Option, TableWal

from .world import churned, database, decided, decisions, found, named


def test_churn_names_the_busiest_table_and_how_few_make_half() -> None:
    churn = database(churned("a", 50), churned("b", 0, 30), churned("c", 0, 0, 20), churned("d"))
    assert sentences.tell_churn(churn) == (
        "100 row changes in a window of 10 minutes: a has 50 % of them; 1 table did not change."
    )
    churn = database(churned("a", 40), churned("b", 0, 30), churned("c", 0, 0, 30))
    assert sentences.tell_churn(churn) == (
        "100 row changes in a window of 10 minutes: a has 40 % of them, and 2 of 3 busy tables have more than half."
    )


def test_a_partition_is_told_in_its_parent() -> None:
    churn = database(
        churned("events", 40), churned("events_2026", 40, parent="events"), churned("b", 35), churned("c", 25)
    )
    assert sentences.tell_churn(churn) == (
        "100 row changes in a window of 10 minutes: events has 40 % of them, "
        "and 2 of 3 busy tables have more than half."
    )


def test_an_empty_database_and_a_quiet_one_are_told_apart() -> None:
    assert sentences.tell_churn(database()) == "There is no table to tell about."
    assert sentences.tell_mix(database(), 0.5) == "There is no table to tell about."
    assert sentences.tell_churn(database(churned("a"))) == "No row changed: write something, or observe for longer."
    assert sentences.tell_mix(database(churned("a")), 0.5) == "No row changed: write something, or observe for longer."


def test_the_time_since_a_reset_is_said_where_it_is_known() -> None:
    known = database(churned("a", 5, basis="since reset", seconds=7200), seconds=7200)
    assert (
        sentences.tell_churn(known) == "5 row changes since the counters were reset, 2 hours ago: a has 100 % of them."
    )
    unknown = database(churned("a", 5, basis="since reset", seconds=None), seconds=None)
    assert sentences.tell_churn(unknown) == "5 row changes since the counters began: a has 100 % of them."


def test_update_heavy_begins_above_the_threshold() -> None:
    churn = database(churned("even", 10, 10), churned("heavy", 9, 11), churned("news", 20))
    assert sentences.tell_mix(churn, 0.5) == "1 of 3 busy tables is update-heavy, above 50 %: heavy."
    assert sentences.tell_mix(churn, 0.9) == "None of 3 busy tables is update-heavy, above 90 %."


def test_the_verdict_counts_tables_by_option_and_names_the_doubtful() -> None:
    told = decisions(
        decided("a"),
        decided("b", confidence="low"),
        decided("c", Option.NO_REALTIME),
        decided("audit.d", confidence="low"),
    )
    assert sentences.tell_verdict(told) == (
        "Of 4 tables: Broadcast for 3 and No realtime for 1. Little supports the verdict on audit.d and b."
    )
    assert sentences.tell_verdict(decisions(decided("a"))) == "Of 1 table: Broadcast for 1."
    assert sentences.tell_verdict(decisions()) == "There is no table to tell about."


def test_the_nearest_margin_is_told_with_its_unit() -> None:
    near = found("update_share", 0.45, 0.5, unit="share of row changes")
    assert sentences.tell_margins(decided("a"), [near]) == (
        'a is nearest to its threshold in "About update_share": 45 % of row changes against 50 %.'
    )
    assert sentences.tell_margins(decided("a"), []) == "Nothing about a was measured that has a threshold."


def test_the_hottest_scopes_are_told_on_both_sides_of_the_threshold() -> None:
    rates = [(named("a"), 240.0), (named("b"), 100.0), (named("c"), 3.0)]
    assert sentences.tell_hottest(rates, 100) == (
        "Above 100 events a minute in the hottest scope: a; the first below is b at 100."
    )
    assert sentences.tell_hottest(rates[:1], 300) == (
        "Above 300 events a minute in the hottest scope: no table; the first below is a at 240."
    )
    assert sentences.tell_hottest([], 100) == "No table's hottest scope could be measured."


def test_changes_of_decision_are_counted_and_named() -> None:
    before = decisions(decided("a", Option.POSTGRES_CHANGES), decided("b"))
    assert sentences.tell_changes(before, decisions(decided("a"), decided("b"))) == (
        "1 of 2 tables would change: a from Postgres Changes to Broadcast."
    )
    assert sentences.tell_changes(before, before) == "No table changes its option: all 2 stay."


def test_one_table_is_told_in_full() -> None:
    churn = database(churned("a", 75, 25, peak=40, note="created in the window"), churned("b", 100))
    assert sentences.tell_table(churn, named("a")) == (
        "a: 10 row changes a minute in a window of 10 minutes, 50 % of the database's.",
        "It is 75 % inserts and 25 % updates.",
        "Its busiest interval ran at 40 row changes a minute.",
        "Note: created in the window.",
    )
    wal = TableWal(named("a"), 100, 0, 0, 0, 3, 60, 9000)
    quiet = database(replace(churned("a", 100), quiet_share=0.4, wal=wal, wal_seconds=600))
    assert sentences.tell_table(quiet, named("a"))[2:] == (
        "In 40 % of the time no row changed.",
        "The largest transaction wrote 60 rows of it.",
    )
    assert sentences.tell_table(database(churned("a")), named("a")) == ("a: no row changed in a window of 10 minutes.",)
