"""What a test of one table needs of its database: rows made to fit, writes with what they tell, who may join.

The rows and what they lead to come from the proof's world, over the whole of the real tables: every column that an
INSERT has to name, and every parent that a foreign key asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from realtime_advisor.model import ByTable, Catalog, Column, Design, Emission, ForeignKey, Table, TableName
from realtime_advisor.proof.entitled import Row, Rows, listeners, topic_of
from realtime_advisor.proof.expected import Change, messages
from realtime_advisor.proof.imitation import imitate
from realtime_advisor.proof.kinds import Offered, bare_type
from realtime_advisor.proof.skeleton import Skeleton, build_skeleton, holder, principal_column, told_on
from realtime_advisor.proof.values import value
from realtime_advisor.proof.world import STRANGER, World, build_world

from .prepared import Changing, Inserted, asked, prepare

_FIRST: Final = 7_000  # far from what a development database's own rows are numbered by
_VALUES: Final = (500, 501)  # two that differ, of any type that has two
# The types whose columns are seldom checked, first.
_CHANGING: Final = ("timestamp", "boolean", "integer", "bigint", "numeric", "text", "character", "jsonb")


@dataclass(frozen=True)
class Question:
    """Whether somebody may do something on a topic; `sub` None: a visitor without a token."""

    who: str
    sub: str | None
    action: str  # 'read' or 'write'
    extension: str
    topic: str
    allowed: bool


@dataclass(frozen=True)
class Rehearsal:
    """The rows and questions of one table's test. `told` are topic and event by operation."""

    design: Design
    there: tuple[Inserted, ...]
    row: Row
    key: Row  # how the row is found again
    changed: Changing | None
    told: Mapping[str, tuple[tuple[str, str], ...]]
    questions: tuple[Question, ...]


def rehearse(design: Design, catalog: Catalog) -> Rehearsal:
    """The rehearsal of one design."""
    skeleton = _widened(design, catalog)
    world = _make_world(skeleton, catalog)
    table = catalog[design.table]
    changed = _changing(design, table, world.labels)
    row, there = prepare(world, table, changed)
    return Rehearsal(
        design=design,
        there=tuple(there),
        row=row,
        key={name: row[name] for name in skeleton.own.primary_key} or row,
        changed=changed,
        told=_told(world, row, changed) if design.emissions else {},
        questions=tuple(_questions(world)),
    )


# ---------------------------------------------------------------- the tables, with all that an INSERT has to name


def _widened(design: Design, catalog: Catalog) -> Skeleton:
    """What leads from the rows to whoever listens; then what these tables require, and the parents of that."""
    bare = replace(
        design,
        generated=(),
        emissions=tuple(replace(emission, watched=(), columns=()) for emission in design.emissions),
    )
    narrow = build_skeleton(bare, catalog)
    columns = {name: {c.name for c in table.columns} - {narrow.spare} for name, table in narrow.tables.items()}
    outside: dict[TableName, dict[str, Column]] = {}
    waiting = list(columns)
    while waiting:
        name = waiting.pop()
        columns[name] |= {c.name for c in catalog[name].columns if c.not_null and not c.has_default}
        for key in _used_keys(catalog[name], columns[name]):
            if key.references not in catalog.tables:
                made = zip(key.referenced_columns, key.columns, strict=True)
                outside.setdefault(key.references, {}).update(
                    {to: Column(to, catalog[name].column(of).type, not_null=True) for to, of in made}
                )
            elif not set(key.referenced_columns) <= columns.setdefault(key.references, set()):
                columns[key.references] |= {*key.referenced_columns, *catalog[key.references].primary_key}
                waiting.append(key.references)
    tables = {name: _cut(catalog[name], wanted) for name, wanted in columns.items()}
    tables |= {
        name: Table(name, columns=tuple(made.values()), primary_key=tuple(made)) for name, made in outside.items()
    }
    return replace(narrow, design=design, tables=ByTable(tables), spare=None)


def _used_keys(table: Table, columns: set[str]) -> Iterator[ForeignKey]:
    return (key for key in table.foreign_keys if set(key.columns) <= columns)


def _cut(table: Table, columns: set[str]) -> Table:
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name in columns),
        foreign_keys=tuple(_used_keys(table, columns)),
        unique_keys=(),
    )


def _make_world(skeleton: Skeleton, catalog: Catalog) -> World:
    known = {one.name for one in catalog.types}
    used = {bare_type(column.type) for table in skeleton.tables.values() for column in table.columns}
    imitation = imitate(skeleton, catalog.types, Offered(frozenset(used - known), frozenset()))
    return build_world(imitation.skeleton, imitation.labels, _FIRST, hostile=False)


# ---------------------------------------------------------------- what is written, and what that tells


def _changing(design: Design, table: Table, labels: Mapping[str, tuple[str, ...]]) -> Changing | None:
    """A watched column that no key binds."""
    bound = {*design.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    for emission in design.emissions:
        bound |= set(emission.scope.columns if not emission.scope.path else emission.scope.path[0].columns)
    watched = dict.fromkeys(name for emission in design.emissions for name in emission.watched)
    columns = [table.column(name) for name in watched if name not in bound]
    for column in sorted((c for c in columns if not c.generated), key=_is_checked_often):
        # A day is enough of a time, and read more easily.
        kind = "date" if column.type.startswith("timestamp") else column.type
        before, after = (value(kind, number, labels) for number in _VALUES)
        if before != after:
            return Changing(column.name, before, after)
    return None


def _is_checked_often(column: Column) -> int:
    found = (place for place, start in enumerate(_CHANGING) if column.type.startswith(start))
    return next(found, len(_CHANGING))


def _told(world: World, row: Row, changed: Changing | None) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Topic and event of what each write tells."""
    table = world.skeleton.design.table
    made = {
        "insert": Change(table, "INSERT", ((None, row),)),
        "delete": Change(table, "DELETE", ((row, None),)),
    }
    if changed:
        old, new = ({**row, changed.column: text} for text in (changed.before, changed.after))
        made["update"] = Change(table, "UPDATE", ((old, new),))
    rows = Rows({**world.rows, table: [*world.rows[table], row]})
    return {
        operation: tuple(
            (topic, event)
            for topic, event, _ in messages(world.skeleton.design, [change], rows, lambda _row, _columns: {})
        )
        for operation, change in made.items()
    }


# ---------------------------------------------------------------- who may join


def _questions(world: World) -> Iterator[Question]:
    design, rows = world.skeleton.design, Rows(world.rows)
    for emission in told_on(design):
        key = _scope_key(world, emission)
        topic = topic_of(emission, key)
        if topic is None:
            continue
        extension = "presence" if emission is design.presence else "broadcast"
        may_send = extension == "presence" or (design.clients_send and emission.feed is None)
        subs = listeners(emission, key, rows)
        for person, name in zip(asked(world), _names(world, emission), strict=True):
            yield Question(name, person.sub, "read", extension, topic, person.sub in subs)
        member, stranger = world.people[0], world.people[STRANGER]
        yield Question(_names(world, emission)[0], member.sub, "write", extension, topic, may_send)
        if may_send:
            yield Question("a stranger", stranger.sub, "write", extension, topic, False)
        yield Question("a visitor without a token", None, "read", extension, topic, False)


def _names(world: World, emission: Emission) -> list[str]:
    label = emission.scope.label
    entitlement = emission.scope.entitlement
    first = (
        ["the user", "another user"]
        if entitlement and (entitlement.kind == "self" or entitlement.membership == emission.scope.principal)
        else [f"a member of the {label}", f"a member of another {label}"]
    )
    return [*first, "a stranger", *(f"a {person.name}" for person in world.people[STRANGER + 1 :])]


def _scope_key(world: World, emission: Emission) -> str:
    """The key of the emission's first scope."""
    column = principal_column(world.skeleton.design, emission, world.skeleton.tables)
    if emission.scope.principal in world.skeleton.tables and emission.scope.principal and column:
        return world.key((emission.scope.principal, column), 0)
    return world.key((holder(world.skeleton.design, emission), emission.scope.columns[0]), 0)
