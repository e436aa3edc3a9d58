"""The nouns as pictures, each with the sentence that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import Advice, Churn, DatabaseChurn, Decision, Decisions, Finding, Option, Snapshot
from realtime_advisor.reference import Matrix

from .canvas import ROW, axis, label, new_figure, table_axis
from .palette import FAINT, GRID, INK, OPERATIONS, OPTIONS, PAPER
from .sentences import (
    busy,
    find_bursts,
    tell_bursts,
    tell_churn,
    tell_hottest,
    tell_margins,
    tell_mix,
    tell_verdict,
)
from .views import Picture
from .wording import say_bare, say_number, say_share

MOST_TABLES: Final = 30
STANDS_OUT: Final = 3.0  # as many times its mean a table's busiest interval must be to be drawn as a burst
_FURTHEST: Final = 2.0  # thresholds; what lies beyond is drawn at the edge


def draw_verdict(advice: Advice) -> Picture:
    """Each table's option, its confidence beside it, and the runner-up as a ring; the busiest tables if there are many."""
    return _draw_verdict(advice.decisions, advice.churn)


def _draw_verdict(decisions: Decisions, churn: DatabaseChurn) -> Picture:
    order = list(Option)
    told = sorted(
        sorted(decisions.values(), key=lambda each: -_events(churn, each))[:MOST_TABLES],
        key=lambda each: (order.index(each.option), -_events(churn, each)),
    )
    names = [label(each.table) for each in told]
    traces = [_chosen(option, [each for each in told if each.option is option]) for option in Option]
    rest = len(decisions) - len(told)
    title = "How each table should speak to clients" + (f" (the {len(told)} busiest)" if rest else "")
    figure = new_figure(
        [*traces, _runners_up(told)],
        title,
        110 + ROW * max(1, len(told)),
        xaxis=axis(
            side="top",
            tickvals=[0, 1, 2, 3, 4.1],
            ticktext=[*(f"<b>{OPTIONS[option].word}</b>" for option in Option), "changes a minute"],
            range=[-0.5, 4.6],
            showgrid=False,
        ),
        yaxis=table_axis(names),
        annotations=[_rate(churn, each) for each in told],
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 80, "b": 10},
    )
    return Picture(figure, tell_verdict(decisions))


def _events(churn: DatabaseChurn, decision: Decision) -> int:
    return churn[decision.table].events if decision.table in churn else 0


def _chosen(option: Option, told: Sequence[Decision]) -> Any:
    look = OPTIONS[option]
    return go.Scatter(
        x=[list(Option).index(option)] * len(told),
        y=[label(each.table) for each in told],
        mode="markers+text",
        text=[f"  {each.confidence}" for each in told],
        textposition="middle right",
        textfont={"size": 11},
        marker={"size": 15, "symbol": look.symbol, "color": look.colour},
        hovertext=[each.reasons[0] if each.reasons else "" for each in told],
        hoverinfo="y+text",
        cliponaxis=False,
    )


def _runners_up(told: Sequence[Decision]) -> Any:
    ringed = [(each, each.runner_up) for each in told if each.runner_up]
    return go.Scatter(
        x=[list(Option).index(option) for _, option in ringed],
        y=[label(each.table) for each, _ in ringed],
        mode="markers",
        marker={
            "size": 11,
            "symbol": [f"{OPTIONS[option].symbol}-open" for _, option in ringed],
            "color": [OPTIONS[option].colour for _, option in ringed],
            "line": {"width": 1},
            "opacity": 0.75,
        },
        hovertext=["runner-up"] * len(ringed),
        hoverinfo="y+text",
    )


def _rate(churn: DatabaseChurn, decision: Decision) -> dict[str, Any]:
    rate = churn[decision.table].events_per_minute if decision.table in churn else None
    return {
        "x": 4.4,
        "y": label(decision.table),
        "text": say_number(rate),
        "showarrow": False,
        "xanchor": "right",
        "font": {"size": 12},
    }


def draw_churn(churn: DatabaseChurn) -> Picture:
    """A treemap: each table's area is its row changes, its colour what it mostly does."""
    told = busy(churn)[: 2 * MOST_TABLES]
    most = [_main_operation(entry) for entry in told]
    figure = new_figure(
        [
            go.Treemap(
                labels=[label(entry.table) for entry in told],
                parents=[""] * len(told),
                values=[entry.events for entry in told],
                text=[
                    f"{say_share(churn.share(entry.table))}, mostly {what}"
                    for entry, what in zip(told, most, strict=True)
                ],
                texttemplate="<b>%{label}</b><br>%{text}",
                hovertemplate="%{label}: %{value} row changes, %{text}<extra></extra>",
                marker={"colors": [OPERATIONS[what].colour for what in most], "line": {"width": 2, "color": PAPER}},
                textfont={"color": ["#ffffff" if what == "deletes" else INK for what in most]},
                tiling={"pad": 0},
                pathbar={"visible": False},
            )
        ],
        "Who makes the row changes",
        420,
        margin={"l": 0, "r": 0, "t": 50, "b": 0},
    )
    return Picture(figure, tell_churn(churn))


def _main_operation(entry: Churn) -> str:
    counts = {"updates": entry.updates, "inserts": entry.inserts, "deletes": entry.deletes}
    return max(counts, key=lambda what: counts[what])


def draw_mix(churn: DatabaseChurn, matrix: Matrix) -> Picture:
    """A bar for each table: updates, inserts and deletes as parts of a whole, with the matrix's line for update-heavy."""
    told = busy(churn)[:MOST_TABLES]
    heavy = float(_threshold(matrix, "update_heavy"))
    names = [label(entry.table) for entry in told]
    figure = new_figure(
        [_mix_bar(what, told, names) for what in OPERATIONS],
        "What each table's row changes are",
        120 + ROW * max(1, len(told)),
        barmode="stack",
        bargap=0.3,
        xaxis=axis("share of row changes", tickformat=".0%", range=[0, 1]),
        yaxis=table_axis(names),
        shapes=[_line(heavy)],
        annotations=[_line_label(heavy, f"update-heavy beyond {say_share(heavy)}")],
        margin={"l": 10, "r": 20, "t": 90, "b": 50},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "yref": "paper", "traceorder": "normal"},
    )
    return Picture(figure, tell_mix(churn, heavy))


def _mix_bar(what: str, told: Sequence[Churn], names: list[str]) -> Any:
    counts = {"updates": lambda e: e.updates, "inserts": lambda e: e.inserts, "deletes": lambda e: e.deletes}[what]
    return go.Bar(
        name=what,
        orientation="h",
        y=names,
        x=[round(counts(entry) / entry.events, 4) for entry in told],
        marker={"color": OPERATIONS[what].colour},
        hovertemplate="%{y}: %{x:.0%} " + what + "<extra></extra>",
    )


def _threshold(matrix: Matrix, criterion: str) -> float:
    threshold = matrix[criterion].threshold
    return float(threshold) if isinstance(threshold, int | float) else 0.0


def _line(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": INK, "width": 1.5, "dash": "dot"},
    }


def _line_label(at: float, text: str) -> dict[str, Any]:
    return {
        "x": at,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left",
        "showarrow": False,
        "text": text,
        "font": {"size": 12},
    }


def draw_timeline(snapshots: Sequence[Snapshot]) -> Picture:
    """Row changes a minute between one reading and the next; tables that burst stand out, the rest is grey."""
    churn = measure_churn(*snapshots)
    intervals = [measure_churn(before, after) for before, after in pairwise(snapshots)]
    ends = [round((snapshot.taken_at - snapshots[0].taken_at).total_seconds() / 60, 2) for snapshot in snapshots]
    bursts = {entry.table: index for index, entry in enumerate(find_bursts(churn, STANDS_OUT)[:3])}
    told = sorted(busy(churn)[:MOST_TABLES], key=lambda entry: entry.table in bursts)
    figure = new_figure(
        [_steps(entry, intervals, ends, bursts.get(entry.table)) for entry in told],
        "Row changes a minute, as time goes by",
        380,
        xaxis=axis("minutes since the first reading", range=[0, ends[-1]], showgrid=False),
        yaxis=axis("row changes a minute", rangemode="tozero", tickformat=","),
        showlegend=bool(bursts),
        margin={"l": 10, "r": 20, "t": 80, "b": 50},
    )
    return Picture(figure, tell_bursts(churn, STANDS_OUT))


def _steps(entry: Churn, intervals: Sequence[DatabaseChurn], ends: list[float], burst: int | None) -> Any:
    rates = [each[entry.table].events_per_minute if entry.table in each else None for each in intervals]
    known = [None if rate is None else round(rate, 2) for rate in rates]
    colour = FAINT if burst is None else (OPERATIONS["updates"].colour, "#0072b2", "#009e73")[burst]
    return go.Scatter(
        name=label(entry.table),
        x=ends,
        y=[*known, *known[-1:]],
        mode="lines",
        line={"shape": "hv", "width": 1 if burst is None else 3, "color": colour},
        showlegend=burst is not None,
        hovertemplate="%{y:,} a minute",
    )


def draw_margins(decision: Decision) -> Picture:
    """How far each measured criterion is from its threshold; filled where the criterion holds."""
    told = sorted(filter(_is_measured, decision.findings), key=_distance)
    names = [_shorten(finding.sentence) for finding in told]
    figure = new_figure(
        [_stems(told, names), _heads(told, names)],
        f"{label(decision.table)}: how near to each threshold",
        130 + 2 * ROW * max(1, len(told)),
        xaxis=axis(
            "value, as a part of the threshold",
            range=[-0.05, _FURTHEST + 0.75],
            tickvals=[0, 0.5, 1, 1.5, _FURTHEST],
            ticktext=["0", "½", "threshold", "1½", "2 and more"],
        ),
        yaxis=table_axis(names),
        shapes=[_line(1)],
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 60, "b": 50},
    )
    return Picture(figure, tell_margins(decision, told))


def _is_measured(finding: Finding) -> bool:
    value, threshold = finding.evidence.value, finding.threshold
    return _is_number(value) and _is_number(threshold) and bool(threshold)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ratio(finding: Finding) -> float:
    return float(finding.evidence.value or 0) / float(finding.threshold or 1)


def _distance(finding: Finding) -> float:
    return abs(_ratio(finding) - 1)


def _shorten(sentence: str, longest: int = 38) -> str:
    """A sentence on at most two lines of a label."""
    words, lines = sentence.replace("<", "&lt;").split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > longest:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join([*lines[:1], lines[1] + ("…" if len(lines) > 2 else "")] if len(lines) > 1 else lines)


def _stems(told: Sequence[Finding], names: list[str]) -> Any:
    points = [(min(_ratio(finding), _FURTHEST), name) for finding, name in zip(told, names, strict=True)]
    return go.Scatter(
        x=[value for ratio, _ in points for value in (1, ratio, None)],
        y=[name for _, name in points for name in (name, name, None)],
        mode="lines",
        line={"color": GRID, "width": 4},
        hoverinfo="skip",
    )


def _heads(told: Sequence[Finding], names: list[str]) -> Any:
    looks = [OPTIONS[finding.option] for finding in told]
    return go.Scatter(
        x=[round(min(_ratio(finding), _FURTHEST), 4) for finding in told],
        y=names,
        mode="markers+text",
        text=[f"  {_against(finding)}" for finding in told],
        textposition="middle right",
        textfont={"size": 11},
        marker={
            "size": 13,
            "color": [look.colour for look in looks],
            "symbol": [
                look.symbol + ("" if finding.holds else "-open") for look, finding in zip(looks, told, strict=True)
            ],
            "line": {"width": 2},
        },
        hoverinfo="skip",
        cliponaxis=False,
    )


def _against(finding: Finding) -> str:
    unit = finding.evidence.unit
    said = f"{say_bare(finding.evidence.value, unit)} against {say_bare(finding.threshold, unit)}"
    return said + ("" if finding.holds else ": does not hold")


def draw_hottest(decisions: Decisions, matrix: Matrix) -> Picture:
    """Each table's rate in its hottest scope against the matrix's threshold for Broadcast."""
    threshold = _threshold(matrix, "high_volume")
    rates = [(each, rate) for each in decisions.values() if (rate := _hottest(each))]
    rates = sorted(rates, key=lambda pair: -pair[1])[:MOST_TABLES]
    names = [label(each.table) for each, _ in rates]
    top = max([threshold, *(rate for _, rate in rates)])
    figure = new_figure(
        [
            go.Scatter(
                x=[round(rate, 3) for _, rate in rates],
                y=names,
                mode="markers+text",
                text=[f"  {say_number(rate)}" for _, rate in rates],
                textposition="middle right",
                marker={
                    "size": 13,
                    "color": [OPTIONS[each.option].colour for each, _ in rates],
                    "symbol": [OPTIONS[each.option].symbol for each, _ in rates],
                },
                hoverinfo="y+x",
                cliponaxis=False,
            )
        ],
        "Events a minute in each table's hottest scope",
        130 + ROW * max(1, len(rates)),
        xaxis=axis("events a minute", range=[0, top * 1.12], tickformat=","),
        yaxis=table_axis(names),
        shapes=[_line(threshold)],
        annotations=[_line_label(threshold, f"Broadcast above {say_number(threshold)}")],
        showlegend=False,
        margin={"l": 10, "r": 20, "t": 80, "b": 50},
    )
    return Picture(figure, tell_hottest([(each.table, rate) for each, rate in rates], threshold))


def _hottest(decision: Decision) -> float | None:
    for finding in decision.findings:
        value = finding.evidence.value
        if finding.criterion == "high_volume" and _is_number(value):
            return float(value or 0)
    return None
