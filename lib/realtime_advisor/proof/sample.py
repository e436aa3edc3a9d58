"""Rows of a database in use, a few of each table that a script touches, enough to say what must happen to them."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.model import Emission, Entitlement, Hop, TableName

from .entitled import Row, Rows, sub_of
from .skeleton import Skeleton, holder, told_on
from .stage import Stage
from .world import Person, World

ROWS = 3
PEOPLE = 6


def sample_world(skeleton: Skeleton, stage: Stage) -> tuple[World, dict[str, list[str]]]:
    """Some rows, all that they lead to, some people with all their memberships; and the scopes' keys by topic.

    All columns are read as text. Raises psycopg.Error.
    """
    world = World(skeleton, {})
    world.rows = {name: [] for name in skeleton.tables}
    own = skeleton.design.table
    _add(world, own, _read(skeleton, stage, own, limit=ROWS))
    keys = {emission.topic: _keys(world, stage, emission) for emission in told_on(skeleton.design)}
    subs: dict[str, None] = {}
    for emission in told_on(skeleton.design):
        entitlement = emission.scope.entitlement
        if entitlement is not None and entitlement.kind == "self":
            subs |= dict.fromkeys(keys[emission.topic])
        elif entitlement is not None:
            subs |= dict.fromkeys(_members(world, stage, emission, entitlement, keys[emission.topic]))
    world.people = [Person(f"user {number}", sub) for number, sub in enumerate(subs, start=1)]
    return world, keys


def _keys(world: World, stage: Stage, emission: Emission) -> list[str]:
    """The keys of the scopes that the sampled rows lead to; the rows between are added to the sample."""
    rows: Iterable[Row] = world.rows[world.skeleton.design.table]
    for hop in emission.scope.path:
        rows = _parents(world, stage, hop, rows)
    column = emission.scope.columns[0]
    if holder(world.skeleton.design, emission) not in world.skeleton.tables:
        return []
    return list(dict.fromkeys(key for row in rows if (key := row[column]) is not None))


def _parents(world: World, stage: Stage, hop: Hop, rows: Iterable[Row]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        wanted = {to: row[column] for column, to in zip(hop.columns, hop.referenced_columns, strict=True)}
        if None not in wanted.values():
            found += _read(world.skeleton, stage, hop.references, wanted, limit=1)
    _add(world, hop.references, found)
    return found


def _members(world: World, stage: Stage, emission: Emission, entitlement: Entitlement, keys: list[str]) -> list[str]:
    """Users who are members of these scopes, and some others; all memberships of theirs are added to the sample."""
    membership, user = entitlement.membership, entitlement.user_column
    if membership is None or user is None:
        return []
    tenants = [dict(zip(entitlement.scope_columns, one, strict=True)) for one in _tenants(world, stage, emission, keys)]
    found = [row for tenant in tenants for row in _read(world.skeleton, stage, membership, tenant, limit=ROWS)]
    found += _read(world.skeleton, stage, membership, limit=PEOPLE)
    users = list(dict.fromkeys(key for row in found if (key := row[user]) is not None))[:PEOPLE]
    rows = [row for key in users for row in _read(world.skeleton, stage, membership, {user: key})]
    _add(world, membership, rows)
    if entitlement.login:
        _parents(world, stage, entitlement.login, rows)
    known = Rows(world.rows)
    return list(dict.fromkeys(sub for row in rows if (sub := sub_of(row, entitlement, known)) is not None))


def _tenants(world: World, stage: Stage, emission: Emission, keys: list[str]) -> list[tuple[str | None, ...]]:
    """What the membership's scope columns must hold for these scopes."""
    entitlement, principal = emission.scope.entitlement, emission.scope.principal
    if entitlement is None or not entitlement.path or principal is None or emission.principal_key is None:
        return [(key,) for key in keys]
    rows = [
        row for key in keys for row in _read(world.skeleton, stage, principal, {emission.principal_key: key}, limit=1)
    ]
    _add(world, principal, rows)
    for hop in entitlement.path[:-1]:
        rows = _parents(world, stage, hop, rows)
    return [tuple(row[column] for column in entitlement.path[-1].columns) for row in rows]


def _read(
    skeleton: Skeleton, stage: Stage, table: TableName, where: Row | None = None, limit: int | None = None
) -> list[Row]:
    columns = [column.name for column in skeleton.tables[table].columns]
    listed = SQL(", ").join(SQL("{}::text").format(Identifier(name)) for name in columns)
    conditions = [SQL("{} = {}").format(Identifier(name), Literal(text)) for name, text in (where or {}).items()]
    statement = SQL("select {} from {} where {} limit {}").format(
        listed,
        Identifier(table.schema, table.name),
        SQL(" and ").join([SQL("true"), *conditions]),
        Literal(limit),
    )
    return [dict(zip(columns, row, strict=True)) for row in stage.ask(statement)]


def _add(world: World, table: TableName, rows: Iterable[Row]) -> None:
    world.rows[table] += [row for row in rows if row not in world.rows[table]]
