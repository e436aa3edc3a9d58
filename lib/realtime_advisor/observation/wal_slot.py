"""A temporary logical slot: made, read in turns, dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row
from psycopg.types.string import TextLoader

from realtime_advisor.errors import AdvisorError

from .interrupts import finishing
from .target import QUERIES, Target
from .wal_decoding import PARSERS, Change
from .wal_refusals import Circumstances, explain_refusal

WHAT = "the WAL"  # what a failure says that it was reading
_ROWS_AT_ONCE = 20 if psycopg.capabilities.has_stream_chunked() else 1  # a row can be large


@dataclass(frozen=True, slots=True)
class Position:
    """How far the slot is read, and how much WAL the server keeps for it, in bytes."""

    read_bytes: int
    lag_bytes: int
    at_mark: bool | None  # None: no mark was set yet


class Slot:
    """This session's slot. It lives inside one transaction, so that a transaction pooler leaves the session alone."""

    def __init__(self, connection: psycopg.Connection[Any], plugin: str) -> None:
        self.plugin = plugin
        self._connection = connection

    @property
    def is_usable(self) -> bool:
        """Whether no statement failed or was interrupted: that would have ended the slot."""
        return self._connection.info.transaction_status is TransactionStatus.INTRANS

    def mark(self) -> None:
        """Have the coming reads end at what is committed by now."""
        _run(self._connection, "wal_mark")

    def read_changes(self) -> Iterator[tuple[str, Change]]:
        """The next changes up to the mark, each with its transaction; a large transaction comes row by row."""
        parse = PARSERS[self.plugin]
        with self._connection.cursor() as cursor:
            for transaction, line in cursor.stream(_query(f"wal_changes_{self.plugin}"), size=_ROWS_AT_ONCE):
                try:
                    change = parse(line)
                except ValueError as error:
                    raise AdvisorError(f"{error}; report this, with the server's version.") from None
                if change is not None:
                    yield transaction, change

    def position(self) -> Position:
        """Where the slot stands. The server keeps WAL from the oldest transaction on that was open at the last look."""
        with self._connection.cursor(row_factory=class_row(Position)) as cursor:
            position = cursor.execute(_query("wal_position")).fetchone()
        if position is None:
            raise AdvisorError("The slot for reading the WAL is gone; somebody has dropped it: read again.")
        return position

    def drop(self) -> None:
        """End the slot now, rather than with the session, which may be a pooler's."""
        if self.is_usable:
            with suppress(psycopg.Error):  # then it ends with the session
                _run(self._connection, "wal_drop")


@contextmanager
def open_slot(target: Target, plugins: Sequence[str]) -> Iterator[Slot]:
    """A temporary slot with the first of the plugins that the server has. Raises AdvisorError, MissingPrivilege."""
    with target.open_session(WHAT) as connection:
        connection.adapters.register_loader("text", _ForgivingLoader)
        slot = _create_slot(connection, plugins, target.server.role)
        try:
            _run(connection, "wal_reading")
            yield slot
        finally:
            with finishing():
                slot.drop()


class _ForgivingLoader(TextLoader):
    """Text in which what is not of the encoding, as in a database without one, does not stop the reading."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "replace")


def _create_slot(connection: psycopg.Connection[Any], plugins: Sequence[str], role: str) -> Slot:
    refusal = psycopg.Error("no output plugin was named")
    for plugin in plugins:
        try:
            _begin(connection)
            _run(connection, f"wal_slot_{plugin}")
            return Slot(connection, plugin)
        except psycopg.Error as error:
            refusal = error
        if not isinstance(refusal, errors.UndefinedFile | errors.InsufficientPrivilege):
            break  # else the plugin is absent, or not among those allowed
    raise _explain(connection, refusal, plugins, role)


def _begin(connection: psycopg.Connection[Any]) -> None:
    """A transaction with limits. Nothing in it may fail once there is a slot; the one setting that may comes before."""
    connection.rollback()
    _run(connection, "wal_limits")
    with suppress(errors.InvalidParameterValue), connection.transaction():
        _run(connection, "wal_client_check")


def _explain(
    connection: psycopg.Connection[Any], error: psycopg.Error, plugins: Sequence[str], role: str
) -> AdvisorError | psycopg.Error:
    """The sentence for a refusal, else the refusal itself, which the session explains."""
    if connection.closed:
        return error
    connection.rollback()
    with connection.cursor(row_factory=class_row(Circumstances)) as cursor:
        found = cursor.execute(_query("wal_refusal")).fetchone()
    return (found and explain_refusal(error, found, plugins, role)) or error


def _run(connection: psycopg.Connection[Any], query: str) -> None:
    connection.execute(_query(query))


def _query(name: str) -> bytes:
    return QUERIES.joinpath(f"{name}.sql").read_bytes()
