"""Checks of single statements on the design's own table: each kind of write tells what the design says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from realtime_advisor.model import Column

from .entitled import Row
from .expected import Change
from .refusals import is_refusal
from .scene import Outcome, Scene, not_tried, worst
from .stage import tuples
from .watched import changeable, others, watched


def insert_one_row(scene: Scene) -> Outcome:
    """One inserted row is told to its scope, by its key."""
    with scene.stage.attempt():
        return scene.compare("insert_one_row", scene.stage.insert(scene.table, scene.world.fresh()))


def insert_many_rows(scene: Scene) -> Outcome:
    """One statement that inserts several rows tells each scope once, and names no row."""
    rows = [scene.world.fresh(slice_) for slice_ in (0, 0, 1, 2)]
    with scene.stage.attempt():
        return scene.compare("insert_many_rows", scene.stage.insert(scene.table, *rows))


def copy_rows(scene: Scene) -> Outcome:
    """COPY tells each scope once."""
    rows = [scene.world.fresh(slice_) for slice_ in (0, 1, 1)]
    with scene.stage.attempt():
        return scene.compare("copy_rows", scene.stage.copy(scene.table, rows))


def update_watched_column(scene: Scene) -> Outcome:
    """An update of each watched column, alone, is told."""
    columns = [column for column in watched(scene) if not column.generated]
    if not columns:
        return not_tried("no column is watched")
    found = {column.name: _update(scene, "update_watched_column", column) for column in columns}
    outcomes = [outcome for outcome in found.values() if outcome]
    if not outcomes:
        return not_tried("no watched column has two values")
    outcome, left_out = worst(outcomes), [name for name, one in found.items() if one is None]
    if not left_out:
        return outcome
    return replace(outcome, observed=f"{outcome.observed}; not tried: {', '.join(left_out)}, for want of another value")


def update_many_rows(scene: Scene) -> Outcome:
    """One statement that updates several rows tells each scope once, and names no row."""
    column = changeable(scene)
    if column is None:
        return not_tried("no watched column takes another value")
    rows = scene.world.rows[scene.table][:3]
    with scene.stage.attempt():
        change = scene.stage.update(scene.table, rows, {column.name: _other(scene, column, rows)})
        return scene.compare("update_many_rows", change)


def update_unwatched_column(scene: Scene) -> Outcome:
    """An update of a column that nobody watches tells nobody."""
    if scene.skeleton.spare is None:
        return not_tried("every column is watched")
    column = scene.skeleton.own.column(scene.skeleton.spare)
    return _update(scene, "update_unwatched_column", column) or not_tried(f"{column.name} has no other value")


def update_without_change(scene: Scene) -> Outcome:
    """An update that writes the values that are there already tells nobody, be it of one row or of many."""
    rows = scene.world.rows[scene.table][:3]
    columns = [column.name for column in watched(scene) if not column.generated] or list(scene.design.primary_key)
    sets = SQL(", ").join(SQL("{0} = {0}").format(Identifier(name)) for name in columns)
    if not columns:
        return not_tried("no column is watched")
    with scene.stage.attempt():
        scene.stage.update(scene.table, rows[:1], {columns[0]: rows[0][columns[0]]})
        scene.stage.run(SQL("update {} set {}").format(table_of(scene), sets))
        return scene.compare("update_without_change")


def delete_one_row(scene: Scene) -> Outcome:
    """One deleted row is told to the scope that it was in, by its key."""
    return _delete(scene, "delete_one_row", scene.world.rows[scene.table][1:2])


def delete_many_rows(scene: Scene) -> Outcome:
    """One statement that deletes several rows tells each scope once."""
    return _delete(scene, "delete_many_rows", scene.world.rows[scene.table][:3])


def upsert(scene: Scene) -> Outcome:
    """INSERT ... ON CONFLICT DO UPDATE tells what it did: one row came, one changed."""
    column = changeable(scene)
    if not scene.design.primary_key or column is None or column.name in scene.design.primary_key:
        return not_tried("the table has no primary key, or no watched column takes another value")
    old, fresh = scene.world.rows[scene.table][1], scene.world.fresh(0)
    if scene.world.is_taken(fresh):
        return not_tried("the table's key has no further value")
    new = {**old, column.name: _other(scene, column, [old])}
    clause = SQL("on conflict ({}) do update set {} = excluded.{}").format(
        names(scene.design.primary_key), Identifier(column.name), Identifier(column.name)
    )
    with scene.stage.attempt():
        _insert_with(scene, clause, [new, fresh])
        return scene.compare("upsert", *_merged(scene, fresh, old, new))


def merge(scene: Scene) -> Outcome:
    """MERGE tells what it did: one row came, one changed."""
    column = changeable(scene)
    if scene.version < 15:
        return not_tried(f"PostgreSQL {scene.version} has no MERGE")
    if not scene.design.primary_key or column is None or column.name in scene.design.primary_key:
        return not_tried("the table has no primary key, or no watched column takes another value")
    old, fresh = scene.world.rows[scene.table][1], scene.world.fresh(0)
    if scene.world.is_taken(fresh):
        return not_tried("the table's key has no further value")
    new = {**old, column.name: _other(scene, column, [old])}
    listed = names(tuple(old))
    with scene.stage.attempt():
        scene.stage.run(
            SQL("create temporary table merged on commit drop as select {} from {} with no data").format(
                listed, table_of(scene)
            )
        )
        scene.stage.run(SQL("insert into merged ({}) values {}").format(listed, tuples([new, fresh])))
        scene.stage.run(_merge(scene, column.name, tuple(old)))
        return scene.compare("merge", *_merged(scene, fresh, old, new))


def statement_without_rows(scene: Scene) -> Outcome:
    """Statements that touch no row tell nobody."""
    first = scene.world.rows[scene.table][0]
    name = Identifier(next(iter(first)))
    with scene.stage.attempt():
        scene.stage.run(SQL("update {} set {} = {} where false").format(table_of(scene), name, name))
        scene.stage.run(SQL("delete from {} where false").format(table_of(scene)))
        columns = names(tuple(first))
        scene.stage.run(
            SQL("insert into {} ({}) select {} from {} where false").format(
                table_of(scene), columns, columns, table_of(scene)
            )
        )
        return scene.compare("statement_without_rows")


def rollback_to_savepoint(scene: Scene) -> Outcome:
    """What a savepoint takes back is not told, what comes after it is."""
    taken_back, kept = scene.world.fresh(0), scene.world.fresh(1)
    with scene.stage.attempt():
        with scene.stage.connection.transaction(force_rollback=True):
            scene.stage.insert(scene.table, taken_back)
        return scene.compare("rollback_to_savepoint", scene.stage.insert(scene.table, kept))


def several_statements(scene: Scene) -> Outcome:
    """Several statements of one transaction are each told, or all at its end, as the design says."""
    first, second = scene.world.fresh(0), scene.world.fresh(0)
    with scene.stage.attempt():
        changes = [scene.stage.insert(scene.table, row) for row in (first, second)]
        changes.append(scene.stage.delete(scene.table, second))
        return scene.compare("several_statements", *changes)


def truncate(scene: Scene) -> Outcome:
    """TRUNCATE tells every scope that had a row where the design says so, and nobody elsewhere."""
    if scene.referring - {scene.table}:
        return not_tried("other tables refer to this one, and would be emptied too")
    rows = scene.world.rows[scene.table]
    with scene.stage.attempt():
        change = Change(scene.table, "TRUNCATE", tuple((row, None) for row in rows))
        scene.stage.run(SQL("truncate {}").format(table_of(scene)))
        return scene.compare("truncate", change)


def write_to_partition(scene: Scene) -> Outcome:
    """Writes addressed to a partition, or to a child, are told as those to the table are."""
    parts = scene.skeleton.own.partitions
    if not parts:
        return not_tried("the table has no partitions")
    outcomes = []
    for part in parts:
        name = Identifier(part.schema, part.name)
        with scene.stage.attempt():
            row = scene.stage.taken_by(name, [scene.world.fresh(0) for _ in range(20 * len(parts))])
            if row is not None:
                inserted = scene.stage.insert(scene.table, row, at=part)
                outcomes.append(scene.compare("write_to_partition", inserted, scene.stage.delete(scene.table, row)))
    return worst(outcomes) if outcomes else not_tried("no row was found that a partition takes")


CHECKS = (
    insert_one_row,
    insert_many_rows,
    copy_rows,
    update_watched_column,
    update_many_rows,
    update_unwatched_column,
    update_without_change,
    delete_one_row,
    delete_many_rows,
    upsert,
    merge,
    statement_without_rows,
    rollback_to_savepoint,
    several_statements,
    truncate,
    write_to_partition,
)


# ---------------------------------------------------------------- what the checks have in common


def table_of(scene: Scene) -> Identifier:
    return Identifier(scene.table.schema, scene.table.name)


def names(columns: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


def _other(scene: Scene, column: Column, rows: Sequence[Row]) -> str | None:
    """A value that none of these rows has."""
    return next(others(scene, column, {row[column.name] for row in rows}), None)


def _update(scene: Scene, step: str, column: Column) -> Outcome | None:
    """What an update of the column alone told; None where no other value is taken."""
    row = scene.world.rows[scene.table][0]
    for other in others(scene, column, {row[column.name]}):
        try:
            with scene.stage.attempt():
                return scene.compare(step, scene.stage.update(scene.table, [row], {column.name: other}))
        except psycopg.errors.IntegrityError as error:
            if not is_refusal(error, scene.skeleton):
                raise
    return None


def _delete(scene: Scene, step: str, rows: Sequence[Row]) -> Outcome:
    """What the deletion of rows told: of fresh ones, where others refer to those that are there and hold them."""
    try:
        with scene.stage.attempt():
            return scene.compare(step, scene.stage.delete(scene.table, *rows))
    except psycopg.errors.IntegrityError as error:
        if not is_refusal(error, scene.skeleton):
            raise
    fresh = [scene.world.fresh(slice_) for slice_ in range(len(rows))]
    with scene.stage.attempt():
        scene.stage.become(None)
        scene.stage.fill({scene.table: fresh})
        scene.stage.become(scene.stage.writer)
        return scene.compare(step, scene.stage.delete(scene.table, *fresh))


def _insert_with(scene: Scene, clause: Composed, rows: Sequence[Row]) -> None:
    columns = names(tuple(rows[0]))
    scene.stage.run(SQL("insert into {} ({}) values {} {}").format(table_of(scene), columns, tuples(rows), clause))


def _merged(scene: Scene, fresh: Row, old: Row, new: Row) -> tuple[Change, Change]:
    """A row came, another changed."""
    return Change(scene.table, "INSERT", ((None, fresh),)), Change(scene.table, "UPDATE", ((old, new),))


def _merge(scene: Scene, column: str, columns: Sequence[str]) -> Composed:
    on = SQL(" and ").join(SQL("target.{0} = merged.{0}").format(Identifier(name)) for name in scene.design.primary_key)
    incoming = SQL(", ").join(SQL("merged.{}").format(Identifier(name)) for name in columns)
    return SQL(
        "merge into {} as target using merged on {} "
        "when matched then update set {} = merged.{} when not matched then insert ({}) values ({})"
    ).format(table_of(scene), on, Identifier(column), Identifier(column), names(columns), incoming)
