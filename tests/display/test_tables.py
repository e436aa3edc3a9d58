"""The nouns as tables: what each cell says."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from realtime_advisor.display.show import show
from realtime_advisor.display.tables import say_scope
from realtime_advisor.display.views import Sheet
from realtime_advisor.errors import BadInput
from realtime_advisor.generation.design import design
from realtime_advisor.model import ByTable, FeedProposal, Flip, Option, Scope, ScopeKind, TableName
from realtime_advisor.reference import load_matrix

from .world import advice, catalog, churned, database, decided, decisions, found, named, owned


def sheet(noun: object, other: object = None) -> Sheet:
    view = show(noun, other)
    assert isinstance(view, Sheet)
    return view


def cells(noun: object, other: object = None) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in sheet(noun, other).rows]


def test_all_four_options_are_shown_with_every_criterion_of_the_matrix() -> None:
    shown = show(load_matrix()).text
    assert [row[0] for row in cells(load_matrix()) if row[0]] == [
        "■ Postgres Changes",
        "● Broadcast",
        "▲ Presence",
        "◆ No realtime",
    ]
    assert all(criterion.sentence in shown for criterion in load_matrix())


def test_each_criterion_is_shown_with_its_rule() -> None:
    rules = [row[2] for row in cells(load_matrix().criteria)]
    assert "hottest_scope_per_minute < 100 events/minute" in rules
    assert "update_share > 50 % of row changes" in rules
    assert "audience one of user and tenant" in rules


def test_churn_is_shown_by_rate_and_the_busiest_first() -> None:
    rows = cells(database(churned("quiet"), churned("busy", 90, 5, 5, peak=12)))
    assert rows[0] == ["busy", "9", "0.5", "0.5", "10", "100 %", "5 %", "12"]
    assert rows[1] == ["quiet", "0", "0", "0", "0", "–", "–", "–"]


def test_what_to_mind_stands_above_the_verdicts() -> None:
    told = advice(decisions(decided("a")), database(churned("a")))
    assert isinstance(show(told), Sheet)
    noted = replace(
        told, churn=database(churned("a"), notes=("The server was a standby.", *map("Note {}.".format, range(9))))
    )
    first, *_, more = show(noted).text.partition("\n\n")[0].splitlines()
    assert (first, more) == ("Mind: The server was a standby.", "Mind: there are 2 more in .churn.notes.")
    assert show(told).text in show(noted).text


def test_churn_without_a_known_time_is_shown_in_totals() -> None:
    churn = database(churned("a", 6000, basis="since reset", seconds=None), seconds=None, notes=("Counted.",))
    assert show(churn).text.startswith("Row changes, in all. Counted.")
    assert cells(churn)[0][:2] == ["a", "6,000"]


def test_notes_have_a_column_only_where_there_are_any() -> None:
    assert "note" not in show(database(churned("a"))).text
    earlier = replace(churned("a"), earlier=churned("a", 12))
    assert cells(database(earlier))[0][-1] == "quiet now, 12 row changes since the counters began"


def test_bursts_and_quiet_times_have_columns_where_they_are_known() -> None:
    jobs = replace(churned("jobs", 90, peak=60, burst=60), quiet_share=0.9)
    known = database(jobs, replace(churned("calm", 80, peak=9, burst=9), quiet_share=0), churned("a", 1))
    assert sheet(known).columns[7:] == ("busiest", "burst", "quiet")
    assert [row[7:] for row in cells(known)] == [["60", "60", "90 %"], ["9", "none", "0 %"], ["–", "–", "–"]]
    assert sheet(database(churned("a", 1))).columns[-1] == "updated"


def test_below_churn_stands_what_the_counts_are_worth() -> None:
    window, since = churned("a", 1), churned("b", 1, basis="since reset")
    assert sheet(database(window, replace(window, table=named("c")))).below == (window.caveat,)
    assert "rolled back are included" in show(database(window)).text.splitlines()[-1]
    assert sheet(database(window, since)).below == (window.caveat, since.caveat)
    assert show(database(churned("a", basis="none"))).text.endswith("\nNot counted.")


def test_what_happened_to_the_database_is_said_above_its_churn() -> None:
    noted = database(churned("a", 1), notes=("The server restarted in the window.",))
    assert show(noted).text.startswith(
        "Row changes a minute, in a window of 10 minutes. The server restarted in the window."
    )


def test_churn_of_five_thousand_tables_is_shown_in_part() -> None:
    churn = database(*(churned(f"t{number}", number) for number in range(5_000)))
    began = time.process_time()
    shown = show(churn)
    assert time.process_time() - began < 2
    assert "... and 4,940 more rows; .frame has them all." in shown.text
    assert len(shown.html) < 60_000


def test_a_scope_of_everybody_has_no_columns_and_no_brackets() -> None:
    assert say_scope(Scope(ScopeKind.GLOBAL, "global", None, (), "")) == "global"


def test_what_is_unknown_is_shown_as_unknown_and_never_as_zero() -> None:
    rows = cells((found("rate", None, 100), found("rate", 240, 100), found("rate", 41, 100)))
    assert [row[2:6] for row in rows] == [
        ["✓ yes", "240 events/minute", "> 100", "+140"],
        ["? unknown", "unknown", "> 100", "–"],
        ["✗ no", "41 events/minute", "> 100", "−59"],
    ]
    assert show((found("rate", None, 100),)).text.startswith("0 of 1 criterion hold, 1 unknown:")


def test_a_catalogue_says_who_may_read() -> None:
    anybody = replace(owned("a"), select_roles=None, row_security=False)
    nobody = replace(owned("b"), select_roles=())
    assert [(row[4], row[5]) for row in cells(catalog(anybody, nobody))] == [
        ("unknown", "row security off"),
        ("nobody", "0 policies"),
    ]


def test_advice_is_shown_as_its_decisions() -> None:
    told = decisions(decided("a"), decided("b", Option.PRESENCE, scope=None, runner_up=None))
    assert cells(advice(told, database())) == [
        ["a", "● Broadcast", "high", "user (user_id)", "■ Postgres Changes", "Because of a."],
        ["b", "▲ Presence", "high", "none", "–", "Because of b."],
    ]


def test_two_decisions_are_shown_by_what_differs() -> None:
    before, after = decisions(decided("a"), decided("b")), decisions(decided("a", Option.PRESENCE), decided("b"))
    assert cells(before, after) == [["a", "● Broadcast", "▲ Presence", "Because of a."]]


def test_flips_are_shown_in_the_unit_of_their_metric() -> None:
    flips = (Flip("update_share", 0.054, 0.5, Option.BROADCAST), Flip("user_facing", True, False, Option.NO_REALTIME))
    assert cells(flips) == [
        ["update share", "5 %", "50 %", "● Broadcast"],
        ["user facing", "yes", "no", "◆ No realtime"],
    ]


def test_a_design_is_shown_with_its_topic_and_who_may_listen() -> None:
    made = design(decided("notes"), catalog(owned("notes")))
    shown = show(made).text
    assert shown.startswith("notes: Broadcast. One message for each scope that a statement touches.")
    assert "user:<id>:notes" in shown
    assert "the user named in the topic" in shown
    assert "- Not told: TRUNCATE tells nobody" in shown


@pytest.mark.parametrize(
    ("granularity", "told", "heard"),
    [
        ("statement, set-based", "many of them inserted together", "a signal to fetch again"),
        ("transaction", "One message for each scope that a transaction touches", "a signal to fetch again"),
        ("row", "One message for each row that changes", "the row itself"),
    ],
)
def test_a_design_is_shown_with_how_often_it_speaks(granularity: str, told: str, heard: str) -> None:
    made = design(decided("notes"), catalog(owned("notes")), granularity=granularity)
    assert told in show(made).text
    assert heard in cells(made, made)[1][1]


def test_what_a_design_carries_and_lets_clients_send_is_shown() -> None:
    made = design(decided("notes"), catalog(owned("notes")), columns=["user_id"], clients_send=True)
    assert "- Carried: user_id on user:<id>:notes" in show(made).text
    assert "- Clients may send on the table's own topic too." in show(made).text
    assert cells(made, made)[1][1].endswith("user_id of one row, or a signal to fetch again")


def test_proposed_feeds_are_shown_with_their_reasons() -> None:
    tables = (TableName("public", "a"), TableName("public", "b"))
    assert cells((FeedProposal("tenant", tables, ("a: often.", "b: often.")),)) == [
        ["tenant", "a, b", "a: often. b: often."]
    ]


def test_designs_say_instead_what_to_do_where_there_is_no_channel() -> None:
    tables = catalog(owned("a"), owned("b"))
    made = ByTable({t.name: design(decided(str(t.name), o), tables) for t, o in zip(tables, Option, strict=False)})
    assert cells(made)[0] == ["a", "■ Postgres Changes", "changes where user_id=eq.<id>", "INSERT and UPDATE"]
    silent = design(decided("a", Option.NO_REALTIME), tables)
    assert "no channel, no trigger, no policy" in show(silent).text


def test_two_designs_are_shown_side_by_side() -> None:
    tables, told = catalog(owned("notes")), decided("notes")
    view = show(design(told, tables, option=Option.POSTGRES_CHANGES), design(told, tables))
    assert isinstance(view, Sheet)
    assert view.columns == ("", "Postgres Changes", "Broadcast")
    assert cells(design(told, tables), design(told, tables, option=Option.PRESENCE))[0] == [
        "clients join",
        "user:<id>:notes",
        "no channel",
    ]


def test_a_refused_design_says_why() -> None:
    made = design(decided("notes", scope=None), catalog(owned("notes")))
    assert "- Refused: public.notes has no scope" in show(made).text


def test_what_cannot_be_shown_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput, match="There is no way to show int. Show a target, a catalogue"):
        show(42)
    with pytest.raises(BadInput, match="There is no way to show Decisions beside str"):
        show(decisions(), "x")
    assert show(()).text == "There is nothing to show here."
