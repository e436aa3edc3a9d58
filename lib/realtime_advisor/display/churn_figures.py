"""Churn as pictures: who makes it, and of what kind."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from realtime_advisor.model import Churn, DatabaseChurn
from realtime_advisor.reference import Matrix

from .canvas import (
    LEGEND_BELOW,
    MOST_TABLES,
    ROW,
    axis,
    entitle,
    float_threshold,
    label,
    line_at,
    name_line,
    new_figure,
    row_axis,
)
from .palette import INK, OPERATIONS, PAPER
from .sentences import busy, tell_churn, tell_mix
from .views import Picture
from .wording import say_share


def draw_churn(churn: DatabaseChurn) -> Picture:
    """A treemap: each table's area is its row changes, its colour what it mostly does."""
    told, total = busy(churn)[: 2 * MOST_TABLES], churn.events
    most = [_main_operation(entry) for entry in told]
    figure = new_figure(
        [
            go.Treemap(
                ids=[str(row) for row in range(len(told))],
                labels=[label(entry.table) for entry in told],
                parents=[""] * len(told),
                values=[entry.events for entry in told],
                text=[f"{say_share(entry.events / total)} {what}" for entry, what in zip(told, most, strict=True)],
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
        135 + ROW * max(1, len(told)),
        barmode="stack",
        bargap=0.3,
        xaxis=axis("share of row changes", tickformat=".0%", range=[0, 1]),
        yaxis=row_axis([label(entry.table) for entry in told]),
        shapes=[line_at(heavy)],
        annotations=[name_line(heavy, f"update-heavy beyond {say_share(heavy)}")],
        margin={"l": 10, "r": 20, "t": 70, "b": 85},
        legend={**LEGEND_BELOW, "traceorder": "normal"},
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
