"""The decision matrix: criteria as data, and when each holds."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, TypeGuard

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Option

from .reading import DATA, read_toml

GROUPS: Final = ("all", "any", "only", "disposable", "avoid", "hint")

Value = float | bool | str
Threshold = float | bool | str | tuple[str, ...]

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.eq,
    "in": lambda value, options: value in options,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A value, and whether the criterion must hold for it."""

    value: Value
    holds: bool
    boundary: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """One entry of the matrix."""

    id: str
    option: Option
    group: str
    sentence: str
    metric: str
    operator: str
    threshold: Threshold
    unit: str
    source: str
    known_problems: str
    cases: tuple[Case, ...]
    question: str | None = None
    default: bool | None = None

    def holds(self, value: Value | None) -> bool | None:
        """Whether the criterion holds for the value; None is unknown, and stays it."""
        return None if value is None else _COMPARE[self.operator](value, self.threshold)

    def margin(self, value: Value | None) -> float | None:
        """How far a number is inside (positive) or outside (negative) the criterion, in its unit; None for the rest."""
        if not _is_number(value) or not _is_number(self.threshold):
            return None
        distance = float(value) - float(self.threshold)
        return -distance if self.operator in ("<", "<=") else distance


@dataclass(frozen=True)
class Matrix:
    """All criteria, in the order of the file."""

    criteria: tuple[Criterion, ...]

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.criteria)

    @cached_property
    def _by_id(self) -> dict[str, Criterion]:
        return {entry.id: entry for entry in self.criteria}

    def __getitem__(self, criterion: str) -> Criterion:
        try:
            return self._by_id[criterion]
        except KeyError:
            known = ", ".join(self._by_id)
            raise BadInput(f"The decision matrix has no criterion {criterion!r}. It has {known}.") from None

    def with_threshold(self, metric: str, threshold: float) -> Matrix:
        """The same matrix with every numeric criterion of a metric moved to another threshold. Raises BadInput."""
        if not any(c.metric == metric and _is_number(c.threshold) for c in self.criteria):
            metrics = ", ".join(sorted({c.metric for c in self.criteria if _is_number(c.threshold)}))
            raise BadInput(f"No criterion has a number to move for the metric {metric!r}. Those that have: {metrics}.")
        moved = (
            replace(c, threshold=threshold) if c.metric == metric and _is_number(c.threshold) else c
            for c in self.criteria
        )
        return Matrix(tuple(moved))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def thresholds_of(matrix: Matrix, metric: str) -> tuple[float, ...]:
    """The numbers that the criteria of one metric compare with, smallest first.

    >>> thresholds_of(load_matrix(), "hottest_scope_per_minute")
    (100.0, 100.0)
    """
    return tuple(sorted(float(c.threshold) for c in matrix if c.metric == metric and _is_number(c.threshold)))


def _criterion(entry: dict[str, Any], file: str) -> Criterion:
    name = entry.get("id", "without an id")
    try:
        threshold = entry["threshold"]
        fields = {
            **entry,
            "option": Option(entry["option"]),
            "threshold": tuple(threshold) if isinstance(threshold, list) else threshold,
            "cases": tuple(Case(**case) for case in entry["cases"]),
        }
        found = Criterion(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"Criterion {name} of {file} is not understood: {error}. Compare it with its neighbours."
        ) from None
    if found.operator not in _COMPARE or found.group not in GROUPS:
        raise BadInput(
            f"Criterion {name} of {file} has the operator {found.operator!r} and the group {found.group!r}. "
            f"Operators are {', '.join(_COMPARE)}; groups are {', '.join(GROUPS)}."
        )
    return found


def load_matrix(path: Path | str | None = None) -> Matrix:
    """The decision matrix of data/decision_matrix.toml, or of the file named. Raises BadInput."""
    return _load_matrix(Path(path) if path else DATA / "decision_matrix.toml")


@cache
def _load_matrix(path: Path) -> Matrix:
    entries = read_toml(path).get("criterion", [])
    if not entries:
        raise BadInput(f"The file {path.name} holds no [[criterion]]. Start from the one in data/.")
    return Matrix(tuple(_criterion(entry, path.name) for entry in entries))
