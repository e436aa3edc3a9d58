"""The platform's limits, prices and throughput: every figure with its source and the month it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from cattrs import Converter, transform_error
from cattrs.errors import ClassValidationError

from realtime_advisor.errors import BadInput

from .reading import DATA, read_toml

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Plan(StrEnum):
    """What a project is on."""

    FREE = "free"
    PRO = "pro"
    PRO_UNCAPPED = "pro_uncapped"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of something a project may do, by plan."""

    id: str
    sentence: str
    unit: str
    by_plan: Mapping[Plan, float]
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Price:
    """How much is included in a month, by plan, and what `for_each` more cost in USD."""

    id: str
    sentence: str
    unit: str
    included: Mapping[Plan, float]
    usd: float
    for_each: float
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class CountingRule:
    """How many messages one event counts as."""

    id: str
    sentence: str
    when_sent: float
    for_each_receiver: float
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many changes a second Postgres Changes was published to deliver to so many clients, without filters."""

    row_level_security: bool
    compute: str
    clients: float
    changes_per_second: float
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published load test: what was sent, to how many, and how long it took."""

    id: str
    sentence: str
    messages_per_second: float
    clients: float
    median_milliseconds: float
    p95_milliseconds: float
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class MeasuredPoller:
    """How many changes a second the poller of Postgres Changes handled at so many subscriptions."""

    subscriptions: float
    changes_per_second: float
    source: str
    date: str

    @property
    def checks_per_second(self) -> float:
        """Each change is checked against every subscription."""
        return self.subscriptions * self.changes_per_second


@dataclass(frozen=True, slots=True)
class Checks:
    """How many checks of a change against a subscription one poller does in a second."""

    least: float
    most: float
    source: str
    date: str


@dataclass(frozen=True)
class Limits:
    """All of data/platform_limits.toml."""

    format: int
    quota: tuple[Quota, ...]
    price: tuple[Price, ...]
    counting: tuple[CountingRule, ...]
    throughput: tuple[Throughput, ...]
    benchmark: tuple[Benchmark, ...]
    poller: tuple[MeasuredPoller, ...]
    checks_per_second: Checks

    def quota_of(self, id: str, plan: Plan) -> float:
        """What a plan allows of one thing. Raises BadInput, naming what there is."""
        for quota in self.quota:
            if quota.id == id:
                return quota.by_plan[plan]
        known = ", ".join(quota.id for quota in self.quota)
        raise BadInput(f"The platform's limits have no quota {id!r}. They have {known}.")

    def throughput_for(self, clients: float, row_level_security: bool) -> Throughput:
        """The published row of the smallest machine that was measured with at least so many clients, else with most."""
        rows = [row for row in self.throughput if row.row_level_security is row_level_security]
        return min(rows, key=lambda row: (row.clients < clients, abs(row.clients - clients)))


def load_limits(path: Path | str | None = None) -> Limits:
    """The limits of data/platform_limits.toml, or of the file named. Raises BadInput."""
    return _load_limits(Path(path) if path else DATA / "platform_limits.toml")


@cache
def _load_limits(path: Path) -> Limits:
    found = read_toml(path)
    try:
        limits = _converter().structure(found, Limits)
    except ClassValidationError as error:
        raise _not_understood(path, transform_error(error, path="")[0].replace(" @ .", " @ ")) from None
    for kind, place, figure in _figures(found):
        _require_figure(path, f"{kind}{place}", figure)
    if not limits.throughput or {row.row_level_security for row in limits.throughput} != {True, False}:
        raise _not_understood(path, "throughput needs rows with and without row_level_security")
    return limits


def _figures(found: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Every entry of the file with the name and the place it has there."""
    listed = [
        (kind, f"[{number}]", entry)
        for kind, entries in found.items()
        if isinstance(entries, list)
        for number, entry in enumerate(entries)
    ]
    return listed + [(kind, "", entry) for kind, entry in found.items() if isinstance(entry, dict)]


def _require_figure(path: Path, name: str, figure: Mapping[str, Any]) -> None:
    if not figure["source"].strip() or not _MONTH.fullmatch(figure["date"]):
        raise _not_understood(path, f"{name} needs a source and a date such as 2026-06")
    for key in ("by_plan", "included"):
        missing = [plan.value for plan in Plan if plan not in figure.get(key, Plan)]
        if missing:
            raise _not_understood(path, f"{name} says nothing of the plan {missing[0]}")


def _not_understood(path: Path, what: str) -> BadInput:
    return BadInput(f"The file {path.name} is not understood: {what}. Compare it with the one in data/.")


def _converter() -> Converter:
    """Structures without converting: a word is no number, and a key that is not known is refused."""
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, _as(str))
    converter.register_structure_hook(int, _as(int))
    converter.register_structure_hook(bool, _as(bool))
    converter.register_structure_hook(float, _number)
    return converter


def _as(kind: type) -> Any:
    def structure(value: object, _: Any) -> object:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is no {kind.__name__}")
        return value

    return structure


def _number(value: object, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"{value!r} is no number of 0 or more")
    return float(value)
