"""Databases to observe: some on the shared server, some on a server that a test may restart and lock down."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.errors import AdvisorError, ConnectionFailed
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.postgres import RunningServer, lease

from ..new_databases import new_database

SECRET = "s3cr3t-of-ada"


def refusal(url: str, kind: type[AdvisorError] = ConnectionFailed) -> str:
    """What is said about a target that cannot be opened."""
    with pytest.raises(kind) as caught:
        open_target(url)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def run(conninfo: str, *statements: str) -> None:
    """Execute statements, each in its own transaction, whose row changes are counted at once."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        flush(connection)
        version = connection.info.server_version
    wait_for_collector(version)


def flush(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Have the server count what this session did; otherwise it does so within a second, or when the session ends."""
    if connection.info.server_version >= 150000:
        connection.execute("select pg_stat_force_next_flush()")
        connection.execute("select 1")


def wait_for_collector(version: int) -> None:
    """Before PostgreSQL 15 an ended session's counts are seen by others when a process of its own has written them."""
    if version < 150000:
        time.sleep(1.1)


@contextmanager
def opened(url: str) -> Iterator[Target]:
    target = open_target(url)
    try:
        yield target
    finally:
        target.close()


@contextmanager
def made_database(server: RunningServer) -> Iterator[str]:
    """The conninfo of a new database, for fixtures that live longer than a test."""
    with new_database(server) as name:
        yield server.conninfo(name)


@contextmanager
def role(conninfo: str, attributes: str = "login") -> Iterator[str]:
    """A role of one test's own; `drop owned` removes its grants."""
    name = f"role_{secrets.token_hex(6)}"
    run(conninfo, f"create role {name} {attributes}")
    try:
        yield name
    finally:
        run(conninfo, f"drop owned by {name}", f"drop role {name}")


@pytest.fixture(params=["database", "database15"], ids=["embedded", "15"])
def any_database(request: pytest.FixtureRequest) -> str:
    """An empty database on each major version at hand."""
    conninfo: str = request.getfixturevalue(request.param)
    return conninfo


@pytest.fixture
def postgres(server: RunningServer) -> str:
    """The shared server's own database, for tests that leave it as it is."""
    return server.conninfo()


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def any_server(request: pytest.FixtureRequest) -> str:
    """The same on each major version at hand."""
    server: RunningServer = request.getfixturevalue(request.param)
    return server.conninfo()


@pytest.fixture(scope="module")
def own_server() -> Iterator[RunningServer]:
    """A server for one module alone, which its tests may change: passwords asked of all but its superuser."""
    with tempfile.TemporaryDirectory(prefix="ra-own-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with lease(folder=Path(folder)) as server:
            rules = f"local all {psycopg.conninfo.conninfo_to_dict(server.conninfo())['user']} trust\n"
            rules += "local refused_database all reject\nlocal all all scram-sha-256\n"
            with psycopg.connect(server.conninfo(), autocommit=True) as connection:
                found = connection.execute("show hba_file").fetchone()
                Path(str(found and found[0])).write_text(rules, encoding="utf-8")
                connection.execute("select pg_reload_conf()")
            yield server
        reaper.wait_until_stopped(server.folder)  # else it would lose its folder while it still runs
