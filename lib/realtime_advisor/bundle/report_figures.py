"""The overview's figures as numbers for the page: bars of row changes, and dots of what subscribers hear.

Not plotly's figures: these have no need of a library of megabytes, stand without JavaScript, and follow the theme.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from realtime_advisor.display.palette import OPERATIONS, OPTIONS
from realtime_advisor.display.sentences import busy, tell_churn, tell_hottest
from realtime_advisor.display.wording import is_number, say_count, say_list, say_number, say_share, say_table
from realtime_advisor.model import Churn, DatabaseChurn, Decision, Decisions, Evidence, Source, TableName

from .report_views import Bar, Bars, Dot, Dots, Mix, Part, Row, Tick

MOST_DRAWN: Final = 30
_LEAST: Final = 0.01  # a minute; what is rarer is drawn at the edge
_THRESHOLD: Final = "high_volume"  # the criterion whose threshold is drawn


def draw_bars(churn: DatabaseChurn, rows: Mapping[TableName, Row]) -> Bars:
    """A bar for each of the busiest tables, beside the busiest."""
    told = busy(churn)
    most = told[0].events if told else 1
    more = len(told) - MOST_DRAWN
    return Bars(
        tell_churn(churn),
        tuple(OPERATIONS.values()),
        tuple(_bar(entry, most, rows) for entry in told[:MOST_DRAWN]),
        f"{say_count(more, 'less busy table')} not drawn." if more > 0 else "",
    )


def _bar(entry: Churn, most: int, rows: Mapping[TableName, Row]) -> Bar:
    rate = entry.events_per_minute
    return Bar(
        anchor=rows[entry.table].anchor if entry.table in rows else "",
        name=say_table(entry.table),
        width=round(100 * entry.events / most, 2),
        parts=_parts(entry),
        said=f"{entry.events:,}" if rate is None else say_number(rate),
        title=say_list(f"{count:,} {what}" for what, count in _counts(entry)),
    )


def _counts(entry: Churn) -> list[tuple[str, int]]:
    counts = {"updates": entry.updates, "inserts": entry.inserts, "deletes": entry.deletes}
    return [(what, count) for what, count in counts.items() if count]


def _parts(entry: Churn) -> tuple[Part, ...]:
    return tuple(Part(OPERATIONS[what].colour, round(count / entry.events, 4)) for what, count in _counts(entry))


def draw_mix(entry: Churn) -> Mix:
    """One table's row changes, by kind."""
    said = ((OPERATIONS[what].colour, f"{say_share(count / entry.events)} {what}") for what, count in _counts(entry))
    return Mix(_parts(entry), tuple(said))


@dataclass(frozen=True, slots=True)
class _Heard:
    decision: Decision
    whole: float
    average: float | None
    hottest: float


def draw_dots(decisions: Decisions, rows: Mapping[TableName, Row]) -> Dots | None:
    """What subscribers hear of each table, the most first; None where no rate is known."""
    known = sorted(filter(None, map(_heard, decisions.values())), key=lambda each: (-each.hottest, each.decision.table))
    if not known:
        return None
    told, threshold = known[:MOST_DRAWN], _threshold(decisions)
    scale = _Scale.of(
        [value for each in told for value in (each.whole, each.hottest, each.average or each.hottest)], threshold
    )
    more = len(known) - len(told)
    return Dots(
        sentence="" if threshold is None else _tell(known, threshold),
        ticks=tuple(Tick(scale.place(10.0**power), say_number(10.0**power)) for power in scale.powers),
        threshold=None if threshold is None else Tick(scale.place(threshold), say_number(threshold)),
        dots=tuple(_dot(each, scale, rows[each.decision.table]) for each in told),
        below=(f"{say_count(more, 'table')} that tell less not drawn.",) if more > 0 else (),
    )


def _tell(known: Sequence[_Heard], threshold: float) -> str:
    return tell_hottest([(each.decision.table, each.hottest) for each in known], threshold)


def _threshold(decisions: Decisions) -> float | None:
    found = (finding for decision in decisions.values() for finding in decision.findings)
    threshold = next((each.threshold for each in found if each.criterion == _THRESHOLD), None)
    return float(threshold) if is_number(threshold) else None


@dataclass(frozen=True, slots=True)
class _Scale:
    """Powers of ten from `first` to `last`, from left to right."""

    first: int
    last: int

    @classmethod
    def of(cls, values: Sequence[float], threshold: float | None) -> _Scale:
        told = [max(_LEAST, value) for value in (*values, *([threshold] if threshold else []))]
        first, last = math.floor(math.log10(min(told))), math.ceil(math.log10(max(told)))
        return cls(first, max(last, first + 1))

    @property
    def powers(self) -> range:
        return range(self.first, self.last + 1)

    def place(self, value: float) -> float:
        """Where a value stands, in percent of the width."""
        power = math.log10(max(_LEAST, value))
        return round(100 * (power - self.first) / (self.last - self.first), 2)


def _number(evidence: Evidence) -> float | None:
    return float(evidence.value) if is_number(evidence.value) and math.isfinite(evidence.value) else None


def _heard(decision: Decision) -> _Heard | None:
    """The rates of a table that changes at all, and whose hottest scope is known."""
    if decision.rates is None:
        return None
    rates = decision.rates
    hottest = _number(rates.hottest_per_minute)
    if not hottest:
        return None
    return _Heard(decision, _number(rates.table_per_minute) or hottest, _number(rates.average_per_minute), hottest)


def _dot(each: _Heard, scale: _Scale, row: Row) -> Dot:
    decision, average = each.decision, each.average
    source = decision.rates.hottest_per_minute.source if decision.rates else Source.ASSUMED
    mean = f", {say_number(average)} in the average one" if average else ""
    return Dot(
        anchor=row.anchor,
        name=row.name,
        whole=scale.place(each.whole),
        average=scale.place(average) if average else None,
        hottest=scale.place(each.hottest),
        look=OPTIONS[decision.option],
        inferred=source is Source.INFERRED,
        said=row.hottest_said,
        title=f"{say_number(each.whole)} a minute in all, {say_number(each.hottest)} in the hottest scope{mean}",
    )
