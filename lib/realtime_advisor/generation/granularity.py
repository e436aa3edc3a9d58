"""How often a table speaks: by what was measured of its writes, unless the architect names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Churn, Decision, Scope, Source, StatementRows, Table
from realtime_advisor.model.design import GRANULARITIES

from .sending import SET_BASED_ABOVE

# Statements of one transaction, on average. An outbox costs a little for each statement and saves a message for each
# that repeats a scope: with a few statements it costs more than it saves.
CHATTY: Final = 10
_CAPS: Final = {"statement, set-based": 10_000}
_USUAL_CAP: Final = 200


@dataclass(frozen=True, slots=True)
class Granularity:
    """One of GRANULARITIES, and the sentence that says why."""

    name: str
    reason: str


def choose_granularity(
    decision: Decision,
    scope: Scope,
    catalog: Catalog,
    table: Table,
    *,
    named: str | None = None,
    needs_rows: bool = False,
) -> Granularity:
    """The architect's choice; else set-based for writes to many scopes at once, per transaction for chatty ones.

    `needs_rows` rules out `transaction`, whose messages are of no single row. Raises BadInput for no granularity.
    """
    if named is not None:
        if named not in GRANULARITIES:
            known = ", ".join(map(repr, GRANULARITIES))
            raise BadInput(f"There is no granularity {named!r}: choose one of {known}.")
        return Granularity(named, f"Granularity {named}: the architect's choice.")
    many = _many_scopes(decision, scope, catalog, table)
    if many:
        return Granularity("statement, set-based", many)
    chatty = None if needs_rows else _chatty(decision.churn)
    if chatty:
        return Granularity("transaction", chatty)
    return Granularity("statement", f"Granularity statement: {_nothing_speaks_against(decision.churn)}.")


def cap(granularity: str, chosen: int | None) -> int:
    """The most messages of a statement or transaction, higher where they are inserted at once. Raises BadInput."""
    if chosen is None:
        return _CAPS.get(granularity, _USUAL_CAP)
    if chosen < 1:
        raise BadInput(f"A cap of {chosen} messages would send nothing: choose 1 or more, or no broadcast.")
    return chosen


def _many_scopes(decision: Decision, scope: Scope, catalog: Catalog, table: Table) -> str | None:
    """Why one statement is taken to touch more scopes than single calls of send() are good for; None if it is not."""
    written, scopes = _rows_at_once(decision), _scopes(scope, decision.churn, catalog, table)
    if written is None or scopes is None or min(written[0], scopes[0]) <= SET_BASED_ABOVE:
        return None
    return (
        f"Granularity statement, set-based: {written[1]}, and {scopes[1]}: more than {SET_BASED_ABOVE} messages at "
        "once are inserted together."
    )


def _rows_at_once(decision: Decision) -> tuple[float, str] | None:
    """The most rows that one statement wrote, as far as anybody saw or said."""
    for finding in decision.findings:
        if finding.criterion == "bulk_writes" and finding.evidence.source is Source.ANSWERED:
            return (float("inf"), f"there are bulk writes ({finding.evidence.detail})") if finding.holds else None
    churn = decision.churn
    if churn is None:
        return None
    if churn.statements:
        largest = max(churn.statements, key=lambda shape: shape.rows_per_statement)
        rows = largest.rows_per_statement
        return rows, f"{largest.operation} statements write {rows:,.4g} rows on average (pg_stat_statements)"
    if churn.wal is not None and churn.wal.largest_transaction:
        rows = churn.wal.largest_transaction
        return rows, f"the largest transaction changed {rows:,} rows (WAL; its statements were not counted)"
    return None


def _scopes(scope: Scope, churn: Churn | None, catalog: Catalog, table: Table) -> tuple[float, str] | None:
    """How many scopes rows are spread over: by the WAL, else by statistics of the column, else by the scope's table."""
    seen = _scopes_in_wal(scope, churn)
    if seen is not None:
        return seen, f"changes were spread over {seen:,} values of {scope.columns[0]} (WAL)"
    distinct = None if scope.path else _distinct(table, scope.columns[0])
    if distinct is not None:
        return distinct, f"{scope.columns[0]} has about {distinct:,.0f} values (pg_stats)"
    is_known = scope.principal is not None and scope.principal in catalog.tables
    rows = catalog[scope.principal].estimated_rows if scope.principal and is_known else None
    return None if rows is None else (rows, f"{scope.principal} has about {rows:,} rows")


def _scopes_in_wal(scope: Scope, churn: Churn | None) -> int | None:
    if scope.path or churn is None or churn.wal is None:
        return None
    return next((rows.distinct for rows in churn.wal.scopes if rows.column == scope.columns[0]), None)


def _distinct(table: Table, column: str) -> float | None:
    """pg_stats tells a count, or minus a share of the rows."""
    told = table.column(column).n_distinct
    if told is None or told >= 0:
        return told or None
    return None if table.estimated_rows is None else -told * table.estimated_rows


def _chatty(churn: Churn | None) -> str | None:
    """Why transactions are taken to hold many statements; None where they do not, or nobody counted both."""
    wal, shapes = (churn.wal, churn.statements) if churn else (None, None)
    if wal is None or not wal.transactions or not shapes:
        return None
    rows, each = wal.events / wal.transactions, _rows_per_statement(shapes)
    if not each or rows / each < CHATTY:
        return None
    return (
        f"Granularity transaction: a transaction changes {rows:,.4g} rows on average (WAL), a statement "
        f"{each:,.4g} (pg_stat_statements), so one transaction has about {rows / each:,.0f} statements, and tells "
        "each scope once."
    )


def _rows_per_statement(shapes: tuple[StatementRows, ...]) -> float:
    calls = sum(shape.calls for shape in shapes)
    return sum(shape.rows for shape in shapes) / calls if calls else 0.0


def _nothing_speaks_against(churn: Churn | None) -> str:
    if churn is None or (churn.wal is None and not churn.statements):
        return "the default, as neither statements nor transactions were counted"
    return "neither many scopes at once nor chatty transactions were seen"
