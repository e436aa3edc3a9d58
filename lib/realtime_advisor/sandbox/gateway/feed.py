"""What the database commits, read from a temporary logical slot by a thread, as Realtime reads it: by publication."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from realtime_advisor.errors import SandboxFailed

from .pgoutput import Change, Decoder

Deliver = Callable[[Sequence[Change]], None]

_PAUSE_SECONDS: Final = 0.02
_QUERIES: Final = resources.files(__package__)
_SLOT: Final = _QUERIES.joinpath("slot.sql").read_bytes()
_CHANGES: Final = _QUERIES.joinpath("changes.sql").read_bytes()


class Feed:
    """Hands over committed changes in the order of their commits, from the feed's start until `close`.

    `deliver` is called in the feed's thread. The slot is temporary: it ends with the connection, and what is committed
    while nobody reads is never told. Raises psycopg.Error if the slot cannot be made.
    """

    def __init__(self, conninfo: str, deliver: Deliver) -> None:
        self._deliver = deliver
        self._decoder = Decoder()
        self._read = threading.Condition()
        self._position = 0
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._connection: psycopg.Connection[Any] = psycopg.connect(conninfo, autocommit=True, row_factory=tuple_row)
        self._slot = f"gateway_{self._connection.info.backend_pid}"
        self._connection.execute(_SLOT, [self._slot])
        self._thread = threading.Thread(target=self._run, name="gateway-feed", daemon=True)
        self._thread.start()

    def wait_for(self, position: int, seconds: float) -> None:
        """Return when everything committed up to a WAL position, in bytes, was delivered. Raises SandboxFailed."""
        with self._read:
            done = self._read.wait_for(lambda: self._failure or self._position >= position, seconds)
        if self._failure or not done:
            raise SandboxFailed(
                f"The gateway has not read what the database committed ({self._failure or 'it is too slow'}); "
                "close the gateway and open another."
            ) from self._failure

    def close(self) -> None:
        """Stop reading, and drop the slot at once, not when the server has ended the session: it holds the database."""
        self._stopping.set()
        self._thread.join()
        with suppress(psycopg.Error):  # somebody has ended the session, and with it the slot
            self._connection.execute("select pg_catalog.pg_drop_replication_slot(%s)", [self._slot])
        self._connection.close()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_PAUSE_SECONDS):
                self._turn()
        except Exception as error:  # told to whoever waits; the thread has nobody else to tell
            with self._read:
                self._failure = error
                self._read.notify_all()

    def _turn(self) -> None:
        """Read and deliver what was flushed by now."""
        (flushed,) = self._connection.execute("select pg_current_wal_flush_lsn() - '0/0'").fetchone() or (0,)
        if flushed <= self._position:
            return
        rows = self._connection.execute(_CHANGES, {"slot": self._slot, "until": int(flushed)})
        read = (self._decoder.read(bytes(data)) for (data,) in rows)
        if changes := [change for change in read if change]:
            self._deliver(changes)
        with self._read:
            self._position = int(flushed)
            self._read.notify_all()
