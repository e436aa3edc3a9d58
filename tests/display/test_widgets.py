"""Choices: setting one shows something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.display import widgets
from realtime_advisor.display.picking import pick
from realtime_advisor.errors import EmptyDatabase, UnknownTable
from realtime_advisor.model import DatabaseChurn, Flip, Option
from realtime_advisor.reference import load_matrix

from .world import catalog, churned, database, decided, decisions, named, owned

CHURN = database(churned("busy", 10), churned("calm", 5), churned("quiet"))


def test_a_choice_shows_the_busiest_table_first_and_what_is_chosen_then() -> None:
    picker = widgets.choose_churn(CHURN)
    assert picker.shown.text.startswith("busy: 1 row changes a minute")
    picker.choose(table=named("quiet"))
    assert picker.shown.text == "quiet: no row changed in a window of 10 minutes."
    assert "quiet: no row changed" in picker.body.value


CHOOSERS = (
    widgets.choose_churn(CHURN),
    widgets.choose_decision(decisions(decided("busy"), decided("quiet"))),
    widgets.choose_script(decisions(decided("busy"), decided("quiet")), catalog(owned("busy"), owned("quiet"))),
)


@pytest.mark.parametrize("said", ["quiet", "public.quiet", 'public."quiet"', named("quiet")])
@pytest.mark.parametrize("chooser", CHOOSERS)
def test_a_table_is_chosen_by_any_of_its_names(chooser: widgets.Chooser, said: object) -> None:
    chooser.choose(table="busy")
    assert chooser.choose(table=said).text.startswith("quiet: ")
    assert chooser.values["table"] == named("quiet")


@pytest.mark.parametrize("chooser", CHOOSERS)
@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("public.quit", "There is no table public.quit to choose here. Near to it: public.quiet."),
        (named("quit"), "There is no table public.quit to choose here. Near to it: public.quiet."),
        ("billing.busy", "There is no table billing.busy to choose here. Near to it: public.busy."),
        ("nope", "There is no table public.nope to choose here. Check its schema and spelling."),
        ("a.b.c", "There is no table 'a.b.c' to choose here. Check its schema and spelling."),
    ],
)
def test_a_table_that_there_is_not_is_told_with_what_is_near(
    chooser: widgets.Chooser, said: object, sentence: str
) -> None:
    before = chooser.values
    with pytest.raises(UnknownTable) as caught:
        chooser.choose(table=said)
    assert (str(caught.value), chooser.values) == (sentence, before)


def test_hot_updates_are_shown_live_and_stored_nowhere() -> None:
    entry = replace(CHURN["busy"], updates=8, hot_updates=2)
    picker = widgets.choose_churn(DatabaseChurn({entry.table: entry}, CHURN.seconds))
    assert "25 % of its updates were HOT" in picker.body.value
    assert "HOT" not in picker.shown.text + picker.shown.html + str(picker._repr_mimebundle_())


def test_a_hand_on_the_widget_changes_what_is_shown() -> None:
    picker = widgets.choose_churn(CHURN)
    picker.controls["table"].index = 1
    assert "calm: " in picker.body.value


def test_turning_goes_through_all_tables_and_begins_again() -> None:
    picker = widgets.choose_churn(CHURN)
    assert [picker.turn().text.split(":")[0] for _ in range(3)] == ["calm", "quiet", "busy"]


def test_a_choice_among_nothing_says_so() -> None:
    for picker in (widgets.choose_churn(database()), widgets.choose_decision(decisions())):
        assert picker.turn().text == "There is no table to choose."


def test_a_widget_stored_as_text_holds_no_address() -> None:
    picker = widgets.choose_churn(CHURN)
    assert picker._repr_mimebundle_()["text/plain"] == "A choice of table (now public.busy)"


def test_another_threshold_shows_which_tables_would_change() -> None:
    slider = widgets.choose_threshold(catalog(owned("notes")), database(churned("notes", 500)), load_matrix())
    assert slider.values == {"threshold": 100}
    assert slider.shown.text.startswith("The table stays as it is.")
    assert slider.choose(threshold=30).text == slider.shown.text


def test_a_script_is_shown_for_any_table_option_and_part() -> None:
    chooser = widgets.choose_script(decisions(decided("notes")), catalog(owned("notes")))
    assert chooser.shown.text.startswith("notes: Broadcast.")
    assert "create or replace trigger" in chooser.choose(part="2 triggers").text
    assert "Presence channel" in chooser.choose(option=Option.PRESENCE).text
    assert "Presence channel" in chooser.body.value


def test_the_first_table_is_the_one_nearest_to_another_verdict() -> None:
    near, far = Flip("update_share", 0.45, 0.5, Option.BROADCAST), Flip("update_share", 0.1, 0.5, Option.BROADCAST)
    told = decisions(decided("a", flips=(far,)), decided("b", flips=(near,)), decided("c", Option.NO_REALTIME))
    assert pick(told) == named("b")
    assert pick(told, Option.NO_REALTIME) == named("c")
    assert pick(told, Option.PRESENCE) == named("b")


def test_a_table_that_nobody_may_listen_to_is_picked_last_unless_it_is_silent() -> None:
    told = decisions(decided("a", scope=None), decided("b"))
    assert pick(told, Option.BROADCAST) == named("b")
    silent = decisions(decided("a", Option.NO_REALTIME), decided("b", Option.NO_REALTIME, scope=None))
    assert pick(silent, Option.NO_REALTIME) == named("b")


def test_there_is_no_table_to_pick_from_nothing() -> None:
    with pytest.raises(EmptyDatabase, match="There is no table to pick"):
        pick(decisions())
