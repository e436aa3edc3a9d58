"""What foreign keys do to other rows when one is deleted, in Python, and who has to hear of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from realtime_advisor.model import Design, ForeignKey, TableName

from .entitled import Row, Rows, topic_of
from .expected import scope_key
from .skeleton import Skeleton

_Changes = dict[int, tuple[TableName, Row, Row | None]]


def topics_after_delete(design: Design, skeleton: Skeleton, rows: Rows, table: TableName, row: Row) -> list[str]:
    """The topics to which the design's own rows belonged that go, or lose their scope, when a row is deleted."""
    changes: _Changes = {}
    _delete(skeleton, rows, table, row, changes)
    after = _after(rows, changes)
    topics: set[str] = set()
    for at, old, new in changes.values():
        for emission in design.emissions:
            if at != design.table or ("delete" if new is None else "update") not in emission.operations:
                continue
            told = [scope_key(old, emission.scope.path, emission, rows)]
            told += [scope_key(new, emission.scope.path, emission, after)] if new is not None else []
            topics |= {topic for key in told if (topic := topic_of(emission, key))}
    return sorted(topics)


def held_by(
    skeleton: Skeleton, rows: Rows, table: TableName, row: Row, told: Collection[TableName]
) -> list[tuple[TableName, Row]]:
    """The rows of other tables than those that are told of which forbid that the row goes: they have to go first."""
    changes: _Changes = {}
    _delete(skeleton, rows, table, row, changes)
    return [
        (child, referring)
        for at, gone, new in changes.values()
        if new is None
        for child, key, referring in _referring(skeleton, rows, at, gone)
        if key.on_delete in ("no action", "restrict") and child not in told
    ]


def _delete(skeleton: Skeleton, rows: Rows, table: TableName, row: Row, changes: _Changes) -> None:
    if id(row) in changes and changes[id(row)][2] is None:
        return
    changes[id(row)] = table, row, None
    for child, key, referring in _referring(skeleton, rows, table, row):
        if key.on_delete == "cascade":
            _delete(skeleton, rows, child, referring, changes)
        elif key.on_delete in ("set null", "set default") and id(referring) not in changes:
            changes[id(referring)] = child, referring, {**referring, **dict.fromkeys(key.columns)}


def _referring(
    skeleton: Skeleton, rows: Rows, table: TableName, row: Row
) -> Iterator[tuple[TableName, ForeignKey, Row]]:
    for child in skeleton.tables.values():
        for key in child.foreign_keys:
            if key.references == table:
                wanted = [row[column] for column in key.referenced_columns]
                for other in rows.tables[child.name]:
                    if [other[column] for column in key.columns] == wanted:
                        yield child.name, key, other


def _after(rows: Rows, changes: _Changes) -> Rows:
    def kept(found: Row) -> Row | None:
        return changes[id(found)][2] if id(found) in changes else found

    return Rows({name: [new for row in some if (new := kept(row)) is not None] for name, some in rows.tables.items()})
