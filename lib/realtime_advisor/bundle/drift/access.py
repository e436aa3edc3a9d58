"""Who may join and read: what voids or widens the policies that the decisions rest on, whoever did it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from realtime_advisor.decision.audit import audit
from realtime_advisor.generation.quoting import quote_ident
from realtime_advisor.model import AuditFinding, CheckRow, DecidedRun, DriftFinding, Option, Policy

from .world import World

AGAIN: Final = "Apply the bundle's SQL again, as its README.md says, or decide anew."
# The audit's rules about policies on realtime.messages that open every channel, or refuse every one; the widest first.
_VOIDING: Final = (
    "messages_policy_is_true",
    "messages_policy_ignores_topic",
    "messages_policy_reads_other_topic",
    "messages_policy_fails",
)


@dataclass(frozen=True)
class Access:
    """What was found about the policies on realtime.messages, and which rows of the check scripts that tells too."""

    findings: tuple[DriftFinding, ...]
    told: frozenset[str]


def find_access(world: World, faults: Collection[CheckRow]) -> Access:
    """What the audit says today of policies that void those of the bundle.

    Of one of ours that `faults` say was altered, the bundle's SQL is the remedy: it makes the policy anew.
    """
    faulty = {row.name for row in faults}
    there = world.setup.messages.policies if world.setup.messages else ()
    altered = {policy: row for policy in there if (row := f"policy {quote_ident(policy.name)}") in faulty}
    own = [(row, finding) for policy, row in altered.items() for finding in _audit(world, [policy])]
    others = _audit(world, [policy for policy in there if policy not in altered])
    found = [*((finding, AGAIN) for _, finding in own), *((each, _remedy(each)) for each in others)]
    found.sort(key=lambda each: (_VOIDING.index(each[0].rule), each[0].sentence))
    return Access(tuple(_tell(finding, remedy) for finding, remedy in found), frozenset(row for row, _ in own))


def _audit(world: World, policies: Iterable[Policy]) -> Iterator[AuditFinding]:
    """What of these policies voids the others."""
    messages = world.setup.messages
    setup = replace(world.setup, messages=replace(messages, policies=tuple(policies)) if messages else None)
    for finding in audit(world.catalog, setup):
        if finding.rule in _VOIDING:
            yield finding


def _remedy(finding: AuditFinding) -> str:
    return " ".join(f"{finding.remedy} {finding.sql}".split())


def _tell(finding: AuditFinding, remedy: str) -> DriftFinding:
    return DriftFinding("access", finding.table, finding.sentence, remedy)


def find_open_tables(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """Tables whose policies decided who listens, and count no more."""
    for table, entry in run.tables.items():
        found = world.catalog.tables.get(table)
        if found and found.policies and not found.row_security and entry.option is not Option.NO_REALTIME:
            fact = f"Row level security of {table} is off: the policies that decided who listens do not count."
            yield DriftFinding("access", table, fact, "Enable it, or decide again with make report.")
