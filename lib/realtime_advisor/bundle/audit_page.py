"""The audit of today's set-up as a page: every finding with its remedy, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.display.audit import tell_audit
from realtime_advisor.model import SEVERITIES, Audit, AuditFinding

PAGE: Final = "audit.md"
_TITLES: Final = {
    "danger": "Danger: this leaks, loses or breaks",
    "warning": "Warning",
    "note": "Note",
}


def render_audit(audit: Audit) -> str:
    """The page as Markdown; a remedy that is SQL is told as such, to be read before it is run."""
    lines = ["# What is set up today", "", tell_audit(audit.findings), ""]
    for severity in SEVERITIES:
        found = [finding for finding in audit if finding.severity == severity]
        if found:
            lines += [f"## {_TITLES[severity]}", "", *(line for finding in found for line in _item(finding)), ""]
    return "\n".join(lines)


def _item(finding: AuditFinding) -> Iterator[str]:
    yield f"- {_plain(finding.sentence)} {_plain(finding.remedy)}"
    if finding.sql:
        fence = "`" * max(3, finding.sql.count("`") + 1)
        yield from ("", f"  {fence}sql", *(f"  {line}" for line in finding.sql.splitlines()), f"  {fence}", "")


def _plain(text: str) -> str:
    """On one line, and read as text: a name may hold what Markdown takes for a link or a tag."""
    return " ".join(text.split()).replace("<", "&lt;").replace("[", "\\[")
