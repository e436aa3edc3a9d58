"""What reading the WAL is for the server while it lasts, and which plugin and tables are read."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import psutil
import psycopg
import pytest

from realtime_advisor.observation.wal_slot import open_slot
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from ..conftest import opened, run
from .world import (
    allow_wal2json,
    await_row,
    read_while,
    slots,
)

MIB = 1024 * 1024


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
            assert (name, connection.execute(f"show {name}".encode()).fetchall()) == (name, [(value,)])
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


def test_the_plugin_is_chosen_so_that_nothing_is_missed(database15: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_wal2json(database15)
    run(database15, "create table t (id int primary key)")
    assert read_while(monkeypatch, database15).plugin == "wal2json"
    run(database15, "create table keyless (n int)", "insert into keyless values (1), (2)")
    reading = read_while(monkeypatch, database15, lambda: run(database15, "update keyless set n = 0"))
    assert (reading.plugin, reading["keyless"].updates) == ("test_decoding", 2)
    run(database15, "alter table keyless replica identity full")
    assert read_while(monkeypatch, database15).plugin == "wal2json"


def test_test_decoding_serves_where_wal2json_is_absent(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(database, "create table t (id int primary key)")
    reading = read_while(monkeypatch, database, lambda: run(database, "insert into t values (1)"))
    assert (reading.plugin, reading["t"].inserts) == ("test_decoding", 1)
