"""The workshop's traffic, really executed: seeded, on a logical clock, the same counts on every run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg

from realtime_advisor.errors import BadInput, SandboxFailed

from .database import WorkshopDatabase
from .plan import DATA, Traffic, Write, load_traffic, plan_minute

_MINUTE = timedelta(minutes=1)


def run_traffic(
    workshop: WorkshopDatabase, minutes: float = 10, progress: Callable[[float], None] | None = None
) -> None:
    """Execute the next `minutes` of the traffic and move the workshop's clock on by them.

    Ten calls of one minute do exactly what one call of ten does. `progress` is told the share done, 0 to 1, after every
    minute of traffic. When this returns, or `progress` is called, Postgres's counters hold everything that was written.
    Raises BadInput for minutes that are no length of time, SandboxFailed where the database is gone or refuses a write.
    """
    if not 0 <= minutes < math.inf:
        raise BadInput(f"The traffic cannot run for {minutes} minutes, only forward: give a number above 0.")
    traffic, begun = load_traffic(), workshop.clock()
    end = begun + timedelta(minutes=minutes)
    with _session(workshop) as connection:
        for until in _minute_ends(traffic.starts_at, begun, end):
            _run_until(connection, workshop, traffic, until)
            if progress:
                progress((until - begun) / (end - begun))


@contextmanager
def _session(workshop: WorkshopDatabase) -> Iterator[psycopg.Connection]:
    """A session that knows the statements which the plan names."""
    try:
        with psycopg.connect(workshop.conninfo, autocommit=True, prepare_threshold=None) as connection:
            connection.execute("set application_name = 'workshop traffic'; set lock_timeout = '10s'")
            for name in ("ordinals.sql", "traffic.sql"):
                connection.execute((DATA / name).read_bytes())
            yield connection
    except psycopg.Error as error:
        raise SandboxFailed(
            "The workshop's database does not take its traffic any more:"
            f" {error.diag.message_primary or str(error)}. Open a new workshop."
        ) from error


def _minute_ends(starts_at: datetime, begun: datetime, end: datetime) -> Iterator[datetime]:
    """The ends of the full minutes after `begun`, and `end` itself."""
    now = begun
    while now < end:
        now = min(starts_at + ((now - starts_at) // _MINUTE + 1) * _MINUTE, end)
        yield now


def _run_until(connection: psycopg.Connection, workshop: WorkshopDatabase, traffic: Traffic, until: datetime) -> None:
    """Execute what lies between the workshop's clock and `until`, which are in one minute."""
    now = workshop.clock()
    planned = plan_minute(traffic, (now - traffic.starts_at) // _MINUTE)
    due = [write for write in planned if now <= write.at < until]
    # The clock goes first: what an interrupt cuts off is left out, never written twice.
    workshop.advance_to(until)
    _execute(connection, due)
    _flush_counters(connection)


def _execute(connection: psycopg.Connection, writes: list[Write]) -> None:
    """Each write in a transaction of its own, all of them in one round trip."""
    if not writes:
        return
    try:
        connection.execute("\n".join(write.sql for write in writes).encode())
    except psycopg.Error as error:
        raise SandboxFailed(
            f"The workshop's database refused a write of its traffic between {writes[0].at:%H:%M:%S} and"
            f" {writes[-1].at:%H:%M:%S}: {error.diag.message_primary or type(error).__name__}."
            " Undo what was changed in it, or open a new workshop."
        ) from error


def _flush_counters(connection: psycopg.Connection) -> None:
    """Make this session's counts visible to others. Before PostgreSQL 15 a collector does, within half a second."""
    if connection.info.server_version >= 150000:
        connection.execute("select pg_stat_force_next_flush()")
    else:
        time.sleep(1)
