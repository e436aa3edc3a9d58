"""The timeline: bursts in colour, times without a reading as gaps, any number of readings in a small figure."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.display import burst_sentences, figures
from realtime_advisor.display.views import Picture
from realtime_advisor.model import ByTable, Gap, Snapshot, TableCounters, TableName

from .world import churned, database, reading

READINGS = (reading(0, a=0, b=0), reading(1, a=10, b=10), reading(2, a=510, b=20), reading(4, a=520, b=40))
START = datetime(2026, 1, 5, tzinfo=UTC)


def drawn(picture: Picture) -> Any:
    return json.loads(picture.figure.to_json())


def many(tables: int, readings: int, seconds: float, burst_at: int) -> Iterator[Snapshot]:
    """Readings of tables of which every tenth changes each time; the first one bursts once."""
    names = [TableName("public", f"t{number}") for number in range(tables)]
    entries = {name: TableCounters(number, name, 0, 0, 0, 0) for number, name in enumerate(names)}
    for count in range(readings):
        for name in names[count % 10 :: 10]:
            entries[name] = replace(entries[name], n_tup_ins=entries[name].n_tup_ins + 3)
        if count == burst_at:
            entries[names[0]] = replace(entries[names[0]], n_tup_ins=entries[names[0]].n_tup_ins + 10_000)
        moment = START + timedelta(seconds=seconds * count)
        yield Snapshot(moment, None, None, False, True, ByTable(dict(entries)))


def test_the_timeline_shows_rates_between_readings_and_colours_the_burst() -> None:
    calm, burst, marks = drawn(figures.draw_timeline(READINGS))["data"]
    assert (burst["name"], burst["x"], burst["y"]) == ("a", [0, 1, 2, 4], [10, 500, 5, 5])
    assert (calm["name"], calm["y"]) == ("b", [10, 10, 10, 10])
    assert burst["line"]["color"] != calm["line"]["color"]
    assert (burst["showlegend"], calm["showlegend"]) == (True, False)
    assert (marks["x"], marks["y"], marks["text"]) == ([1.5], [500], ["500"])


def test_the_timeline_is_small_and_the_same_each_time() -> None:
    once, again = (figures.draw_timeline(READINGS).figure.to_json() for _ in range(2))
    assert once == again
    assert len(once) < 5000


def test_a_burst_of_a_table_that_is_not_among_the_busiest_is_drawn_too() -> None:
    calm = {f"t{number}": 1000 for number in range(40)}
    most, end = {name: count * 5 // 6 for name, count in calm.items()}, calm
    readings = (reading(0, **dict.fromkeys(calm, 0), rare=0), reading(5, **most, rare=0), reading(6, **end, rare=50))
    *lines, _ = drawn(figures.draw_timeline(readings))["data"]
    assert len(lines) == 30
    assert lines[-1]["name"] == "rare"


def test_a_time_without_readings_is_shaded_and_its_line_broken() -> None:
    late = replace(reading(13, a=90), gap_before=Gap(9, 600.0, "The connection was lost."))
    data = drawn(figures.draw_timeline((reading(0, a=0), reading(1, a=5), reading(2, a=10), late, reading(14, a=95))))
    assert data["data"][0]["x"] == [0, 1, 2, 2, 13, 14]
    assert data["data"][0]["y"] == [5, 5, 5, None, 5, 5]
    assert [(shape["x0"], shape["x1"]) for shape in data["layout"]["shapes"]] == [(2, 13)]
    assert data["layout"]["title"]["subtitle"]["text"] == "shaded: no reading"


def test_readings_that_fail_to_the_end_and_a_server_that_does_not_count_are_gaps_too() -> None:
    last = replace(reading(3, a=3), gap_after=Gap(4, 120.0, "The connection was lost."))
    (shape,) = drawn(figures.draw_timeline((reading(0, a=0), reading(1, a=1), last)))["layout"]["shapes"]
    assert (shape["x0"], shape["x1"]) == (3, 5)
    standby = [replace(each, in_recovery=True) for each in READINGS]
    (shape,) = drawn(figures.draw_timeline(standby))["layout"]["shapes"]
    assert (shape["x0"], shape["x1"]) == (0, 4)


@pytest.mark.parametrize(("hours", "unit"), [(2, "minutes"), (12, "hours"), (72, "days")])
def test_the_axis_counts_in_a_unit_that_fits(hours: int, unit: str) -> None:
    data = drawn(figures.draw_timeline((reading(0, a=0), reading(hours * 60, a=9))))
    assert data["layout"]["xaxis"]["title"]["text"] == f"{unit} since the first reading"


def test_one_reading_is_no_timeline() -> None:
    picture = figures.draw_timeline(READINGS[:1])
    assert drawn(picture)["data"] == []
    assert picture.sentence == "No row changed: write something, or observe for longer."
    assert figures.draw_timeline((reading(0, a=7),)).sentence.startswith("Whether row changes come in bursts is not")


def test_readings_that_go_by_once_are_drawn_as_kept_ones_are() -> None:
    churn = measure_churn(*READINGS)
    kept = figures.draw_timeline(READINGS).figure.to_json()
    assert figures.draw_timeline(iter(READINGS)).figure.to_json() == kept
    assert figures.draw_timeline(iter(READINGS), churn).figure.to_json() == kept


def test_a_day_at_five_seconds_is_drawn_small_and_its_burst_at_full_height() -> None:
    readings = tuple(many(10, 17_280, 5, burst_at=9_000))
    picture = figures.draw_timeline(readings)
    assert len(picture.figure.to_json()) < 60_000
    assert max(rate for rate in drawn(picture)["data"][-2]["y"]) > 120_000


def test_five_thousand_tables_are_drawn_in_seconds() -> None:
    readings = tuple(many(5_000, 60, 5, burst_at=30))
    began = time.process_time()
    picture = figures.draw_timeline(readings)
    assert time.process_time() - began < 4
    assert picture.sentence.startswith("t0 jumps to 120,")
    assert drawn(picture)["layout"]["title"]["text"].endswith("busiest tables of 5,000)")


def test_a_burst_is_told_beside_the_rest_of_the_window() -> None:
    # 95 in one of ten minutes; 5 in the other nine.
    churn = database(churned("jobs", 100, peak=95, burst=95), churned("calm", 100, peak=20, burst=20))
    assert burst_sentences.tell_bursts(churn) == (
        "jobs jumps to 95 row changes a minute, 171 times the 0.56 of the rest of the window."
    )
    alone = database(churned("jobs", 95, peak=95, burst=95))
    assert burst_sentences.tell_bursts(alone) == (
        "jobs jumps to 95 row changes a minute, and does nothing in the rest of the window."
    )


def test_more_bursts_than_fit_a_sentence_are_counted() -> None:
    churn = database(*(churned(f"t{number}", 95, peak=95 + number, burst=95) for number in range(5)))
    told = burst_sentences.tell_bursts(churn)
    assert told.startswith("t4 jumps to 99")
    assert told.endswith(" 2 more tables burst.")


def test_no_burst_no_change_and_no_table_are_told_apart() -> None:
    assert burst_sentences.tell_bursts(database(churned("calm", 100, peak=20, burst=20))) == (
        "No table bursts: none has an interval with 30 row changes or more that is 3 times as busy as the rest of the "
        "window."
    )
    assert burst_sentences.tell_bursts(database(churned("a"))).startswith("No row changed")
    assert burst_sentences.tell_bursts(database()) == "There is no table to tell about."
