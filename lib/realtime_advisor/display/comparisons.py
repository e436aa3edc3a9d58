"""A comparison of two runs as a table."""

from __future__ import annotations

from typing import Final

from realtime_advisor.model import Comparison, Difference, Move

from .views import Cell, Sheet
from .wording import say_bare, say_count, say_list, say_table

_SAID: Final = {
    "flipped": "flipped",
    "appeared": "new",
    "gone": "gone",
    "evidence": "stays, on other evidence",
    "server": "server",
}


def show_comparison(comparison: Comparison) -> Sheet:
    """One row a difference, with the criteria behind it."""
    if not comparison.differences:
        return Sheet(str(comparison), (), ())
    flipped = len(comparison.of("flipped"))
    title = f"{say_count(len(comparison), 'difference')}, {say_count(flipped, 'verdict')} flipped:"
    columns = ("table", "what", "before", "after", "moved by")
    return Sheet(title, columns, tuple(map(_row, comparison)))


def _row(difference: Difference) -> tuple[Cell, ...]:
    table = say_table(difference.table) if difference.table else "(database)"
    moved = say_list(map(_say_move, difference.moves), most=3)
    return (table, _SAID.get(difference.what, difference.what), difference.before, difference.after, moved)


def _say_move(move: Move) -> str:
    before, after = (say_bare(value, move.unit) for value in move.value)
    threshold = next((each for each in reversed(move.threshold) if each is not None), None)
    return f"{move.criterion}: {before} -> {after} ({move.operator} {say_bare(threshold, move.unit)})"
