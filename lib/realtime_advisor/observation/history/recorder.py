"""Readings written down as differences to the one before, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert

from realtime_advisor.model import ByTable, Sampling, Snapshot, TableCounters

from .documents import COLUMNS, COUNTED, write_more
from .replay import read_relations
from .store import Store
from .tables import add, counters, relations, segments, snapshots

SEGMENT: Final = timedelta(hours=6)  # the longest stretch that hangs together, so that old ones can be dropped
_NOTHING: Final[ByTable[TableCounters]] = ByTable({})
_Numbers = dict[TableCounters, int]  # of relations, which count nothing


class Recorder:
    """Writes the readings of one process; another one may write to the same sampling meanwhile."""

    def __init__(self, store: Store, sampling: Sampling, database: int) -> None:
        self._store, self._sampling, self._database = store, sampling, database
        self._segment: int | None = None
        self._begun = datetime.min.replace(tzinfo=UTC)
        self._before = _NOTHING
        self._numbers: _Numbers = {}

    def keep(self, snapshot: Snapshot) -> None:
        """Write a reading down, whole or not at all. Raises HistoryFailed, after which the next one may be kept."""
        now = datetime.now(UTC)
        begins = self._segment is None or now - self._begun >= SEGMENT
        before = _NOTHING if begins else self._before
        with self._store.writing() as connection:
            segment = self._begin(connection, now) if begins else self._segment
            number = add(connection, snapshots, _head(snapshot, segment))
            rows = list(_differences(before, snapshot.counters))
            numbers = self._number(connection, {} if begins else self._numbers, {relation for relation, _ in rows})
            if rows:
                values = [{"snapshot_id": number, "relation_id": numbers[key], **counted} for key, counted in rows]
                connection.execute(insert(counters), values)
        # Only now is it certain that the next difference has something to be a difference to.
        self._segment, self._before, self._numbers = segment, snapshot.counters, numbers
        self._begun = now if begins else self._begun

    @property
    def next_begins_segment(self) -> bool:
        """Whether the next reading will begin a segment: a good time to look at the catalogue again."""
        return datetime.now(UTC) - self._begun >= SEGMENT

    def _begin(self, connection: Connection, now: datetime) -> int:
        return add(connection, segments, {"sampling_id": self._sampling.id, "recorded_at": now})

    def _number(self, connection: Connection, known: _Numbers, needed: set[TableCounters]) -> _Numbers:
        """The numbers of those known, all of this segment, and of those needed; new relations are given one."""
        if needed <= known.keys():
            return known
        found = read_relations(connection, self._database)
        if new := [_relation_row(self._database, relation) for relation in needed - found.keys()]:
            connection.execute(insert(relations), new)
            found = read_relations(connection, self._database)
        return known | {relation: found[relation] for relation in needed}


def _head(snapshot: Snapshot, segment: int | None) -> dict[str, object]:
    told = {name: getattr(snapshot, name) for name in COLUMNS[Snapshot]}
    return {**told, "segment_id": segment, "more": write_more(snapshot)}


def _differences(
    before: ByTable[TableCounters], now: ByTable[TableCounters]
) -> Iterator[tuple[TableCounters, dict[str, int | None]]]:
    """The relations whose counters changed, and those that are gone or are told of otherwise, with nulls."""
    for name, entry in before.items():
        after = now.get(name)
        if after is None or (after != entry and _relation(after) != _relation(entry)):
            yield _relation(entry), dict.fromkeys(COUNTED)
    for name, entry in now.items():
        if entry != before.get(name):
            yield _relation(entry), {column: getattr(entry, column) for column in COUNTED}


def _relation(entry: TableCounters) -> TableCounters:
    return replace(entry, n_tup_ins=0, n_tup_upd=0, n_tup_hot_upd=0, n_tup_del=0)


def _relation_row(database: int, relation: TableCounters) -> dict[str, object]:
    parent = relation.partition_of
    return {
        "database_id": database,
        "relid": relation.relid,
        "schema": relation.table.schema,
        "name": relation.table.name,
        "parent_schema": parent.schema if parent else None,
        "parent_name": parent.name if parent else None,
        "more": write_more(relation),
    }
