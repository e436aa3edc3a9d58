"""Bulk writes: rows in a burst between two samples, in one statement, or in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Churn, Evidence, Source
from realtime_advisor.reference import Matrix, thresholds_of

from .answer import TableAnswers
from .bursts import rest_per_minute, stands_out

UNIT: Final = "row changes at once"
METRIC: Final = "bulk_burst"

_Seen = tuple[float | None, str]


def measure_bulk(churn: Churn | None, matrix: Matrix, answers: TableAnswers) -> Evidence:
    """The most row changes that were seen at once, by whichever of samples, statements and WAL saw most.

    Nothing seen is unknown, not zero.
    """
    answered = answers.says("bulk_writes")
    if answered is not None:
        return Evidence(float("inf") if answered else 0.0, UNIT, Source.ANSWERED, answers.tell("bulk_writes"))
    bulk = min(thresholds_of(matrix, METRIC), default=0.0)
    seen = list(_look(churn, bulk)) if churn is not None else []
    known = sorted((one for one in seen if one[0] is not None), key=lambda one: -(one[0] or 0))
    unknown = [detail for value, detail in seen if value is None]
    if not known:
        return Evidence(None, UNIT, Source.MEASURED, "; ".join(["no samples within the window", *unknown]))
    details = [detail for _, detail in known] + unknown
    return Evidence(known[0][0], UNIT, Source.MEASURED, "; ".join(details))


def _look(churn: Churn, bulk: float) -> Iterator[_Seen]:
    if churn.largest_burst is not None and churn.peak_per_minute is not None:
        yield _by_samples(churn, churn.largest_burst, churn.peak_per_minute)
    if churn.wal is not None and churn.wal.events:
        rows = churn.wal.largest_transaction
        yield float(rows), f"largest transaction {rows:,} row changes (WAL)"
    if churn.statements:
        yield _by_statements(churn, bulk)


def _by_samples(churn: Churn, burst: int, peak: float) -> _Seen:
    if not stands_out(churn):
        return 0.0, "no interval stands out from the rest"
    quiet = "" if churn.quiet_share is None else f"; quiet {churn.quiet_share:.0%} of the time"
    return float(burst), f"peak {peak:g} a minute, the rest {rest_per_minute(churn) or 0:.4g}{quiet}"


def _by_statements(churn: Churn, bulk: float) -> _Seen:
    """An average over calls: a large one shows bulk writes, a small one does not rule them out."""
    largest = max(churn.statements or (), key=lambda shape: shape.rows_per_statement)
    rows = largest.rows_per_statement
    if rows < bulk:
        return None, f"at most {rows:,.4g} rows a statement on average (pg_stat_statements)"
    calls = f"{largest.calls:,} call{'' if largest.calls == 1 else 's'}"
    return rows, f"{largest.operation} of {rows:,.0f} rows a statement in {calls} (pg_stat_statements)"
