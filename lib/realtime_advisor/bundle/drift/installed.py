"""Functions, triggers and policies: what the bundle's own check scripts find missing or altered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from realtime_advisor.model import CheckRow, DriftFinding
from realtime_advisor.observation.checking import run_checks
from realtime_advisor.observation.target import Target

from .expected import Expected

SCHEMA: Final = "schema realtime_advisor"
APPLY: Final = "Apply the bundle's SQL again, as its README.md says, or decide anew."
_KINDS: Final = ("function", "trigger", "policy", "partitions", "index", "payload")


def find_installed(target: Target, expected: Expected) -> tuple[DriftFinding, ...]:
    """What is not in place. Raises AdvisorError where the scripts cannot be run."""
    rows = _faults(run_checks(target, expected.whole))
    if rows and not any(row.name == SCHEMA for row in rows):
        single = _faults(run_checks(target, expected.single))  # applied table by table, the policies are others
        rows = min(rows, single, key=len) if expected.single else rows
    return tuple(_tell(rows))


def _faults(found: Mapping[str, tuple[CheckRow, ...]]) -> tuple[CheckRow, ...]:
    """What is not ok, each once: scripts of several tables look at what they share."""
    return tuple(dict.fromkeys(row for rows in found.values() for row in rows if not row.ok))


def _tell(rows: Iterable[CheckRow]) -> Iterator[DriftFinding]:
    faults = tuple(rows)
    if any(row.name == SCHEMA for row in faults):
        yield DriftFinding(
            "nothing installed",
            None,
            "Nothing of the bundle is installed: there is no schema realtime_advisor.",
            "Apply the bundle's SQL, as its README.md says.",
        )
        return
    for row in faults:
        kind = row.name.partition(" ")[0]
        subject = row.name[0].upper() + row.name[1:]
        yield DriftFinding(kind if kind in _KINDS else "check", None, f"{subject}: {row.detail}.", APPLY)
