"""Databases whose WAL can be read by one plugin or the other, and a clock that does the work between two turns."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from realtime_advisor.model import WalReading
from realtime_advisor.observation import wal as wal_module
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.wal import read_wal

from ..conftest import opened
from . import reader


@dataclass
class WorkClock:
    """Stands in for `time`: a pause takes no time, advances the clock, and does the work that is due."""

    works: list[Callable[[], None]]
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.works:
            try:
                self.works.pop(0)()
            except psycopg.Error as error:
                raise AssertionError("the work itself failed") from error


def read_while(
    monkeypatch: pytest.MonkeyPatch, conninfo: str, *works: Callable[[], None], **options: Any
) -> WalReading:
    """The WAL of what the works did, one after each turn; a minute is said to lie between two turns."""
    monkeypatch.setattr(wal_module, "time", WorkClock(list(works)))
    with opened(conninfo) as target:
        catalog = read_catalog(target)
        return read_wal(target, catalog, len(works) * 30, pause=30, progress=False, **options)


def allow_wal2json(conninfo: str) -> None:
    """Have this database's sessions use wal2json, which servers of late 2026 have to be told; skip if it is absent."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = connection.execute("select 1 from pg_settings where name = 'output_plugin_libraries'").fetchone()
        name = connection.info.dbname
        if found:
            allow = f"alter database {name} set output_plugin_libraries = pgoutput, test_decoding, wal2json"
            connection.execute(allow.encode())
    with psycopg.connect(conninfo, autocommit=True) as connection:
        try:
            connection.execute(
                "select pg_create_logical_replication_slot('probe_' || pg_backend_pid(), 'wal2json', true)"
            )
        except psycopg.errors.UndefinedFile:
            pytest.skip("wal2json not installed: reading it is not tested (apt install postgresql-15-wal2json)")
    await_no_slot(conninfo)


def slots(conninfo: str) -> list[str]:
    """The replication slots of this database."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "select slot_name::text from pg_replication_slots where database = current_database()"
        ).fetchall()
        return [name for (name,) in rows]


def await_row(conninfo: str, query: str, *, seconds: float = 300) -> Any:
    """The first row of a query, as soon as there is one."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while time.monotonic() < deadline:
            found = connection.execute(query.encode()).fetchone()
            if found:
                return found
            time.sleep(0.02)
    pytest.fail(f"in vain: {query}")


@contextmanager
def killed_reader(url: str) -> Iterator[None]:
    """A process that reads the WAL, killed at the end of the block."""
    with subprocess.Popen([sys.executable, reader.__file__, url]) as process:
        try:
            yield
        finally:
            process.kill()


OURS = "from pg_replication_slots where database = current_database() and temporary and active"


def await_slot(conninfo: str) -> int:
    """The process that reads the slot, once its reading is under way."""
    pid: int = await_row(conninfo, f"select active_pid {OURS} and confirmed_flush_lsn is not null")[0]
    return pid


def await_all_read(conninfo: str) -> None:
    """Wait until what is committed by now was read, and its rows were sent, which is a moment later."""
    (lsn,) = await_row(conninfo, "select pg_current_wal_flush_lsn()")
    await_row(conninfo, f"select 1 {OURS} and confirmed_flush_lsn >= '{lsn}'")
    await_row(conninfo, f"select 1 from pg_stat_activity where state <> 'active' and pid = (select active_pid {OURS})")


def await_no_slot(conninfo: str) -> None:
    await_row(
        conninfo,
        "select 1 where not exists (select from pg_replication_slots where database = current_database())",
    )
