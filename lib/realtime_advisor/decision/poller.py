"""What Postgres Changes asks of its one poller: every change is checked against every subscription."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import (
    Churn,
    Decision,
    Decisions,
    Evidence,
    Finding,
    Option,
    ScopeRates,
    Source,
    Table,
    TableName,
)
from realtime_advisor.reference import Matrix, load_limits, thresholds_of

from .answer import SUBSCRIPTIONS, TableAnswers
from .rates import telling

UNIT: Final = "checks/second"
METRIC: Final = "checks_per_second"
CRITERION: Final = "poller_keeps_up"


def measure_checks(
    table: Table, churn: Churn | None, rates: ScopeRates, matrix: Matrix, answers: TableAnswers
) -> Evidence:
    """Changes a second, at the peak where it is known, times the subscriptions that were answered.

    Unanswered it is unknown and assumed to be few, with the number of subscriptions at which the poller is saturated.
    """
    per_minute, when = _busiest(churn, rates)
    if per_minute is None:
        return Evidence(None, UNIT, Source.ASSUMED, "the table's rate is unknown")
    limits = thresholds_of(matrix, METRIC)
    saturates = _say_saturation(per_minute, when, limits[0]) if limits and per_minute else "no row changed"
    subscriptions = answers.number(SUBSCRIPTIONS)
    if subscriptions is None:
        return Evidence(None, UNIT, Source.ASSUMED, f"how many clients listen is not known; {saturates}")
    said = f"{subscriptions:,.0f} subscriptions ({answers.tell(SUBSCRIPTIONS)})"
    published = _say_published(subscriptions, table.row_security)
    checks = round(per_minute / 60 * subscriptions, 3)
    return Evidence(checks, UNIT, Source.ANSWERED, f"{said}; {saturates}; {published}")


def _busiest(churn: Churn | None, rates: ScopeRates) -> tuple[float | None, str]:
    told = telling(churn)
    mean = rates.table_per_minute.value
    if told is not None and told.events and told.peak_per_minute is not None:
        return told.peak_per_minute, " at the peak"
    return (float(mean) if mean is not None else None), ""


def _say_saturation(per_minute: float, when: str, limit: float) -> str:
    subscriptions = count_saturating(per_minute, limit)
    return f"at {per_minute:,.4g} changes a minute{when}, {subscriptions:,} subscriptions saturate the poller"


def count_saturating(per_minute: float, limit: float) -> int:
    """The fewest subscriptions at which so many changes a minute reach a limit of checks a second.

    >>> count_saturating(205, 16_000)
    4683
    """
    return math.ceil(limit * 60 / per_minute)


def _say_published(subscriptions: float, row_security: bool) -> str:
    row = load_limits().throughput_for(subscriptions, row_security)
    how = "with" if row_security else "without"
    return (
        f"Supabase published {row.changes_per_second:g} changes a second for {row.clients:,.0f} clients "
        f"{how} row level security"
    )


@dataclass(frozen=True, slots=True)
class PollerLoad:
    """What the tables decided as Postgres Changes ask together of the project's one poller.

    `checks_per_second` is the sum over the tables whose subscriptions are known, an upper bound where their peaks do
    not coincide; `unknown` are the other tables, `changes_per_minute` the sum of all tables' mean rates that are known.
    """

    tables: tuple[TableName, ...]
    checks_per_second: float
    limit: float
    unknown: tuple[TableName, ...]
    changes_per_minute: float

    @property
    def saturated(self) -> bool:
        """Whether what is known alone reaches the limit."""
        return self.checks_per_second >= self.limit


def poller_load(decisions: Decisions) -> PollerLoad | None:
    """The load of the poller by all tables decided as Postgres Changes; None where there is none, or no criterion."""
    told = [
        (decision, finding)
        for decision in decisions.values()
        if decision.option is Option.POSTGRES_CHANGES and (finding := _checks_of(decision))
    ]
    if not told:
        return None
    values = {decision.table: finding.evidence.value for decision, finding in told}
    return PollerLoad(
        tuple(values),
        sum(float(value) for value in values.values() if value is not None),
        float(told[0][1].threshold or 0),
        tuple(table for table, value in values.items() if value is None),
        sum(float(d.rates.table_per_minute.value or 0) for d, _ in told if d.rates),
    )


def _checks_of(decision: Decision) -> Finding | None:
    return next((finding for finding in decision.findings if finding.criterion == CRITERION), None)
