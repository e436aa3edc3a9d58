"""The workshop database: a private copy, for each use, of a template that is built once a cluster.

The template is built under another name and renamed when it is whole, so a half-built one is never copied. Whoever
opens a workshop holds an advisory lock named after the copy until the process ends, so copies of the dead are known.
"""

from __future__ import annotations

import atexit
import os
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import LiteralString, Self

import psycopg
from psycopg import sql

from realtime_advisor.errors import AdvisorError, BadInput, SandboxFailed
from realtime_advisor.model import Feed, TableName
from realtime_advisor.sandbox import realtime
from realtime_advisor.sandbox.postgres import RunningServer, lease

from .plan import DATA, load_traffic

SCRIPTS = ("schema.sql", "ordinals.sql", "seed.sql")
_DEVELOPER = "postgres"
_COPY = "^workshop_[0-9a-f]{12}$"
_BUILD = "^workshop_build_[0-9a-f]{12}$"
_TEMPLATE = "^workshop_template_[0-9a-f]{12}$"
# One session at a time sweeps, builds and copies; the number is arbitrary and ours.
_DOORKEEPER = 7_234_502


class WorkshopDatabase:
    """A private workshop database, at the beginning of its traffic; gone when closed, or when this process ends.

    `conninfo` is the libpq connection string as the application's developer, the role postgres.
    `feeds` are the groups of tables that one screen of the application listens to.
    """

    def __init__(self, server: RunningServer, name: str, resources: ExitStack) -> None:
        self.conninfo = server.conninfo(name, _DEVELOPER)
        self.feeds = load_feeds()
        self._clock = load_traffic().starts_at
        self._resources = resources
        self._process = os.getpid()
        atexit.register(self.close)

    def clock(self) -> datetime:
        """The traffic's time now, in UTC: ahead of its start by exactly the minutes that were run."""
        return self._clock

    def advance_to(self, now: datetime) -> None:
        """Set the traffic's time: for whoever runs the traffic."""
        self._clock = now

    def close(self) -> None:
        """Drop the copy and let the server go; again is harmless. A fork does not close its parent's workshop."""
        atexit.unregister(self.close)
        if os.getpid() == self._process:
            self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"WorkshopDatabase(its clock at {self._clock:%Y-%m-%d %H:%M:%S} UTC)"


def open_workshop(server: RunningServer | None = None) -> WorkshopDatabase:
    """A new copy of the workshop database, on `server` or on the embedded one; the template is built if it is missing.

    Raises NoServerBinaries or SandboxFailed.
    """
    with ExitStack() as resources:
        running = server or resources.enter_context(lease())
        try:
            keeper = resources.enter_context(_connect(running, "postgres"))
            name = _copy_template(keeper, running)
            resources.callback(_drop_quietly, keeper, name)
            with _connect(running, name) as connection:
                realtime.ensure_partitions(connection)
        except psycopg.Error as error:
            raise SandboxFailed(
                f"The workshop database could not be prepared: {error.diag.message_primary or type(error).__name__}."
                " Try again; if it stays so, set DATABASE_URL to a database of yours."
            ) from error
        return WorkshopDatabase(running, name, resources.pop_all())


@cache
def load_feeds(path: Path = DATA / "feeds.toml") -> tuple[Feed, ...]:
    """The feeds that a TOML file describes. Raises BadInput where it cannot be meant."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Feed(name, entry["event"], tuple(TableName.parse(table) for table in entry["tables"]))
            for name, entry in content.items()
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The feeds in {path.name} cannot be read: {error!r}. Correct that file.") from error


def template_name() -> str:
    """The template's name: a hash of everything that it is made of."""
    content = b"".join((DATA / script).read_bytes() for script in SCRIPTS) + realtime.SCHEMA
    return f"workshop_template_{sha256(content).hexdigest()[:12]}"


def _connect(server: RunningServer, database: str) -> psycopg.Connection:
    return psycopg.connect(server.conninfo(database), autocommit=True)


def _copy_template(keeper: psycopg.Connection, server: RunningServer) -> str:
    """Make a copy that belongs to the session `keeper`; answer its name."""
    name = f"workshop_{token_hex(6)}"
    with _alone(keeper):
        _drop_orphans(keeper)
        if not _databases(keeper, f"^{template_name()}$"):
            _build_template(keeper, server)
        keeper.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        _run(keeper, "create database {} template {} owner {}", name, template_name(), _DEVELOPER)
    return name


@contextmanager
def _alone(keeper: psycopg.Connection) -> Iterator[None]:
    keeper.execute("select pg_advisory_lock(%s)", [_DOORKEEPER])
    try:
        yield
    finally:
        keeper.execute("select pg_advisory_unlock(%s)", [_DOORKEEPER])


def _drop_orphans(keeper: psycopg.Connection) -> None:
    """Drop the copies whose owner is gone, and builds that were cut off: whoever is alone here builds none now."""
    for name in _databases(keeper, _BUILD):
        _drop(keeper, name)
    for name in _databases(keeper, _COPY):
        if keeper.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone() == (True,):
            _drop(keeper, name)
            keeper.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _build_template(keeper: psycopg.Connection, server: RunningServer) -> None:
    """Build the template of this version of the workshop, and drop those of others."""
    for outdated in _databases(keeper, _TEMPLATE):
        _run(keeper, "alter database {} is_template false", outdated)
        _drop(keeper, outdated)
    name = f"workshop_build_{token_hex(6)}"
    _run(keeper, "create database {}", name)
    with _connect(server, name) as connection:
        realtime.install(connection)
        for script in SCRIPTS:
            connection.execute((DATA / script).read_bytes())
        connection.execute("vacuum (analyze)")
    _run(keeper, "alter database {} is_template true allow_connections false", name)
    _run(keeper, "alter database {} rename to {}", name, template_name())


def _databases(keeper: psycopg.Connection, pattern: str) -> list[str]:
    found = keeper.execute("select datname from pg_database where datname ~ %s order by datname", [pattern])
    return [name for (name,) in found]


def _drop(keeper: psycopg.Connection, name: str) -> None:
    # FORCE alone is refused while a session reads a replication slot of the database, so sessions end first.
    keeper.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name])
    _run(keeper, "drop database if exists {} (force)", name)


def _drop_quietly(keeper: psycopg.Connection, name: str) -> None:
    """Drop a copy at the end; where the server is gone already, the next workshop on it finds an orphan."""
    with suppress(psycopg.Error, AdvisorError):
        _drop(keeper, name)


def _run(keeper: psycopg.Connection, statement: LiteralString, *names: str) -> None:
    keeper.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
