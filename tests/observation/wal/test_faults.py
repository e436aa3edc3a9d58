"""Reading the WAL when things go wrong: nothing is left behind, what was read is kept, and a sentence says why."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime_advisor.model import Catalog, WalReading
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import Target
from realtime_advisor.observation.wal import read_wal
from realtime_advisor.observation.wal_decoding import PARSERS, Change, parse_test_decoding
from realtime_advisor.observation.wal_slot import Slot

from ..conftest import opened, run
from .conftest import edit
from .world import (
    await_all_read,
    await_no_slot,
    await_row,
    await_slot,
    killed_reader,
    read_while,
    slots,
)

MIB = 1024 * 1024


@contextmanager
def reading_of(target: Target, catalog: Catalog, **options: Any) -> Iterator[Future[WalReading]]:
    """A reading under way in a thread."""
    with ThreadPoolExecutor() as threads:
        yield threads.submit(read_wal, target, catalog, **{"seconds": 30, "pause": 0.05, "progress": False, **options})


def test_a_killed_process_leaves_no_slot(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)")
    with killed_reader(any_database):
        await_slot(any_database)
        run(any_database, "insert into t values (1)")
        await_all_read(any_database)
    await_no_slot(any_database)


def test_a_process_killed_in_the_middle_of_a_large_transaction_leaves_no_slot(database: str) -> None:
    run(database, "create table t (id int primary key)")
    with killed_reader(database):
        pid = await_slot(database)
        run(database, "insert into t select generate_series(1, 300000)")
        await_row(
            database,
            f"select 1 from pg_stat_activity where pid = {pid} and state = 'active' and query like '%get_changes%'"
            " and query_start < clock_timestamp() - interval '100 ms'",
        )
    await_no_slot(database)


def test_a_lost_connection_keeps_what_was_read(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)")
    with opened(any_database) as target, reading_of(target, read_catalog(target)) as future:
        pid = await_slot(any_database)
        run(any_database, "insert into t select generate_series(1, 7)")
        await_all_read(any_database)
        run(any_database, f"select pg_terminate_backend({pid})")
        reading = future.result(timeout=300)
    assert reading["t"].inserts == 7
    assert reading.stopped is not None
    assert reading.stopped.startswith("The connection to ")
    assert "was lost (role supabase_admin on database " in reading.stopped
    assert reading.stopped.endswith("check that the server runs, and try again.")
    assert 0 < reading.seconds < 30
    await_no_slot(any_database)


def test_a_client_that_falls_silent_is_put_out_by_the_server(any_database: str, queries: Path) -> None:
    edit(
        queries / "wal_limits.sql",
        "idle_in_transaction_session_timeout = '60s'",
        "idle_in_transaction_session_timeout = 1000",
    )
    run(any_database, "create table t (id int primary key)")
    with opened(any_database) as target:
        catalog = read_catalog(target)
        reading = read_wal(target, catalog, 3, pause=3, progress=False)
    assert "was lost" in str(reading.stopped)
    await_no_slot(any_database)


def test_an_interruption_between_turns_keeps_what_was_written_until_then(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(any_database, "create table t (id int primary key)")

    def write_and_interrupt() -> None:
        run(any_database, "insert into t select generate_series(1, 7)")
        signal.raise_signal(signal.SIGINT)

    reading = read_while(monkeypatch, any_database, write_and_interrupt, lambda: None)
    assert (reading["t"].inserts, reading.stopped) == (7, "It was interrupted.")
    assert reading.seconds == 30, "up to the interruption, not to the turn before it"
    assert slots(any_database) == []


def test_an_interruption_at_the_very_end_loses_nothing(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(any_database, "create table t (id int primary key)")
    drop = Slot.drop

    def interrupted(slot: Slot) -> None:
        signal.raise_signal(signal.SIGINT)
        drop(slot)

    monkeypatch.setattr(Slot, "drop", interrupted)
    reading = read_while(monkeypatch, any_database, lambda: run(any_database, "insert into t values (1)"))
    assert (reading["t"].inserts, reading.seconds, reading.stopped) == (1, 30, "It was interrupted.")
    assert slots(any_database) == []


def test_an_interruption_in_the_middle_of_a_large_transaction_ends_it_at_once(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(any_database, "create table t (id int primary key)")
    read = []

    def interrupted_parser(line: str) -> Change | None:
        read.append(parse_test_decoding(line))
        if len(read) == 1000:
            os.kill(os.getpid(), signal.SIGINT)
        return read[-1]

    monkeypatch.setitem(PARSERS, "test_decoding", interrupted_parser)
    fill = "insert into t select generate_series(1, 200000)"
    reading = read_while(monkeypatch, any_database, lambda: run(any_database, fill), plugin="test_decoding")
    assert reading.stopped == "It was interrupted."
    assert len(read) < 50_000
    assert reading["t"].inserts == len([change for change in read if change]) - 1, "the last was not counted any more"
    assert slots(any_database) == []


def test_it_stops_when_the_server_keeps_too_much_for_it(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(any_database, "create table t (id int primary key, word text)")
    fill = "insert into t select n, repeat('x', 500) from generate_series(1, 8000) n"
    reading = read_while(
        monkeypatch,
        any_database,
        lambda: run(any_database, fill),
        lambda: run(any_database, "delete from t"),
        most_lag_bytes=2 * MIB,
    )
    assert reading["t"].inserts == 8000, "the job that did it is told"
    assert (reading["t"].deletes, reading.seconds) == (0, 30)
    assert reading.largest_lag_bytes > 4 * MIB
    assert reading.wal_bytes > 4 * MIB
    megabytes = reading.largest_lag_bytes // MIB
    assert reading.stopped == (
        f"The server had to keep {megabytes} MiB of WAL for the reading, more than the 2 MiB allowed; "
        "read for a shorter time, or allow more."
    )
    assert slots(any_database) == []


def test_a_slot_that_somebody_ended_is_told(any_database: str, queries: Path) -> None:
    edit(
        queries / "wal_mark.sql",
        "select ",
        "select pg_drop_replication_slot('realtime_advisor_' || pg_backend_pid()), ",
    )
    with opened(any_database) as target:
        reading = read_wal(target, read_catalog(target), 0, progress=False)
    assert reading.stopped == "The slot for reading the WAL is gone; somebody has dropped it: read again."
