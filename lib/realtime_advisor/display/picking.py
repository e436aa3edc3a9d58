"""Which table to look at first, so that a notebook begins well on anyone's database."""

from __future__ import annotations

from realtime_advisor.errors import EmptyDatabase
from realtime_advisor.model import Decision, Decisions, Flip, Option, TableName

from .wording import is_number


def pick(decisions: Decisions, option: Option | None = None) -> TableName:
    """The table to look at first, of `option` if any table has it: the one nearest to another verdict.

    Tables with a scope that somebody may listen to come first; for no_realtime those without one.
    Raises EmptyDatabase where there is no table at all.
    """
    if not decisions:
        raise EmptyDatabase("There is no table to pick, because none was decided about. Name another database.")
    wanted = [each for each in decisions.values() if option in (None, each.option)]
    return min(wanted or decisions.values(), key=_order).table


def _order(decision: Decision) -> tuple[bool, float, TableName]:
    usable = decision.scope is not None and decision.scope.entitlement is not None
    nearest = min(map(_distance, decision.flips), default=float("inf"))
    return usable is (decision.option is Option.NO_REALTIME), nearest, decision.table


def _distance(flip: Flip) -> float:
    """How far a measured fact is from turning the decision, relative to where it would; infinite if it is no number."""
    if not is_number(flip.now) or not is_number(flip.at):
        return float("inf")
    return abs(flip.now - flip.at) / (abs(flip.at) or 1)
