"""An empty figure that stores little: a bare template, legible type, quiet lines, a light ground in any theme."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.model import TableName

from .palette import FONT, GRID, INK, PAPER
from .wording import say_table

ROW: Final = 26  # pixels of a table's row
_LONGEST_LABEL: Final = 34


def new_figure(traces: list[Any], title: str, height: int, **layout: Any) -> Any:
    """A figure of those traces; `layout` adds to or replaces what all figures have."""
    common: dict[str, Any] = {
        "template": "none",
        "title": {"text": title, "x": 0, "xref": "paper", "font": {"size": 15}},
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "height": height,
        "margin": {"l": 10, "r": 20, "t": 70, "b": 40},
        "hoverlabel": {"font": {"family": FONT}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
    }
    return go.Figure(data=traces, layout=common | layout)


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


def table_axis(names: list[str]) -> dict[str, Any]:
    """Tables from top to bottom, in this order."""
    return axis(categoryorder="array", categoryarray=names[::-1], range=[-0.6, len(names) - 0.4], ticklabelstandoff=6)


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
