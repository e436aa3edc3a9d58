"""A transaction pooler between us and the server, as in Supabase's usual URL: PgBouncer with one server connection."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from realtime_advisor.errors import ConnectionFailed
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import sample, take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import opened, run
from .wal.conftest import private_server
from .wal.world import await_all_read, await_no_slot, await_slot, killed_reader, read_while, slots

PASSWORD = secrets.token_hex(8)
_SETTINGS = """
[databases]
unreachable = host=127.0.0.1 port=1
* = host={host} port={port} user=supabase_admin
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 1
max_client_conn = 6
query_wait_timeout = 2
server_login_retry = 1
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server of this module's own: reading the WAL waits for whoever writes on it."""
    with private_server() as running:
        yield running


@pytest.fixture(scope="module")
def pooler(server: RunningServer) -> Iterator[int]:
    """The port of a PgBouncer before the server, in transaction mode."""
    program = shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if program is None:
        pytest.skip(
            "PgBouncer not installed: reading through a transaction pooler is not tested (apt install pgbouncer)"
        )
    with tempfile.TemporaryDirectory(prefix="ra-pooler-") as name:
        folder, port = Path(name), free_port()
        (folder / "users").write_text(f'"ada" "{PASSWORD}"\n', encoding="utf-8")
        settings = _SETTINGS.format(host=server.host, port=server.port, listen=port, folder=folder)
        (folder / "pgbouncer.ini").write_text(settings, encoding="utf-8")
        with running([program, "-q", str(folder / "pgbouncer.ini")], folder, Path(server.host).stat()):
            await_listener(port)
            yield port


@contextmanager
def running(command: list[str], folder: Path, account: os.stat_result) -> Iterator[None]:
    """A program at work in a folder: for root, which it refuses, as the account that may use the server's socket."""
    as_other: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_other = {"user": account.st_uid, "group": account.st_gid, "extra_groups": []}
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.st_uid, account.st_gid)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **as_other) as process:
        try:
            yield
        finally:
            process.terminate()


def await_listener(port: int) -> None:
    deadline = time.monotonic() + 300
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < deadline, "PgBouncer did not start"
            time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def url(pooler: int, database: str) -> str:
    """One test's database behind the pooler."""
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    return f"postgresql://ada:{PASSWORD}@127.0.0.1:{pooler}/{name}?pgbouncer=true"


def refusal(url: str) -> str:
    with pytest.raises(ConnectionFailed) as caught:
        open_target(url)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_everything_is_read_through_a_transaction_pooler(url: str, database: str) -> None:
    run(database, "create table t (id int primary key)", "insert into t values (1)")
    with opened(url) as target:
        assert target.server.role == "supabase_admin"
        assert read_catalog(target)["t"].primary_key == ("id",)
        assert take_snapshot(target).counters["t"].n_tup_ins == 1
        assert len(sample(target, 0.2, 0.1, progress=False)) == 3


def test_reads_of_two_targets_share_one_server_connection(url: str) -> None:
    with opened(url) as one, opened(url) as other:
        for _ in range(8):  # psycopg prepares a statement at its fifth use, unless told not to
            take_snapshot(one)
            take_snapshot(other)


def test_nothing_is_left_on_the_server_connection_for_its_next_user(url: str) -> None:
    with opened(url) as target:
        for _ in range(8):
            take_snapshot(target)
    with psycopg.connect(url.partition("?")[0], prepare_threshold=None) as neighbour:
        left = neighbour.execute(
            "select current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('transaction_read_only'), current_setting('transaction_isolation'),"
            " current_setting('search_path'), (select count(*) from pg_prepared_statements)"
        ).fetchone()
    assert left == ("0", "0", "off", "read committed", '"$user", public', 0)


def test_a_wrong_password_is_told(url: str) -> None:
    assert "refuses the user name or the password of role ada" in refusal(url.replace(PASSWORD, f"{PASSWORD}x"))


def test_an_unknown_user_is_told(url: str) -> None:
    assert "refuses the user name or the password of role eve" in refusal(url.replace("ada", "eve"))


def test_a_missing_database_is_told(pooler: int) -> None:
    assert "has no database absent (for role ada)" in refusal(f"postgresql://ada:{PASSWORD}@127.0.0.1:{pooler}/absent")


def test_a_server_that_the_pooler_cannot_reach_is_told(pooler: int) -> None:
    sentence = refusal(f"postgresql://ada:{PASSWORD}@127.0.0.1:{pooler}/unreachable")
    assert f"The pooler 127.0.0.1:{pooler} has no connection to its own PostgreSQL server" in sentence


def test_start_up_options_are_told_to_be_the_cause(url: str) -> None:
    sentence = refusal(f"{url}&options=-c%20work_mem%3D1MB")
    assert "refuses a start-up parameter" in sentence
    assert "(unsupported startup parameter: options)" in sentence


def test_a_busy_pooler_is_told(url: str) -> None:
    with psycopg.connect(url.partition("?")[0]) as neighbour:
        neighbour.execute("select 1")  # holds the only server connection until its transaction ends
        assert "query_wait_timeout); check that the server runs, and try again" in refusal(url)


def test_a_full_pooler_is_told(url: str) -> None:
    neighbours: list[psycopg.Connection[Any]] = []
    try:
        with pytest.raises(psycopg.OperationalError, match="no more connections"):
            neighbours.extend(psycopg.connect(url.partition("?")[0]) for _ in range(9))
        assert "has no free connection for role ada" in refusal(url)
    finally:
        for neighbour in neighbours:
            neighbour.close()


def test_the_wal_is_read_through_a_transaction_pooler(url: str, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slot lives in one transaction, which holds the pooler to one server connection."""
    run(database, "create table t (id int primary key)")
    reading = read_while(monkeypatch, url, *[lambda: run(database, "insert into t select count(*) from t")] * 5)
    assert (reading["t"].inserts, reading.stopped) == (5, None)
    assert slots(database) == [], "the pooler keeps its server connection, but the slot was dropped"


def test_a_process_killed_behind_a_transaction_pooler_leaves_no_slot(url: str, database: str) -> None:
    run(database, "create table t (id int primary key)")
    with killed_reader(url):
        await_slot(database)
        run(database, "insert into t values (1)")
        await_all_read(database)
    await_no_slot(database)
