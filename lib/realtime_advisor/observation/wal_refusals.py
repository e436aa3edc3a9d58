"""Why a server gives no logical slot, in one sentence with the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors

from realtime_advisor.errors import AdvisorError, MissingPrivilege

from .target import Target

STANDBY = "This server is a standby, whose WAL is its primary's; point DATABASE_URL at the primary."


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What may explain a refusal; the writer is the session whose transaction has been open longest."""

    wal_level: str
    max_replication_slots: int
    may_replicate: bool
    idle_slots: list[str]
    writer_pid: int | None
    writer_name: str | None
    writer_seconds: int | None  # None: hidden from this role
    prepared: str | None


def explain_refusal(
    error: psycopg.Error, found: Circumstances, plugins: Sequence[str], role: str
) -> AdvisorError | None:
    """The sentence for a slot that could not be made; None where this knows none.

    It goes by SQLSTATE and circumstances: messages come in the server's language.
    """
    match error:
        case errors.LockNotAvailable() | errors.QueryCanceled():
            return AdvisorError(_held_up(found))
        case errors.ConfigurationLimitExceeded():
            return AdvisorError(_all_taken(found))
        case errors.ObjectNotInPrerequisiteState() if found.max_replication_slots == 0:
            return AdvisorError(_all_taken(found))
        case errors.ObjectNotInPrerequisiteState() if found.wal_level != "logical":
            return AdvisorError(_not_logical(found))
        case errors.InsufficientPrivilege() if not found.may_replicate:
            return MissingPrivilege(_not_allowed(role))
        case errors.UndefinedFile() | errors.InsufficientPrivilege():
            return AdvisorError(
                f"The server offers no output plugin that can be read here (not {' nor '.join(plugins)}); install "
                "test_decoding or wal2json, and name it in output_plugin_libraries where the server has that setting."
            )
    return None


def foresee_refusal(target: Target) -> str | None:
    """Why the server would give this role no logical slot, found without asking for one; None where nothing is known.

    Not foreseen are an open writer, slots that are all taken, and an output plugin that is not installed.
    """
    if target.server.in_recovery:
        return STANDBY
    try:
        found = Circumstances(**target.read("wal_refusal")[0]._asdict())
    except AdvisorError as error:
        return str(error)
    if found.wal_level != "logical":
        return _not_logical(found)
    if not found.may_replicate:
        return _not_allowed(target.server.role)
    return _all_taken(found) if found.max_replication_slots == 0 else None


def _not_allowed(role: str) -> str:
    return (
        f'Role {role} may not read the WAL; have a superuser run "alter role {role} replication" '
        f'(on Amazon RDS "grant rds_replication to {role}"), or go by the counters.'
    )


def _not_logical(found: Circumstances) -> str:
    return (
        f"The server's wal_level is {found.wal_level}, and reading the WAL needs logical; set wal_level = logical and "
        "restart the server (Amazon RDS: rds.logical_replication, Cloud SQL: cloudsql.logical_decoding), or go by the "
        "counters."
    )


def _held_up(found: Circumstances) -> str:
    if found.writer_pid is not None:
        name = found.writer_name or "a session without a name"
        age = "" if found.writer_seconds is None else f", {found.writer_seconds} s old,"
        return (
            f"An open transaction of {name} (process {found.writer_pid}){age} holds up the reading of the WAL; "
            "try again when it has ended, or end it."
        )
    if found.prepared is not None:
        return (
            f"The prepared transaction {found.prepared} holds up the reading of the WAL; commit it or roll it back, "
            "and try again."
        )
    return "Open transactions held up the reading of the WAL for too long; try again."


def _all_taken(found: Circumstances) -> str:
    idle = found.idle_slots
    if found.max_replication_slots == 0:
        remedy = "raise that setting and restart the server"
    elif idle:
        remedy = f"nobody reads {', '.join(idle[:3])}: drop what is not needed, or raise that setting"
    else:
        remedy = "try again later, or raise that setting"
    limit = f"max_replication_slots = {found.max_replication_slots}"
    return f"All replication slots of the server are taken ({limit}); {remedy}."
