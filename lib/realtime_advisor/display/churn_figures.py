"""Churn as pictures: who makes it, of what kind, and when."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import Churn, DatabaseChurn, Snapshot
from realtime_advisor.reference import Matrix

from .canvas import MOST_TABLES, ROW, axis, entitle, float_threshold, label, line_at, name_line, new_figure, row_axis
from .palette import BURSTS, FAINT, INK, OPERATIONS, PAPER
from .sentences import busy, find_bursts, tell_bursts, tell_churn, tell_mix
from .views import Picture
from .wording import say_share

STANDS_OUT: Final = 3.0  # as many times its mean a table's busiest interval must be to be drawn as a burst


def draw_churn(churn: DatabaseChurn) -> Picture:
    """A treemap: each table's area is its row changes, its colour what it mostly does."""
    told = busy(churn)[: 2 * MOST_TABLES]
    most = [_main_operation(entry) for entry in told]
    figure = new_figure(
        [
            go.Treemap(
                ids=[str(row) for row in range(len(told))],
                labels=[label(entry.table) for entry in told],
                parents=[""] * len(told),
                values=[entry.events for entry in told],
                text=[f"{say_share(churn.share(entry.table))} {what}" for entry, what in zip(told, most, strict=True)],
                texttemplate="<b>%{label}</b><br>%{text}",
                hovertemplate="%{label}: %{value} row changes, %{text}<extra></extra>",
                marker={"colors": [OPERATIONS[what].colour for what in most], "line": {"width": 2, "color": PAPER}},
                textfont={"color": ["#ffffff" if what == "deletes" else INK for what in most]},
                tiling={"pad": 0},
                pathbar={"visible": False},
            )
        ],
        entitle("Who makes the row changes", len(told), len(busy(churn))),
        420,
        margin={"l": 0, "r": 0, "t": 50, "b": 0},
    )
    return Picture(figure, tell_churn(churn))


def _main_operation(entry: Churn) -> str:
    counts = {"updates": entry.updates, "inserts": entry.inserts, "deletes": entry.deletes}
    return max(counts, key=lambda what: counts[what])


def draw_mix(churn: DatabaseChurn, matrix: Matrix) -> Picture:
    """A bar for each table: updates, inserts and deletes as parts of a whole, and where update-heavy begins."""
    told = busy(churn)[:MOST_TABLES]
    heavy = float_threshold(matrix["update_heavy"])
    figure = new_figure(
        [_mix_bar(what, told) for what in OPERATIONS],
        entitle("What each table's row changes are", len(told), len(busy(churn))),
        120 + ROW * max(1, len(told)),
        barmode="stack",
        bargap=0.3,
        xaxis=axis("share of row changes", tickformat=".0%", range=[0, 1]),
        yaxis=row_axis([label(entry.table) for entry in told]),
        shapes=[line_at(heavy)],
        annotations=[name_line(heavy, f"update-heavy beyond {say_share(heavy)}")],
        margin={"l": 10, "r": 20, "t": 90, "b": 50},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "yref": "paper", "traceorder": "normal"},
    )
    return Picture(figure, tell_mix(churn, heavy))


def _mix_bar(what: str, told: Sequence[Churn]) -> Any:
    counts = {"updates": lambda e: e.updates, "inserts": lambda e: e.inserts, "deletes": lambda e: e.deletes}[what]
    return go.Bar(
        name=what,
        orientation="h",
        y=list(range(len(told))),
        x=[round(counts(entry) / entry.events, 4) for entry in told],
        marker={"color": OPERATIONS[what].colour},
        hovertemplate="%{x:.0%} " + what + "<extra></extra>",
    )


def draw_timeline(snapshots: Sequence[Snapshot]) -> Picture:
    """Row changes a minute between one reading and the next; tables that burst stand out, the rest is grey."""
    churn = measure_churn(*snapshots)
    intervals = [measure_churn(before, after) for before, after in pairwise(snapshots)]
    ends = [round((snapshot.taken_at - snapshots[0].taken_at).total_seconds() / 60, 2) for snapshot in snapshots]
    burst = find_bursts(churn, STANDS_OUT)[: len(BURSTS)]
    colours = {entry.table: colour for entry, colour in zip(burst, BURSTS, strict=False)}
    calm = [entry for entry in busy(churn) if entry.table not in colours][: MOST_TABLES - len(burst)]
    told = [*calm, *burst]
    figure = new_figure(
        [_steps(entry, intervals, ends, colours.get(entry.table)) for entry in told],
        entitle("Row changes a minute, as time goes by", len(told), len(busy(churn))),
        380,
        xaxis=axis("minutes since the first reading", range=[0, ends[-1]], showgrid=False),
        yaxis=axis("row changes a minute", rangemode="tozero", tickformat=","),
        showlegend=bool(burst),
        margin={"l": 10, "r": 20, "t": 80, "b": 50},
    )
    return Picture(figure, tell_bursts(churn, STANDS_OUT))


def _steps(entry: Churn, intervals: Sequence[DatabaseChurn], ends: list[float], colour: str | None) -> Any:
    rates = [each[entry.table].events_per_minute if entry.table in each else None for each in intervals]
    known = [None if rate is None else round(rate, 2) for rate in rates]
    return go.Scatter(
        name=label(entry.table),
        x=ends,
        y=[*known, *known[-1:]],
        mode="lines",
        line={"shape": "hv", "width": 3 if colour else 1, "color": colour or FAINT},
        showlegend=colour is not None,
        hovertemplate="%{y:,} a minute",
    )
