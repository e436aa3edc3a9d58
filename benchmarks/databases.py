"""Databases of a benchmark's own on the embedded server: with the Realtime schema, gone at the end of their use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

Connection = psycopg.Connection[tuple[Any, ...]]

_SCRIPTS: Final = Path(__file__).resolve().parent / "sql"
_NAMES: Final = "^benchmark_[0-9a-f]{12}$"


@dataclass(frozen=True)
class Database:
    """One database: `admin` is the superuser, `owner` the developer's role postgres, `conninfo` the owner's."""

    admin: Connection
    owner: Connection
    conninfo: str

    def run_script(self, name: str) -> None:
        """Run `sql/<name>.sql` as the owner."""
        self.run(_SCRIPTS.joinpath(f"{name}.sql").read_text(encoding="utf-8"))

    def run(self, sql: str) -> None:
        """Run SQL as the owner."""
        self.owner.execute(sql.encode(), prepare=False)


@contextmanager
def make_database(server: RunningServer) -> Iterator[Database]:
    """A new database, dropped when the block ends, however it ends.

    What a killed run has left behind is dropped first: a run holds an advisory lock named after each of its databases.
    """
    name = f"benchmark_{token_hex(6)}"
    with psycopg.connect(server.conninfo(), autocommit=True) as keeper:
        _drop_orphans(keeper)
        keeper.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        try:
            keeper.execute(SQL("create database {} template template0").format(Identifier(name)))
            with _open(server, name) as database:
                yield database
        finally:
            _drop(keeper, name)


@contextmanager
def _open(server: RunningServer, name: str) -> Iterator[Database]:
    with psycopg.connect(server.conninfo(name), autocommit=True) as admin:
        install(admin)
        owners = server.conninfo(name, "postgres")
        with psycopg.connect(owners, autocommit=True) as owner:
            yield Database(admin, owner, owners)


def _drop_orphans(keeper: Connection) -> None:
    found = keeper.execute("select datname from pg_database where datname ~ %s", [_NAMES]).fetchall()
    for (name,) in found:
        if keeper.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone() == (True,):
            _drop(keeper, name)
            keeper.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _drop(keeper: Connection, name: str) -> None:
    keeper.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
