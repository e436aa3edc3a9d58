"""The migration of a whole schema tried as one: on all its tables together, under all its policies at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Design,
    Migration,
    Script,
    Step,
    Table,
    TableName,
    WholeProof,
)
from realtime_advisor.observation.interrupts import finishing
from realtime_advisor.sandbox.postgres import RunningServer

from . import installing, truth, writes
from .building import build_tables, offered_by, remember
from .copies import Connection, open_copy
from .imitation import imitate
from .installing import in_words
from .links import key_columns
from .prove import MOST_PROVED, server_for
from .scene import Check, Scene
from .skeleton import Skeleton, build_skeleton, join_tables, told_on
from .stage import Stage
from .tried import tried
from .world import World, build_world

_INSTALLED: Final[Sequence[Check]] = (installing.check_script_agrees, installing.functions_are_closed)


def prove_whole(
    made: Migration,
    catalog: Catalog,
    *,
    busiest: Sequence[TableName] = (),
    most: int = MOST_PROVED,
    server: RunningServer | None = None,
) -> WholeProof | None:
    """What happens when the scripts of all tables are applied as one; None where there is nothing to apply.

    The migration is applied twice, checked and taken back; between, for the `most` tables that are first in `busiest`,
    a row is inserted and who may join what is asked. Raises NoServerBinaries and SandboxFailed.
    """
    if not made.designs:
        return None
    order = {table: place for place, table in enumerate(busiest)}
    asked = sorted(made.designs, key=lambda design: order.get(design.table, len(order)))[:most]
    try:
        with server_for(catalog, server) as running, open_copy(running) as connection:
            version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
            return _judged(_Trial(connection, made, catalog), asked, version)
    except (psycopg.Error, LookupError, ValueError) as error:
        # A catalogue may hold what nobody thought of: that is no reason to end a whole run.
        why = in_words(error) if isinstance(error, psycopg.Error) else f"{error!r}"
        return WholeProof(False, f"All tables together could not be imitated: {why}.")
    except KeyboardInterrupt:
        return WholeProof(False, "The proof of all tables together was interrupted: run it again.")


def _judged(trial: _Trial, asked: Sequence[Design], version: str) -> WholeProof:
    steps = tuple(trial.steps(asked))
    failed = [step for step in steps if step.holds is False]
    if failed:
        first = failed[0]
        more = f", and {len(failed) - 1} more fail" if len(failed) > 1 else ""
        reason = f"{first.sentence.rstrip('.')}: not so, {first.name} saw {first.observed[:200]}{more}."
        return WholeProof(False, reason, steps, version)
    return WholeProof(True, _tell(trial, steps, version), steps, version)


def _tell(trial: _Trial, steps: Sequence[Step], version: str) -> str:
    told = sum(step.holds is True for step in steps if step.name == writes.insert_one_row.__name__)
    tables = len(trial.made.designs)
    whose = f"all {tables} tables together" if tables > 1 else "its table"
    where = "each" if told == tables else f"{told} of them"
    return (
        f"On PostgreSQL {version} the migration was applied twice to an imitation of {whose}, checked, and taken back "
        f"without a trace. Between, a new row in {where} told what it should and nothing else, and {trial.answers:,} "
        "questions of who may join what were answered as the rows say."
    )


class _Trial:
    """One migration in a database of its own."""

    def __init__(self, connection: Connection, made: Migration, catalog: Catalog) -> None:
        self.made = made
        self.answers = 0
        self._connection = connection
        self._catalog = catalog
        self._offered = offered_by(connection)
        self._imitation = imitate(_together(made.designs, catalog), catalog.types, self._offered)

    def steps(self, asked: Sequence[Design]) -> Iterator[Step]:
        """All checks; where the migration does not install, nothing else can be tried."""
        build_tables(self._connection, self._imitation)
        skeleton = self._imitation.skeleton
        scene = self._scene(self.made.designs[0], skeleton, World(skeleton, self._imitation.labels, 0, False))
        remember(scene)
        for check in (installing.installs, installing.installs_again):
            step = tried(check, scene)
            yield step
            if not step.holds:
                return
        yield from (tried(check, scene) for check in _INSTALLED)
        for design in asked:
            yield from self._asked(design)
        yield tried(installing.down_restores_the_catalogue, scene)

    def _asked(self, design: Design) -> Iterator[Step]:
        """One table's rows put there, one more inserted, and who may join asked."""
        imitation = imitate(build_skeleton(design, self._catalog), self._catalog.types, self._offered)
        scene = self._scene(design, imitation.skeleton, build_world(imitation.skeleton, imitation.labels))
        with finishing():
            with self._connection.transaction():
                scene.stage.fill(scene.world.rows)
            truth.fill_truth_table(scene)
        of_others = _of_others({cell.topic for cell in scene.cells}, design, self.made.designs)
        scene.cells = [cell for cell in scene.cells if cell.topic not in of_others]
        self.answers += len(scene.cells)
        told: Sequence[Check] = (writes.insert_one_row,) if design.emissions else ()
        for step in [tried(check, scene) for check in (*told, *truth.CHECKS)]:
            yield replace(step, sentence=f"{design.table}: {step.sentence}")
        scene.stage.close()
        self._empty(imitation.skeleton.tables)

    def _scene(self, design: Design, skeleton: Skeleton, world: World) -> Scene:
        """The migration as if it were the script of one table."""
        made = self.made
        script = Script(design, made.functions, made.triggers, made.policies, made.down, made.check)
        return Scene(script, skeleton, world, Stage(self._connection, skeleton))

    def _empty(self, tables: Iterable[TableName]) -> None:
        """Without a trigger, and so without a message."""
        names = [Identifier(name.schema, name.name) for name in tables]
        with self._connection.transaction():
            self._connection.execute("set local session_replication_role = replica")
            self._connection.execute(SQL("truncate {} cascade").format(SQL(", ").join(names)))


def _together(designs: Sequence[Design], catalog: Catalog) -> Skeleton:
    """All tables of all designs, in which each finds room for its own rows: only primary keys bind them."""
    skeletons = [build_skeleton(design, catalog) for design in designs]
    keys = {place for skeleton in skeletons for place in key_columns(skeleton)}

    def eased(table: Table, column: Column) -> Column:
        is_made = column.generated and (table.name, column.name) not in keys
        return replace(column, not_null=column.name in table.primary_key, generated=is_made)

    tables = {
        table.name: replace(table, columns=tuple(eased(table, each) for each in table.columns), foreign_keys=())
        for table in join_tables(skeletons, catalog).values()
    }
    return replace(skeletons[0], tables=ByTable(tables), spare=None)


def _of_others(topics: Iterable[str], design: Design, designs: Sequence[Design]) -> set[str]:
    """Those on which another design may let people in, by rows that are not this one's."""
    own = {(emission.topic, emission.scope.entitlement) for emission in told_on(design)}
    theirs = {(each.topic, each.scope.entitlement) for other in designs for each in told_on(other)} - own
    ends = {(opening, closing) for topic, _ in theirs for opening, _, closing in [topic.partition("<id>")]}
    return {
        topic
        for topic in topics
        if any(topic.startswith(opening) and topic.endswith(closing) for opening, closing in ends)
    }
