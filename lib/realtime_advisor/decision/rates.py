"""Row changes a minute as a subscriber hears them: of the whole table, of the average scope, of the hottest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, Churn, Evidence, Scope, ScopeKind, ScopeRates, Source, Table
from realtime_advisor.reference import Matrix, thresholds_of

from .answer import RATE, TableAnswers
from .spread import Spread, spread_over

UNIT: Final = "events/minute"
# The counters' rate and the WAL's are told side by side where one is this many times the other.
_DISAGREE: Final = 2


@dataclass(frozen=True, slots=True)
class _Pace:
    """The table's own row changes a minute, and how they were counted."""

    per_minute: float | None
    how: str
    said: str  # the rate in words that a sentence goes on with


def telling(churn: Churn | None) -> Churn | None:
    """The churn that tells something: the window's, or what the counters had before it if nobody wrote meanwhile."""
    return churn.earlier if churn is not None and not churn.events and churn.earlier else churn


def measure_rates(
    table: Table, scope: Scope | None, catalog: Catalog, churn: Churn | None, matrix: Matrix, answers: TableAnswers
) -> ScopeRates:
    """The rates of one table and its scope, and the Postgres Changes filter that selects one scope, if any can.

    An answered rate of the hottest scope stands in for what would be measured.
    """
    pace = _pace(churn)
    whole = Evidence(_rounded(pace.per_minute), UNIT, Source.MEASURED, pace.how)
    average, hottest = _scoped(table, scope, catalog, churn, matrix, pace)
    answered = answers.number(RATE)
    if answered is not None:
        hottest = Evidence(answered, UNIT, Source.ANSWERED, answers.tell(RATE))
    return ScopeRates(whole, average, hottest, find_filter(scope), say_no_filter(scope))


def _pace(churn: Churn | None) -> _Pace:
    if churn is None:
        return _Pace(None, "no counters for this table", "")
    if churn.wal is not None and churn.wal.events and churn.wal_seconds:
        return _pace_of_wal(churn, churn.wal.events * 60 / churn.wal_seconds)
    told = telling(churn) or churn
    if not told.events:
        return _Pace(0.0 if churn.basis == "window" else None, "no row changed", "")
    rate = told.events_per_minute
    if rate is None:
        return _Pace(None, "the counters do not say since when they count", "")
    basis = "in the window" if told.basis == "window" else "since the counters began"
    return _Pace(rate, f"{told.events:,} row changes counted {basis}", f"{rate:g} a minute measured")


def _pace_of_wal(churn: Churn, rate: float) -> _Pace:
    counted = churn.events_per_minute
    how = f"committed row changes in {churn.wal_seconds:g} s of WAL"
    if counted is not None and max(counted, rate) > _DISAGREE * min(counted, rate):
        how += f"; the counters say {counted:g} a minute, over their own window"
    return _Pace(rate, how, f"{rate:g} a minute in {churn.wal_seconds:g} s of WAL")


def _scoped(
    table: Table, scope: Scope | None, catalog: Catalog, churn: Churn | None, matrix: Matrix, pace: _Pace
) -> tuple[Evidence, Evidence]:
    """The average scope's rate and the hottest one's."""
    if churn is None or not pace.per_minute:
        same = Evidence(pace.per_minute, UNIT, Source.MEASURED, pace.how)
        return same, same
    if scope is None:
        same = Evidence(_rounded(pace.per_minute), UNIT, Source.MEASURED, "the whole table's: it has no scope")
        return same, same
    spread = spread_over(scope, table, catalog, telling(churn) or churn)
    return _average(pace.per_minute, spread), _hottest(pace, pace.per_minute, spread, matrix)


def _average(rate: float, spread: Spread) -> Evidence:
    if spread.scopes is None:
        return Evidence(None, UNIT, spread.source, spread.detail)
    value = rate * spread.covered / spread.scopes
    return Evidence(_rounded(value), UNIT, spread.source, f"spread over about {spread.scopes:,.0f} scopes")


def _hottest(pace: _Pace, rate: float, spread: Spread, matrix: Matrix) -> Evidence:
    if spread.hottest is not None:
        source = Source.MEASURED if spread.source is Source.CATALOG else spread.source
        return Evidence(_rounded(rate * spread.hottest), UNIT, source, f"{pace.said}, {spread.detail}")
    most, least = rate * spread.at_most, rate * spread.at_least
    thresholds = thresholds_of(matrix, "hottest_scope_per_minute")
    # A bound is used only where it settles the question: all thresholds are on one side of it.
    if thresholds and least > thresholds[-1]:
        return Evidence(_rounded(least), UNIT, Source.INFERRED, f"at least {least:g} a minute; {spread.detail}")
    settles = not thresholds or most < thresholds[0]
    detail = f"at most {most:g} a minute, {spread.detail}"
    return Evidence(_rounded(most) if settles else None, UNIT, Source.MEASURED, detail)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def find_filter(scope: Scope | None) -> str | None:
    """The Postgres Changes filter that selects one scope: it compares one column of the table itself.

    >>> find_filter(Scope(ScopeKind.TENANT, "tenant", None, ("tenant_id",), "uuid"))
    'tenant_id=eq.<id>'
    """
    own = scope is not None and not scope.path and len(scope.columns) == 1
    return f"{scope.columns[0]}=eq.<id>" if scope is not None and own else None


def say_no_filter(scope: Scope | None) -> str | None:
    """Why no Postgres Changes filter selects one scope; None where one does."""
    if scope is None:
        return "Nothing leads from the rows to a user or a tenant, so there is nothing to filter by."
    if scope.kind is ScopeKind.GLOBAL:
        return "Everyone may read every row, so there is nothing to filter by."
    key = ", ".join(scope.columns)
    if scope.path:
        away = f"{len(scope.path)} foreign key{'s' if len(scope.path) > 1 else ''} away"
        return (
            f"A filter compares a column of the table itself, and the {scope.label}'s key is {away}, "
            f"in {scope.path[-1].references}.{key}."
        )
    if len(scope.columns) > 1:
        return f"A filter compares one column, and the {scope.label}'s key has {len(scope.columns)}: {key}."
    return None
