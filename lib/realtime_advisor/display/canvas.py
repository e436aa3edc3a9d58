"""An empty figure that stores little: a bare template, legible type, quiet lines, a light ground in any theme."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.errors import BadInput
from realtime_advisor.model import TableName
from realtime_advisor.reference import Criterion

from .palette import BAND, FONT, GRID, INK, PAPER
from .wording import is_number, say_table

MOST_TABLES: Final = 30
ROW: Final = 26  # pixels of a table's row
LEGEND_BELOW: Final = {"orientation": "h", "x": 0, "y": 0.01, "yanchor": "bottom", "yref": "container"}
_LONGEST_LABEL: Final = 34


def new_figure(traces: list[Any], title: str, height: int, *, subtitle: str = "", **layout: Any) -> Any:
    """A figure of those traces; `layout` adds to or replaces what all figures have."""
    common: dict[str, Any] = {
        "template": "none",
        "title": {"text": title, "x": 0.01, "xref": "container", "font": {"size": 15}, **_subtitle(subtitle)},
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "height": height,
        "margin": {"l": 10, "r": 20, "t": 70, "b": 40},
        "hoverlabel": {"font": {"family": FONT}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
    }
    return go.Figure(data=traces, layout=common | layout)


def _subtitle(text: str) -> dict[str, Any]:
    return {"subtitle": {"text": text, "font": {"size": 12, "color": INK}}} if text else {}


def entitle(title: str, shown: int, known: int) -> str:
    """The title, saying so where only the busiest tables are drawn.

    >>> entitle("Churn", 30, 5000), entitle("Churn", 14, 14)
    ('Churn (the 30 busiest tables of 5,000)', 'Churn')
    """
    return title if shown == known else f"{title} (the {shown} busiest tables of {known:,})"


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis."""
    return {
        "title": {"text": title, "font": {"size": 12}},
        "gridcolor": GRID,
        "zeroline": False,
        "showline": False,
        "automargin": True,
        "fixedrange": True,
        **more,
    }


def row_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Rows 0, 1, ... from top to bottom. Labels may repeat: a row is its number."""
    return axis(
        tickvals=list(range(len(labels))),
        ticktext=list(labels),
        range=[len(labels) - 0.4, -0.6],
        ticklabelstandoff=6,
        showgrid=False,
    )


def band(row: int) -> dict[str, Any]:
    """A light ground under one row, to lead the eye."""
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": row - 0.5,
        "y1": row + 0.5,
        "fillcolor": BAND,
        "line": {"width": 0},
        "layer": "below",
    }


def label(name: TableName) -> str:
    """A table's name as a label: escaped for plotly, which reads tags, and cut in the middle when it is long.

    >>> label(TableName("public", "orders")), len(label(TableName("public", "x" * 60)))
    ('orders', 34)
    """
    said = say_table(name)
    if len(said) > _LONGEST_LABEL:
        half = _LONGEST_LABEL // 2
        said = f"{said[: half - 1]}…{said[-half:]}"
    return escape(said, quote=False)


def line_at(at: float) -> dict[str, Any]:
    """An upright dotted line at a threshold."""
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": INK, "width": 1.5, "dash": "dot"},
    }


def name_line(at: float, text: str) -> dict[str, Any]:
    """The words at the top of that line."""
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


def float_threshold(criterion: Criterion) -> float:
    """Where the line stands. Raises BadInput if the criterion has no number."""
    if not is_number(criterion.threshold):
        raise BadInput(f"Criterion {criterion.id} has no number to draw a line at. Give it one in the decision matrix.")
    return float(criterion.threshold)
