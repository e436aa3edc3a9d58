"""Bulk writes are found in samples, in statements and in the WAL, and each says which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Churn, DatabaseChurn, Finding, Source, StatementRows, TableWal

from .world import catalog, table

POSTS = table("posts", "id room_id", refers={"room_id": "rooms"})
CALM = Churn(POSTS.name, 600, 200, 0, 0, 0, "window")
CALM_SAMPLES: dict[str, Any] = {"peak_per_minute": 24.0, "largest_burst": 24}
BURST: dict[str, Any] = {"peak_per_minute": 5000.0, "largest_burst": 5000}


def bulk(entry: Churn, **answers: object) -> Finding:
    said = {"public.posts": answers} if answers else None
    made = decide(catalog(POSTS), DatabaseChurn({POSTS.name: entry}, entry.seconds), said)["posts"]
    return next(finding for finding in made.findings if finding.criterion == "bulk_writes")


def seen(**evidence: Any) -> Finding:
    return bulk(replace(CALM, **evidence))


def wal(largest: int, events: int = 2000) -> dict[str, Any]:
    return {"wal": TableWal(POSTS.name, events, 0, 0, 0, 5, largest, 0), "wal_seconds": 60.0}


def statements(*shapes: tuple[str, int, int]) -> dict[str, Any]:
    return {"statements": tuple(StatementRows(*shape) for shape in shapes)}


def test_a_burst_that_stands_out_is_bulk_and_tells_how_quiet_the_rest_is() -> None:
    found = seen(inserts=5200, quiet_share=0.95, **BURST)
    assert (found.holds, found.evidence.value) == (True, 5000)
    assert found.evidence.detail == "peak 5000 a minute, the rest 22.22; quiet 95% of the time"


def test_a_burst_among_its_like_is_no_bulk() -> None:
    found = seen(inserts=50_000, **BURST)
    assert (found.holds, found.evidence.detail) == (False, "no interval stands out from the rest")


@pytest.mark.parametrize(("rows", "holds"), [(1000, True), (999, False), (50_000, True)])
def test_a_large_transaction_in_the_wal_is_bulk(rows: int, holds: bool) -> None:
    found = seen(**wal(rows))
    assert (found.holds, found.evidence.value, found.evidence.source) == (holds, rows, Source.MEASURED)
    assert found.evidence.detail == f"largest transaction {rows:,} row changes (WAL)"


def test_statements_of_many_rows_are_bulk_though_the_samples_are_calm() -> None:
    shapes = statements(("insert", 5000, 5000), ("update", 30, 60_000))
    found = seen(**CALM_SAMPLES, **shapes)
    assert (found.holds, found.evidence.value) == (True, 2000)
    assert found.evidence.detail == (
        "update of 2,000 rows a statement in 30 calls (pg_stat_statements); no interval stands out from the rest"
    )


@pytest.mark.parametrize(("calls", "rows", "holds"), [(3, 3000, True), (3, 2999, None), (1, 1000, True)])
def test_the_average_of_a_shape_shows_bulk_but_does_not_rule_it_out(calls: int, rows: int, holds: bool | None) -> None:
    assert seen(**statements(("copy", calls, rows))).holds is holds


def test_small_statements_leave_what_the_samples_say() -> None:
    found = seen(**CALM_SAMPLES, **statements(("insert", 10, 20)))
    assert (found.holds, found.evidence.value) == (False, 0)
    assert found.evidence.detail.endswith("at most 2 rows a statement on average (pg_stat_statements)")


def test_the_largest_of_all_counts() -> None:
    found = seen(**BURST | {"inserts": 5200}, **wal(7000), **statements(("insert", 1, 6000)))
    assert found.evidence.value == 7000
    assert [part.split()[0] for part in found.evidence.detail.split("; ")] == ["largest", "insert", "peak"]


@pytest.mark.parametrize("nothing", [{}, statements(), wal(0, events=0)])
def test_where_nothing_was_seen_bulk_is_unknown_and_asked(nothing: dict[str, Any]) -> None:
    found = seen(**nothing)
    assert (found.holds, found.evidence.detail) == (None, "no samples within the window")


def test_the_architects_answer_goes_before_all() -> None:
    assert bulk(replace(CALM, **wal(7000)), bulk_writes=False).holds is False
    assert bulk(replace(CALM, **CALM_SAMPLES), bulk_writes=True).holds is True
