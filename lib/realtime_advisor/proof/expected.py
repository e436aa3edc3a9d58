"""What the design says a write must send, computed from the rows before and after. It shares nothing with the SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
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
AsJson = Callable[[Row, Iterable[str]], dict[str, object]]  # some columns of a row of the design's own table


def messages(design: Design, changes: Iterable[Change], rows: Rows, as_json: AsJson) -> list[Message]:
    """The messages of these statements, sorted; `rows` are those after them."""
    if design.granularity == "row":
        return sorted(row_messages(design, changes, rows, as_json))
    sent = [message for change in changes for message in _of(design, change, rows, as_json)]
    if design.granularity == "transaction":
        sent = list(dict.fromkeys(sent))
        sent = [] if len(sent) > design.most_topics else sent
    return sorted(sent)


def _of(design: Design, change: Change, rows: Rows, as_json: AsJson) -> Iterator[Message]:
    for emission in design.emissions:
        topics: dict[str, None] = {}
        for path, columns in _tellings(design, emission, change):
            pairs = _changed(change, columns)
            keys = {scope_key(row, path, emission, rows) for row in _starts(pairs, path, emission)}
            topics |= {topic: None for key in keys if (topic := topic_of(emission, key))}
        if design.granularity == "transaction" or len(topics) <= design.most_topics:
            event, payload = _content(design, emission, change)
            if emission.columns and change.table == design.table:
                payload["record"] = _carried(design, emission, change, as_json)
            yield from ((topic, event, written(payload)) for topic in topics)


def _starts(pairs: Iterable[tuple[Row | None, Row | None]], path: tuple[Hop, ...], emission: Emission) -> Iterable[Row]:
    """One of the rows for each beginning of a way to a scope: ten thousand rows mostly lead to a few."""
    first = path[0].columns if path else emission.scope.columns
    return {tuple(row[name] for name in first): row for pair in pairs for row in pair if row is not None}.values()


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


def _content(design: Design, emission: Emission, change: Change) -> tuple[str, dict[str, object]]:
    """Event and payload."""
    event = event_of(emission, change.operation)
    payload: dict[str, object] = {"type": event, "table": design.table.name, "operation": change.operation}
    names_record = len(design.primary_key) == 1 and design.granularity != "transaction"
    if names_record and len(change.pairs) == 1 and change.table == design.table and change.operation != "TRUNCATE":
        old, new = change.pairs[0]
        record_id = (new or old or {})[design.primary_key[0]]
        if record_id is not None:
            payload["record_id"] = record_id
    return event, payload


def event_of(emission: Emission, operation: str) -> str:
    """The event that tells of an operation."""
    return emission.event.replace("<action>", _ACTIONS.get(operation, "deleted"))


def _carried(design: Design, emission: Emission, change: Change, as_json: AsJson) -> dict[str, object] | None:
    """The columns of the one row that changed; of none where there were many, or where it went to another scope."""
    if len(change.pairs) != 1 or change.operation == "TRUNCATE":
        return None
    old, new = change.pairs[0]
    leading = _leading(design.emissions, 0)
    if old is not None and new is not None and any(old[column] != new[column] for column in leading):
        return None
    return as_json(new or old or {}, emission.columns)


def row_messages(design: Design, changes: Iterable[Change], rows: Rows, as_json: AsJson) -> Iterator[Message]:
    """Where each row is sent by itself: the rows that changed in their order, as far as the cap of a transaction."""
    (emission,) = design.emissions
    columns = (*design.primary_key, *_leading(design.emissions, 0), *emission.watched)
    told = 0
    for change in changes:
        if change.table != design.table or change.operation.lower() not in emission.operations:
            continue
        for old, new in _changed(change, columns):
            topics = [
                topic_of(emission, scope_key(row, (), emission, rows)) if row is not None else None
                for row in (old, new)
            ]
            told += any(topics)
            if any(topics) and told <= design.most_topics:
                yield from _of_row(design, emission, (old, new), (topics[0], topics[1]), as_json)


def _of_row(
    design: Design,
    emission: Emission,
    pair: tuple[Row | None, Row | None],
    topics: tuple[str | None, str | None],
    as_json: AsJson,
) -> Iterator[Message]:
    """A row that stays is told as it was and is; one that moves goes from the one scope and comes to the other."""
    old, new = pair
    stays = topics[0] == topics[1]
    told = (
        [(topics[1], "UPDATE", old, new)]
        if stays
        else [(topics[0], "DELETE", old, None), (topics[1], "INSERT", None, new)]
    )
    for topic, operation, before, after in told:
        if topic is not None:
            payload: dict[str, object] = {
                "schema": design.table.schema,
                "table": design.table.name,
                "operation": operation,
            }
            payload["record"] = as_json(after, emission.columns) if after is not None else None
            payload["old_record"] = as_json(before, emission.columns) if before is not None else None
            yield topic, event_of(emission, operation), written(payload)


def written(payload: Mapping[str, object]) -> str:
    """A payload as JSON, without the message's own id."""
    return json.dumps({key: part for key, part in payload.items() if key != "id"}, sort_keys=True, ensure_ascii=False)
