"""Checks of rows that change their scope or their key, and of parents that move or go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from realtime_advisor.model import TableName

from .cascades import held_by, topics_after_delete
from .entitled import Row
from .installing import said
from .refusals import is_refusal
from .scene import Outcome, Scene, not_tried, worst
from .skeleton import holder


def move_scope(scene: Scene) -> Outcome:
    """A row that moves to another scope tells both."""
    columns = [column for table, column in scene.world.bound if table == scene.table]
    if not columns:
        return not_tried("the scope is the row itself")
    target = scene.world.slices - 1 if scene.world.is_one_to_one else 1
    row = scene.world.rows[scene.table][0]
    there = scene.world.make(scene.table, 0, target)
    with scene.stage.attempt():
        changed = {column: there[column] for column in sorted(columns)}
        return scene.compare("move_scope", scene.stage.update(scene.table, [row], changed))


def scope_to_null(scene: Scene) -> Outcome:
    """A row that loses its scope tells the scope that it was in."""
    columns = _nullable(scene)
    if not columns:
        return not_tried("the scope cannot be null")
    row = scene.world.rows[scene.table][0]
    outcomes = []
    for column in columns:
        with scene.stage.attempt():
            outcomes.append(scene.compare("scope_to_null", scene.stage.update(scene.table, [row], {column: None})))
    return worst(outcomes)


def scope_from_null(scene: Scene) -> Outcome:
    """A row without a scope tells nobody, until it gets one: then that scope."""
    columns = _nullable(scene)
    if not columns:
        return not_tried("the scope cannot be null")
    outcomes = []
    for column in columns:
        fresh = scene.world.fresh(1)
        with scene.stage.attempt():
            row = {**fresh, column: None}
            inserted = scene.stage.insert(scene.table, row)
            found = scene.stage.update(scene.table, [row], {column: fresh[column]})
            outcomes.append(scene.compare("scope_from_null", inserted, found))
    return worst(outcomes)


def change_key(scene: Scene) -> Outcome:
    """A row whose own key changes tells its scope, by its new key."""
    free = [name for name in scene.design.primary_key if (scene.table, name) not in scene.world.bound]
    if not free:
        return not_tried("the table has no key of its own")
    row, other = scene.world.fresh(), scene.world.fresh()
    with scene.stage.attempt():
        inserted = scene.stage.insert(scene.table, row)
        changed = scene.stage.update(scene.table, [row], {free[0]: other[free[0]]})
        return scene.compare("change_key", inserted, changed)


def parent_moves(scene: Scene) -> Outcome:
    """A parent that moves to another scope, or out of all, tells for its rows: they do not change themselves."""
    outcomes = [outcome for table in _parents(scene) for outcome in _moved(scene, table)]
    return worst(outcomes) if outcomes else not_tried("no parent stands between the rows and their scope")


def parent_stays(scene: Scene) -> Outcome:
    """A parent that changes otherwise tells nobody."""
    parents = _parents(scene)
    outcomes = []
    for table in parents:
        row = scene.world.rows[table][0]
        column = next(iter(row))
        with scene.stage.attempt():
            outcomes.append(scene.compare("parent_stays", scene.stage.update(table, [row], {column: row[column]})))
    return worst(outcomes) if outcomes else not_tried("no parent stands between the rows and their scope")


def parent_goes(scene: Scene) -> Outcome:
    """Rows that go, or lose their scope, with a deleted parent or principal tell whom they belonged to."""
    principals = [emission.scope.principal for emission in scene.design.emissions]
    tables = dict.fromkeys([*_parents(scene), *(name for name in principals if name in scene.world.rows)])
    outcomes = [_gone(scene, table) for table in tables if table and table != scene.table]
    return worst(outcomes) if outcomes else not_tried("no row is deleted with another: the keys do not cascade")


CHECKS = (move_scope, scope_to_null, scope_from_null, change_key, parent_moves, parent_stays, parent_goes)


def _nullable(scene: Scene) -> list[str]:
    """The own columns that lead to a scope and may be null."""
    leading = dict.fromkeys(
        column
        for emission in scene.design.emissions
        for column in (emission.scope.path[0].columns if emission.scope.path else emission.scope.columns)
    )
    columns = [scene.skeleton.own.column(name) for name in leading]
    return [one.name for one in columns if not one.not_null and one.name not in scene.design.primary_key]


def _parents(scene: Scene) -> list[TableName]:
    hops = (hop for emission in scene.design.emissions for hop in emission.scope.path)
    return [name for name in dict.fromkeys(hop.references for hop in hops) if name != scene.table]


def _moved(scene: Scene, table: TableName) -> Iterator[Outcome]:
    row, there = scene.world.rows[table][0], scene.world.make(table, 0, 1)
    columns = sorted(column for at, column in scene.world.bound if at == table)
    if not columns:
        return
    for changed in ({column: there[column] for column in columns}, *_emptied(scene, table, columns)):
        try:
            with scene.stage.attempt():
                yield scene.compare("parent_moves", scene.stage.update(table, [row], changed))
        except psycopg.errors.IntegrityError as error:
            if not is_refusal(error, scene.skeleton):
                raise


def _emptied(scene: Scene, table: TableName, columns: Sequence[str]) -> Iterator[Row]:
    """The parent without a scope, where it may be."""
    holders = {holder(scene.design, emission): emission.scope.columns[0] for emission in scene.design.emissions}
    name = holders.get(table)
    if name in columns and name is not None and not scene.skeleton.tables[table].column(name).not_null:
        yield {name: None}


def _gone(scene: Scene, table: TableName) -> Outcome:
    row, rows = scene.world.rows[table][0], scene.rows_after()
    wanted = topics_after_delete(scene.design, scene.skeleton, rows, table, row)
    try:
        with scene.stage.attempt():
            for other, held in held_by(scene.skeleton, rows, table, row, {scene.table, *_parents(scene)}):
                scene.stage.delete(other, held)
            scene.stage.delete(table, row)
            sent = scene.stage.deliveries("parent_goes")
    except psycopg.errors.IntegrityError as error:
        if not is_refusal(error, scene.skeleton):
            raise
        return not_tried(f"no row is deleted with one of {table}: {said(error)}")
    scene.deliveries += [delivery for delivery, _ in sent[:20]]
    seen = sorted({delivery.topic for delivery, _ in sent})
    trouble = [f"warning: {warning}" for warning in dict.fromkeys(scene.stage.warnings)]
    return Outcome(
        f"{table} deleted: {', '.join(wanted) or 'nobody'} told",
        "; ".join([", ".join(seen) or "nobody", *trouble]),
        seen == wanted and not trouble,
    )
