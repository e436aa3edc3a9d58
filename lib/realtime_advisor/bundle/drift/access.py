"""Who may join and read: what voids or widens the policies that the decisions rest on, whoever did it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.audit import audit
from realtime_advisor.model import DecidedRun, DriftFinding, Option

from .world import World

# The audit's rules about policies on realtime.messages that open every channel, or refuse every one.
_VOIDING: Final = (
    "messages_policy_is_true",
    "messages_policy_ignores_topic",
    "messages_policy_reads_other_topic",
    "messages_policy_fails",
)


def find_access(world: World) -> Iterator[DriftFinding]:
    """What the audit says today of policies that void those of the bundle."""
    for finding in audit(world.catalog, world.setup):
        if finding.rule in _VOIDING:
            remedy = f"{finding.remedy} {finding.sql}".strip()
            yield DriftFinding("access", finding.table, finding.sentence, " ".join(remedy.split()))


def find_open_tables(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """Tables whose policies decided who listens, and count no more."""
    for table, entry in run.tables.items():
        found = world.catalog.tables.get(table)
        if found and found.policies and not found.row_security and entry.option is not Option.NO_REALTIME:
            fact = f"Row level security of {table} is off: the policies that decided who listens do not count."
            yield DriftFinding("access", table, fact, "Enable it, or decide again with make report.")
