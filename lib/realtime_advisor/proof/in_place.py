"""An installed script tried on a staging database of the user's own, in one transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Final

import psycopg
from psycopg.sql import SQL

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Column, Emission, Proof, ProofStatus, Script, Step
from realtime_advisor.observation.target import Target

from . import installing, truth
from .entitled import Row
from .expected import Change
from .sample import sample_world
from .scene import Check, Outcome, Scene, not_tried, worst
from .skeleton import build_skeleton, writable
from .stage import Connection, Stage
from .tried import tried
from .watched import watched
from .writes import names, table_of

STAYS: Final = (
    "rolled back, except for what a rollback leaves: sequences that moved on, statistics counters and dead rows, "
    "and whatever your own triggers did outside the database"
)
_SETTINGS: Final = (
    "set transaction isolation level read committed read write",
    "set local lock_timeout = '2s'",
    "set local statement_timeout = '30s'",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO'",
)


def prove_in_place(script: Script, catalog: Catalog, target: Target) -> Proof:
    """What happens when rows that are there already are written, on the database where the script is installed.

    Everything is done in one transaction, which holds the locks of its writes for a moment and is rolled back.
    The target's role has to be the one that installed the script. Raises AdvisorError where it cannot be reached.
    """
    if target.server.in_recovery:
        raise BadInput("The target is a standby, which takes no writes: name a primary to prove on.")
    started = perf_counter()
    skeleton = build_skeleton(script.design, catalog)
    with target.open_session("the rows that the proof writes") as connection:
        connection.read_only = False
        with connection.transaction(force_rollback=True):
            for setting in _SETTINGS:
                connection.execute(setting.encode())
            stage = Stage(connection, skeleton, writer=None, is_alone=False)
            world, keys = sample_world(skeleton, stage)
            scene = Scene(script, skeleton, world, stage, sampled=keys)
            scene.functions_before = _others(connection)
            steps = tuple(_steps(scene))
            stage.close()
    status, reason = _judged(steps, scene, target.server.version)
    return Proof(
        table=script.design.table,
        status=status,
        reason=reason,
        steps=steps,
        cells=tuple(scene.cells),
        deliveries=tuple(scene.deliveries),
        server_version=target.server.version,
        seconds=perf_counter() - started,
    )


def write_back(scene: Scene) -> Outcome:
    """An update that writes what is there already tells nobody."""
    rows = scene.world.rows[scene.table]
    columns = [column.name for column in watched(scene) if not column.generated]
    if not rows or not columns:
        return not_tried("the table has no rows, or no column is watched")
    with scene.stage.attempt():
        scene.stage.update(scene.table, rows[:1], {columns[0]: rows[0][columns[0]]})
        return scene.compare("write_back")


def update_row_in_use(scene: Scene) -> Outcome:
    """A watched column that takes another row's value is told to the row's scope."""
    if any(_leads_by_generated(scene, emission) for emission in scene.design.emissions):
        return not_tried("Postgres generates the scope from other columns, so the row might move to any")
    outcomes = [outcome for column in watched(scene) if (outcome := _borrowed(scene, column))]
    return worst(outcomes) if outcomes else not_tried("no two rows differ in a watched column")


def delete_and_insert_again(scene: Scene) -> Outcome:
    """A row that is deleted, and one that is inserted, are told to their scope."""
    rows = scene.world.rows[scene.table]
    if not rows or not scene.design.primary_key:
        return not_tried("the table has no rows, or no primary key")
    columns = names(tuple(column.name for column in writable(scene.skeleton.whole)))
    table, row = table_of(scene), rows[0]
    with scene.stage.attempt():
        where = scene.stage.where(scene.table, [row])
        scene.stage.run(
            SQL("create temporary table realtime_advisor_kept on commit drop as select {} from {} where {}").format(
                columns, table, where
            )
        )
        deleted = scene.stage.delete(scene.table, row)
        scene.stage.run(
            SQL("insert into {} ({}) overriding system value select {} from realtime_advisor_kept").format(
                table, columns, columns
            )
        )
        return scene.compare("delete_and_insert_again", deleted, Change(scene.table, "INSERT", ((None, row),)))


WRITES: tuple[Check, ...] = (write_back, update_row_in_use, delete_and_insert_again)


def _steps(scene: Scene) -> Iterator[Step]:
    checks: list[Check] = [installing.check_script_agrees, installing.functions_are_closed]
    for check in (*checks, *(WRITES if scene.design.emissions else ())):
        yield tried(check, scene, own_fault=check not in WRITES)
    if not any(scene.sampled.values() if scene.sampled else ()):
        return
    truth.fill_truth_table(scene)
    for check in truth.CHECKS:
        yield tried(check, scene)


def _leads_by_generated(scene: Scene, emission: Emission) -> bool:
    path, own = emission.scope.path, scene.skeleton.own
    return any(own.column(name).generated for name in (path[0].columns if path else emission.scope.columns))


def _borrowed(scene: Scene, column: Column) -> Outcome | None:
    rows = scene.world.rows[scene.table]
    if column.generated or len(rows) < 2 or column.name in scene.design.primary_key:
        return None
    row: Row = rows[0]
    other = next((one[column.name] for one in rows if one[column.name] != row[column.name]), None)
    if other is None:
        return None
    try:
        with scene.stage.attempt():
            return scene.compare("update_row_in_use", scene.stage.update(scene.table, [row], {column.name: other}))
    except psycopg.errors.IntegrityError:
        return None


def _others(connection: Connection) -> list[int]:
    """The functions that are not of the script."""
    found = connection.execute(
        "select oid from pg_proc where pronamespace is distinct from to_regnamespace('realtime_advisor')"
    )
    return [oid for (oid,) in found.fetchall()]


def _judged(steps: tuple[Step, ...], scene: Scene, version: str) -> tuple[ProofStatus, str]:
    table = scene.design.table
    failed = [step for step in steps if step.holds is False]
    if failed:
        return ProofStatus.NOT_PROVED, f"In place, {failed[0].name} saw {failed[0].observed[:200]}; all was {STAYS}."
    if scene.design.emissions and not any(step.holds for step in steps if step.name in _NAMES):
        return ProofStatus.NOT_PROVED, f"{table} has no rows to try writes on, so nothing was proved in place."
    untried = sum(step.holds is None for step in steps)
    held = f"{len(steps) - untried} steps and {len(scene.cells)} answers are as designed"
    return ProofStatus.PROVED, f"In place, on PostgreSQL {version}, {held}; all was {STAYS}."


_NAMES: Final = tuple(check.__name__ for check in WRITES)
