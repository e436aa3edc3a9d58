"""Who may do what on which topic, as a picture: users across, topics down, one for each thing that anybody may do."""

# mypy: allow-untyped-calls

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.model import Cell, Proof

from .canvas import ROW, axis, band, new_figure, row_axis
from .palette import FAINT, Look
from .views import Picture, Stack, Words
from .wording import say_count, say_list, say_table

MOST_TOPICS: Final = 24
_LONGEST_TOPIC: Final = 36
_LONGEST_USER: Final = 26
_DEEDS: Final = {
    ("broadcast", "read"): "hear broadcasts",
    ("broadcast", "write"): "send broadcasts",
    ("presence", "read"): "see who is present",
    ("presence", "write"): "tell that they are present",
}
_LETS_IN, _KEEPS_OUT, _WRONGLY_IN, _WRONGLY_OUT, _ERROR = _ANSWERS = (
    Look("may, rightly", "#0072b2", "●", "circle"),
    Look("may not, rightly", FAINT, "·", "circle-open"),
    Look("may, wrongly", "#d55e00", "✖", "x"),
    Look("may not, wrongly", "#d55e00", "□", "square-open"),
    Look("an error", "#d55e00", "◆", "diamond-tall"),
)
_SIZES: Final = {_KEEPS_OUT: 6}


def draw_truth(proof: Proof) -> Stack:
    """A picture for each thing that some user may do, or that went wrong, and a sentence for the others."""
    unbound = _unbound(proof.cells)
    dealt: dict[tuple[str, str], list[Cell]] = {}
    for cell in proof.cells:
        dealt.setdefault((cell.extension, cell.action), []).append(cell)
    drawn = {deed: cells for deed, cells in dealt.items() if any(_is_telling(cell, unbound) for cell in cells)}
    pictures = [_picture(proof, deed, cells) for deed, cells in drawn.items()]
    others = {deed: cells for deed, cells in dealt.items() if deed not in drawn}
    return Stack((*pictures, *([Words((_tell_denied(others, unbound),))] if others else [])))


def _unbound(cells: Sequence[Cell]) -> list[str]:
    """Those who may do everything they were asked about, as the service role, whom row level security does not bind."""
    bound = {cell.who for cell in cells if not cell.expected}
    return list(dict.fromkeys(cell.who for cell in cells if cell.who not in bound))


def _is_telling(cell: Cell, unbound: Sequence[str]) -> bool:
    return not cell.holds or (cell.expected and cell.who not in unbound)


def answer(cell: Cell) -> Look:
    """What one answer looks like."""
    if cell.error:
        return _ERROR
    if cell.observed:
        return _LETS_IN if cell.expected else _WRONGLY_IN
    return _WRONGLY_OUT if cell.expected else _KEEPS_OUT


def _picture(proof: Proof, deed: tuple[str, str], cells: Sequence[Cell]) -> Picture:
    users = list(dict.fromkeys(cell.who for cell in cells))
    topics, hidden = _topics(cells)
    said = _DEEDS.get(deed, " ".join(deed))
    figure = new_figure(
        list(_traces(cells, users, topics)),
        f"{escape(say_table(proof.table), quote=False)}: who may {said}",
        210 + ROW * len(topics),
        xaxis=axis(
            side="top",
            tickvals=list(range(len(users))),
            ticktext=[_shorten(user, _LONGEST_USER) for user in users],
            tickangle=-60,
            tickfont={"size": 12},
            range=[-0.6, len(users) - 0.4],
            showgrid=False,
        ),
        yaxis=row_axis([_shorten(topic) for topic in topics]),
        shapes=[band(row) for row in range(0, len(topics), 2)],
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top"},
        margin={"l": 10, "r": 100, "t": 150, "b": 40},
    )
    figure.update_layout(title={"xref": "container", "x": 0.02, "yref": "container", "y": 0.98, "yanchor": "top"})
    below = (f"{say_count(hidden, 'more topic')}, answered as expected, {_are(hidden)} not drawn.",) if hidden else ()
    return Picture(figure, tell_truth(said, cells), below)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _topics(cells: Sequence[Cell]) -> tuple[list[str], int]:
    """The topics to draw, in order, and how many are left out: wrong answers first, then what somebody may do."""
    topics = list(dict.fromkeys(cell.topic for cell in cells))
    wrong = [cell.topic for cell in cells if not cell.holds]
    told = [cell.topic for cell in cells if cell.expected]
    chosen = set(list(dict.fromkeys([*wrong, *told, *topics]))[:MOST_TOPICS])
    return [topic for topic in topics if topic in chosen], len(topics) - len(chosen)


def _traces(cells: Sequence[Cell], users: Sequence[str], topics: Sequence[str]) -> Iterator[Any]:
    rows = {topic: row for row, topic in enumerate(topics)}
    for look in _ANSWERS:
        alike = [cell for cell in cells if cell.topic in rows and answer(cell) is look]
        if alike:
            yield go.Scatter(
                x=[users.index(cell.who) for cell in alike],
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


def _shorten(text: str, longest: int = _LONGEST_TOPIC) -> str:
    """A topic or a user as a label: its ends if it is long, and visible if it is empty.

    >>> _shorten(""), _shorten("tenant:<id>"), _shorten("tenant:" + "x" * 10_000, 16)
    ('(empty)', 'tenant:&lt;id&gt;', 'tenant:…xxxxxxxx')
    """
    said = re.sub(r"^ | $", "␣", text.replace("\n", "⏎")) or "(empty)"
    if len(said) > longest:
        said = f"{said[: longest // 2 - 1]}…{said[-(longest // 2) :]}"
    return escape(said, quote=False)


def tell_truth(said: str, cells: Sequence[Cell]) -> str:
    """The sentence of a picture: how many were asked, and whether the database answers as the rows say."""
    wrong = [cell for cell in cells if not cell.holds]
    users, topics = len({cell.who for cell in cells}), len({cell.topic for cell in cells})
    asked = f"{say_count(users, 'user')} on {say_count(topics, 'topic')}: "
    allowed = sum(cell.expected for cell in cells)
    if not wrong:
        return f"{asked}{allowed:,} of {len(cells):,} may {said}, exactly those whom the rows entitle."
    first = wrong[0]
    fault = f"an error, {first.error}" if first.error else ("let in" if first.observed else "kept out")
    return (
        f"{asked}{len(wrong):,} of {len(cells):,} answers are wrong, the first: {first.who} on "
        f"{_shorten(first.topic)}: {fault}."
    )


def _tell_denied(others: dict[tuple[str, str], list[Cell]], unbound: Sequence[str]) -> str:
    deeds = say_list(_DEEDS.get(deed, " ".join(deed)) for deed in others).replace(" and ", " or ")
    but = f" but the {say_list(unbound)}" if unbound else ""
    return f"Nobody{but} may {deeds}: {sum(map(len, others.values())):,} answers, all as expected."
