"""Which of a history's samplings a report rests on, and what is said of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Extent

from .recording import tell_length

_NEARLY: Final = 0.9  # of a length: a sampling may end a little early, and two of a day are equally long
_LEAST: Final = 1.0  # second; what is shorter is one reading, no window


@dataclass(frozen=True, slots=True)
class Selection:
    """The sampling that is taken, those that are not, and what was asked for."""

    taken: Extent
    later: tuple[Extent, ...]
    longer: tuple[Extent, ...]
    seconds: float | None

    def tell(self) -> str | None:
        """What else there is and how to get it; None where the one taken is as asked, or the latest and the longest."""
        if self.longer and self.seconds is not None:
            return (
                f"The history also holds a longer sampling, of {tell_length(_longest(self.longer))}; this is the "
                f"latest that lasts {tell_length(self.seconds)}. Without SECONDS the longest is taken."
            )
        taken = f"longest sampling was taken, of {tell_length(self.taken.seconds)}"
        if self.seconds is not None and self.taken.seconds < _NEARLY * self.seconds:
            return f"No sampling of the history lasts {tell_length(self.seconds)}: its {taken}."
        if not self.later:
            return None
        latest = self.later[-1].seconds
        are = "a later one was" if len(self.later) == 1 else f"{len(self.later)} later ones were"
        return (
            f"The history's {taken}; {are} left out: SECONDS={latest:.0f} takes the latest, of {tell_length(latest)}."
        )


def choose_extent(extents: Sequence[Extent], seconds: float | None) -> Selection:
    """The latest sampling that lasts `seconds`, else (as with None) the longest; of equally long ones the latest.

    A short look at the database thus takes no long one's place, unless somebody asks for so little.
    """
    longest = _longest(extents)
    wanted = longest if seconds is None else min(seconds, longest)
    at = max(place for place, each in enumerate(extents) if each.seconds >= _NEARLY * wanted)
    taken = extents[at]
    later = tuple(each for each in extents[at + 1 :] if each.seconds >= _LEAST)
    return Selection(taken, later, tuple(each for each in extents if _NEARLY * each.seconds > taken.seconds), seconds)


def _longest(extents: Sequence[Extent]) -> float:
    return max(each.seconds for each in extents)
