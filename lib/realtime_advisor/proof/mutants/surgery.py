"""Break a generated script in one place: text out, text in, and an error where nothing was changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from realtime_advisor.model import Script

Change = Callable[[Script], Script]

CALLBACK: Final = r"create or replace function realtime_advisor\.broadcast_.*?\n\$function\$;"
FOLLOWER: Final = r"create or replace function realtime_advisor\.follow_.*?\n\$function\$;"
HELPER: Final = r"create or replace function realtime_advisor\.may_read_.*?\n\$function\$;"
ANYWHERE: Final = r".*"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A script with one fault: `spoil` puts it in, `caught_by` names the step of a proof that is meant to see it.

    `design` names the design on which it can be seen. `fault` is its number among the framework's own faults,
    where it is one of those.
    """

    name: str
    sentence: str
    design: str
    caught_by: str
    spoil: Change
    fault: int | None = None


def mutant(design: str, caught_by: str, fault: int | None = None) -> Callable[[Change], Mutant]:
    """Make a mutant of a function: its name, and the first line of its docstring for the sentence."""

    def made(spoil: Change) -> Mutant:
        sentence = (spoil.__doc__ or "").strip().splitlines()[0]
        return Mutant(spoil.__name__, sentence, design, caught_by, spoil, fault)

    return made


def operate(script: Script, part: str, pattern: str, new: str = "", inside: str = ANYWHERE) -> Script:
    """The script with all that matches `pattern` replaced by `new`, in those pieces of `part` that match `inside`.

    Raises ValueError where that changes nothing: a mutant that is no mutant would be missed for a reason.
    """
    before: str = getattr(script, part)
    wound = re.compile(pattern, re.MULTILINE | re.DOTALL)
    after = re.sub(inside, lambda piece: wound.sub(new, piece[0]), before, flags=re.DOTALL)
    if after == before:
        raise ValueError(f"The {part} of the script for {script.design.table} have no {pattern!r} to change.")
    return _with(script, part, after)


def swap(script: Script, part: str, old: str, new: str = "", inside: str = ANYWHERE) -> Script:
    """The same for a text as it stands."""
    return operate(script, part, re.escape(old), new.replace("\\", r"\\"), inside)


def _with(script: Script, part: str, text: str) -> Script:
    match part:
        case "functions":
            return replace(script, functions=text)
        case "triggers":
            return replace(script, triggers=text)
        case "policies":
            return replace(script, policies=text)
        case "down":
            return replace(script, down=text)
    raise ValueError(f"A script has no part {part}.")
