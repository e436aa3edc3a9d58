"""Decisions as pictures: the verdict, and how near each threshold is."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.model import Advice, DatabaseChurn, Decision, Finding, Option

from .canvas import (
    MOST_TABLES,
    ROW,
    axis,
    band,
    entitle,
    label,
    line_at,
    new_figure,
    row_axis,
)
from .palette import GRID, OPTIONS, SYMBOLS
from .sentences import tell_margins, tell_verdict
from .views import Picture
from .wording import is_number, say_bare, say_number

_FURTHEST: Final = 2.0  # thresholds; what lies beyond is drawn at the edge
_ORDER: Final = tuple(Option)


def draw_verdict(advice: Advice) -> Picture:
    """Each table's option, its confidence beside it, the runner-up as a ring; the busiest tables if there are many."""
    decisions, churn = advice.decisions, advice.churn
    busiest = sorted(decisions.values(), key=lambda each: -_events(churn, each))[:MOST_TABLES]
    told = sorted(busiest, key=lambda each: _ORDER.index(each.option))
    figure = new_figure(
        [_runners_up(told), *(_chosen(option, told) for option in Option)],
        entitle("How each table should speak to clients", len(told), len(decisions)),
        156 + ROW * max(1, len(told)),
        xaxis=axis(
            side="top",
            tickvals=[0, 1, 2, 3, 4.1],
            ticktext=[*(f"<b>{_in_two_lines(OPTIONS[option].word)}</b>" for option in Option), "changes<br>a minute"],
            tickangle=0,  # else plotly turns them where the page is narrow, into the title
            range=[-0.5, 4.6],
            showgrid=False,
        ),
        yaxis=row_axis([label(each.table) for each in told]),
        shapes=[band(row) for row in range(0, len(told), 2)],
        annotations=[_rate(churn, each, row) for row, each in enumerate(told)],
        subtitle="filled: the verdict, and how sure it is; open: the runner-up",
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 126, "b": 10},
    )
    return Picture(figure, tell_verdict(decisions))


def _events(churn: DatabaseChurn, decision: Decision) -> int:
    return churn[decision.table].events if decision.table in churn else 0


def _in_two_lines(word: str) -> str:
    return word.replace(" ", "<br>", 1)


def _chosen(option: Option, told: Sequence[Decision]) -> Any:
    look = OPTIONS[option]
    rows = [(row, each) for row, each in enumerate(told) if each.option is option]
    return go.Scatter(
        x=[_ORDER.index(option)] * len(rows),
        y=[row for row, _ in rows],
        mode="markers+text",
        text=[f"  {each.confidence}" for _, each in rows],
        textposition="middle right",
        textfont={"size": 12},
        marker={"size": 15, "symbol": look.symbol, "color": look.colour},
        hovertext=[_hover(each.reasons[0] if each.reasons else "") for _, each in rows],
        hoverinfo="text",
        cliponaxis=False,
    )


def _hover(sentence: str) -> str:
    return "<br>".join(wrap(escape(sentence, quote=False), 60))


def _runners_up(told: Sequence[Decision]) -> Any:
    ringed = [(row, each.runner_up) for row, each in enumerate(told) if each.runner_up]
    return go.Scatter(
        x=[_ORDER.index(option) for _, option in ringed],
        y=[row for row, _ in ringed],
        mode="markers",
        marker={
            "size": 11,
            "symbol": [f"{OPTIONS[option].symbol}-open" for _, option in ringed],
            "color": [OPTIONS[option].colour for _, option in ringed],
            "line": {"width": 1.5},
        },
        hovertext=["runner-up"] * len(ringed),
        hoverinfo="text",
    )


def _rate(churn: DatabaseChurn, decision: Decision, row: int) -> dict[str, Any]:
    rate = churn[decision.table].events_per_minute if decision.table in churn else None
    return {"x": 4.45, "y": row, "text": say_number(rate), "showarrow": False, "xanchor": "right"}


def draw_margins(decision: Decision) -> Picture:
    """How far each measured criterion is from its threshold, the nearest first; filled where the criterion holds."""
    told = sorted(filter(_is_measured, decision.findings), key=lambda finding: abs(_ratio(finding) - 1))
    figure = new_figure(
        [_stems(told), _heads(told)],
        f"{label(decision.table)}: how near to each threshold",
        130 + 2 * ROW * max(1, len(told)),
        xaxis=axis(
            "value, as a part of the threshold",
            range=[-0.1, _FURTHEST + 0.1],
            tickvals=[0, 0.5, 1, 1.5, _FURTHEST],
            ticktext=["0", "", "threshold", "", "2 or more"],
            tickangle=0,
        ),
        yaxis=row_axis([_shorten(finding.sentence) for finding in told]),
        shapes=[*(band(row) for row in range(0, len(told), 2)), line_at(1)],
        annotations=[_rule(finding, row) for row, finding in enumerate(told)],
        showlegend=False,
        margin={"l": 10, "r": 140, "t": 60, "b": 50},
    )
    return Picture(figure, tell_margins(decision, told))


def _is_measured(finding: Finding) -> bool:
    value, threshold = finding.evidence.value, finding.threshold
    return is_number(value) and is_number(threshold) and threshold != 0


def _ratio(finding: Finding) -> float:
    return float(finding.evidence.value or 0) / float(finding.threshold or 1)


def _shorten(sentence: str) -> str:
    """A sentence on at most two lines of a label."""
    lines = [escape(line, quote=False) for line in wrap(sentence, 38)]
    return "<br>".join(lines[:2]) + ("…" if lines[2:] else "")


def _stems(told: Sequence[Finding]) -> Any:
    ends = [round(min(_ratio(finding), _FURTHEST), 4) for finding in told]
    return go.Scatter(
        x=[x for end in ends for x in (1, end, None)],
        y=[y for row in range(len(told)) for y in (row, row, None)],
        mode="lines",
        line={"color": GRID, "width": 4},
        hoverinfo="skip",
    )


def _heads(told: Sequence[Finding]) -> Any:
    looks = [(OPTIONS[finding.option], finding.holds) for finding in told]
    return go.Scatter(
        x=[round(min(_ratio(finding), _FURTHEST), 4) for finding in told],
        y=list(range(len(told))),
        mode="markers",
        marker={
            "size": 14,
            "color": [look.colour for look, _ in looks],
            "symbol": [look.symbol if holds else f"{look.symbol}-open" for look, holds in looks],
            "line": {"width": [0 if holds else 2 for _, holds in looks]},
        },
        hoverinfo="skip",
        cliponaxis=False,
    )


def _rule(finding: Finding, row: int) -> dict[str, Any]:
    """The comparison in figures, at the right: '✓ 39.7 < 100'."""
    unit = finding.evidence.unit
    now, at = say_bare(finding.evidence.value, unit), say_bare(finding.threshold, unit)
    text = f"{'✓' if finding.holds else '✗'}  {now} {escape(SYMBOLS[finding.operator])} {at}"
    return {"x": 1.02, "xref": "paper", "y": row, "text": text, "showarrow": False, "xanchor": "left"}
