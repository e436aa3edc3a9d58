"""How far a script may be trusted, as a word with its mark and colour."""

from __future__ import annotations

from typing import Final

from realtime_advisor.model import Proof, ProofStatus

from .palette import Look
from .views import Badge

PROOFS: Final = {
    ProofStatus.PROVED: Look("proved", "#009e73", "✓", "circle"),
    ProofStatus.SUBSTITUTED: Look("proved with substitutes", "#0072b2", "≈", "diamond"),
    ProofStatus.NOT_PROVED: Look("not proved", "#d55e00", "✗", "x"),
}

NO_SCRIPT: Final = Badge(Look("no script", "#6e7781", "○", "circle-open"))  # nothing that could be proved


def proof_badge(proof: Proof | None) -> Badge:
    """How far a script may be trusted; without a proof, it is not proved.

    >>> str(proof_badge(None))
    '✗ not proved'
    """
    return Badge(PROOFS[proof.status if proof else ProofStatus.NOT_PROVED])
