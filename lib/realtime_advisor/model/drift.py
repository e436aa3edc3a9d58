"""What has drifted from a bundle: what is not installed as it was decided, and what is no longer right."""

from __future__ import annotations

from dataclasses import dataclass

from .names import TableName


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of a check script: what it looked at, whether that is in place, and how it stands."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One thing that is not as the bundle says: subject and fact, and the next step."""

    # 'another database', 'nothing installed', 'table', 'column', 'function', 'trigger', 'policy', 'access',
    # 'publication', 'answer', 'decision', 'volume' or 'check'
    what: str
    table: TableName | None  # None: of no single table
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages of one kind in the last hours, beside what the churn forecast; ids are not told."""

    topic: str  # 'tenant:<id>:dashboard'
    event: str
    counted: int
    per_minute: float
    forecast_per_minute: float | None  # at most; None: no decision sends this


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """The messages of the last `minutes`, by kind."""

    minutes: float
    counts: tuple[MessageCount, ...]


@dataclass(frozen=True)
class Drift:
    """The findings, weightiest first; `unchecked` could not be looked at, and why; `notes` are worth knowing."""

    findings: tuple[DriftFinding, ...]
    unchecked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    messages: MessageCounts | None = None  # None: could not be counted

    @property
    def status(self) -> int:
        """For a program's exit: 0 nothing has drifted, 1 something has, 2 nothing was found, but not everywhere."""
        return 1 if self.findings else 2 if self.unchecked else 0

    def of(self, what: str) -> tuple[DriftFinding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.what == what)

    def __str__(self) -> str:
        lines = [*map(str, self.findings), *(f"Not checked: {reason}" for reason in self.unchecked)]
        return "\n".join(lines) if lines else "Nothing has drifted: what was decided is installed, unchanged and right."

    def __repr__(self) -> str:
        return f"Drift({len(self.findings)} findings)"
