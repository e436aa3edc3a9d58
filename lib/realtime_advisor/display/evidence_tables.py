"""What else was measured, as tables: rows per statement, the WAL, and the WAL beside the counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_advisor.decision.evidence import attach
from realtime_advisor.model import (
    Churn,
    DatabaseChurn,
    ScopeRows,
    StatementRows,
    TableName,
    TableWal,
    WalReading,
    WritingStatements,
)
from realtime_advisor.observation.statements import why_no_statements
from realtime_advisor.observation.target import Target

from .live import Live
from .sentences import tops
from .views import Cell, Sheet, Stack, View, Words
from .wording import UNKNOWN, say_count, say_list, say_minutes, say_number, say_share, say_table

SAME_TIME: Final = 0.1  # part by which the WAL's time may differ from the counters' and be called the same
_MEGABYTE: Final = 1_000_000
_WAL_COLUMNS: Final = (
    *("table", "committed", "transactions", "largest", "bytes a row", "busiest value", "updates change"),
)
_BLIND: Final = "The WAL tells nothing of unlogged tables; rows removed by TRUNCATE are in neither count."
_NO_OLD_ROWS: Final = (
    "Which columns an update changes is unknown where a table's replica identity keeps only the key of the old row."
)


def show_statements(statements: WritingStatements) -> Sheet:
    """How many rows each shape of writing statement writes, the largest first."""
    shapes = [(table, each) for table, found in statements.items() for each in found]
    told = sorted(shapes, key=lambda pair: (-pair[1].rows_per_statement, -pair[1].rows, pair[0], pair[1].operation))
    columns = ("table", "operation", "rows a statement", "statements", "rows")
    return Sheet(
        tell_statements(told), columns, tuple(map(_statement_row, told)), frozenset(columns[2:]), statements.notes
    )


def show_statements_of(statements: WritingStatements | None, target: Target) -> View:
    """The statements read from that target, or why there are none and what to do about it."""
    if statements is not None:
        return show_statements(statements)
    return Words((why_no_statements(target) or f"{UNKNOWN.capitalize()}: the statements were not read.",))


def tell_statements(told: Sequence[tuple[TableName, StatementRows]]) -> str:
    """Which statement writes most rows at once."""
    if not told:
        return "No statement that writes was recorded."
    table, most = told[0]
    kinds = say_count(len(told), "kind of writing statement", "kinds of writing statements")
    rows = say_number(most.rows_per_statement) + (" row" if most.rows_per_statement == 1 else " rows")
    writes = f"wrote {rows} at once" if most.calls == 1 else f"writes {rows} at once, on average"
    return f"{kinds}; the largest, {most.operation} of {say_table(table)}, {writes}."


def _statement_row(pair: tuple[TableName, StatementRows]) -> tuple[Cell, ...]:
    table, each = pair
    return (say_table(table), each.operation, say_number(each.rows_per_statement), f"{each.calls:,}", f"{each.rows:,}")


def show_wal(wal: WalReading) -> Stack:
    """What was committed, table by table, and live, stored nowhere, what reading it cost."""
    told = sorted(wal.values(), key=lambda each: (-each.events, each.table))
    known = any(each.updates and each.changed_columns is not None for each in told)
    unknown = any(each.updates and each.changed_columns is None for each in told)
    columns = _WAL_COLUMNS if known else _WAL_COLUMNS[:-1]
    below = (*((wal.stopped,) if wal.stopped else ()), *((_NO_OLD_ROWS,) if unknown else ()))
    rows = tuple(_wal_row(each)[: len(columns)] for each in told)
    return Stack((Sheet(tell_wal(wal), columns, rows, frozenset(_WAL_COLUMNS[1:5]), below), Live(tell_cost(wal))))


def tell_wal(wal: WalReading) -> str:
    """How much was committed, and the largest transaction."""
    during = f"in {say_minutes(wal.seconds)} of WAL"
    if not wal:
        return f"No row change was committed {during}."
    largest = max(wal.values(), key=lambda each: (each.largest_transaction, each.table))
    return (
        f"{say_count(wal.transactions, 'transaction')} changed rows {during}; the largest wrote "
        f"{say_count(largest.largest_transaction, 'row')} of {say_table(largest.table)}."
    )


def tell_cost(wal: WalReading) -> str:
    """What the reading cost the server."""
    return (
        f"It cost the server the decoding of {wal.wal_bytes / _MEGABYTE:,.1f} MB of WAL by {wal.plugin}, and it had to "
        f"keep {wal.largest_lag_bytes / _MEGABYTE:,.1f} MB of it at the most."
    )


def _wal_row(each: TableWal) -> tuple[Cell, ...]:
    written = each.inserts + each.updates
    return (
        say_table(each.table),
        f"{each.events:,}",
        f"{each.transactions:,}",
        f"{each.largest_transaction:,}",
        say_number(round(each.bytes_of_rows / written)) if written else "–",
        say_list([f"{scope.column} {say_share(scope.hottest_share)}" for scope in _telling(each.scopes)]) or "–",
        _say_changed(each),
    )


def _telling(scopes: Sequence[ScopeRows]) -> list[ScopeRows]:
    """The two key columns with the busiest values."""
    return sorted((scope for scope in scopes if scope.changes), key=lambda scope: -scope.hottest_share)[:2]


def _say_changed(each: TableWal) -> str:
    if not each.updates:
        return "–"
    changed = each.changed_columns
    if changed is None:
        return UNKNOWN
    return say_list(sorted(changed, key=lambda column: (-changed[column], column)), most=4) or "nothing"


def show_both(churn: DatabaseChurn, wal: WalReading) -> Sheet:
    """The counters beside the WAL, read in the same time."""
    return show_committed(attach(churn, None, wal))


def show_committed(churn: DatabaseChurn) -> Sheet:
    """What the counters said and what was committed: row changes, and rates where their times differ."""
    entries = [entry for entry in tops(churn) if entry.events or (entry.wal and entry.wal.events)]
    slack = _slack(churn)
    if slack is None:
        columns, rows = ("table", "counted", "committed", "difference"), [_rates_row(entry) for entry in entries]
    else:
        columns, rows = ("table", "counted", "committed", "rolled back"), [_rows_row(each, slack) for each in entries]
    largest = [f"{entry.wal.largest_transaction:,}" if entry.wal else UNKNOWN for entry in entries]
    named = (*columns, "largest transaction")
    told = tuple((*row, most) for row, most in zip(rows, largest, strict=True))
    return Sheet(_tell_committed(churn, slack), named, told, frozenset(named[1:]), (_BLIND,))


def _slack(churn: DatabaseChurn) -> float | None:
    """The part by which the WAL's time differs from the counters'; None where they are different times altogether."""
    wal = next((entry.wal_seconds for entry in churn.values() if entry.wal_seconds), None)
    slack = abs(wal - churn.seconds) / churn.seconds if wal and churn.seconds else None
    return slack if slack is not None and slack <= SAME_TIME else None


def _tell_committed(churn: DatabaseChurn, slack: float | None) -> str:
    """Which part of the counted row changes was rolled back, and whose."""
    if slack is None:
        return (
            "Row changes a minute. The counters and the WAL were read for different times, so a difference need not "
            "be rolled back."
        )
    lost = {entry.table: rows for entry in tops(churn) if (rows := _uncommitted(entry, slack)) > 0}
    counted = f"Of {say_count(churn.events, 'counted row change')}"
    if not lost:
        return f"{counted} {'about all' if slack else 'all'} were committed."
    most = sorted(lost, key=lambda table: (-lost[table], table))
    whose = say_list([f"{lost[table]:,} of {say_table(table)}" for table in most], most=3)
    return f"{counted} {'about ' if slack else ''}{sum(lost.values()):,} were rolled back: {whose}."


def _uncommitted(entry: Churn, slack: float) -> int:
    """Row changes that were counted and not committed; 0 where the edges of the window may be why."""
    rows = entry.events - entry.wal.events if entry.wal else 0
    return rows if abs(rows) > 2 * slack * entry.events else 0


def _rows_row(entry: Churn, slack: float) -> tuple[str, ...]:
    committed = f"{entry.wal.events:,}" if entry.wal else UNKNOWN
    return (say_table(entry.table), f"{entry.events:,}", committed, _say_difference(_uncommitted(entry, slack)))


def _rates_row(entry: Churn) -> tuple[str, ...]:
    committed = entry.wal.events * 60 / entry.wal_seconds if entry.wal and entry.wal_seconds else None
    counted = entry.events_per_minute
    difference = UNKNOWN if counted is None or committed is None else _say_difference(counted - committed)
    return (say_table(entry.table), say_number(counted), say_number(committed), difference)


def _say_difference(value: float) -> str:
    if abs(value) < 0.005:
        return "–"
    return say_number(value) if value > 0 else f"−{say_number(-value)}"
