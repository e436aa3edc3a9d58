"""Row changes a minute as subscribers hear them: of the whole table, of the average scope, of the hottest one."""

# mypy: allow-untyped-calls

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.model import Decision, Decisions, Evidence, Source
from realtime_advisor.reference import Matrix

from .canvas import (
    LEGEND_BELOW,
    MOST_TABLES,
    ROW,
    axis,
    band,
    entitle,
    float_threshold,
    label,
    line_at,
    name_line,
    new_figure,
    row_axis,
)
from .palette import FAINT, GRID, INK, OPTIONS, SOURCES
from .sentences import NO_TABLES, tell_hottest
from .views import Picture
from .wording import is_number, say_count, say_number, say_table

_MOST_UNKNOWN: Final = 5  # told one by one
_LEAST: Final = 0.01  # a minute; what is rarer is drawn at the edge


@dataclass(frozen=True, slots=True)
class _Rates:
    """One table's rates; the hottest scope's is known."""

    decision: Decision
    whole: float
    average: float | None
    hottest: float
    source: Source


def draw_rates(decisions: Decisions, matrix: Matrix) -> Picture:
    """Each table's rate, its average scope's and its hottest one's, against the threshold for Broadcast.

    The hottest scope's mark is the verdict's, open where the rate is inferred. What is unknown is listed below.
    """
    threshold = float_threshold(matrix["high_volume"])
    known = sorted(filter(None, map(_known, decisions.values())), key=lambda each: (-each.hottest, each.decision.table))
    told = known[:MOST_TABLES]
    figure = new_figure(
        [_spans(told), _wholes(told), _averages(told), _hottest(told)],
        entitle("Row changes a minute that a subscriber hears", len(told), len(known)),
        150 + ROW * max(1, len(told)),
        subtitle="filled: the hottest scope, open where that is inferred",
        xaxis=_scale([threshold, *(value for each in told for value in (each.whole, each.average) if value)]),
        yaxis=row_axis([label(each.decision.table) for each in told]),
        shapes=[*(band(row) for row in range(0, len(told), 2)), line_at(threshold)],
        annotations=[
            name_line(math.log10(threshold), f"Broadcast above {say_number(threshold)}"),
            *(_say_hottest(each, row) for row, each in enumerate(told)),
        ],
        legend=LEGEND_BELOW,
        margin={"l": 10, "r": 150, "t": 100, "b": 85},
    )
    return Picture(figure, _tell(decisions, known, threshold), tuple(_tell_unknown(decisions)))


def _number(evidence: Evidence) -> float | None:
    return float(evidence.value) if is_number(evidence.value) else None


def _known(decision: Decision) -> _Rates | None:
    """The rates of a table that changes at all, and whose hottest scope is known."""
    if decision.rates is None:
        return None
    hottest, average = _number(decision.rates.hottest_per_minute), _number(decision.rates.average_per_minute)
    whole = _number(decision.rates.table_per_minute)
    if not hottest or not math.isfinite(hottest):
        return None
    return _Rates(decision, whole or hottest, average, hottest, decision.rates.hottest_per_minute.source)


def _scale(values: Sequence[float]) -> dict[str, Any]:
    least, most = math.log10(max(_LEAST, min(values))), math.log10(max(values))
    ends = [round(least - 0.15, 3), round(most + 0.2, 3)]
    return axis("row changes a minute, each line ten times the one before", type="log", range=ends, dtick=1)


def _clip(value: float) -> float:
    return round(max(_LEAST, value), 3)


def _spans(told: Sequence[_Rates]) -> Any:
    """A line from the average scope to the whole table."""
    return go.Scatter(
        x=[x for each in told for x in (_clip(each.average or each.hottest), _clip(each.whole), None)],
        y=[y for row in range(len(told)) for y in (row, row, None)],
        mode="lines",
        line={"color": GRID, "width": 4},
        showlegend=False,
        hoverinfo="skip",
    )


def _wholes(told: Sequence[_Rates]) -> Any:
    marker = {"symbol": "line-ns-open", "size": 15, "color": INK, "line": {"width": 2}}
    return _marks("whole table", list(enumerate(told)), [each.whole for each in told], marker)


def _averages(told: Sequence[_Rates]) -> Any:
    rows = [(row, each) for row, each in enumerate(told) if each.average]
    return _marks("average scope", rows, [each.average or 0 for _, each in rows], {"size": 7, "color": FAINT})


def _hottest(told: Sequence[_Rates]) -> Any:
    looks = [(OPTIONS[each.decision.option], each.source is Source.INFERRED) for each in told]
    marker = {
        "size": 13,
        "color": [look.colour for look, _ in looks],
        "symbol": [f"{look.symbol}-open" if inferred else look.symbol for look, inferred in looks],
        "line": {"width": [2 if inferred else 0 for _, inferred in looks]},
    }
    return _marks("hottest scope", list(enumerate(told)), [each.hottest for each in told], marker, legend=False)


def _marks(
    name: str, rows: Sequence[tuple[int, _Rates]], values: Sequence[float], marker: dict[str, Any], legend: bool = True
) -> Any:
    return go.Scatter(
        name=name,
        x=[_clip(value) for value in values],
        y=[row for row, _ in rows],
        mode="markers",
        marker=marker,
        showlegend=legend,
        hovertemplate=f"{name}: %{{x:,}} a minute<extra></extra>",
        cliponaxis=False,
    )


def _say_hottest(each: _Rates, row: int) -> dict[str, Any]:
    """The hottest scope's rate at the right, and how it is known."""
    said = f"{_bound(each.decision)}{say_number(each.hottest)}, {SOURCES[each.source]}"
    return {"x": 1.01, "xref": "paper", "xanchor": "left", "y": row, "text": said, "showarrow": False}


def _bound(decision: Decision) -> str:
    detail = decision.rates.hottest_per_minute.detail if decision.rates else ""
    return next((sign for word, sign in (("at most", "≤ "), ("at least", "≥ ")) if detail.startswith(word)), "")


def _tell(decisions: Decisions, known: Sequence[_Rates], threshold: float) -> str:
    if not decisions:
        return NO_TABLES
    said = tell_hottest([(each.decision.table, each.hottest) for each in known], threshold)
    divided = [each for each in known if each.whole > each.hottest]
    if not divided:
        return said
    most = max(divided, key=lambda each: (each.whole - each.hottest, each.decision.table))
    scope = most.decision.scope.label if most.decision.scope else "scope"
    return (
        f"{said} A scope spares most in {say_table(most.decision.table)}: of {say_number(most.whole)} row changes a "
        f"minute the hottest {scope} hears {say_number(most.hottest)}."
    )


def _tell_unknown(decisions: Decisions) -> list[str]:
    """The tables that change but whose hottest scope nobody knows, each with the reason or the remedy."""
    unknown = [
        (decision.table, decision.rates.hottest_per_minute.detail)
        for decision in decisions.values()
        if decision.rates and decision.rates.hottest_per_minute.value is None
    ]
    told = [f"- {say_table(table)}: unknown{f', {why}' if why else ''}." for table, why in unknown[:_MOST_UNKNOWN]]
    more = len(unknown) - len(told)
    return [*told, f"- Unknown for {say_count(more, 'more table')}."] if more > 0 else told
