"""The platform's limits are data: every figure is there, with its source and the month it was read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.reference import DATA, Limits, Plan, load_limits, load_matrix, thresholds_of

FILE = DATA / "platform_limits.toml"
WITH_SECURITY = [(500, 30), (1500, 10), (3000, 5)], [(500, 40), (2000, 10), (4000, 5)]


def figures(found: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table of the file that holds a figure of its own."""
    for key, value in found.items() if isinstance(found, dict) else ():
        for number, entry in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(entry, dict):
                yield f"{place}{key}[{number}]", entry


@pytest.fixture(scope="module")
def limits() -> Limits:
    return load_limits()


@pytest.mark.parametrize(("place", "figure"), tuple(figures(tomllib.loads(FILE.read_text(encoding="utf-8")))))
def test_every_figure_has_a_source_and_a_month(place: str, figure: dict[str, Any]) -> None:
    assert len(figure["source"]) > 10, place
    assert re.fullmatch(r"202[56]-\d\d", figure["date"]), place
    assert "http" not in figure["source"]


@pytest.mark.parametrize(
    ("quota", "by_plan"),
    [
        ("connections", (200, 500, 10_000, 10_000)),
        ("messages_per_second", (100, 500, 2_500, 2_500)),
        ("joins_per_second", (100, 500, 2_500, 2_500)),
        ("channels_per_connection", (100, 100, 100, 100)),
        ("broadcast_payload", (256, 3_000, 3_000, 3_000)),
        ("changes_payload", (1_024, 1_024, 1_024, 1_024)),
        ("presence_messages_per_second", (20, 50, 1_000, 1_000)),
    ],
)
def test_each_plan_has_its_quota(limits: Limits, quota: str, by_plan: tuple[float, ...]) -> None:
    assert tuple(limits.quota_of(quota, plan) for plan in Plan) == by_plan


def test_an_unknown_quota_is_named_beside_the_known_ones(limits: Limits) -> None:
    with pytest.raises(BadInput, match="no quota 'rooms'. They have connections, messages_per_second"):
        limits.quota_of("rooms", Plan.FREE)


def test_messages_and_connections_have_their_price(limits: Limits) -> None:
    prices = {price.id: (price.included[Plan.PRO], price.usd, price.for_each) for price in limits.price}
    assert prices == {"messages": (5_000_000, 2.5, 1_000_000), "peak_connections": (500, 10, 1_000)}
    counted = {rule.id: (rule.when_sent, rule.for_each_receiver) for rule in limits.counting}
    assert counted == {"postgres_changes": (0, 1), "broadcast": (1, 1)}


def test_the_published_throughput_is_there_with_and_without_row_level_security(limits: Limits) -> None:
    def rows(compute: str) -> list[tuple[float, float]]:
        return [(row.clients, row.changes_per_second) for row in limits.throughput if row.compute == compute]

    assert rows("any") == [(500, 64), (5000, 10), (10000, 5)]
    assert (rows("micro to medium"), rows("large and up")) == WITH_SECURITY


@pytest.mark.parametrize(
    ("clients", "at"), [(1, 500), (500, 500), (501, 1500), (3000, 3000), (3001, 4000), (9999, 4000)]
)
def test_the_row_that_fits_has_at_least_as_many_clients(limits: Limits, clients: float, at: float) -> None:
    assert limits.throughput_for(clients, True).clients == at


def test_a_small_machine_is_supposed_where_both_fit(limits: Limits) -> None:
    assert limits.throughput_for(400, True).changes_per_second == 30
    assert limits.throughput_for(400, False).changes_per_second == 64


def test_what_was_measured_says_on_what_and_agrees_with_the_matrix(limits: Limits) -> None:
    measured = {row.subscriptions: row.changes_per_second for row in limits.poller}
    assert measured == {1: 837, 100: 165, 1000: 21}
    assert all("PostgreSQL 15.18, two shared cores" in row.source for row in limits.poller)
    assert set(thresholds_of(load_matrix(), "checks_per_second")) == {limits.checks_per_second.least}
    many = [row.checks_per_second for row in limits.poller if row.subscriptions > 1]
    assert limits.checks_per_second.least <= min(many)
    assert max(many) <= limits.checks_per_second.most


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("format = 1", "format = 1 1", "own.toml is no valid TOML"),
        ("usd = 10", 'usd = "ten"', "price[1].usd"),
        ("usd = 10", "usd = true", "price[1].usd"),
        ("usd = 10", "usd = -1", "price[1].usd"),
        ("usd = 10", "", "required field missing @ price[1].usd"),
        ('unit = "KB"', 'unit = "KB"\nper = "day"', "extra fields found (per)"),
        ('date = "2026-06"', 'date = "2026-13"', "quota[0] needs a source and a date such as 2026-06"),
        ('date = "2026-06"', 'date = "last summer"', "quota[0] needs a source and a date such as 2026-06"),
        ('source = "Supabase docs, Realtime limits guide"', 'source = " "', "quota[0] needs a source and a date"),
        ("free = 200, ", "", "quota[0] says nothing of the plan free"),
        ("row_level_security = false", "row_level_security = true", "rows with and without row_level_security"),
    ],
)
def test_limits_that_mean_nothing_are_refused_in_a_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    own, text = tmp_path / "own.toml", FILE.read_text(encoding="utf-8")
    assert old in text
    own.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape(sentence)) as refused:
        load_limits(own)
    assert "\n" not in str(refused.value)
