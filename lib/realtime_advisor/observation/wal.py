"""Exact row changes from the WAL, through a temporary logical slot; it costs the server more than counters do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from realtime_advisor.errors import AdvisorError, BadInput
from realtime_advisor.model import Catalog, RelationKind, WalReading

from .progress import progress_bar
from .recording import Turns
from .target import Target
from .wal_decoding import PARSERS
from .wal_refusals import STANDBY
from .wal_slot import Position, Slot, open_slot
from .wal_tally import WalTally, has_identity

MIB = 1024 * 1024
_LONGEST_PAUSE = 30.0  # seconds; a minute's silence ends the session
_INTERRUPTED = "It was interrupted."


def read_wal(
    target: Target,
    catalog: Catalog,
    seconds: float,
    *,
    plugin: str | None = None,
    most_lag_bytes: int = 256 * MIB,
    pause: float = 1.0,
    progress: bool = True,
    turns: Turns | None = None,
) -> WalReading:
    """The row changes committed in the coming `seconds`, by table; Ctrl-C ends it early and keeps what there is.

    Reads by turns, `pause` seconds apart (at most 30) and never more than half of the time, inside one transaction that
    holds neither a snapshot nor a lock on anything between turns. What was read is kept, and `stopped` says why, when
    the connection is lost, when somebody interrupts, or when the server has to keep more than `most_lag_bytes` of WAL
    for it. The slot is dropped at the end, and ends with the session however that ends.

    `turns` are waited for between readings in place of `pause`, by a clock of their own, and end the reading.

    `plugin` is 'wal2json' or 'test_decoding'; without it the first is tried before the second, except where a table has
    neither a primary key nor a replica identity: wal2json leaves out its updates and deletes, as Postgres Changes does,
    and writes a warning to the server's log for each.

    What the WAL does not tell: changes to unlogged tables, and under `synchronous_commit = off` the last fraction of a
    second. `wal_bytes` is all WAL read, of every database. The server writes a large transaction to its disk before it
    is read. Raises AdvisorError where the server refuses, BadInput for an unknown plugin.
    """
    if target.server.in_recovery:
        raise AdvisorError(STANDBY)
    reading = _Reading(catalog, most_lag_bytes)
    try:
        with (
            open_slot(target, _plugins(plugin, catalog)) as slot,
            progress_bar(seconds, "Reading the WAL", shown=progress) as bar,
        ):
            reading.run(slot, turns(seconds, pause) if turns else _pauses(seconds, pause), bar.update)
    except AdvisorError as error:
        if not reading.began:
            raise
        reading.stopped = str(error)
    except KeyboardInterrupt:  # while the slot was being made, or dropped
        if not reading.began:
            raise
        reading.stopped = _INTERRUPTED
    return reading.result()


def _plugins(plugin: str | None, catalog: Catalog) -> tuple[str, ...]:
    if plugin is None:
        tables = (table for table in catalog if table.kind is RelationKind.TABLE)
        return ("wal2json", "test_decoding") if all(map(has_identity, tables)) else ("test_decoding", "wal2json")
    if plugin not in PARSERS:
        raise BadInput(f"{plugin!r} is not an output plugin that this reads; choose one of {', '.join(PARSERS)}.")
    return (plugin,)


def _pauses(seconds: float, pause: float) -> Iterator[float]:
    """The seconds passed at each turn, from start to end; never more than half of the time goes into reading."""
    started = time.monotonic()
    while True:
        passed = time.monotonic() - started
        yield passed
        if passed >= seconds:
            return
        took = time.monotonic() - started - passed
        time.sleep(max(0.0, min(max(pause, took), _LONGEST_PAUSE, seconds - passed - took)))


class _Reading:
    """What was read so far; `seconds` ends at the last turn begun, which is up to where it is complete."""

    def __init__(self, catalog: Catalog, most_lag_bytes: int) -> None:
        self.began = False
        self.stopped: str | None = None
        self.seconds = 0.0
        self._tally = WalTally(catalog)
        self._most_lag_bytes = most_lag_bytes
        self._plugin = ""
        self._first_byte = self._last_byte = self._largest_lag = 0

    def run(self, slot: Slot, turns: Iterator[float], report: Callable[[float], Any]) -> None:
        """Read at each turn until there are no more, the lag is too large, or somebody interrupts."""
        self._begin(slot)
        started = time.monotonic()
        try:
            for passed in turns:
                if not self._take_turn(slot, passed, report):
                    break
        except KeyboardInterrupt:
            self.stopped = _INTERRUPTED
            with suppress(KeyboardInterrupt):
                if slot.is_usable:
                    self._take_turn(slot, max(self.seconds, time.monotonic() - started), report)

    def result(self) -> WalReading:
        """Everything read, with what it cost."""
        return WalReading(
            self._tally.tables(),
            seconds=self.seconds,
            plugin=self._plugin,
            transactions=self._tally.transactions,
            wal_bytes=self._last_byte - self._first_byte,
            largest_lag_bytes=self._largest_lag,
            stopped=self.stopped,
        )

    def _begin(self, slot: Slot) -> None:
        self._plugin = slot.plugin
        position = slot.position()
        self._first_byte = position.read_bytes
        self._note(position)
        self.began = True

    def _take_turn(self, slot: Slot, passed: float, report: Callable[[float], Any]) -> bool:
        """Read what is committed by now, `passed` seconds after the start; whether to go on."""
        slot.mark()
        report(passed - self.seconds)
        self.seconds = passed
        self._note(slot.position())
        while True:
            rows = self._read_batch(slot)
            position = slot.position()
            self._note(position)
            if self._largest_lag > self._most_lag_bytes:
                self.stopped = self._say_lag()
                return False
            if position.at_mark or not rows:
                return True

    def _note(self, position: Position) -> None:
        self._last_byte = position.read_bytes
        self._largest_lag = max(self._largest_lag, position.lag_bytes)

    def _read_batch(self, slot: Slot) -> int:
        rows = 0
        for transaction, change in slot.read_changes():
            self._tally.count(transaction, change)
            rows += 1
        return rows

    def _say_lag(self) -> str:
        return (
            f"The server had to keep {self._largest_lag // MIB} MiB of WAL for the reading, more than the "
            f"{self._most_lag_bytes // MIB} MiB allowed; read for a shorter time, or allow more."
        )
