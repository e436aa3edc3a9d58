"""From differences back to readings, one at a time."""

from __future__ import annotations

import heapq
from collections.abc import ItemsView, Iterable, Iterator, ValuesView
from dataclasses import replace
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select

from realtime_advisor.model import ByTable, Snapshot, TableCounters, TableName

from .documents import COLUMNS, COUNTED, read_more
from .tables import counters, relations, samplings, segments, snapshots

_AT_ONCE: Final = 2_000  # rows fetched together
_Segment = Row[Any]


_Names = dict[int, TableCounters]


def replay(
    connection: Connection, database: int, sampling: int | None, since: datetime | None, until: datetime | None
) -> Iterator[Snapshot]:
    """The readings of a database, or of one sampling, between two moments, in the order in which they were taken.

    Readings share what did not change between them, and none is kept here but the latest of each process that recorded.
    """
    together: list[list[_Segment]] = []
    for segment in _segments(connection, database, sampling, since, until):
        if together and segment.first < max(other.last for other in together[-1]):
            together[-1].append(segment)
        else:
            together.append([segment])
    names = {number: relation for relation, number in read_relations(connection, database).items()}
    readings = chain.from_iterable(_merge(connection, group, names) for group in together)
    for reading in readings:
        if (since is None or reading.taken_at >= since) and (until is None or reading.taken_at <= until):
            yield reading


def _segments(
    connection: Connection, database: int, sampling: int | None, since: datetime | None, until: datetime | None
) -> Iterable[_Segment]:
    begins, ends = func.min(snapshots.c.taken_at), func.max(snapshots.c.taken_at)
    query = (
        select(segments.c.id, func.min(snapshots.c.id).label("first"), func.max(snapshots.c.id).label("last"))
        .join_from(segments, snapshots)
        .join(samplings)
        .where(samplings.c.database_id == database)
        .group_by(segments.c.id)
        .order_by(func.min(snapshots.c.id))
    )
    if sampling is not None:
        query = query.where(samplings.c.id == sampling)
    if since is not None:
        query = query.having(ends >= since)
    if until is not None:
        query = query.having(begins <= until)
    return list(connection.execute(query))


def _merge(connection: Connection, together: list[_Segment], names: _Names) -> Iterator[Snapshot]:
    """The readings of segments that were recorded at the same time.

    Each segment keeps its own order, whatever the server's clock did meanwhile: there its counters only grow.
    """
    parts = (_replay_segment(connection, segment.id, names) for segment in together)
    return heapq.merge(*parts, key=attrgetter("taken_at"))


def _replay_segment(connection: Connection, segment: int, names: _Names) -> Iterator[Snapshot]:
    rows = groupby(stream(connection, _counters_of(segment)), key=attrgetter("snapshot_id"))
    changes = next(rows, None)
    state: dict[TableName, TableCounters] = {}
    shared: ByTable[TableCounters] = ByTable({})
    query = select(snapshots).where(snapshots.c.segment_id == segment).order_by(snapshots.c.id)
    for head in stream(connection, query):
        if changes is not None and changes[0] == head.id:
            if _apply(state, changes[1], names):
                state = dict(ByTable(state))
            shared = _InOrder(state)
            changes = next(rows, None)
        yield _snapshot(head, shared)


class _InOrder(ByTable[TableCounters]):
    """Entries that are in the order of their names already: sorting them for each of a day's readings takes minutes."""

    def __init__(self, entries: dict[TableName, TableCounters]) -> None:
        self._entries = entries.copy()

    def values(self) -> ValuesView[TableCounters]:
        return self._entries.values()

    def items(self) -> ItemsView[TableName, TableCounters]:
        return self._entries.items()


def _apply(state: dict[TableName, TableCounters], rows: Iterator[Row[Any]], names: _Names) -> bool:
    """Bring the state up to the next reading; whether a table is new in it, and so perhaps out of order."""
    gone: list[Row[Any]] = []
    there: list[Row[Any]] = []
    for row in rows:
        (gone if row.n_tup_ins is None else there).append(row)
    # What is gone first: its name may belong to another table now.
    for row in gone:
        state.pop(names[row.relation_id].table, None)
    size = len(state)
    for row in there:
        relation = names[row.relation_id]
        state[relation.table] = replace(relation, **dict(zip(COUNTED, row[2:], strict=True)))
    return len(state) > size


def _snapshot(head: Row[Any], entries: ByTable[TableCounters]) -> Snapshot:
    told = {column: getattr(head, column) for column in COLUMNS[Snapshot]}
    return Snapshot(**told, **read_more(head.more, Snapshot), counters=entries)


def read_relations(connection: Connection, database: int) -> dict[TableCounters, int]:
    """The numbers of a database's relations; a relation is what is told of it, counting nothing."""
    rows = connection.execute(select(relations).where(relations.c.database_id == database))
    return {_relation(row): row.id for row in rows}


def _relation(row: Row[Any]) -> TableCounters:
    return TableCounters(
        relid=row.relid,
        table=TableName(row.schema, row.name),
        partition_of=None if row.parent_name is None else TableName(row.parent_schema, row.parent_name),
        **dict.fromkeys(COUNTED, 0),
        **read_more(row.more, TableCounters),
    )


def _counters_of(segment: int) -> Select[Any]:
    return (
        select(counters.c.snapshot_id, counters.c.relation_id, *(counters.c[column] for column in COUNTED))
        .join_from(counters, snapshots)
        .where(snapshots.c.segment_id == segment)
        .order_by(counters.c.snapshot_id)
    )


def stream(connection: Connection, query: Select[Any], at_once: int = _AT_ONCE) -> Iterator[Row[Any]]:
    """The rows of a query, so many fetched together; what holds them is closed when the caller stops early."""
    with connection.execution_options(yield_per=at_once).execute(query) as result:
        yield from result
