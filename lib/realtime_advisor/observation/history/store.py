"""Where a history is kept: a SQLite file or a Postgres, its transactions, and what is said when they fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from realtime_advisor.errors import AdvisorError, HistoryFailed

from ..address import Address, parse_address
from ..refusals import explain_connecting, explain_reading

PRAGMAS: Final = ("journal_mode = wal", "synchronous = normal", "foreign_keys = on", "busy_timeout = 30000")
_LOCK: Final = 7_234_503  # arbitrary and ours: who writes to a history in Postgres holds it until the transaction's end
_PATIENCE: Final = (
    "set local lock_timeout = '30s'",
    "set local statement_timeout = '5min'",
    f"select pg_advisory_xact_lock({_LOCK})",
)
_WRITES: Final = "advisor_writes"
_SQLITE: Final = (
    ("unable to open", "The history {place} cannot be opened: is its folder there, and may you write to it?"),
    ("readonly", "The history {place} may not be written. Name another place with HISTORY, or mend its permissions."),
    ("not a database", "The file {place} is no SQLite database. Name another one with HISTORY."),
    ("malformed", "The history {place} is damaged. Put back a copy of it, or name another place with HISTORY."),
    ("is full", "There is no room for the history {place}: its disk is full. Make room; what is recorded stays."),
    ("locked", "Another process has kept the history {place} locked for half a minute. End it, or wait for its end."),
)


@dataclass(frozen=True, repr=False)
class Store:
    """A place for a history; between transactions no connection is open. `place` is fit to be shown."""

    place: str
    folder: Path  # where the files beside the history belong
    engine: Engine = field(repr=False)
    address: Address | None = field(default=None, repr=False)  # None: SQLite

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the history. Raises HistoryFailed."""
        settings = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.address else {}
        with self._explained(), self.engine.execution_options(**settings).connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, kept whole or not at all; the history's writers come one after the other.

        Raises HistoryFailed.
        """
        with self._explained(), self.engine.execution_options(**{_WRITES: True}).begin() as connection:
            if self.address:
                for statement in _PATIENCE:
                    connection.exec_driver_sql(statement)
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        failure: AdvisorError
        try:
            yield
        except DBAPIError as error:
            failure = self._explain(error.orig)
        except SQLAlchemyError as error:
            failure = HistoryFailed(f"The history {self.place} failed: {type(error).__name__}. Report this.")
        else:
            return
        raise failure

    def _explain(self, error: BaseException | None) -> HistoryFailed:
        if self.address is None:
            return HistoryFailed(_explain_sqlite(str(error), self.place))
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return HistoryFailed(
                f"Role {self.address.role} may not keep a history in {self.place} ({error.diag.message_primary}); have "
                f'its owner run "grant usage, create on schema public to {self.address.role}".'
            )
        if isinstance(error, psycopg.Error):
            return HistoryFailed(f"The history failed. {explain_reading(error, self.address, 'of the history')}")
        return HistoryFailed(f"The history {self.place} failed; try again.")


def open_store(where: str | Path, *, create: bool = True) -> Store:
    """The store that `where` names: a URL or libpq string, a folder (its history.sqlite), or a SQLite file.

    A missing folder is made where `create` says so. Raises HistoryFailed.
    """
    place = _place(where)
    return _open_postgres(place) if isinstance(place, str) else _open_sqlite(place, create)


def folder_beside(where: str | Path) -> Path:
    """The folder for files beside a history: a SQLite file's own; ./history for one in Postgres. Raises HistoryFailed.

    >>> str(folder_beside("history")), str(folder_beside("postgresql://db/app"))
    ('history', 'history')
    """
    place = _place(where)
    return Path("history") if isinstance(place, str) else place.parent


def make_absolute(where: str | Path) -> str:
    """The same place for a process in another folder. Raises HistoryFailed."""
    place = _place(where)
    return place if isinstance(place, str) else str(place.absolute())


def _place(where: str | Path) -> str | Path:
    """A URL or libpq string of a Postgres, or the path of a SQLite file."""
    text = str(where).strip()
    if isinstance(where, str) and (found := re.match(r"(\w[\w+.-]*)://|\w+\s*=", text)):
        if found[1] != "sqlite":
            return text
        text = re.sub(r"^sqlite:///?", "", text)
    if not text:
        raise HistoryFailed("The history has no name. Name a folder, a file or a database URL with HISTORY.")
    path = Path(text)
    return path / "history.sqlite" if path.is_dir() or not path.suffix else path


def _open_sqlite(path: Path, create: bool) -> Store:
    failure = None
    if not create and not path.exists():
        raise HistoryFailed(f"There is no history in {path}. Record one with make sample, or correct HISTORY.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        failure = HistoryFailed(
            f"The folder {path.parent} for the history cannot be made: {error.strerror}. Name another one with HISTORY."
        )
    if failure:
        raise failure
    # The path as it is now: a later change of the working folder does not lose it.
    engine = create_engine(URL.create("sqlite", database=str(path.absolute())), poolclass=NullPool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(str(path), path.parent, engine)


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we begin transactions, not Python's driver
    for pragma in PRAGMAS:
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that turns into a writing one later may fail instead of waiting its turn.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _open_postgres(url: str) -> Store:
    failure = None
    try:
        address = parse_address(url)
    except AdvisorError as error:
        failure = HistoryFailed(f"The history cannot be opened. {error}")
    if failure:
        raise failure
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: _connect(address), poolclass=NullPool, use_native_hstore=False
    )
    return Store(f"database {address.database} on {address.server}", folder_beside(url), engine, address)


def _connect(address: Address) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(make_conninfo("", **address.parameters), prepare_threshold=None)
    except psycopg.Error as error:
        failure = HistoryFailed(f"The history cannot be opened. {explain_connecting(error, address)}")
    except (UnicodeError, ValueError):
        failure = HistoryFailed(f"The history's server {address.server} cannot be looked up; check the host.")
    raise failure


def _explain_sqlite(words: str, place: str) -> str:
    """The sentence for what SQLite says.

    >>> _explain_sqlite("file is not a database", "notes.txt")
    'The file notes.txt is no SQLite database. Name another one with HISTORY.'
    """
    for pattern, sentence in _SQLITE:
        if pattern in words:
            return sentence.format(place=place)
    return f"The history {place} failed ({words}). Try again, or name another place with HISTORY."
