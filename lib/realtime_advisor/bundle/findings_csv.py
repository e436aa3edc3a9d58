"""Advice to `findings.csv`: every criterion of every table, one a line, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from typing import Final

from realtime_advisor.model import Advice, Decision, Finding

_COLUMNS: Final = (
    *("schema", "table", "decided", "criterion", "speaks_for", "sentence", "holds", "value", "unit"),
    *("operator", "threshold", "margin", "source", "detail"),
)
_HOLDS: Final = {True: "yes", False: "no", None: "unknown"}
# A spreadsheet computes a cell that begins so, quoted or not; the full-width signs count as the plain ones.
_COMPUTED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Value = str | float | int


def findings_csv(advice: Advice) -> str:
    """The findings as CSV, in order of table and criterion of the matrix; text is quoted, numbers are not.

    Text that a spreadsheet would compute is led by an apostrophe, as spreadsheets mark text.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for decision in advice.decisions.values():
        writer.writerows(_row(decision, finding) for finding in decision.findings)
    return text.getvalue()


def _row(decision: Decision, finding: Finding) -> tuple[Value, ...]:
    evidence = finding.evidence
    return tuple(
        map(
            _cell,
            (
                *(decision.table.schema, decision.table.name, decision.option.value, finding.criterion),
                *(finding.option.value, finding.sentence, _HOLDS[finding.holds], evidence.value, evidence.unit),
                *(finding.operator, finding.threshold, finding.margin, evidence.source.value, evidence.detail),
            ),
        )
    )


def _cell(value: str | float | bool | None) -> Value:
    """A value as it is written: what is unknown is empty.

    >>> [_cell(value) for value in ("=1+1", -0.5, True, None, "notes")]
    ["'=1+1", -0.5, 'yes', '', 'notes']
    """
    if value is None or isinstance(value, bool):
        return "" if value is None else _HOLDS[value]
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_COMPUTED) else value
    return round(value, 6) if math.isfinite(value) else str(value)
