"""What the figures draw, and that they store little and the same each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from realtime_advisor.display import figures
from realtime_advisor.display.views import Picture
from realtime_advisor.model import Option
from realtime_advisor.reference import load_matrix

from .world import advice, churned, database, decided, decisions, found, reading

CHURN = database(churned("a", 10, 80, 10), churned("b", 20), churned("quiet"))
TOLD = decisions(
    decided("a", findings=(found("high_volume", 240.0, 100),)), decided("b", Option.PRESENCE, runner_up=None)
)
READINGS = (reading(0, a=0, b=0), reading(1, a=10, b=10), reading(2, a=510, b=20), reading(4, a=520, b=40))
DRAWN: dict[str, Callable[[], Picture]] = {
    "verdict": lambda: figures.draw_verdict(advice(TOLD, CHURN)),
    "churn": lambda: figures.draw_churn(CHURN),
    "mix": lambda: figures.draw_mix(CHURN, load_matrix()),
    "timeline": lambda: figures.draw_timeline(READINGS),
    "margins": lambda: figures.draw_margins(TOLD["a"]),
    "hottest": lambda: figures.draw_hottest(TOLD, load_matrix()),
}
EMPTY: dict[str, Callable[[], Picture]] = {
    "verdict": lambda: figures.draw_verdict(advice(decisions(), database())),
    "churn": lambda: figures.draw_churn(database()),
    "mix": lambda: figures.draw_mix(database(), load_matrix()),
    "timeline": lambda: figures.draw_timeline(READINGS[:1]),
    "margins": lambda: figures.draw_margins(decided("a")),
    "hottest": lambda: figures.draw_hottest(decisions(), load_matrix()),
}


def drawn(picture: Picture) -> Any:
    return json.loads(picture.figure.to_json())


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_small_and_the_same_each_time(name: str) -> None:
    once, again = DRAWN[name]().figure.to_json(), DRAWN[name]().figure.to_json()
    assert once == again
    assert len(once) < 5000


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


def test_the_timeline_shows_rates_between_readings_and_colours_the_burst() -> None:
    calm, burst = drawn(figures.draw_timeline(READINGS))["data"]
    assert (burst["name"], burst["x"], burst["y"]) == ("a", [0, 1, 2, 4], [10, 500, 5, 5])
    assert (calm["name"], calm["y"]) == ("b", [10, 10, 10, 10])
    assert burst["line"]["color"] != calm["line"]["color"]
    assert (burst["showlegend"], calm["showlegend"]) == (True, False)


def test_a_burst_of_a_table_that_is_not_among_the_busiest_is_drawn_too() -> None:
    calm = {f"t{number}": 1000 for number in range(40)}
    most, end = {name: count * 5 // 6 for name, count in calm.items()}, calm
    readings = (reading(0, **dict.fromkeys(calm, 0), rare=0), reading(5, **most, rare=0), reading(6, **end, rare=50))
    data = drawn(figures.draw_timeline(readings))
    assert len(data["data"]) == 30
    assert data["data"][-1]["name"] == "rare"


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
