"""What the figures draw, and that they store little and the same each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from realtime_advisor.display import figures
from realtime_advisor.display.views import Picture
from realtime_advisor.model import Decision, Evidence, Option, ScopeRates, Source
from realtime_advisor.reference import load_matrix

from .world import advice, churned, database, decided, decisions, found


def rated(
    name: str, whole: float, average: float | None, hottest: float | None, source: Source, detail: str
) -> Decision:
    def told(value: float | None, detail: str = "counted", source: Source = Source.MEASURED) -> Evidence:
        return Evidence(value, "events/minute", source, detail)

    rates = ScopeRates(told(whole), told(average), told(hottest, detail, source), "user_id=eq.<id>")
    return replace(decided(name), rates=rates)


CHURN = database(churned("a", 10, 80, 10), churned("b", 20), churned("quiet"))
TOLD = decisions(
    decided("a", findings=(found("high_volume", 240.0, 100),)), decided("b", Option.PRESENCE, runner_up=None)
)
RATED = decisions(
    rated("messages", 205, 1.7, 39.7, Source.INFERRED, "a detail"),
    rated("jobs", 600, 2, 240, Source.MEASURED, "counted"),
    rated("small", 20, 1, 20, Source.MEASURED, "at most 20 a minute, the whole table's"),
    rated("hidden", 90, None, None, Source.MEASURED, "run ANALYZE public.hidden"),
    rated("still", 0, 0, 0, Source.MEASURED, "no row changed"),
)
DRAWN: dict[str, Callable[[], Picture]] = {
    "verdict": lambda: figures.draw_verdict(advice(TOLD, CHURN)),
    "churn": lambda: figures.draw_churn(CHURN),
    "mix": lambda: figures.draw_mix(CHURN, load_matrix()),
    "margins": lambda: figures.draw_margins(TOLD["a"]),
    "rates": lambda: figures.draw_rates(RATED, load_matrix()),
}
EMPTY: dict[str, Callable[[], Picture]] = {
    "verdict": lambda: figures.draw_verdict(advice(decisions(), database())),
    "churn": lambda: figures.draw_churn(database()),
    "mix": lambda: figures.draw_mix(database(), load_matrix()),
    "margins": lambda: figures.draw_margins(decided("a")),
    "rates": lambda: figures.draw_rates(decisions(), load_matrix()),
}


def drawn(picture: Picture) -> Any:
    return json.loads(picture.figure.to_json())


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_small_and_the_same_each_time(name: str) -> None:
    once, again = DRAWN[name]().figure.to_json(), DRAWN[name]().figure.to_json()
    assert once == again
    assert len(once) < 6000


def test_heads_stand_upright_in_two_lines_on_a_narrow_page() -> None:
    heads = drawn(DRAWN["verdict"]())["layout"]["xaxis"]
    assert heads["tickangle"] == 0
    assert max(len(line) for head in heads["ticktext"] for line in head.replace("<b>", "").split("<br>")) <= 13


@pytest.mark.parametrize("name", ["margins", "rates"])
def test_what_is_said_at_the_right_has_a_margin_of_its_own(name: str) -> None:
    layout = drawn(DRAWN[name]())["layout"]
    beside = [note for note in layout["annotations"] if note.get("xref") == "paper" and note["x"] > 1]
    assert beside
    assert layout["margin"]["r"] >= 7.5 * max(len(note["text"].replace("&lt;", "<")) for note in beside)


@pytest.mark.parametrize("name", EMPTY)
def test_a_figure_of_nothing_still_has_its_sentence(name: str) -> None:
    assert EMPTY[name]().sentence.endswith(".")


def test_the_verdict_puts_each_table_under_its_option() -> None:
    data = drawn(figures.draw_verdict(advice(TOLD, CHURN)))
    rings, *chosen = data["data"]
    assert [(trace["x"], trace["y"]) for trace in chosen] == [([], []), ([1], [0]), ([2], [1]), ([], [])]
    assert (rings["x"], rings["y"]) == ([0], [0])
    assert data["layout"]["yaxis"]["ticktext"] == ["a", "b"]
    assert [note["text"] for note in data["layout"]["annotations"]] == ["10", "2"]


def test_the_verdict_on_many_tables_shows_the_busiest() -> None:
    names = [f"t{number}" for number in range(50)]
    churn = database(*(churned(name, number) for number, name in enumerate(names)))
    data = drawn(figures.draw_verdict(advice(decisions(*map(decided, names)), churn)))
    assert data["layout"]["yaxis"]["ticktext"] == names[:19:-1]
    assert data["layout"]["title"]["text"] == "How each table should speak to clients (the 30 busiest tables of 50)"


def test_the_mix_is_in_parts_of_a_whole() -> None:
    bars = {bar["name"]: bar["x"] for bar in drawn(figures.draw_mix(CHURN, load_matrix()))["data"]}
    assert bars == {"updates": [0.8, 0], "inserts": [0.1, 1], "deletes": [0.1, 0]}


def test_the_line_stands_where_the_matrix_says() -> None:
    stricter = load_matrix().with_threshold("update_share", 0.3)
    (line,) = drawn(figures.draw_mix(CHURN, stricter))["layout"]["shapes"]
    assert line["x0"] == line["x1"] == 0.3


def test_rates_are_drawn_for_the_whole_table_the_average_scope_and_the_hottest() -> None:
    data = drawn(figures.draw_rates(RATED, load_matrix()))
    _, whole, average, hottest = data["data"]
    assert data["layout"]["yaxis"]["ticktext"] == ["jobs", "messages", "small"]
    assert (whole["x"], average["x"], hottest["x"]) == ([600, 205, 20], [2, 1.7, 1], [240, 39.7, 20])
    assert hottest["marker"]["symbol"] == ["circle", "circle-open", "circle"]
    assert [note["text"] for note in data["layout"]["annotations"]] == [
        "Broadcast above 100",
        "240, measured",
        "39.7, inferred",
        "≤ 20, measured",
    ]
    assert data["layout"]["shapes"][-1]["x0"] == 100


def test_below_the_rates_stands_what_is_unknown_with_its_remedy() -> None:
    picture = figures.draw_rates(RATED, load_matrix())
    assert picture.text == (
        "Above 100 events a minute in the hottest scope: jobs; the first below is messages at 39.7. A scope spares "
        "most in jobs: of 600 row changes a minute the hottest user hears 240.\n"
        "- hidden: unknown, run ANALYZE public.hidden."
    )
    hidden = decisions(*(rated(f"t{n}", 9, None, None, Source.MEASURED, "hidden") for n in range(5_000)))
    told = figures.draw_rates(hidden, load_matrix())
    assert told.sentence == "No table's hottest scope could be measured."
    assert told.below[-1] == "- Unknown for 4,995 more tables."


def test_the_rates_of_many_tables_are_drawn_for_the_hottest() -> None:
    many = decisions(*(rated(f"t{n}", n + 1, 1, n + 1, Source.MEASURED, "counted") for n in range(5_000)))
    picture = figures.draw_rates(many, load_matrix())
    assert drawn(picture)["layout"]["yaxis"]["ticktext"][:2] == ["t4999", "t4998"]
    assert len(picture.figure.to_json()) < 20_000


def test_a_margin_far_beyond_the_threshold_is_drawn_at_the_edge() -> None:
    told = decided("a", findings=(found("x", 5000.0, 100), found("y", 50.0, 100), found("z", None, 100)))
    _, heads = drawn(figures.draw_margins(told))["data"]
    assert heads["x"] == [0.5, 2]
    assert heads["marker"]["symbol"] == ["circle-open", "circle"]


def test_names_that_look_like_tags_are_escaped_for_plotly() -> None:
    data = drawn(figures.draw_churn(database(churned('"<b>x</b>"', 5))))
    assert data["data"][0]["labels"] == ['"&lt;b&gt;x&lt;/b&gt;"']


def test_long_names_that_are_cut_to_the_same_label_stay_two_rows() -> None:
    one, other = "x" * 30 + "1" + "x" * 30, "x" * 30 + "2" + "x" * 30
    data = drawn(figures.draw_mix(database(churned(one, 5), churned(other, 5)), load_matrix()))
    assert data["data"][0]["y"] == [0, 1]
