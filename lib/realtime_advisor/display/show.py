"""One verb for all nouns: each shown as the table or the text that suits it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    Advice,
    Audit,
    AuditFinding,
    ByTable,
    Catalog,
    Client,
    Comparison,
    DatabaseChurn,
    Decision,
    Decisions,
    Delivery,
    Design,
    Drift,
    FeedProposal,
    Finding,
    Flip,
    Proof,
    Script,
    Step,
    WalReading,
    WritingStatements,
)
from realtime_advisor.observation.target import Target
from realtime_advisor.reference import Criterion, Matrix

from .audit import show_audit, show_audit_findings
from .churn_tables import show_churn
from .clients import show_both_sides, show_client
from .comparisons import show_comparison
from .designs import show_both_ways, show_design, show_feed_proposals
from .drifts import show_drift
from .evidence_tables import show_both, show_statements, show_statements_of, show_wal
from .proofs import show_deliveries, show_proof, show_proofs, show_proved_design, show_steps
from .tables import (
    show_advice,
    show_catalog,
    show_changes,
    show_decision,
    show_decisions,
    show_designs,
    show_findings,
    show_flips,
    show_matrix,
    show_options,
    show_questions,
)
from .target_tables import show_target
from .views import Listing, View, Words

_SINGLE: Final[tuple[tuple[type, Callable[[Any], View]], ...]] = (
    (Advice, show_advice),
    (Audit, show_audit),
    (Catalog, show_catalog),
    (Client, show_client),
    (Comparison, show_comparison),
    (DatabaseChurn, show_churn),
    (Decisions, show_decisions),
    (Decision, show_decision),
    (Design, show_design),
    (Drift, show_drift),
    (Matrix, show_options),
    (Proof, show_proof),
    (Script, lambda script: Listing(script.up)),
    (Target, show_target),
    (WalReading, show_wal),
    (WritingStatements, show_statements),
    (str, Listing),
)
_PAIRS: Final[tuple[tuple[Any, type, Callable[[Any, Any], View]], ...]] = (
    (Decisions, Decisions, show_changes),
    (Decisions, ByTable, show_decisions),
    (Design, Design, show_both_ways),
    (Design, Proof, show_proved_design),
    (Script, Client, show_both_sides),
    (DatabaseChurn, WalReading, show_both),
    (WritingStatements | None, Target, show_statements_of),
)
_MEMBERS: Final[tuple[tuple[type, Callable[[Sequence[Any]], View]], ...]] = (
    (AuditFinding, show_audit_findings),
    (Criterion, show_matrix),
    (Delivery, show_deliveries),
    (FeedProposal, show_feed_proposals),
    (Finding, show_findings),
    (Flip, show_flips),
    (Step, show_steps),
    (str, show_questions),
)


def show(noun: object, other: object = None) -> View:
    """The noun as a table or a text; a string is SQL, a tuple a list.

    With another noun the two side by side: decisions, designs, a script and the client of its design, or churn and the
    WAL read in the same time. Statements beside their target are shown, or why there are none; a target by itself is
    shown by what it can tell, and what more would take.

    Raises BadInput for what has no such form.
    """
    if other is not None:
        for kind, other_kind, pair in _PAIRS:
            if isinstance(noun, kind) and isinstance(other, other_kind):
                return pair(noun, other)
    elif isinstance(noun, tuple):
        return _show_members(noun)
    elif type(noun) is ByTable and noun and all(isinstance(entry, Proof) for entry in noun.values()):
        return show_proofs(noun)
    elif type(noun) is ByTable and all(isinstance(entry, Design) for entry in noun.values()):
        return show_designs(noun)
    else:
        for kind, single in _SINGLE:
            if isinstance(noun, kind):
                return single(noun)
    raise BadInput(
        f"There is no way to show {type(noun).__name__}{'' if other is None else f' beside {type(other).__name__}'}. "
        "Show a target, a catalogue, an audit, a comparison, churn, writing statements, a WAL reading, decisions, "
        "a decision, its findings or flips, a design, a script, a client, proofs, a matrix or SQL."
    )


def _show_members(members: tuple[object, ...]) -> View:
    for kind, several in _MEMBERS:
        if members and all(isinstance(member, kind) for member in members):
            return several(members)
    return show(members[0]) if members else Words(("There is nothing to show here.",))
