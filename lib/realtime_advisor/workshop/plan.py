"""What the workshop's traffic writes and when: read from data/workshop/traffic.toml, planned minute by minute.

No I/O but the reading of that file; a minute's plan depends on the file and the minute alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from realtime_advisor.errors import BadInput
from realtime_advisor.model import TableName

DATA = Path(__file__).parents[3] / "data" / "workshop"
_OPERATIONS = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Action:
    """`per_minute` transactions, each one run of the prepared `statement` on `rows` rows."""

    does: str  # 'insert', 'update', 'delete'
    statement: str
    per_minute: int
    rows: int
    changes: tuple[str, ...] = ()  # the columns that an update sets

    @property
    def rows_per_minute(self) -> int:
        return self.per_minute * self.rows


@dataclass(frozen=True, slots=True)
class TableTraffic:
    """One table's actions; its rows are numbered from 1, `seeded` of them there before the traffic."""

    name: TableName
    seeded: int
    actions: tuple[Action, ...]

    def rows_per_minute(self, does: str) -> int:
        return sum(action.rows_per_minute for action in self.actions if action.does == does)

    def inserted_before(self, minute: int) -> int:
        """The highest row number at the start of a minute."""
        return self.seeded + minute * self.rows_per_minute("insert")

    def deleted_before(self, minute: int) -> int:
        """The highest row number that is gone at the start of a minute: the oldest rows go first."""
        return minute * self.rows_per_minute("delete")


@dataclass(frozen=True, slots=True)
class Job:
    """One statement at one minute of every hour, changing `rows` rows, or undoing it all when `rolled_back`."""

    name: str
    table: TableName
    does: str
    statement: str
    minute_of_hour: int
    rows: int
    rolled_back: bool = False
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traffic:
    """The whole file."""

    seed: int
    starts_at: datetime
    tables: tuple[TableTraffic, ...]
    jobs: tuple[Job, ...]

    def rows_after(self, table: TableName, does: str, minutes: int) -> int:
        """How many row changes Postgres counts for whole minutes from the start, rolled-back ones included."""
        steady = sum(entry.rows_per_minute(does) for entry in self.tables if entry.name == table)
        jobs = (job for job in self.jobs if job.table == table and job.does == does)
        hour = self.starts_at.minute
        return steady * minutes + sum(
            job.rows for job in jobs for minute in range(minutes) if (hour + minute) % 60 == job.minute_of_hour
        )


@dataclass(frozen=True, slots=True, order=True)
class Write:
    """One transaction: `statement` on the rows of those numbers, as if at `at`."""

    at: datetime
    statement: str
    rows: tuple[int, ...]
    rolled_back: bool = False

    @property
    def sql(self) -> str:
        """The transaction as SQL text.

        >>> Write(datetime(2026, 1, 5, 9, tzinfo=UTC), "messages_send", (6001,)).sql
        "begin; execute messages_send('{6001}', '2026-01-05T09:00:00+00:00'); commit;"
        """
        numbers = ",".join(map(str, self.rows))
        end = "rollback" if self.rolled_back else "commit"
        return f"begin; execute {self.statement}('{{{numbers}}}', '{self.at.isoformat()}'); {end};"


@cache
def load_traffic(path: Path = DATA / "traffic.toml") -> Traffic:
    """The traffic that a TOML file describes. Raises BadInput where it cannot be meant."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Traffic(
            seed=content["seed"],
            starts_at=content["starts_at"].astimezone(UTC),
            tables=tuple(_read_table(entry) for entry in content["table"]),
            jobs=tuple(_read_job(entry) for entry in content.get("job", ())),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The traffic in {path.name} cannot be read: {error!r}. Correct that file.") from error


def _read_table(entry: dict[str, Any]) -> TableTraffic:
    actions = tuple(Action(**{**action, "changes": tuple(action.get("changes", ()))}) for action in entry["actions"])
    table = TableTraffic(TableName.parse(entry["name"]), entry["seeded"], actions)
    for action in actions:
        if action.does not in _OPERATIONS:
            raise ValueError(f"{action.does!r} of {action.statement} is none of {', '.join(_OPERATIONS)}")
        if action.rows > table.seeded:
            raise ValueError(f"{action.statement} takes {action.rows} rows where {table.seeded} are seeded")
    if table.rows_per_minute("delete") > table.rows_per_minute("insert"):
        raise ValueError(f"{table.name} would run empty: more rows are deleted than inserted")
    return table


def _read_job(entry: dict[str, Any]) -> Job:
    named = {**entry, "table": TableName.parse(entry["table"]), "changes": tuple(entry.get("changes", ()))}
    return Job(**named)


def plan_minute(traffic: Traffic, minute: int) -> list[Write]:
    """Every write of one minute (0 is the first), in the order of its time."""
    choose = Random(f"{traffic.seed}:{minute}")
    start = traffic.starts_at + timedelta(minutes=minute)
    writes = [write for table in traffic.tables for write in _table_writes(table, minute, start, choose)]
    writes += [_job_write(job, start) for job in traffic.jobs if job.minute_of_hour == start.minute]
    return sorted(writes)


def _table_writes(table: TableTraffic, minute: int, start: datetime, choose: Random) -> Iterator[Write]:
    inserted, deleted = table.inserted_before(minute), table.deleted_before(minute)
    # A row that this minute deletes or inserts is left alone by its updates, so that each counts exactly as planned.
    lasting = range(table.deleted_before(minute + 1) + 1, inserted + 1)
    for action in table.actions:
        for turn in range(action.per_minute):
            if action.does == "insert":
                rows = tuple(range(inserted + 1, inserted + action.rows + 1))
                inserted = rows[-1]
            elif action.does == "delete":
                rows = tuple(range(deleted + 1, deleted + action.rows + 1))
                deleted = rows[-1]
            else:
                rows = _choose_rows(lasting, action.rows, choose)
            second = (turn + choose.random()) * 60 / action.per_minute
            yield Write(start + timedelta(seconds=second), action.statement, rows)


def _choose_rows(existing: range, count: int, choose: Random) -> tuple[int, ...]:
    """`count` different numbers. Only random() is drawn upon: Python promises its sequence across versions."""
    chosen: set[int] = set()
    while len(chosen) < count:
        chosen.add(existing[int(choose.random() * len(existing))])
    return tuple(sorted(chosen))


def _job_write(job: Job, start: datetime) -> Write:
    # Numbers below zero belong to no other row, so work that is rolled back collides with none.
    rows = tuple(range(-job.rows, 0)) if job.does == "insert" else ()
    return Write(start + timedelta(seconds=30), job.statement, rows, job.rolled_back)
