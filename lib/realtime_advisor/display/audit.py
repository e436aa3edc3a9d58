"""The audit as tables: what to mend, worst first, and how each table speaks today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from realtime_advisor.model import SEVERITIES, Audit, AuditFinding, Table, Trigger

from .palette import Look
from .views import Badge, Cell, Sheet, Stack
from .wording import say_count, say_list, say_table

_LOOKS: Final = {
    "danger": Look("danger", "#d55e00", "✖", "x"),
    "warning": Look("warning", "#b07d00", "!", "triangle-up"),
    "note": Look("note", "#6e7781", "·", "circle"),
}
_MOST_ALIKE: Final = 3  # findings of one rule that are told one by one; of more, the first stands for all
NOTHING: Final = "The audit found nothing to mend."


def show_audit(audit: Audit) -> Stack:
    """The findings, and how each table that is published or has a telling trigger speaks today."""
    return Stack((show_audit_findings(audit.findings), show_speaking_tables(audit)))


def show_audit_findings(findings: Sequence[AuditFinding], told_by: str = "audit.of(table)") -> Sheet:
    """Each finding with its remedy, worst first; where one rule finds much, its first finding stands for all.

    `told_by` is what tells the others one by one.
    """
    alike: dict[str, list[AuditFinding]] = defaultdict(list)
    for finding in findings:
        alike[finding.rule].append(finding)
    groups = sorted(alike.values(), key=lambda group: SEVERITIES.index(group[0].severity))
    rows = tuple(row for group in groups for row in _rows(group, told_by))
    return Sheet(tell_audit(findings), ("", "table", "finding", "remedy"), rows)


def tell_audit(findings: Sequence[AuditFinding]) -> str:
    """How much there is to mend, and the worst of it."""
    if not findings:
        return NOTHING
    counts = [(sum(finding.severity == severity for finding in findings), severity) for severity in SEVERITIES]
    told = say_list(say_count(count, severity) for count, severity in counts if count)
    worst = min(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    return f"{told}; the worst: {worst.sentence}"


def _rows(group: Sequence[AuditFinding], told_by: str) -> Iterator[tuple[Cell, ...]]:
    told = group if len(group) <= _MOST_ALIKE else group[:1]
    for finding in told:
        yield (_mark(finding), _table(finding), finding.sentence, f"{finding.remedy} {finding.sql}".strip())
    if rest := group[len(told) :]:
        others = list(dict.fromkeys(_table(finding) for finding in rest))
        same = f"The same of {say_count(len(others), 'more table')}."
        yield (_mark(rest[0]), say_list(others, most=_MOST_ALIKE), same, f"{told_by} tells each.")


def _mark(finding: AuditFinding) -> Badge:
    return Badge(_LOOKS[finding.severity])


def _table(finding: AuditFinding) -> str:
    return " ".join(say_table(finding.table).split()) if finding.table else "(database)"


def show_speaking_tables(audit: Audit) -> Sheet:
    """What is published and what triggers tell, with who may read it."""
    telling: dict[object, list[Trigger]] = defaultdict(list)
    for trigger in audit.setup.triggers:
        if trigger.calls:
            telling[trigger.table].append(trigger)
    tables = [table for table in audit.catalog if table.publications or table.name in telling]
    title = f"{say_count(len(tables), 'table')} speak{'s' if len(tables) == 1 else ''} today:"
    columns = ("table", "published in", "identity", "readable by", "row security", "triggers tell by")
    rows = tuple(_speaking(table, telling.get(table.name, ())) for table in tables)
    return Sheet(title if tables else "No table is published, and no trigger tells anybody.", columns, rows)


def _speaking(table: Table, triggers: Sequence[Trigger]) -> tuple[Cell, ...]:
    identity = table.replica_identity if table.replica_identity != "default" else ", ".join(table.primary_key)
    readers = "unknown" if table.select_roles is None else say_list(table.select_roles) or "nobody"
    policies = say_count(len(table.policies), "policy", "policies") if table.row_security else "off"
    calls = dict.fromkeys(call for trigger in triggers for call in trigger.calls)
    published = say_list(table.publications) or "–"
    return (say_table(table.name), published, identity or "none", readers, policies, say_list(calls) or "–")
