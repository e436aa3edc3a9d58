"""Who may do what on which topic, as pictures: users across, topics down, one for each thing that anybody may do."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.model import Cell, Proof

from .canvas import ROW, axis, band, new_figure, row_axis
from .truth_grids import ANSWERS, FAINTEST, TruthGrid, answer, make_grids, shorten
from .views import Picture, Stack, Words
from .wording import say_table

_LONGEST_USER: Final = 26
_SIZES: Final = {FAINTEST: 6}


def draw_truth(proof: Proof) -> Stack:
    """A picture for each thing that some user may do, or that went wrong, and a sentence for the others."""
    grids, denied = make_grids(proof)
    return Stack((*(_picture(proof, grid) for grid in grids), *([Words((denied,))] if denied else [])))


def _picture(proof: Proof, grid: TruthGrid) -> Picture:
    figure = new_figure(
        list(_traces(grid)),
        f"{escape(say_table(proof.table), quote=False)}: who may {grid.said}",
        210 + ROW * len(grid.topics),
        xaxis=axis(
            side="top",
            tickvals=list(range(len(grid.users))),
            ticktext=[escape(shorten(user, _LONGEST_USER), quote=False) for user in grid.users],
            tickangle=-60,
            tickfont={"size": 12},
            range=[-0.6, len(grid.users) - 0.4],
            showgrid=False,
        ),
        yaxis=row_axis([escape(shorten(topic), quote=False) for topic in grid.topics]),
        shapes=[band(row) for row in range(0, len(grid.topics), 2)],
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top"},
        margin={"l": 10, "r": 100, "t": 150, "b": 40},
    )
    figure.update_layout(title={"xref": "container", "x": 0.02, "yref": "container", "y": 0.98, "yanchor": "top"})
    return Picture(figure, grid.sentence, grid.below)


def _traces(grid: TruthGrid) -> Iterator[Any]:
    rows = {topic: row for row, topic in enumerate(grid.topics)}
    columns = {user: column for column, user in enumerate(grid.users)}
    for look in ANSWERS:
        alike: list[Cell] = [cell for cell in grid.cells if cell.topic in rows and answer(cell) is look]
        if alike:
            yield go.Scatter(
                x=[columns[cell.who] for cell in alike],
                y=[rows[cell.topic] for cell in alike],
                mode="markers",
                name=look.word,
                marker={
                    "symbol": look.symbol,
                    "color": look.colour,
                    "size": _SIZES.get(look, 13),
                    "line": {"width": 2},
                },
                hovertext=[escape(cell.error or look.word, quote=False) for cell in alike],
                hoverinfo="text",
            )
