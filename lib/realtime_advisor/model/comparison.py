"""What differs between two runs: what flipped and what moved it, what appeared, what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .decided import Value
from .names import TableName


@dataclass(frozen=True, slots=True)
class Move:
    """A criterion that came out otherwise: its values and thresholds, the earlier one first."""

    criterion: str
    holds: tuple[bool | None, bool | None]
    value: tuple[Value, Value]
    threshold: tuple[Value, Value]
    operator: str
    unit: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the later run says otherwise; `moves` are the criteria behind it."""

    table: TableName | None  # None: the database
    what: str  # 'flipped', 'appeared', 'gone', 'evidence', 'scope', 'design', 'proof', 'override', 'answer', 'server'
    before: str
    after: str
    sentence: str
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All differences between two runs, by table; as text one line each."""

    differences: tuple[Difference, ...]
    tables: int  # that both runs decided about

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def of(self, what: str) -> tuple[Difference, ...]:
        """The differences of one kind."""
        return tuple(difference for difference in self.differences if difference.what == what)

    def __str__(self) -> str:
        if self.differences:
            return "\n".join(difference.sentence for difference in self.differences)
        return f"Nothing differs: {self.tables} {'table' if self.tables == 1 else 'tables'}, decided alike."

    def __repr__(self) -> str:
        return f"Comparison({len(self.differences)} differences)"
