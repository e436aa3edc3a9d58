"""What a database can tell the role that looks at it, and what it takes to learn more."""

from __future__ import annotations

from realtime_advisor.model import Server
from realtime_advisor.observation.statements import why_no_statements
from realtime_advisor.observation.target import Target
from realtime_advisor.observation.wal_refusals import foresee_refusal

from .views import Cell, Sheet

_ON_REQUEST = "when you ask: ra.read_wal(target, catalog, seconds=60)"


def show_target(target: Target) -> Sheet:
    """A line for each thing that may be learnt. Only settings and rights are read, and no slot is made."""
    server = target.server
    rows = (
        _row("how much each table changes", why_no_counters(server)),
        _row("the hottest user or tenant", why_no_statistics(server), refused="in part"),
        _row("rows per statement", why_no_statements(target)),
        _row("what was really committed", foresee_refusal(target), _ON_REQUEST),
    )
    return Sheet(f"What this database can tell role {server.role}:", ("to learn", "known", "what it takes"), rows)


def _row(what: str, reason: str | None, known: str = "yes", refused: str = "no") -> tuple[Cell, ...]:
    return (what, refused if reason else known, reason or "")


def why_no_counters(server: Server) -> str | None:
    """Why the counters stand still, and what to do."""
    if server.in_recovery:
        return "This server is a standby, which counts no row changes; point DATABASE_URL at its primary."
    return None if server.track_counts else "The server's track_counts is off; turn it on."


def why_no_statistics(server: Server) -> str | None:
    """Why not all of pg_stats can be seen, and what to do."""
    if server.sees_all_statistics:
        return None
    return (
        f"Role {server.role} does not see the pg_stats of all tables; run "
        f'"grant pg_read_all_data to {server.role}" and, for tables with row level security, '
        f'"alter role {server.role} bypassrls".'
    )
