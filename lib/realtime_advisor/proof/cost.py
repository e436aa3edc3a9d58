"""What one join costs the database where a hundred thousand memberships are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Final, LiteralString

from psycopg.sql import SQL, Composed, Identifier, Literal

from realtime_advisor.model import Column, Emission, Entitlement, TableName
from realtime_advisor.sandbox.asking import authorize_all

from .copies import JoinCost
from .entitled import topic_of
from .scene import Outcome, Scene, not_tried
from .skeleton import Statement, told_on
from .values import is_text
from .world import STRANGER

MEMBERSHIPS: Final = 100_000
# A look-up by keys reads a few rows, and all of a table as small as the proof's own; one that no index serves reads the
# hundred thousand. Rows are counted, because a duration tells of the machine as much as of the join.
MOST_ROWS: Final = 1_000
_ROUNDS: Final = 7
_SHARED: Final = 10  # memberships of one tenant
_SERIES: Final[Mapping[str, LiteralString]] = {
    "uuid": "md5(({})::text)::uuid",
    "bigint": "10000000 + {}",
    "integer": "10000000 + {}",
}
_SERIES_AS_TEXT: Final[Mapping[str, LiteralString]] = {"numeric": "10000000 + {}"}


def join_cost(scene: Scene) -> Outcome:
    """A join reads a few rows where there are 100,000 memberships, also when it is refused."""
    emissions = [one for one in told_on(scene.design) if one.scope.entitlement and one.scope.entitlement.membership]
    if not emissions:
        return not_tried("no membership is looked up")
    expected = f"fewer than {MOST_ROWS:,} rows read"
    known = frozenset(_helpers(scene))
    if known not in scene.costs:
        measured = [found for emission in emissions if (found := _measured(scene, emission)) is not None]
        if not measured:
            return not_tried("no series of keys of that type can be made")
        scene.costs[known] = max(measured)
    scene.join_milliseconds = scene.costs[known].milliseconds
    if scene.costs[known].rows < MOST_ROWS:
        advised = any(list(_missing_index(scene, one.scope.entitlement)) for one in emissions if one.scope.entitlement)
        return Outcome(expected, f"{expected}{', with the index that the script advises' if advised else ''}", True)
    as_text = {
        one.scope.key_type for one in emissions if not (is_text(one.scope.key_type) or one.scope.key_type in _SERIES)
    }
    return Outcome(expected, _more(as_text), None if as_text else False)


def _more(as_text: set[str]) -> str:
    """Why a join reads more, where that is the type's fault."""
    if not as_text:
        return "more"
    return f"more: keys of the type {', '.join(sorted(as_text))} are compared as text, which no index of theirs serves"


CHECKS = (join_cost,)


def _helpers(scene: Scene) -> Iterator[str]:
    """The bodies of the functions that the policies call, and what they read."""
    found = scene.stage.connection.execute(
        "select prosrc from pg_proc where oid <> all (%s::oid[]) and prorettype = 'boolean'::regtype",
        [scene.functions_before],
    )
    yield from (body for (body,) in found.fetchall())
    tables = {one.scope.entitlement.membership for one in told_on(scene.design) if one.scope.entitlement}
    yield from (repr(scene.skeleton.tables[name]) for name in tables if name)


def _measured(scene: Scene, emission: Emission) -> JoinCost | None:
    """The cost of a member's join or a stranger's, whichever is higher."""
    entitlement = emission.scope.entitlement
    if entitlement is None or entitlement.membership is None:
        return None
    with scene.stage.attempt():
        scene.stage.become(None)
        scene.stage.connection.execute("set local session_replication_role = replica")
        # What parallel workers read is not counted here.
        scene.stage.connection.execute("set local max_parallel_workers_per_gather = 0")
        for index in _missing_index(scene, entitlement):
            scene.stage.run(index)
        for table, columns in _crowded(emission, entitlement):
            if not _fill(scene, table, columns, entitlement):
                return None
        topic = topic_of(emission, scene.scope_key(emission, 0)) or ""
        return max(_joined(scene, topic, scene.world.people[number].sub) for number in (0, STRANGER))


def _missing_index(scene: Scene, entitlement: Entitlement) -> Iterator[Statement]:
    """An index on the membership's look-up, where no key of it that the catalogue shows serves: it shows keys only."""
    membership, user = entitlement.membership, entitlement.user_column
    if membership is None or user is None:
        return
    table = scene.skeleton.tables[membership]
    looked_up = {*entitlement.scope_columns, user}
    if not any(key and key[0] in looked_up for key in (table.primary_key, *table.unique_keys)):
        columns = SQL(", ").join(map(Identifier, (*entitlement.scope_columns, user)))
        yield SQL("create index on {} ({})").format(Identifier(membership.schema, membership.name), columns)


def _joined(scene: Scene, topic: str, sub: str) -> JoinCost:
    taken, read = [], [_rows_read(scene)]
    for _ in range(_ROUNDS):
        started = perf_counter()
        authorize_all(scene.stage.connection, [topic], {"role": "authenticated", "sub": sub})
        taken.append((perf_counter() - started) * 1000)
        read.append(_rows_read(scene))
    return JoinCost(max(after - before for before, after in pairwise(read)), median(taken[1:]))


def _rows_read(scene: Scene) -> int:
    """The rows that this transaction has read of all tables so far, be it by an index or not."""
    statement = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_xact_user_tables"
    return int(scene.stage.ask(SQL(statement))[0][0])


def _crowded(emission: Emission, entitlement: Entitlement) -> Iterator[tuple[TableName, dict[str, int]]]:
    """The tables that a join looks into; of each the columns with keys, by how many rows share one."""
    path = entitlement.path
    for position, hop in enumerate(path):
        referenced = path[position - 1].referenced_columns if position else (emission.principal_key or "",)
        shared = _SHARED if position == len(path) - 1 else 1
        yield hop.table, {**dict.fromkeys(hop.columns, shared), **dict.fromkeys(referenced, 1)}
    if entitlement.membership and entitlement.user_column:
        columns = {**dict.fromkeys(entitlement.scope_columns, _SHARED), entitlement.user_column: 1}
        yield entitlement.membership, columns
    if entitlement.login and entitlement.login_column:
        yield (
            entitlement.login.references,
            {**dict.fromkeys(entitlement.login.referenced_columns, 1), entitlement.login_column: 1},
        )


def _fill(scene: Scene, name: TableName, keyed: Mapping[str, int], entitlement: Entitlement) -> bool:
    """Add 100,000 rows; False where a key's type has no series."""
    table = scene.skeleton.tables[name]
    example = scene.world.rows[name][0]
    keys = {**dict.fromkeys(table.primary_key, 1), **keyed}
    counting = {condition.column for condition in entitlement.conditions}
    values = []
    for column in table.columns:
        if column.generated:
            continue
        if column.name in keys and column.name not in counting:
            series = _series(column, keys[column.name])
            if series is None:
                return False
            values.append((column.name, series))
        else:
            values.append((column.name, SQL("{}").format(Literal(example[column.name]))))
    statement = SQL("insert into {} ({}) select {} from generate_series(1, {}) as n").format(
        Identifier(name.schema, name.name),
        SQL(", ").join(Identifier(column) for column, _ in values),
        SQL(", ").join(value for _, value in values),
        Literal(MEMBERSHIPS),
    )
    scene.stage.connection.execute(statement)
    scene.stage.connection.execute(SQL("analyze {}").format(Identifier(name.schema, name.name)))
    return True


def _series(column: Column, shared: int) -> Composed | None:
    number = SQL("n / {}").format(Literal(shared))
    if is_text(column.type):
        return SQL("'k' || ({})").format(number)
    base = column.type.partition("(")[0]
    series = {**_SERIES, **_SERIES_AS_TEXT}
    return SQL(series[base]).format(number) if base in series else None
