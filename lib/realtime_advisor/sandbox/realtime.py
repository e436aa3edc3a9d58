"""Install the Realtime-compatible schema, keep its partitions, and ask it who may join what.

What Supabase does with its own extension and its own server is done here by a superuser of the sandbox's cluster; each
function says where that differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.errors import SandboxFailed

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]
Claims = Mapping[str, object]

SCHEMA: Final = resources.files(__package__).joinpath("realtime.sql").read_bytes()
ADMIN: Final = Identifier("supabase_realtime_admin")
EXTENSIONS: Final = ("broadcast", "presence")
DAYS_BEHIND: Final = 1
DAYS_AHEAD: Final = 3

# Only one session at a time makes partitions in a database; the number is arbitrary.
_PARTITIONS_LOCK: Final = 7_234_501


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do on one private channel; Realtime lets the user join if either read holds.

    `error` is what a policy raised: SQLSTATE and message. Raised while reading, it refuses the join, so that nothing is
    allowed; raised while writing, it denies both writes.
    """

    broadcast_read: bool
    broadcast_write: bool
    presence_read: bool
    presence_write: bool
    error: str | None


def install(connection: Connection) -> None:
    """Install the schema in the connection's database, or bring it up to date, with partitions for these days.

    The connection is a superuser's, whose name is not postgres, and is not inside a transaction. Safe to repeat, and
    safe while others install in this or other databases of the cluster. Raises SandboxFailed.
    """
    try:
        _run_script(connection, SCHEMA)
        ensure_partitions(connection)
    except psycopg.Error as error:
        raise SandboxFailed(
            f"The Realtime schema could not be installed in database {connection.info.dbname}: {_said(error)}. "
            "Install it as a superuser that is not called postgres, in a cluster of its own."
        ) from error


def ensure_partitions(connection: Connection, today: date | None = None) -> None:
    """Make the missing daily partitions of realtime.messages, from yesterday to three days ahead.

    Days are UTC days, as Realtime counts them; `today` defaults to the present one. Run it at each connect: where none
    is missing, it locks nothing. The connection is a superuser's. Old partitions stay, where Supabase drops them after
    about three days. Raises psycopg.Error.
    """
    present = today or datetime.now(UTC).date()
    days = [present + timedelta(days=offset) for offset in range(-DAYS_BEHIND, DAYS_AHEAD + 1)]
    if not _missing(connection, days):
        return
    with connection.transaction():
        connection.execute("select pg_catalog.pg_advisory_xact_lock(%s)", [_PARTITIONS_LOCK])
        for day in _missing(connection, days):
            _make_partition(connection, day)


def authorize(connection: Connection, topic: str, claims: Claims | None) -> Access:
    """What the policies on realtime.messages allow the bearer of `claims` on `topic`, asked as Realtime asks.

    Reading: a probe row for each extension, inserted by the admin role, then looked for as the user. Writing: an insert
    for each extension as the user. Everything is rolled back. No claims are those of the anonymous key.
    The connection is a superuser's, or supabase_realtime_admin's own: for the time of the question its session is that
    role's, so claims cannot name a role that Realtime could not take. Raises psycopg.Error if the connection is lost.
    """
    bearer: Claims = {"role": "anon"} if claims is None else claims
    if not bearer.get("role"):
        return make_access(error="the token has no claim role, and Realtime refuses such a token")
    readable: set[str] = set()
    try:
        readable = _readable(connection, topic, bearer)
        return make_access(readable, _writable(connection, topic, bearer))
    except psycopg.Error as error:
        if connection.closed:
            raise
        return make_access(readable, error=f"{error.sqlstate}: {_said(error)}")


def apply_policies(connection: Connection, sql: str) -> None:
    """Run a step that creates, alters or drops policies on realtime.messages; it may hold its own BEGIN and COMMIT.

    On Supabase the role postgres may do this, because the extension supautils runs just these statements as a
    superuser. Here a superuser's connection runs the whole step. So, as there, a policy may name functions in a schema
    that the table's owner, supabase_realtime_admin, may not use. But what Supabase would refuse is not refused here:
    keep the step to policies. CREATE POLICY locks realtime.messages exclusively until commit; on Supabase the auth
    tables too, which is not so here. The connection is not inside a transaction. Raises psycopg.Error.
    """
    _run_script(connection, sql.encode())


def _run_script(connection: Connection, script: bytes) -> None:
    with _autocommit(connection):
        connection.execute(script, prepare=False)


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    """Leave transactions to the script, and none behind if it fails between its BEGIN and its COMMIT."""
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = before


def _partition(day: date) -> str:
    """The name of a day's partition.

    >>> _partition(date(2026, 3, 9))
    'messages_2026_03_09'
    """
    return f"messages_{day:%Y_%m_%d}"


def _missing(connection: Connection, days: list[date]) -> list[date]:
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "select relname from pg_catalog.pg_class"
            " where relnamespace = 'realtime'::pg_catalog.regnamespace and relname = any(%s)",
            [[_partition(day) for day in days]],
        )
        there = {name for (name,) in cursor}
    return [day for day in days if _partition(day) not in there]


def _make_partition(connection: Connection, day: date) -> None:
    name = Identifier("realtime", _partition(day))
    first, last = Literal(day.isoformat()), Literal((day + timedelta(days=1)).isoformat())
    connection.execute(
        SQL("create table {} partition of realtime.messages for values from ({}) to ({})").format(name, first, last)
    )
    connection.execute(SQL("alter table {} owner to {}").format(name, ADMIN))


def _readable(connection: Connection, topic: str, claims: Claims) -> set[str]:
    """The extensions whose probe row the user sees; the row has nothing but id, topic, extension and timestamps."""
    probes = {str(uuid4()): extension for extension in EXTENSIONS}
    with connection.transaction(force_rollback=True), connection.cursor(row_factory=tuple_row) as cursor:
        become_admin(cursor)
        for probe, extension in probes.items():
            cursor.execute(
                "insert into realtime.messages (id, topic, extension, inserted_at, updated_at)"
                " values (%s, %s, %s, timezone('UTC', now()), timezone('UTC', now()))",
                [probe, topic, extension],
            )
        become_user(cursor, topic, claims)
        cursor.execute("select id::text from realtime.messages where id = any(%s::uuid[])", [list(probes)])
        return {probes[found] for (found,) in cursor}


def _writable(connection: Connection, topic: str, claims: Claims) -> set[str]:
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        become_admin(cursor)
        become_user(cursor, topic, claims)
        return {extension for extension in EXTENSIONS if _may_insert(cursor, topic, extension)}


def _may_insert(cursor: Cursor, topic: str, extension: str) -> bool:
    """Whether the insert passes; only a refusal (42501) means no, other errors are the caller's."""
    try:
        with cursor.connection.transaction():
            cursor.execute(
                "insert into realtime.messages (topic, extension, inserted_at, updated_at)"
                " values (%s, %s, timezone('UTC', now()), timezone('UTC', now()))",
                [topic, extension],
            )
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def become_admin(cursor: Cursor) -> None:
    """Be the role of Realtime's own until the transaction ends."""
    cursor.execute(SQL("set local session authorization {}").format(ADMIN))


def become_user(cursor: Cursor, topic: str, claims: Claims) -> None:
    """Be the bearer of these claims who joins this topic, until the transaction ends."""
    subject = claims.get("sub")
    cursor.execute(
        "select set_config('role', %(role)s, true), set_config('realtime.topic', %(topic)s, true),"
        " set_config('request.jwt.claims', %(claims)s, true), set_config('request.jwt.claim.sub', %(sub)s, true),"
        " set_config('request.jwt.claim.role', %(role)s, true), set_config('request.headers', '{}', true)",
        {
            "role": str(claims["role"]),
            "topic": topic,
            "claims": json.dumps(dict(claims)),
            "sub": None if subject is None else str(subject),
        },
    )


def make_access(
    readable: set[str] | frozenset[str] = frozenset(),
    writable: set[str] | frozenset[str] = frozenset(),
    error: str | None = None,
) -> Access:
    """The answer, from the extensions that may be read and written."""
    return Access(
        broadcast_read="broadcast" in readable,
        broadcast_write="broadcast" in writable,
        presence_read="presence" in readable,
        presence_write="presence" in writable,
        error=error,
    )


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
