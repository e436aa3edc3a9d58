"""The parts together: one line a finding, sorted."""

from __future__ import annotations

from pathlib import Path

from realtime_advisor.model import Drift, DriftFinding
from realtime_advisor.observation.target import Target

from .access import find_access
from .expected import read_expected
from .installed import find_installed
from .published import find_published, outstanding_cut_overs
from .tables import find_tables, gone_tables
from .world import read_world


def check(target: Target, bundle: Path | str) -> Drift:
    """Whether what a bundle decided is still installed, unchanged and right. Reads only. Raises AdvisorError."""
    expected = read_expected(bundle)
    world = read_world(target)
    access = tuple(find_access(world))
    findings = [
        *find_installed(target, expected, gone_tables(expected.run, world), access),
        *find_tables(expected.run, world),
        *find_published(expected.run, world),
        *access,
    ]
    return Drift(tuple(sorted(findings, key=_order)), notes=tuple(outstanding_cut_overs(expected.run, world)))


def _order(finding: DriftFinding) -> tuple[str, str]:
    return str(finding.table or ""), finding.sentence
