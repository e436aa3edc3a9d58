"""All rules together: the findings about a database, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import SEVERITIES, AuditFinding, Catalog, Setup

from . import access, columns, delivery, messages, messages_policies, publications, server, triggers
from .rules import Rule, World

RULES: Final[tuple[Rule, ...]] = (
    *publications.RULES,
    *delivery.RULES,
    *access.RULES,
    *columns.RULES,
    *triggers.RULES,
    *messages.RULES,
    *messages_policies.RULES,
    *server.RULES,
)


def audit(catalog: Catalog, setup: Setup) -> tuple[AuditFinding, ...]:
    """What a person should know about today's set-up: worst first, then by table (none: the database), then by rule."""
    world = World(catalog, setup)
    found = [finding for rule in RULES for finding in _findings(rule, world)]
    return tuple(sorted(found, key=_order))


def _findings(rule: Rule, world: World) -> Iterator[AuditFinding]:
    for found in rule.find(world):
        yield AuditFinding(rule.id, rule.severity, found.table, found.sentence, found.remedy, found.sql)


def _order(finding: AuditFinding) -> tuple[object, ...]:
    table = finding.table
    place = (table.schema, table.name) if table else ("", "")
    return SEVERITIES.index(finding.severity), place, finding.rule, finding.sentence
