"""Which tables burst, in the sentence below the timeline."""

from __future__ import annotations

from typing import Final

from realtime_advisor.decision.bursts import LEAST_BURST, STANDS_OUT, rest_per_minute, stands_out
from realtime_advisor.model import Churn, DatabaseChurn

from .sentences import NO_TABLES, NOTHING_CHANGED, busy
from .wording import say_count, say_number, say_table

_MOST_TOLD: Final = 3


def find_bursts(churn: DatabaseChurn) -> list[Churn]:
    """Tables whose busiest interval stands out from the rest of the window, the highest first."""
    return sorted(filter(stands_out, busy(churn)), key=lambda entry: (-(entry.peak_per_minute or 0), entry.table))


def tell_bursts(churn: DatabaseChurn) -> str:
    """Whose busiest interval stands out from the rest of the window, and by how much."""
    told = busy(churn)
    if not told:
        return NOTHING_CHANGED if churn else NO_TABLES
    if all(entry.peak_per_minute is None for entry in told):
        return "Whether row changes come in bursts is not known: it takes three readings or more."
    bursts = find_bursts(churn)
    if not bursts:
        return (
            f"No table bursts: none has an interval with {LEAST_BURST} row changes or more that is "
            f"{say_number(STANDS_OUT)} times as busy as the rest of the window."
        )
    more = len(bursts) - _MOST_TOLD
    others = f" {say_count(more, 'more table')} burst{'s' if more == 1 else ''}." if more > 0 else ""
    return " ".join(map(_tell, bursts[:_MOST_TOLD])) + others


def _tell(entry: Churn) -> str:
    peak, rest = entry.peak_per_minute or 0, rest_per_minute(entry)
    jump = f"{say_table(entry.table)} jumps to {say_number(peak)} row changes a minute"
    if not rest:
        return f"{jump}, and does nothing in the rest of the window."
    times = peak / rest
    more = say_number(times if times < 10 else round(times))
    return f"{jump}, {more} times the {say_number(rest)} of the rest of the window."
