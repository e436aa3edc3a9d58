"""One verb for all nouns: each shown as the table or the text that suits it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    Advice,
    ByTable,
    Catalog,
    DatabaseChurn,
    Decision,
    Decisions,
    Design,
    Finding,
    Flip,
    Script,
)
from realtime_advisor.reference import Criterion, Matrix

from .designs import show_both_ways, show_design
from .tables import (
    show_catalog,
    show_changes,
    show_churn,
    show_decision,
    show_decisions,
    show_designs,
    show_findings,
    show_flips,
    show_matrix,
    show_options,
    show_questions,
)
from .views import Listing, View, Words

_SINGLE: Final[tuple[tuple[type, Callable[[Any], View]], ...]] = (
    (Advice, lambda advice: show_decisions(advice.decisions)),
    (Catalog, show_catalog),
    (DatabaseChurn, show_churn),
    (Decisions, show_decisions),
    (Decision, show_decision),
    (Design, show_design),
    (Matrix, show_options),
    (Script, lambda script: Listing(script.up)),
    (str, Listing),
)
_PAIRS: Final[tuple[tuple[type, Callable[[Any, Any], View]], ...]] = (
    (Decisions, show_changes),
    (Design, show_both_ways),
)
_MEMBERS: Final[tuple[tuple[type, Callable[[Sequence[Any]], View]], ...]] = (
    (Criterion, show_matrix),
    (Finding, show_findings),
    (Flip, show_flips),
    (str, show_questions),
)


def show(noun: object, other: object = None) -> View:
    """The noun as a table or a text; two decisions or two designs side by side; a string is SQL, a tuple a list.

    Raises BadInput for what has no such form.
    """
    if other is not None:
        for kind, pair in _PAIRS:
            if isinstance(noun, kind) and isinstance(other, kind):
                return pair(noun, other)
    elif isinstance(noun, tuple):
        return _show_members(noun)
    elif type(noun) is ByTable and all(isinstance(entry, Design) for entry in noun.values()):
        return show_designs(noun)
    else:
        for kind, single in _SINGLE:
            if isinstance(noun, kind):
                return single(noun)
    raise BadInput(
        f"There is no way to show {type(noun).__name__}{'' if other is None else f' beside {type(other).__name__}'}. "
        "Show a catalogue, churn, decisions, a decision, its findings or flips, a design, a script, a matrix or SQL."
    )


def _show_members(members: tuple[object, ...]) -> View:
    for kind, several in _MEMBERS:
        if members and all(isinstance(member, kind) for member in members):
            return several(members)
    return show(members[0]) if members else Words(("There is nothing to show here.",))
