"""Ratios of paired measurements, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True)
class Ratio:
    """How many times as much as the baseline of the same round: the median, the least and the most of all rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, measured: Sequence[float], baseline: Sequence[float]) -> Self:
        """Pair by pair; the baseline has no zeros.

        >>> print(Ratio.of([2.0, 3.0, 8.0], [1.0, 1.0, 2.0]))
        3.00  (2.00-4.00)
        """
        ratios = [one / other for one, other in zip(measured, baseline, strict=True)]
        return cls(median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{_three_digits(self.median)}  ({_three_digits(self.least)}-{_three_digits(self.most)})"


def _three_digits(ratio: float) -> str:
    """A ratio as precise as it may be taken.

    >>> _three_digits(0.0123), _three_digits(1.234), _three_digits(12.34), _three_digits(123.4)
    ('0.012', '1.23', '12.3', '123')
    """
    return f"{ratio:.{3 if ratio < 0.1 else 2 if ratio < 10 else 1 if ratio < 100 else 0}f}"


def format_counts(counts: Sequence[int]) -> str:
    """The count of every round, or the least and the most of them.

    >>> format_counts([10, 10]), format_counts([10, 9])
    ('10', '9-10')
    """
    least, most = min(counts), max(counts)
    return f"{least:,}" if least == most else f"{least:,}-{most:,}"


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines of aligned columns, the first column to the left, the others to the right.

    >>> print(format_table([["", "time"], ["one", "1.00"], ["three", "12.0"]]))
            time
    one     1.00
    three   12.0
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_format_row(row, widths) for row in rows)


def _format_row(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    return "   ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()
