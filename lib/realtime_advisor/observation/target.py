"""A database open for reading: one short read-only transaction a read, so that a transaction pooler serves it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, Row, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from realtime_advisor.errors import AdvisorError, ConnectionFailed, UnsupportedServer
from realtime_advisor.model import Server, TableName

from .address import Address, parse_address
from .interrupts import finishing
from .refusals import explain_connecting, explain_reading
from .supabase import is_users_own

Rows = Sequence[Row[Any]]
QUERIES = files(__package__).joinpath("queries")
_KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}


@dataclass(frozen=True, repr=False, eq=False)
class Target:
    """One database, read-only; `clock` gives the time of a snapshot where the server's own does not (None)."""

    server: Server
    clock: Callable[[], datetime] | None
    _engine: Engine = field(repr=False)
    _address: Address = field(repr=False)

    def read(self, query: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """The rows of `queries/<query>.sql`, from one read-only transaction. Raises AdvisorError."""
        return _read(self._engine, self._address, query, parameters=parameters)[0]

    def read_together(self, *queries: str) -> tuple[Rows, ...]:
        """The rows of several queries as of one moment: one read-only transaction. Raises AdvisorError."""
        return _read(self._engine, self._address, *queries)

    @contextmanager
    def open_session(self, what: str) -> Iterator[psycopg.Connection[Any]]:
        """One read-only session, for what lasts longer than a read; `what` is read, for the sentence of a failure.

        Between statements it holds no snapshot, so that vacuum is not held up. A peer that is gone is noticed within a
        minute, not after libpq's two hours. What psycopg raises inside comes out as AdvisorError.
        """
        failure: AdvisorError
        connection = _connect(Address({**_KEEPALIVES, **self._address.parameters}))
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        try:
            yield connection
            return
        except psycopg.Error as error:
            failure = explain_reading(error, self._address, what)
        finally:
            connection.close()
        raise failure

    @property
    def host(self) -> str:
        """`db.example.com:5432`, or the name of a service: for whoever asks to be told, since a bundle is passed on."""
        return self._address.host

    def close(self) -> None:
        """Let go of the target. Between reads no connection is open."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"Target(PostgreSQL {self.server.version}, read-only)"


def open_target(url: str, *, clock: Callable[[], datetime] | None = None) -> Target:
    """The database that `url` names: any SQLAlchemy or libpq URL, a libpq string, or '' for libpq's environment.

    Raises ConnectionFailed, MissingPrivilege or UnsupportedServer, with a sentence that never holds the password.
    """
    address = parse_address(url)
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connect(address),
        poolclass=NullPool,
        use_native_hstore=False,
    )
    return Target(_read_server(engine, address), clock, engine, address)


def require_supported(version_num: int) -> None:
    """Raise UnsupportedServer unless `version_num`, such as 150018, is of PostgreSQL 14 or later."""
    if version_num < 140000:
        raise UnsupportedServer(
            f"The server runs PostgreSQL {version_num // 10000}, and this needs PostgreSQL 14 or later: upgrade it, "
            "or point DATABASE_URL at a copy on a newer server."
        )


def _connect(address: Address) -> psycopg.Connection[Any]:
    """A connection whose every transaction is read-only and sees one snapshot; nothing is set on the session."""
    failure: AdvisorError
    try:
        connection = psycopg.connect(make_conninfo("", **address.parameters), prepare_threshold=None)
    except psycopg.Error as error:
        failure = explain_connecting(error, address)
    except (UnicodeError, ValueError):
        failure = ConnectionFailed(f"The server {address.server} cannot be looked up; check the host in the URL.")
    else:
        _require_version_of(connection)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection
    raise failure


def _require_version_of(connection: psycopg.Connection[Any]) -> None:
    try:
        require_supported(connection.info.server_version)
    except UnsupportedServer:
        connection.close()
        raise


def _read_server(engine: Engine, address: Address) -> Server:
    ((row,),) = _read(engine, address, "server")
    facts = row._asdict()
    hidden = facts.pop("schemas_with_hidden_statistics") or ()
    is_supabase = facts["is_supabase"]
    return Server(**facts, sees_all_statistics=not any(is_users_own(schema, is_supabase) for schema in hidden))


def _read(
    engine: Engine, address: Address, *queries: str, parameters: Mapping[str, object] | None = None
) -> tuple[Rows, ...]:
    failure: AdvisorError
    current = "the server's version"
    try:
        with finishing(), engine.connect() as connection:
            _execute(connection, "limits")
            results = []
            for current in queries:
                results.append(_execute(connection, current, parameters))
            connection.commit()  # ours shall not be among the transactions that were rolled back
            return tuple(results)
    except DBAPIError as error:
        failure = _explain(engine, address, error.orig, current)
    except AssertionError:  # SQLAlchemy could not make sense of version()
        failure = UnsupportedServer(f"What answers at {address.server} does not call itself PostgreSQL; check the URL.")
    raise failure


def _execute(connection: Connection, query: str, parameters: Mapping[str, object] | None = None) -> Rows:
    """Run one file as it stands: without parameters psycopg leaves every % alone."""
    statement = QUERIES.joinpath(f"{query}.sql").read_text(encoding="utf-8")
    result = connection.execution_options(no_parameters=True).exec_driver_sql(statement, parameters)
    return result.all() if result.returns_rows else ()


def _explain(engine: Engine, address: Address, error: BaseException | None, query: str) -> AdvisorError:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        ((rows),) = _read(engine, address, "locked")
        names = ", ".join(str(TableName(row.schema, row.name)) for row in rows[:3]) or "a table"
        return AdvisorError(
            f"Another session, perhaps a migration, holds a lock on {names} in database {address.database}; "
            "try again when it has ended."
        )
    if isinstance(error, psycopg.Error):
        return explain_reading(error, address, query)
    return ConnectionFailed(f"The connection to {address.server} failed; try again.")
