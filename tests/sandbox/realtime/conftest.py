"""A database with the Realtime-compatible schema on each major version at hand; every test rolls its own work back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest

from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from ...new_databases import new_database, realtime_database

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Home:
    """A database of these tests' own; connections are the superuser's unless they name a user."""

    server: RunningServer
    name: str

    def connect(self, user: str = "supabase_admin", autocommit: bool = False) -> Connection:
        return psycopg.connect(self.server.conninfo(self.name, user), autocommit=autocommit)


@contextmanager
def empty_home(server: RunningServer) -> Iterator[Home]:
    with new_database(server) as name:
        yield Home(server, name)


@pytest.fixture(scope="session", params=["server", "server15"], ids=["embedded", "15"])
def any_server(request: pytest.FixtureRequest) -> RunningServer:
    """The embedded server, then PostgreSQL 15."""
    running: RunningServer = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def home(any_server: RunningServer) -> Iterator[Home]:
    """The database that these tests share: they leave nothing in it."""
    with empty_home(any_server) as home:
        with home.connect() as connection:
            install(connection)
        yield home


@pytest.fixture
def empty(any_server: RunningServer) -> Iterator[Home]:
    """A database without the schema, for one test."""
    with empty_home(any_server) as home:
        yield home


@pytest.fixture
def fresh(any_server: RunningServer) -> Iterator[Home]:
    """A database with the schema, for one test that commits."""
    with realtime_database(any_server) as name:
        yield Home(any_server, name)


@pytest.fixture
def admin(home: Home) -> Iterator[Connection]:
    """The superuser inside a transaction that ends with the test."""
    with home.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def ask(admin: Connection) -> Callable[..., list[tuple[Any, ...]]]:
    """A query's rows, asked in the test's transaction."""

    def rows(query: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        return admin.execute(query, parameters or None).fetchall()

    return rows


@pytest.fixture
def warnings(admin: Connection) -> list[str]:
    """What the server has warned the superuser's connection of so far."""
    said: list[str] = []
    admin.add_notice_handler(lambda notice: said.append(f"{notice.severity}: {notice.message_primary}"))
    return said
