"""Churn as time goes by: bursts stand out, and times without a reading are shown as such."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import plotly.graph_objects as go

from realtime_advisor.decision.bursts import Bucket, trace_events
from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.intervals import read_intervals
from realtime_advisor.model import ByTable, Churn, DatabaseChurn, Snapshot, TableCounters, TableName

from .burst_sentences import find_bursts, tell_bursts
from .canvas import MOST_TABLES, axis, entitle, label, new_figure
from .palette import BURSTS, FAINT, GRID
from .sentences import busy
from .views import Picture
from .wording import say_number

MOST_STEPS: Final = 240
_MOST_POINTS: Final = 3000  # of all tables together, some 40 KB
_MOST_GAPS: Final = 40  # shaded, the longest
_NO_COUNTERS: Final = ByTable[TableCounters]({})
_UNITS: Final = ((2 * 86400, 86400, "days"), (3 * 3600, 3600, "hours"), (0, 60, "minutes"))
_Gap = tuple[float, float]  # seconds since the first reading


def draw_timeline(snapshots: Iterable[Snapshot], churn: DatabaseChurn | None = None) -> Picture:
    """Row changes a minute from reading to reading; tables that burst are in colour, the rest is grey.

    Of many readings, neighbours share a step, which is as high as the busiest of them. What goes by only once, such as
    the readings of a history, is kept in memory, unless `churn` says already which tables there are to draw.
    """
    readings = snapshots if churn is not None else tuple(snapshots)
    measured = measure_churn(readings) if churn is None else churn
    bursts = find_bursts(measured)[: len(BURSTS)]
    loud = {entry.table for entry in bursts}
    calm = [entry for entry in busy(measured) if entry.table not in loud][: MOST_TABLES - len(bursts)]
    clocks: list[Snapshot] = []
    traced = trace_events(_noting(readings, clocks), [entry.table for entry in (*calm, *bursts)], MOST_STEPS)
    steps = max(map(len, traced.values()), default=0)
    told = [*calm[: max(0, _MOST_POINTS // max(1, steps) - len(bursts))], *bursts] if steps else []
    return Picture(_figure(told, bursts, traced, clocks, len(busy(measured))), tell_bursts(measured))


def _noting(readings: Iterable[Snapshot], clocks: list[Snapshot]) -> Iterator[Snapshot]:
    """The readings, each noted without its counters as it goes by."""
    for reading in readings:
        clocks.append(replace(reading, counters=_NO_COUNTERS))
        yield reading


def _figure(
    told: Sequence[Churn],
    bursts: Sequence[Churn],
    traced: Mapping[TableName, Sequence[Bucket]],
    clocks: Sequence[Snapshot],
    known: int,
) -> Any:
    length = (clocks[-1].taken_at - clocks[0].taken_at).total_seconds() if clocks else 0.0
    gaps = _find_gaps(clocks)
    unit, word = next((unit, word) for least, unit, word in _UNITS if length >= least)
    colours = {entry.table: colour for entry, colour in zip(bursts, BURSTS, strict=False)}
    lines = [_line(entry.table, traced[entry.table], gaps, unit, colours.get(entry.table)) for entry in told]
    marks = [_marks([(traced[table], colour) for table, colour in colours.items()], unit)] if bursts and told else []
    end = max([length, *(end for _, end in gaps)])
    return new_figure(
        [*lines, *marks],
        entitle("Row changes a minute, as time goes by", len(told), known),
        380,
        subtitle="shaded: no reading" if gaps else "",
        xaxis=axis(f"{word} since the first reading", range=[0, round(end / unit, 3)], showgrid=False),
        yaxis=axis("row changes a minute", rangemode="tozero", tickformat=","),
        shapes=[_shade(gap, unit) for gap in gaps],
        showlegend=bool(bursts),
        margin={"l": 10, "r": 20, "t": 95, "b": 50},
    )


def _find_gaps(clocks: Sequence[Snapshot]) -> list[_Gap]:
    """When nothing was read, or by a server that does not count: the longest times, in order."""
    found: list[_Gap] = []
    for interval in read_intervals(clocks[0], clocks[1:]) if clocks else ():
        if interval.usual is not None or not interval.is_counted:
            start = (interval.before.taken_at - clocks[0].taken_at).total_seconds()
            _append(found, start, start + interval.seconds)
    if clocks and clocks[-1].gap_after:
        start = (clocks[-1].taken_at - clocks[0].taken_at).total_seconds()
        _append(found, start, start + clocks[-1].gap_after.seconds)
    return sorted(sorted(found, key=lambda gap: gap[0] - gap[1])[:_MOST_GAPS])


def _append(gaps: list[_Gap], start: float, end: float) -> None:
    """Add a gap, to the one before if they touch."""
    if gaps and gaps[-1][1] >= start:
        start = gaps.pop()[0]
    gaps.append((start, end))


def _line(table: TableName, buckets: Sequence[Bucket], gaps: Sequence[_Gap], unit: float, colour: str | None) -> Any:
    ends: list[float] = []
    rates: list[float | None] = []
    for bucket in buckets:
        rate = None if _is_missing(bucket, gaps) else round(bucket.peak_per_minute or 0, 2)
        if rate is None and rates and rates[-1] is not None:
            ends.append(bucket.start)
            rates.append(rates[-1])
        ends.append(bucket.start)
        rates.append(rate)
    return go.Scatter(
        name=label(table),
        x=[round(end / unit, 3) for end in (*ends, buckets[-1].end)],
        y=[*rates, rates[-1]],
        mode="lines",
        line={"shape": "hv", "width": 3 if colour else 1, "color": colour or FAINT},
        showlegend=colour is not None,
        hovertemplate="%{y:,} a minute",
    )


def _is_missing(bucket: Bucket, gaps: Sequence[_Gap]) -> bool:
    """Whether most of a bucket is a gap."""
    missing = sum(max(0.0, min(bucket.end, end) - max(bucket.start, start)) for start, end in gaps)
    return missing * 2 > bucket.end - bucket.start


def _marks(bursts: Sequence[tuple[Sequence[Bucket], str]], unit: float) -> Any:
    """A mark at the height of each burst, with its rate."""
    peaks = [(max(buckets, key=lambda bucket: bucket.peak_per_minute or 0), colour) for buckets, colour in bursts]
    return go.Scatter(
        x=[round((bucket.start + bucket.end) / 2 / unit, 3) for bucket, _ in peaks],
        y=[round(bucket.peak_per_minute or 0, 2) for bucket, _ in peaks],
        mode="markers+text",
        marker={"size": 10, "symbol": "triangle-down", "color": [colour for _, colour in peaks]},
        text=[say_number(bucket.peak_per_minute) for bucket, _ in peaks],
        textposition="top center",
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )


def _shade(gap: _Gap, unit: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": round(gap[0] / unit, 3),
        "x1": round(gap[1] / unit, 3),
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "fillcolor": GRID,
        "opacity": 0.6,
        "line": {"width": 0},
        "layer": "below",
    }
