"""What the stations may cost, and what they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ratios import Ratio
from stations import BARE_SELECT, ONE_SAMPLE

Costs = Mapping[str, Mapping[str, float]]  # by station: seconds, memory

_OBSERVED: Final = ("read_catalog", "take_snapshot")
_DECIDED: Final = (*_OBSERVED, "measure_churn", "decide")
_MOST_BYTES: Final = 400_000_000
_OBSERVING, _DECIDING, _SAMPLE, _GROWTH, _MEMORY = 4, 10, 1.5, 12, 1


def compare_with_bars(results: Mapping[int, Sequence[Costs]]) -> Iterator[list[str]]:
    """A row for each bar at each size: what was measured, what it may be at most, and whether it is met."""
    yield ["", "measured", "at most", ""]
    for size, passes in results.items():
        at = f"{size:,} tables: "
        yield _row(f"{at}catalogue and snapshot, to the bare query", _to_bare(passes, _OBSERVED), _OBSERVING)
        yield _row(f"{at}everything up to decisions, to the bare query", _to_bare(passes, _DECIDED), _DECIDING)
        yield _row(f"{at}one sample, to the bare query on an open connection", _sample(passes), _SAMPLE)
        yield _row(f"{at}peak of memory up to decisions, to 400 MB", _memory(passes), _MEMORY)
    smallest, largest = min(results), max(results)
    if smallest < largest:
        grown = Ratio.of(_sums(results[largest], _OBSERVED), _sums(results[smallest], _OBSERVED))
        # Twelve times for ten times as many tables, and in proportion.
        at = f"catalogue and snapshot, {largest:,} to {smallest:,} tables"
        yield _row(at, grown, _GROWTH * largest / smallest / 10)


def _row(name: str, measured: Ratio, most: float) -> list[str]:
    return [name, str(measured), f"{most:g}", "met" if measured.median <= most else "missed"]


def _to_bare(passes: Sequence[Costs], stations: Sequence[str]) -> Ratio:
    return Ratio.of(_sums(passes, stations), _sums(passes, [BARE_SELECT]))


def _sums(passes: Sequence[Costs], stations: Sequence[str]) -> list[float]:
    return [sum(costs[station]["seconds"] for station in stations) for costs in passes]


def _sample(passes: Sequence[Costs]) -> Ratio:
    return Ratio.of([costs[ONE_SAMPLE]["seconds"] for costs in passes], [costs[ONE_SAMPLE]["bare"] for costs in passes])


def _memory(passes: Sequence[Costs]) -> Ratio:
    return Ratio.of([costs["decide"]["memory"] for costs in passes], [_MOST_BYTES] * len(passes))
