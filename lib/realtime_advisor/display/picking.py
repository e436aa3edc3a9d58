"""Which table to look at first, so that a notebook begins well on anyone's database."""

from __future__ import annotations

from realtime_advisor.errors import AdvisorError
from realtime_advisor.model import Decision, Decisions, Finding, Option, TableName


def pick(decisions: Decisions, option: Option | None = None) -> TableName:
    """The table that is nearest to another verdict, among those of `option` if it is given and any has it.

    Raises AdvisorError where there is no table at all.
    """
    if not decisions:
        raise AdvisorError("There is no table to pick, because the database has none. Name another database.")
    wanted = [each for each in decisions.values() if option in (None, each.option)]
    return min(wanted or decisions.values(), key=lambda each: (_nearest(each), each.table)).table


def _nearest(decision: Decision) -> float:
    """How near a measured fact is to turning the decision, relative to where it would; infinite if none is."""
    turning = {flip.metric: flip for flip in decision.flips}
    gaps = [
        abs(float(flip.now) - float(flip.at)) / (abs(float(flip.at)) or 1)
        for flip in turning.values()
        if _is_number(flip.now) and _is_number(flip.at) and flip.now is not None and flip.at is not None
    ]
    return min(gaps, default=float("inf"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def measured(decision: Decision) -> list[Finding]:
    """The findings with a number."""
    return [finding for finding in decision.findings if _is_number(finding.evidence.value)]
