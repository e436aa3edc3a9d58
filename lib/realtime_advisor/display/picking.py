"""Which table to look at: the one that is named, or first, so that a notebook begins well on anyone's database."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from realtime_advisor.errors import EmptyDatabase, UnknownTable
from realtime_advisor.model import Decision, Decisions, Flip, Option, TableName

from .wording import is_number, say_list

_MOST_NEAR: Final = 3


def pick(decisions: Decisions, option: Option | None = None) -> TableName:
    """The table to look at first, of `option` if any table has it: the one nearest to another verdict.

    Tables with a scope that somebody may listen to come first; for no_realtime those without one.
    Raises EmptyDatabase where there is no table at all.
    """
    if not decisions:
        raise EmptyDatabase("There is no table to pick, because none was decided about. Name another database.")
    wanted = [each for each in decisions.values() if option in (None, each.option)]
    return min(wanted or decisions.values(), key=_order).table


def find_table(said: object, names: Collection[TableName]) -> TableName:
    """The one of `names` that is meant: `orders` and `public.orders` name a table too. Raises UnknownTable.

    >>> find_table("orders", [TableName("public", "orders")])
    TableName(schema='public', name='orders')
    """
    try:
        name = TableName.parse(said) if isinstance(said, str) else said
    except ValueError:
        name = None
    for each in names:
        if each == name:
            return each
    near = _near(name.name if isinstance(name, TableName) else str(said), names)
    hint = f"Near to it: {near}." if near else "Check its schema and spelling."
    raise UnknownTable(f"There is no table {name or repr(said)} to choose here. {hint}")


def _near(bare: str, names: Collection[TableName]) -> str:
    """The tables of any schema that are called nearly so, the nearest first; empty where there is none."""
    alike = get_close_matches(bare, {each.name for each in names}, n=_MOST_NEAR)
    near = sorted((alike.index(each.name), each) for each in names if each.name in alike)
    return say_list(str(each) for _, each in near[:_MOST_NEAR])


def _order(decision: Decision) -> tuple[bool, float, TableName]:
    usable = decision.scope is not None and decision.scope.entitlement is not None
    nearest = min(map(_distance, decision.flips), default=float("inf"))
    return usable is (decision.option is Option.NO_REALTIME), nearest, decision.table


def _distance(flip: Flip) -> float:
    """How far a measured fact is from turning the decision, relative to where it would; infinite if it is no number."""
    if not is_number(flip.now) or not is_number(flip.at):
        return float("inf")
    return abs(flip.now - flip.at) / (abs(flip.at) or 1)
