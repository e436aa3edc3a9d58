"""A database for proofs: a copy, gone at the end, of a template with Realtime's schema that is built once a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from importlib import resources
from secrets import token_hex
from types import TracebackType
from typing import Any, Final, LiteralString, NamedTuple, Self

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import realtime
from realtime_advisor.sandbox.postgres import RunningServer

_COPY: Final = "^proof_[0-9a-f]{12}$"
_BUILD: Final = "^proof_build_[0-9a-f]{12}$"
_TEMPLATE: Final = "^proof_template_[0-9a-f]{12}$"
# One session at a time sweeps, builds and copies; the number is arbitrary and ours.
_DOORKEEPER: Final = 7_234_503

# A bulk write takes a second. A script that makes it quadratic is to fail, not to hold up the proof.
LONGEST_STATEMENT: Final = "set statement_timeout = '30s'"

Connection = psycopg.Connection[tuple[Any, ...]]
_RESET: Final = resources.files(__package__).joinpath("reset.sql").read_bytes()
_FINGERPRINT: Final = resources.files(__package__).joinpath("fingerprint.sql").read_bytes()


class JoinCost(NamedTuple):
    """What a join costs: the rows that it reads, and how long it takes on the machine at hand."""

    rows: int
    milliseconds: float


Costs = dict[frozenset[str], JoinCost]  # by what decides on them


class Copies:
    """Copies for one proof after the other: a copy that a proof has left as it was is taken again.

    `costs` are those of joins that were measured already.
    """

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._blank: frozenset[str] = frozenset()
        self.costs: Costs = {}

    def take(self) -> Connection:
        """A superuser's connection to a database with Realtime's schema and nothing else. Raises SandboxFailed."""
        if self._connection is None or not self._is_clean(self._connection):
            self._open.close()
            self._connection = self._open.enter_context(open_copy(self._server))
            self._blank = fingerprint(self._connection)
        return self._connection

    def _is_clean(self, connection: Connection) -> bool:
        try:
            connection.execute(_RESET)
            return fingerprint(connection) == self._blank
        except psycopg.Error as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)


def is_interrupt(error: BaseException | None) -> bool:
    """Whether an error came of Ctrl-C, which may leave a connection in the middle of a statement."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or is_interrupt(error.__context__))


def fingerprint(connection: Connection) -> frozenset[str]:
    """The catalogue, a line for each object."""
    return frozenset(line for (line,) in connection.execute(_FINGERPRINT).fetchall())


@contextmanager
def open_copy(server: RunningServer) -> Iterator[Connection]:
    """A superuser's connection, in autocommit mode, to a database with Realtime's schema and nothing else.

    Raises SandboxFailed.
    """
    try:
        with psycopg.connect(server.conninfo(), autocommit=True) as keeper:
            name = _make_copy(keeper, server)
            try:
                with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
                    realtime.ensure_partitions(connection)
                    _run(connection, LONGEST_STATEMENT)
                    yield connection
            finally:
                _drop(keeper, name)
    except psycopg.OperationalError as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        raise SandboxFailed(
            f"The sandbox for the proof broke off: {str(error).strip() or type(error).__name__}. Try again."
        ) from error


def _make_copy(keeper: Connection, server: RunningServer) -> str:
    """A copy that belongs to the session `keeper`, which holds a lock of its name."""
    name = f"proof_{token_hex(6)}"
    keeper.execute("select pg_advisory_lock(%s)", [_DOORKEEPER])
    try:
        _drop_orphans(keeper)
        template = f"proof_template_{sha256(realtime.SCHEMA).hexdigest()[:12]}"
        if not _databases(keeper, f"^{template}$"):
            _build(keeper, server, template)
        keeper.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        _run(keeper, "create database {} template {} owner postgres", name, template)
    finally:
        keeper.execute("select pg_advisory_unlock(%s)", [_DOORKEEPER])
    return name


def _drop_orphans(keeper: Connection) -> None:
    """Drop the copies whose owner is gone, and builds that were cut off: whoever is alone here builds none now."""
    for name in _databases(keeper, _BUILD):
        _drop(keeper, name)
    for name in _databases(keeper, _COPY):
        if keeper.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone() == (True,):
            _drop(keeper, name)
            keeper.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _build(keeper: Connection, server: RunningServer, template: str) -> None:
    for outdated in _databases(keeper, _TEMPLATE):
        _run(keeper, "alter database {} is_template false", outdated)
        _drop(keeper, outdated)
    name = f"proof_build_{token_hex(6)}"
    _run(keeper, "create database {} template template0", name)
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        realtime.install(connection)
    _run(keeper, "alter database {} is_template true allow_connections false", name)
    _run(keeper, "alter database {} rename to {}", name, template)


def _databases(keeper: Connection, pattern: str) -> list[str]:
    found = keeper.execute("select datname from pg_database where datname ~ %s order by datname", [pattern])
    return [name for (name,) in found]


def _drop(keeper: Connection, name: str) -> None:
    _run(keeper, "drop database if exists {} with (force)", name)


def _run(keeper: Connection, statement: LiteralString, *names: str) -> None:
    keeper.execute(SQL(statement).format(*map(Identifier, names)))
