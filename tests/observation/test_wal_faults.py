"""Reading the WAL when things go wrong: nothing is left behind, what was read is kept, and one sentence says why."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from realtime_advisor.errors import AdvisorError, MissingPrivilege
from realtime_advisor.model import Catalog, WalReading
from realtime_advisor.observation import target as target_module
from realtime_advisor.observation import wal_slot
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import Target
from realtime_advisor.observation.wal import read_wal
from realtime_advisor.observation.wal_decoding import PARSERS, Change, parse_test_decoding
from realtime_advisor.observation.wal_refusals import Circumstances, explain_refusal
from realtime_advisor.observation.wal_slot import open_slot
from realtime_advisor.sandbox import cluster
from realtime_advisor.sandbox.postgres import RunningServer, lease
from realtime_advisor.sandbox.realtime import install

from .conftest import made_database, opened, role, run
from .test_faults import standby_of
from .wal_world import await_all_read, await_no_slot, await_row, await_slot, killed_reader, read_while, slots

MIB = 1024 * 1024


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the WAL's query files for a test to change."""
    folder = tmp_path / "queries"
    shutil.copytree(Path(target_module.__file__).parent / "queries", folder)
    monkeypatch.setattr(wal_slot, "QUERIES", folder)
    return folder


def edit(query: Path, old: str, new: str) -> None:
    text = query.read_text()
    assert old in text
    query.write_text(text.replace(old, new))


def refusal(conninfo: str, kind: type[AdvisorError] = AdvisorError, **options: Any) -> str:
    """What is said about a database whose WAL cannot be read."""
    with opened(conninfo) as target:
        catalog = read_catalog(target)
        with pytest.raises(kind) as caught:
            read_wal(target, catalog, 0, progress=False, **options)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


@contextmanager
def reading_of(target: Target, catalog: Catalog, **options: Any) -> Iterator[Future[WalReading]]:
    """A reading under way in a thread."""
    with ThreadPoolExecutor() as threads:
        yield threads.submit(read_wal, target, catalog, **{"seconds": 30, "pause": 0.05, "progress": False, **options})


# Ends of all kinds


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
        reading = future.result(timeout=30)
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
        "idle_in_transaction_session_timeout = 300",
    )
    run(any_database, "create table t (id int primary key)")
    with opened(any_database) as target, ThreadPoolExecutor() as threads:
        catalog = read_catalog(target)
        future = threads.submit(read_wal, target, catalog, 3, pause=3, progress=False)
        await_slot(any_database)
        time.sleep(0.5)
        assert slots(any_database) == []
        reading = future.result(timeout=30)
    assert "was lost" in str(reading.stopped)


def test_an_interruption_keeps_what_was_read_until_then(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)")

    def interrupt() -> None:
        await_slot(any_database)
        run(any_database, "insert into t select generate_series(1, 7)")
        os.kill(os.getpid(), signal.SIGINT)

    with opened(any_database) as target, ThreadPoolExecutor() as threads:
        catalog = read_catalog(target)
        threads.submit(interrupt)
        started = time.monotonic()
        reading = read_wal(target, catalog, 60, pause=30, progress=False)
    assert time.monotonic() - started < 20
    assert (reading["t"].inserts, reading.stopped) == (7, "It was interrupted.")
    assert 0.01 < reading.seconds < 20, "up to the interruption, not to the turn before it"
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


@pytest.fixture
def own_database(own_server: RunningServer) -> Iterator[str]:
    """A database on a server to whose WAL nobody else adds."""
    with made_database(own_server) as conninfo:
        yield conninfo


def test_it_stops_when_the_server_keeps_too_much_for_it(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(own_database, "create table t (id int primary key, word text)")
    fill = "insert into t select n, repeat('x', 500) from generate_series(1, 8000) n"
    reading = read_while(
        monkeypatch,
        own_database,
        lambda: run(own_database, fill),
        lambda: run(own_database, "delete from t"),
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
    assert slots(own_database) == []


def test_a_slot_that_somebody_ended_is_told(any_database: str, queries: Path) -> None:
    edit(
        queries / "wal_mark.sql",
        "select ",
        "select pg_drop_replication_slot('realtime_advisor_' || pg_backend_pid()), ",
    )
    with opened(any_database) as target:
        reading = read_wal(target, read_catalog(target), 0, progress=False)
    assert reading.stopped == "The slot for reading the WAL is gone; somebody has dropped it: read again."


def test_the_slot_is_dropped_before_the_session_ends(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends a session a moment after its client; until then nobody could drop the database."""
    left: list[list[str]] = []
    close = psycopg.Connection.close

    def look_and_close(connection: psycopg.Connection[Any]) -> None:
        monkeypatch.setattr(psycopg.Connection, "close", close)
        left.append(slots(any_database))
        close(connection)

    with opened(any_database) as target, open_slot(target, ["test_decoding"]) as slot:
        assert slots(any_database) != []
        assert slot.is_usable
        monkeypatch.setattr(psycopg.Connection, "close", look_and_close)
    assert left == [[]]


# What it is for the server while it lasts


def test_between_turns_it_holds_no_snapshot_and_no_lock(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(any_database, "create table t (id int primary key)")
    held: list[Any] = []

    def look() -> None:
        session = "from pg_stat_activity a join pg_replication_slots s on s.active_pid = a.pid"
        session += " where s.database = current_database()"
        held.append(
            await_row(any_database, f"select a.state, a.backend_xid, a.backend_xmin, a.application_name {session}")
        )
        held.append(
            await_row(
                any_database,
                f"select array_agg(l.locktype) from pg_locks l where l.pid = (select a.pid {session})",
            )
        )
        run(any_database, "insert into t values (1)", "drop table t")

    reading = read_while(monkeypatch, any_database, look)
    assert held == [("idle in transaction", None, None, "realtime-advisor"), (["virtualxid"],)]
    assert (reading["t"].inserts, reading.stopped) == (1, None)


def test_its_session_has_limits_and_is_read_only(any_database: str) -> None:
    names = {
        "transaction_read_only": "on",
        "transaction_isolation": "read committed",
        "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "10s",
        "statement_timeout": "10min",
        "client_min_messages": "error",
        "application_name": "realtime-advisor",
    }
    if sys.platform == "linux":
        names["client_connection_check_interval"] = "5s"
    with opened(any_database) as target, open_slot(target, ["test_decoding"]) as slot:
        connection = slot._connection
        for name, value in names.items():
            assert (name, *connection.execute(f"show {name}".encode()).fetchone()) == (name, value)  # type: ignore[misc]
        options = {key: connection.info.get_parameters().get(key) for key in ("keepalives_idle", "keepalives_count")}
        assert options == {"keepalives_idle": "30", "keepalives_count": "3"}


def test_a_large_transaction_does_not_fill_memory(any_database: str) -> None:
    run(any_database, "create table t (id int primary key, word text)")
    with opened(any_database) as target, open_slot(target, ["test_decoding"]) as slot:
        run(any_database, "insert into t select n, repeat('x', 2000) from generate_series(1, 20000) n")
        slot.mark()
        process = psutil.Process()
        before = process.memory_info().rss
        grown = [process.memory_info().rss - before for _ in slot.read_changes()]
    assert len(grown) == 20_000
    assert max(grown) < 16 * MIB, "40 MB were read"


def test_a_database_without_an_encoding_is_read(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"test_{secrets.token_hex(8)}"
    run(
        server.conninfo(),
        f"create database {name} template template0 encoding sql_ascii locale 'C' locale_provider libc",
    )
    try:
        conninfo = server.conninfo(name)
        run(conninfo, "create table t (id int primary key, word text)")
        insert = "insert into t values (1, encode('\\xff00', 'escape'))"
        reading = read_while(monkeypatch, conninfo, lambda: run(conninfo, insert, "insert into t values (2, E'\\377')"))
        assert reading["t"].inserts == 2
    finally:
        run(server.conninfo(), f"drop database {name} with (force)")


def test_supabases_own_tables_are_left_out(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(any_database, autocommit=True) as connection:
        install(connection)
    run(any_database, "create table t (id int primary key)")
    send = "select realtime.send('{}', 'event', 'topic', true)"
    reading = read_while(monkeypatch, any_database, lambda: run(any_database, send, "insert into t values (1)"))
    assert list(map(str, reading)) == ["public.t"]
    assert reading.transactions == 1


# Refusals


def test_an_open_writer_is_named_and_no_slot_stays(any_database: str, queries: Path) -> None:
    edit(queries / "wal_limits.sql", "lock_timeout = '10s'", "lock_timeout = '300ms'")
    run(any_database, "create table t (id int primary key)")
    with psycopg.connect(any_database, application_name="nightly job") as writer:
        writer.execute("insert into t values (1)")
        time.sleep(1.1)
        sentence = refusal(any_database)
        pid = writer.info.backend_pid
    assert sentence.startswith("An open transaction of ")
    assert slots(any_database) == []
    if f"(process {pid})" in sentence:  # else another test's, older still
        assert f"of nightly job (process {pid}), " in sentence
        assert int(sentence.split("), ")[1].split()[0]) >= 1
    assert sentence.endswith(" s old, holds up the reading of the WAL; try again when it has ended, or end it.")


def test_a_role_that_may_not_replicate_is_told(any_database: str) -> None:
    with role(any_database) as name:
        sentence = refusal(make_conninfo(any_database, user=name), MissingPrivilege)
    assert sentence == (
        f'Role {name} may not read the WAL; have a superuser run "alter role {name} replication" '
        f'(on Amazon RDS "grant rds_replication to {name}"), or go by the counters.'
    )


def test_a_role_that_may_replicate_needs_no_more(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)", "insert into t values (1)")
    with role(any_database, "login replication") as name, opened(make_conninfo(any_database, user=name)) as target:
        assert read_wal(target, read_catalog(target), 0, progress=False).stopped is None


@contextmanager
def server_with(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[RunningServer]:
    for name, value in settings.items():
        monkeypatch.setitem(cluster._SETTINGS, name, value)
    with tempfile.TemporaryDirectory(prefix="ra-wal-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with lease(folder=Path(folder)) as server:
            yield server


def test_a_server_that_does_not_write_logical_wal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with server_with(monkeypatch, wal_level="replica") as server:
        sentence = refusal(server.conninfo())
    assert sentence == (
        "The server's wal_level is replica, and reading the WAL needs logical; set wal_level = logical and restart the "
        "server (Amazon RDS: rds.logical_replication, Cloud SQL: cloudsql.logical_decoding), or go by the counters."
    )


def test_a_server_whose_slots_are_all_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with server_with(monkeypatch, max_replication_slots="1") as server:
        run(server.conninfo(), "select pg_create_physical_replication_slot('forgotten')")
        sentence = refusal(server.conninfo())
    assert sentence == (
        "All replication slots of the server are taken (max_replication_slots = 1); nobody reads forgotten: drop what "
        "is not needed, or raise that setting."
    )


def test_a_standby_is_refused(own_database: str, own_server: RunningServer) -> None:
    with standby_of(own_server) as standby:
        sentence = refusal(standby.conninfo(str(conninfo_to_dict(own_database)["dbname"])))
    assert sentence == "This server is a standby, whose WAL is its primary's; point DATABASE_URL at the primary."


CALM = Circumstances("logical", 10, True, [], None, None, None, None)


@pytest.mark.parametrize(
    ("error", "found", "sentence"),
    [
        (errors.LockNotAvailable(), {"prepared": "two-phase"}, "The prepared transaction two-phase holds up"),
        (errors.QueryCanceled(), {}, "Open transactions held up the reading of the WAL for too long; try again."),
        (
            errors.LockNotAvailable(),
            {"writer_pid": 7},
            "An open transaction of a session without a name (process 7) holds",
        ),
        (
            errors.ObjectNotInPrerequisiteState(),
            {"max_replication_slots": 0},
            "raise that setting and restart the server.",
        ),
        (errors.ConfigurationLimitExceeded(), {}, "try again later, or raise that setting."),
        (errors.InsufficientPrivilege(), {}, "offers no output plugin that can be read here (not a nor b)"),
        (errors.UndefinedFile(), {}, "offers no output plugin that can be read here (not a nor b)"),
    ],
)
def test_other_refusals_are_told(error: psycopg.Error, found: dict[str, Any], sentence: str) -> None:
    assert sentence in str(explain_refusal(error, replace(CALM, **found), ["a", "b"], "ada"))


def test_an_unforeseen_refusal_is_left_to_the_session() -> None:
    assert explain_refusal(errors.ObjectNotInPrerequisiteState(), CALM, ["a"], "ada") is None
