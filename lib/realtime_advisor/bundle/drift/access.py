"""Who may join and read: what voids or widens the policies that the decisions rest on, whoever did it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.audit import audit
from realtime_advisor.model import DecidedRun, DriftFinding, Option

from .world import World

_ABOUT: Final = "messages_policy_"
_SEVERE: Final = ("danger", "warning")


def find_access(world: World) -> Iterator[DriftFinding]:
    """What the audit says today of the policies on realtime.messages, notes left out."""
    for finding in audit(world.catalog, world.setup):
        if finding.rule.startswith(_ABOUT) and finding.severity in _SEVERE:
            remedy = f"{finding.remedy} {finding.sql}".strip()
            yield DriftFinding("access", finding.table, finding.sentence, " ".join(remedy.split()))


def find_open_tables(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """Tables whose policies decided who listens, and count no more."""
    for table, entry in run.tables.items():
        found = world.catalog.tables.get(table)
        if found and found.policies and not found.row_security and entry.option is not Option.NO_REALTIME:
            fact = f"Row level security of {table} is off: the policies that decided who listens do not count."
            yield DriftFinding("access", table, fact, "Enable it, or decide again with make report.")
