"""Who may do what on which topic, as grids: users across, topics down, one for each thing that anybody may do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from realtime_advisor.model import Cell, Proof

from .palette import FAINT, Look
from .wording import say_count, say_list

MOST_TOPICS: Final = 24
_LONGEST_TOPIC: Final = 36
_DEEDS: Final = {
    ("broadcast", "read"): "hear broadcasts",
    ("broadcast", "write"): "send broadcasts",
    ("presence", "read"): "see who is present",
    ("presence", "write"): "tell that they are present",
}
_LETS_IN, _KEEPS_OUT, _WRONGLY_IN, _WRONGLY_OUT, _ERROR = ANSWERS = (
    Look("may, rightly", "#0072b2", "●", "circle"),
    Look("may not, rightly", FAINT, "·", "circle-open"),
    Look("may, wrongly", "#d55e00", "✖", "x"),
    Look("may not, wrongly", "#d55e00", "□", "square-open"),
    Look("an error", "#d55e00", "◆", "diamond-tall"),
)
FAINTEST: Final = _KEEPS_OUT


@dataclass(frozen=True)
class TruthGrid:
    """The answers about one thing that users may do; `hidden` topics, answered as expected, are left out."""

    said: str  # 'hear broadcasts'
    cells: tuple[Cell, ...]
    users: tuple[str, ...]
    topics: tuple[str, ...]
    hidden: int

    @property
    def sentence(self) -> str:
        """How many were asked, and whether the database answers as the rows say."""
        return tell_truth(self.said, self.cells)

    @property
    def below(self) -> tuple[str, ...]:
        """What the grid does not show."""
        if not self.hidden:
            return ()
        are = "is" if self.hidden == 1 else "are"
        return (f"{say_count(self.hidden, 'more topic')}, answered as expected, {are} not drawn.",)

    @cached_property
    def answers(self) -> dict[tuple[str, str], Cell]:
        """The answer for each topic and user."""
        return {(cell.topic, cell.who): cell for cell in self.cells}


def make_grids(proof: Proof) -> tuple[tuple[TruthGrid, ...], str]:
    """A grid for each thing that some user may do, or that went wrong, and a sentence for the others, or none."""
    unbound = _unbound(proof.cells)
    dealt: dict[tuple[str, str], list[Cell]] = {}
    for cell in proof.cells:
        dealt.setdefault((cell.extension, cell.action), []).append(cell)
    drawn = {deed: cells for deed, cells in dealt.items() if any(_is_telling(cell, unbound) for cell in cells)}
    others = {deed: cells for deed, cells in dealt.items() if deed not in drawn}
    grids = tuple(_grid(deed, cells) for deed, cells in drawn.items())
    return grids, _tell_denied(others, unbound) if others else ""


def _grid(deed: tuple[str, str], cells: Sequence[Cell]) -> TruthGrid:
    topics, hidden = _topics(cells)
    users = dict.fromkeys(cell.who for cell in cells)
    return TruthGrid(_DEEDS.get(deed, " ".join(deed)), tuple(cells), tuple(users), tuple(topics), hidden)


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


def _topics(cells: Sequence[Cell]) -> tuple[list[str], int]:
    """The topics to draw, in order, and how many are left out: wrong answers first, then what somebody may do."""
    topics = list(dict.fromkeys(cell.topic for cell in cells))
    wrong = [cell.topic for cell in cells if not cell.holds]
    told = [cell.topic for cell in cells if cell.expected]
    chosen = set(list(dict.fromkeys([*wrong, *told, *topics]))[:MOST_TOPICS])
    return [topic for topic in topics if topic in chosen], len(topics) - len(chosen)


def shorten(text: str, longest: int = _LONGEST_TOPIC) -> str:
    """A topic or a user as a label: its ends if it is long, and visible if it is empty.

    >>> shorten(""), shorten("tenant:<id>"), shorten("tenant:" + "x" * 10_000, 16)
    ('(empty)', 'tenant:<id>', 'tenant:…xxxxxxxx')
    """
    said = re.sub(r"^ | $", "␣", text.replace("\n", "⏎")) or "(empty)"
    return said if len(said) <= longest else f"{said[: longest // 2 - 1]}…{said[-(longest // 2) :]}"


def tell_truth(said: str, cells: Sequence[Cell]) -> str:
    """The sentence of a grid: how many were asked, and whether the database answers as the rows say."""
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
        f"{shorten(first.topic)}: {fault}."
    )


def _tell_denied(others: dict[tuple[str, str], list[Cell]], unbound: Sequence[str]) -> str:
    deeds = say_list(_DEEDS.get(deed, " ".join(deed)) for deed in others).replace(" and ", " or ")
    but = f" but the {say_list(unbound)}" if unbound else ""
    return f"Nobody{but} may {deeds}: {sum(map(len, others.values())):,} answers, all as expected."
