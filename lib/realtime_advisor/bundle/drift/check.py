"""The parts together: one line a finding, sorted."""

from __future__ import annotations

from pathlib import Path

from realtime_advisor.model import Drift, DriftFinding
from realtime_advisor.observation.target import Target

from .expected import read_expected
from .installed import find_installed


def check(target: Target, bundle: Path | str) -> Drift:
    """Whether what a bundle decided is still installed, unchanged and right. Reads only. Raises AdvisorError."""
    expected = read_expected(bundle)
    findings = [*find_installed(target, expected)]
    return Drift(tuple(sorted(findings, key=_order)))


def _order(finding: DriftFinding) -> tuple[str, str]:
    return str(finding.table or ""), finding.sentence
