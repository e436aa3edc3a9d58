"""Feeds that might serve: tables of one tenant that change too much to be listed live. Proposed, never applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from realtime_advisor.model import (
    Catalog,
    Decision,
    Entitlement,
    Feed,
    FeedProposal,
    Finding,
    Option,
    Scope,
    ScopeKind,
    TableName,
)

from .entitlement import why_unusable

# Criteria of the matrix that speak for a signal to count again rather than for a list that is kept up to date.
_COUNTED: Final = ("update_heavy", "high_volume", "bulk_writes", "wants_light_payloads")
_LEAST: Final = 2  # tables: one alone has its own topic


def propose_feeds(
    decisions: Mapping[TableName, Decision], catalog: Catalog, feeds: Sequence[Feed] = ()
) -> tuple[FeedProposal, ...]:
    """Feeds for tables that are Broadcast, of one kind of tenant, and written in a way that a screen would count.

    Tables that are in one of `feeds` already are left out. The architect names what is wanted, with
    `proposal.named("dashboard", "stats_invalidated")`, and hands it to design().
    """
    taken = {table for feed in feeds for table in feed.tables}
    groups: dict[tuple[str, TableName | None, Entitlement | None], list[tuple[TableName, str]]] = {}
    for name, decision in sorted(decisions.items()):
        scope, why = decision.scope, _why_counted(decision)
        if name not in taken and scope and why and _is_shared(decision, scope, catalog):
            groups.setdefault((scope.label, scope.principal, _members(scope)), []).append((name, why))
    return tuple(
        FeedProposal(label, tuple(name for name, _ in members), tuple(why for _, why in members))
        for (label, _, _), members in groups.items()
        if len(members) >= _LEAST
    )


def _members(scope: Scope) -> Entitlement | None:
    """Who is entitled, whatever is said of it in the table's own policies."""
    return scope.entitlement and replace(scope.entitlement, reason="", hides_rows=False)


def _is_shared(decision: Decision, scope: Scope, catalog: Catalog) -> bool:
    """Whether the table speaks to all members of a tenant: who counts by a condition keeps a topic of its own."""
    is_tenants = decision.option is Option.BROADCAST and scope.kind is ScopeKind.TENANT
    is_everybodys = scope.entitlement is not None and not scope.entitlement.conditions
    return is_tenants and is_everybodys and why_unusable(scope, catalog, catalog[decision.table]) is None


def _why_counted(decision: Decision) -> str | None:
    holding = [finding for finding in decision.findings if finding.criterion in _COUNTED and finding.holds]
    return f"{decision.table}: {'; '.join(map(_say, holding))}." if holding else None


def _say(finding: Finding) -> str:
    value = finding.evidence.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return finding.sentence
    return f"{finding.sentence} ({value:,.4g} {finding.evidence.unit})"
