"""What the design says a write must send, computed from the rows before and after. It shares nothing with the SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Design, Emission, Hop, TableName

from .entitled import Row, Rows, parent_of, topic_of

_ACTIONS: Final = {"INSERT": "created", "UPDATE": "updated"}


@dataclass(frozen=True)
class Change:
    """One statement: each row that it wrote, as it was and as it is; None before it came and after it went."""

    table: TableName
    operation: str  # 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'
    pairs: tuple[tuple[Row | None, Row | None], ...]


Message = tuple[str, str, str]  # topic, event, payload as JSON with sorted keys


def messages(design: Design, changes: Iterable[Change], rows: Rows) -> list[Message]:
    """The messages of these statements, sorted; `rows` are those after them."""
    sent = [message for change in changes for message in _of(design, change, rows)]
    if design.granularity == "transaction":
        sent = list(dict.fromkeys(sent))
        sent = [] if len(sent) > design.most_topics else sent
    return sorted(sent)


def _of(design: Design, change: Change, rows: Rows) -> Iterator[Message]:
    for emission in design.emissions:
        topics: dict[str, None] = {}
        for path, columns in _tellings(design, emission, change):
            pairs = _changed(change, columns)
            keys = {scope_key(row, path, emission, rows) for pair in pairs for row in pair if row is not None}
            topics |= {topic: None for key in keys if (topic := topic_of(emission, key))}
        if design.granularity == "transaction" or len(topics) <= design.most_topics:
            yield from ((topic, *_content(design, emission, change)) for topic in topics)


def _tellings(design: Design, emission: Emission, change: Change) -> Iterator[tuple[tuple[Hop, ...], tuple[str, ...]]]:
    """The ways from the written table to the scope, each with the columns whose change is told."""
    path = emission.scope.path
    if change.table == design.table:
        if change.operation.lower() in emission.operations:
            yield path, (*design.primary_key, *_leading(design.emissions, 0), *emission.watched)
    else:
        for position, hop in enumerate(path, start=1):
            if hop.references == change.table and change.operation in ("UPDATE", "DELETE"):
                yield path[position:], (*hop.referenced_columns, *_leading([emission], position))


def _leading(emissions: Iterable[Emission], position: int) -> list[str]:
    """The columns that lead on to the scopes."""
    paths = ((emission.scope.path[position:], emission.scope.columns) for emission in emissions)
    return [column for path, columns in paths for column in (path[0].columns if path else columns)]


def _changed(change: Change, columns: tuple[str, ...]) -> list[tuple[Row | None, Row | None]]:
    return [
        (old, new)
        for old, new in change.pairs
        if old is None or new is None or any(old.get(column) != new.get(column) for column in columns)
    ]


def scope_key(row: Row, path: tuple[Hop, ...], emission: Emission, rows: Rows) -> str | None:
    """The key of the scope that a row belongs to; None where it belongs to nobody."""
    at: Row | None = row
    for hop in path:
        at = parent_of(at, hop, rows) if at is not None else None
    return None if at is None else at[emission.scope.columns[0]]


def _content(design: Design, emission: Emission, change: Change) -> tuple[str, str]:
    """Event and payload."""
    event = emission.event.replace("<action>", _ACTIONS.get(change.operation, "deleted"))
    payload = {"type": event, "table": design.table.name, "operation": change.operation}
    names_record = len(design.primary_key) == 1 and design.granularity != "transaction"
    if names_record and len(change.pairs) == 1 and change.table == design.table and change.operation != "TRUNCATE":
        old, new = change.pairs[0]
        record_id = (new or old or {})[design.primary_key[0]]
        if record_id is not None:
            payload["record_id"] = record_id
    return event, json.dumps(payload, sort_keys=True, ensure_ascii=False)
