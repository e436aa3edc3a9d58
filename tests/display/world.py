"""A small database in the hand: churn, decisions and readings, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from realtime_advisor.model import (
    Advice,
    ByTable,
    Catalog,
    Churn,
    Column,
    DatabaseChurn,
    Decision,
    Decisions,
    Entitlement,
    Evidence,
    Finding,
    Flip,
    Option,
    Scope,
    ScopeKind,
    Server,
    Snapshot,
    Source,
    Table,
    TableCounters,
    TableName,
)

SERVER = Server(
    version_num=180000,
    version="18.0",
    role="reader",
    is_supabase=False,
    has_realtime=True,
    wal_level="logical",
    in_recovery=False,
    track_counts=True,
    sees_all_statistics=True,
)
OWN = Scope(
    ScopeKind.USER, "user", TableName("public", "users"), ("user_id",), "uuid", entitlement=Entitlement("self", "uuid")
)


def named(name: str) -> TableName:
    return TableName.parse(name)


def churned(
    name: str,
    inserts: int = 0,
    updates: int = 0,
    deletes: int = 0,
    *,
    seconds: float | None = 600,
    peak: float | None = None,
    burst: int | None = None,
    parent: str | None = None,
    note: str | None = None,
    basis: str = "window",
) -> Churn:
    return Churn(
        named(name),
        seconds,
        inserts,
        updates,
        deletes,
        0,
        basis,
        peak_per_minute=peak,
        largest_burst=burst,
        note=note,
        partition_of=named(parent) if parent else None,
    )


def database(*entries: Churn, seconds: float | None = 600, notes: tuple[str, ...] = ()) -> DatabaseChurn:
    return DatabaseChurn({entry.table: entry for entry in entries}, seconds, notes)


def found(
    criterion: str,
    value: float | bool | None,
    threshold: float | bool,
    operator: str = ">",
    unit: str = "events/minute",
) -> Finding:
    holds = None if value is None else (value > threshold if operator == ">" else value == threshold)
    margin = None if value is None or isinstance(value, bool) else value - threshold
    evidence = Evidence(value, unit, Source.MEASURED, "counted")
    return Finding(criterion, Option.BROADCAST, f"About {criterion}", holds, evidence, operator, threshold, margin)


def decided(
    name: str,
    option: Option = Option.BROADCAST,
    *,
    findings: tuple[Finding, ...] = (),
    flips: tuple[Flip, ...] = (),
    scope: Scope | None = OWN,
    confidence: str = "high",
    runner_up: Option | None = Option.POSTGRES_CHANGES,
) -> Decision:
    return Decision(
        named(name), option, runner_up, confidence, scope, findings, flips, (f"Because of {name}.", "And more.")
    )


def decisions(*entries: Decision) -> Decisions:
    return Decisions({entry.table: entry for entry in entries})


def advice(told: Decisions, churn: DatabaseChurn) -> Advice:
    return Advice(SERVER, churn, "measured", told, ByTable({}), ByTable({}))


def catalog(*tables: Table) -> Catalog:
    return Catalog(SERVER, ByTable({table.name: table for table in tables}))


def owned(name: str) -> Table:
    """A table of users' own rows."""
    columns = (Column("id", "bigint", not_null=True), Column("user_id", "uuid", not_null=True), Column("body", "text"))
    return Table(named(name), columns=columns, primary_key=("id",), row_security=True, select_roles=("authenticated",))


def reading(minute: float, **inserts: int) -> Snapshot:
    """A reading of counters, so many minutes after the first."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    counters = [
        TableCounters(number, named(name), count, 0, 0, 0)
        for number, (name, count) in enumerate(sorted(inserts.items()))
    ]
    return Snapshot(
        start + timedelta(minutes=minute), None, None, False, True, ByTable({each.table: each for each in counters})
    )
