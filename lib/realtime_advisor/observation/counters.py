"""Readings of pg_stat_user_tables, once or for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from statistics import mode
from typing import Any

from sqlalchemy import Row

from realtime_advisor.errors import AdvisorError
from realtime_advisor.model import ByTable, Gap, Snapshot, TableCounters, TableName

from .interrupts import finishing
from .progress import progress_bar
from .supabase import is_users_own
from .target import Target

_MOST_READINGS = 240  # of 5,000 tables each, they fit into some 300 MB
_FIRST_ATTEMPTS = 3


def take_snapshot(target: Target) -> Snapshot:
    """All counters at one moment, by the target's clock, else the server's. Raises AdvisorError.

    With a clock of its own the target's times cannot be compared with the server's: `stats_reset` and
    `server_started_at` are then None.
    """
    (moment,), rows = target.read_together("clock", "counters")
    own = (row for row in rows if is_users_own(row.schema, target.server.is_supabase))
    counters = [_counters(row) for row in own]
    return Snapshot(
        taken_at=target.clock() if target.clock else moment.taken_at.astimezone(UTC),
        stats_reset=None if target.clock else _utc(moment.stats_reset),
        server_started_at=None if target.clock else _utc(moment.server_started_at),
        in_recovery=moment.in_recovery,
        track_counts=moment.track_counts,
        counters=ByTable({entry.table: entry for entry in counters}),
        xact_commit=None if target.clock else moment.xact_commit,
        xact_rollback=None if target.clock else moment.xact_rollback,
    )


def sample(
    target: Target,
    seconds: float,
    interval: float = 5,
    progress: bool = True,
    early: Callable[[], object] = lambda: None,
) -> tuple[Snapshot, ...]:
    """Snapshots every `interval` seconds for `seconds`, at least one; Ctrl-C ends it early and keeps what there is.

    `early` is called where that happens.

    A long window is read less often than asked, 240 times at most. A progress bar is shown to people, not to log
    files. A reading that fails is tried again at the next turn, however often; the next snapshot tells of it in
    `gap_before`, the last one in `gap_after`. Raises AdvisorError if the first reading fails.
    """
    snapshots, failures = [_take_first(target)], _Failures()
    pause = max(interval, seconds / _MOST_READINGS)
    try:
        with progress_bar(seconds, "Sampling", shown=progress) as bar:
            for elapsed in _wait(seconds, pause):
                with finishing():
                    snapshots.extend(_try_snapshot(target, failures))
                bar.update(min(elapsed, seconds) - bar.n)
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt), finishing():
            early()
            snapshots.extend(_try_snapshot(target, failures))
    return (*snapshots[:-1], replace(snapshots[-1], gap_after=failures.end()))


class _Failures:
    """Readings that failed since the last one that did not."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._reasons: list[str] = []

    def add(self, error: AdvisorError) -> None:
        self._reasons.append(str(error))

    def end(self) -> Gap | None:
        """The gap, if there was one; from now on another is waited for."""
        now, reasons = time.monotonic(), self._reasons
        gap = Gap(len(reasons), round(now - self._since, 1), mode(reasons)) if reasons else None
        self._since, self._reasons = now, []
        return gap


def _take_first(target: Target) -> Snapshot:
    for attempt in range(1, _FIRST_ATTEMPTS):
        for snapshot in _try_snapshot(target, _Failures()):
            return snapshot
        time.sleep(attempt)
    return take_snapshot(target)


def _try_snapshot(target: Target, failures: _Failures) -> list[Snapshot]:
    """A list of one, or none where the server did not answer this time."""
    try:
        return [replace(take_snapshot(target), gap_before=failures.end())]
    except AdvisorError as error:
        failures.add(error)
        return []


def _wait(seconds: float, pause: float) -> Iterator[float]:
    """Sleep from turn to turn, giving the seconds that have passed; the last turn is at the end."""
    started = time.monotonic()
    turns = max(1, round(seconds / pause)) if seconds > 0 else 0
    for turn in range(1, turns + 1):
        time.sleep(max(0.0, started + seconds * turn / turns - time.monotonic()))
        yield time.monotonic() - started


def _counters(row: Row[Any]) -> TableCounters:
    parent = None if row.parent_name is None else TableName(row.parent_schema, row.parent_name)
    return TableCounters(
        relid=row.relid,
        table=TableName(row.schema, row.name),
        n_tup_ins=row.n_tup_ins,
        n_tup_upd=row.n_tup_upd,
        n_tup_hot_upd=row.n_tup_hot_upd,
        n_tup_del=row.n_tup_del,
        partition_of=parent,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
