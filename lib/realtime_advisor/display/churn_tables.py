"""Churn as a table: who changes how much, of what kind, and how unevenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_advisor.decision.bursts import stands_out
from realtime_advisor.model import Churn, DatabaseChurn

from .evidence_tables import show_committed
from .sentences import tell_note, tell_window, tops
from .views import Cell, Sheet, Stack, View
from .wording import say_number, say_share, say_table

_COLUMNS: Final = (
    *("table", "inserts", "updates", "deletes", "all", "share", "updated", "busiest", "burst", "quiet", "note"),
)
_NUMBERS: Final = frozenset(_COLUMNS[1:-1])
_IF_KNOWN: Final = frozenset({"busiest", "burst", "quiet", "note"})  # no column where no table has any


def show_churn(churn: DatabaseChurn) -> View:
    """Row changes by table, busiest first: rates where the time is known, else totals; beside the WAL if it was read.

    *Busiest* is the rate of the busiest interval between two readings, *burst* how many rows changed in it if it
    stands out from the rest, *quiet* the part of the time in which no row changed.
    """
    entries, total, timed = tops(churn), churn.events, churn.seconds is not None
    what = f"Row changes a minute, {tell_window(churn)}." if timed else "Row changes, in all."
    rows = [_churn_row(entry, total, timed) for entry in entries]
    kept = [index for index, column in enumerate(_COLUMNS) if column not in _IF_KNOWN or _tells(rows, index)]
    sheet = Sheet(
        " ".join([what, *churn.notes]),
        tuple(_COLUMNS[index] for index in kept),
        tuple(tuple(row[index] for index in kept) for row in rows),
        _NUMBERS,
        tuple(dict.fromkeys(entry.caveat for entry in entries if entry.events or entry.basis == "none")),
    )
    return Stack((sheet, show_committed(churn))) if any(entry.wal for entry in entries) else sheet


def _tells(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    return any(row[index] not in ("–", "") for row in rows)


def _churn_row(entry: Churn, total: int, timed: bool) -> tuple[Cell, ...]:
    rates = (entry.inserts_per_minute, entry.updates_per_minute, entry.deletes_per_minute, entry.events_per_minute)
    counts = (entry.inserts, entry.updates, entry.deletes, entry.events)
    return (
        say_table(entry.table),
        *(say_number(value) for value in (rates if timed else counts)),
        say_share(entry.events / total) if entry.events else "–",
        "–" if entry.update_share is None else say_share(entry.update_share),
        "–" if entry.peak_per_minute is None else say_number(entry.peak_per_minute),
        _say_burst(entry),
        "–" if entry.quiet_share is None else say_share(entry.quiet_share),
        tell_note(entry),
    )


def _say_burst(entry: Churn) -> str:
    if entry.largest_burst is None:
        return "–"
    return f"{entry.largest_burst:,}" if stands_out(entry) else "none"
