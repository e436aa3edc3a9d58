"""Bursts in a calm mean, and row changes as time goes by, from as many readings as a day has."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from realtime_advisor.decision.bursts import MOST_BUCKETS, rest_per_minute, stands_out, trace_events
from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import ByTable, Snapshot, TableCounters, TableName

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
CALM, NIGHTLY, EVEN = (TableName("public", name) for name in ("calm", "nightly", "even"))
A_DAY = 17_280  # intervals of 5 s
BACKFILL_AT = 9_001


def readings(many: int, *tables: list[int], every: float = 5) -> Iterator[Snapshot]:
    """`many` intervals; the n-th table is inserted into as its list tells, and not after the list's end."""
    totals = [0] * len(tables)
    for number in range(many + 1):
        for each, rows in enumerate(tables):
            totals[each] += rows[number - 1] if 0 < number <= len(rows) else 0
        entries = [
            TableCounters(each + 1, name, total, 0, 0, 0)
            for each, (name, total) in enumerate(zip((CALM, NIGHTLY, EVEN), totals, strict=False))
        ]
        yield Snapshot(
            NOON + timedelta(seconds=every * number), None, None, False, True, ByTable({e.table: e for e in entries})
        )


@pytest.fixture(scope="module")
def a_day() -> list[Snapshot]:
    """A trickle by chance, one backfill of 50,000 rows in the night, and a steady job."""
    chance = Random(7)
    trickle = [sum(chance.random() < 0.01 for _ in range(20)) for _ in range(A_DAY)]
    backfill = [0] * (BACKFILL_AT - 1) + [50_000]
    return list(readings(A_DAY, trickle, backfill, [40] * A_DAY))


def test_a_nightly_backfill_is_found_though_the_mean_is_calm(a_day: list[Snapshot]) -> None:
    churn = measure_churn(a_day)
    nightly = churn[NIGHTLY]
    assert (nightly.events_per_minute or 0) < 35, "below any threshold of a minute"
    assert (nightly.largest_burst, nightly.peak_per_minute) == (50_000, 600_000)
    assert nightly.quiet_share == pytest.approx(1 - 1 / A_DAY)
    assert [str(name) for name, entry in churn.items() if stands_out(entry)] == ["public.nightly"]
    assert rest_per_minute(nightly) == 0


def test_chance_is_no_burst_and_neither_is_an_even_rate(a_day: list[Snapshot]) -> None:
    churn = measure_churn(a_day)
    peak, mean = churn[CALM].peak_per_minute or 0, churn[CALM].events_per_minute or 1
    assert peak > 10 * mean, "a trickle has intervals far above its mean"
    assert not stands_out(churn[CALM])
    assert not stands_out(churn[EVEN])
    assert churn[EVEN].quiet_share == 0


def test_in_a_short_window_a_burst_does_not_hide_in_its_own_mean() -> None:
    churn = measure_churn(*readings(2, [100, 5_000]))
    assert (churn[CALM].peak_per_minute or 0) < 3 * (churn[CALM].events_per_minute or 0)
    assert stands_out(churn[CALM])
    assert not stands_out(measure_churn(*readings(2, [100, 200]))[CALM])
    assert not stands_out(measure_churn(*readings(1, [5_000]))[CALM]), "one interval has no rest to stand out from"


def test_readings_given_one_by_one_and_as_a_stream_are_measured_alike() -> None:
    tables = [3, 0, 70, 1], [0, 9], [5] * 4
    streamed, given = measure_churn(readings(4, *tables)), measure_churn(*readings(4, *tables))
    assert dict(streamed) == dict(given)
    assert (streamed.notes, streamed.seconds) == (given.notes, 20)


def test_memory_does_not_grow_with_the_number_of_readings() -> None:
    def most(many: int) -> int:
        tracemalloc.start()
        measure_churn(readings(many, [1] * 3000, [2] * 3000, [3] * 3000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(3000) < 1.5 * most(300)


def test_quiet_time_is_time_not_intervals() -> None:
    first, *rest = readings(3, [4, 0, 0])
    late = [Snapshot(s.taken_at + timedelta(seconds=85), None, None, False, True, s.counters) for s in rest[1:]]
    churn = measure_churn(first, rest[0], *late)
    assert churn[CALM].quiet_share == pytest.approx(95 / 100)


def test_up_to_the_limit_each_interval_is_a_bucket() -> None:
    (buckets,) = trace_events(readings(4, [1, 0, 60, 2]), [CALM]).values()
    assert [(one.start, one.end, one.events, one.peak_per_minute) for one in buckets] == [
        (0, 5, 1, 12),
        (5, 10, 0, 0),
        (10, 15, 60, 720),
        (15, 20, 2, 24),
    ]


def test_beyond_the_limit_neighbours_become_one_and_no_burst_is_averaged_away(a_day: list[Snapshot]) -> None:
    traced = trace_events(a_day, [NIGHTLY, EVEN])
    nightly, even = traced[NIGHTLY], traced[EVEN]
    assert MOST_BUCKETS / 2 <= len(nightly) == len(even) <= MOST_BUCKETS
    assert sum(one.events for one in even) == 40 * A_DAY
    (busy,) = [one for one in nightly if one.events]
    assert (busy.events, busy.peak_per_minute) == (50_000, 600_000)
    assert busy.start < BACKFILL_AT * 5 <= busy.end
    assert {one.peak_per_minute for one in even} == {480}


@pytest.mark.parametrize("many", range(1, 40))
def test_buckets_follow_one_another_and_lose_nothing(many: int) -> None:
    (buckets,) = trace_events(readings(many, list(range(1, many + 1))), [CALM], most=6).values()
    assert len(buckets) <= 6
    assert [one.end for one in buckets[:-1]] == [one.start for one in buckets[1:]]
    assert (buckets[0].start, buckets[-1].end) == (0, 5 * many)
    assert len({one.end - one.start for one in buckets[:-1]}) <= 1, "all but the last are of one length"
    starts = [int(one.start / 5) for one in buckets]
    ends = [int(one.end / 5) for one in buckets]
    assert [one.events for one in buckets] == [sum(range(a + 1, b + 1)) for a, b in zip(starts, ends, strict=True)]


def test_a_table_that_was_never_read_has_quiet_buckets() -> None:
    unknown = TableName("public", "nowhere")
    assert [one.events for one in trace_events(readings(2, [1, 1]), [unknown])[unknown]] == [0, 0]
    assert trace_events([], [unknown]) == {unknown: ()}
