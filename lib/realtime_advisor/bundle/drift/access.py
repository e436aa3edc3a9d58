"""Who may join: policies on realtime.messages that void or widen those of the bundle, whoever made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.audit import audit
from realtime_advisor.model import DriftFinding

from .world import World

_ABOUT: Final = "messages_policy_"
_SEVERE: Final = ("danger", "warning")


def find_access(world: World) -> Iterator[DriftFinding]:
    """What the audit says today of those policies, notes left out."""
    for finding in audit(world.catalog, world.setup):
        if finding.rule.startswith(_ABOUT) and finding.severity in _SEVERE:
            remedy = f"{finding.remedy} {finding.sql}".strip()
            yield DriftFinding("access", finding.table, finding.sentence, " ".join(remedy.split()))
