"""Build a skeleton in a copy and fill it with rows: the scene of a proof."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL

from realtime_advisor.model import Catalog, Script

from .copies import Connection, Costs, fingerprint
from .imitation import Imitation, imitate
from .kinds import Offered
from .scene import Scene
from .skeleton import Statement, build_skeleton
from .stage import Stage
from .world import World, build_world


def build_scene(
    connection: Connection, script: Script, catalog: Catalog, costs: Costs
) -> tuple[Scene, tuple[str, ...]]:
    """The scene of a script, and what of the tables could only be imitated. Raises psycopg.Error."""
    imitation = imitate(build_skeleton(script.design, catalog), catalog.types, offered_by(connection))
    skeleton = imitation.skeleton
    build_tables(connection, imitation)
    stage = Stage(connection, skeleton)
    world = build_world(skeleton, imitation.labels)
    _fill(stage, world)
    scene = Scene(script, skeleton, world, stage, costs=costs)
    remember(scene)
    return scene, tuple(dict.fromkeys(imitation.substitutes))


def remember(scene: Scene) -> None:
    """What is there before anything is installed."""
    connection = scene.stage.connection
    scene.before = fingerprint(connection)
    scene.functions_before = [oid for (oid,) in connection.execute("select oid from pg_proc").fetchall()]


def offered_by(connection: Connection) -> Offered:
    """The types and extensions that the server has."""
    return Offered(_built_in(connection), _extensions(connection))


def _extensions(connection: Connection) -> frozenset[str]:
    return frozenset(name for (name,) in connection.execute("select name from pg_available_extensions").fetchall())


def _built_in(connection: Connection) -> frozenset[str]:
    found = connection.execute(
        "select format_type(oid, null) from pg_type where typnamespace = 'pg_catalog'::regnamespace"
    )
    names = frozenset(name for (name,) in found.fetchall())
    try:
        connection.execute("select '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:  # the server was built without it
        return names - {"xml"}
    return names


def build_tables(connection: Connection, imitation: Imitation) -> None:
    """Tables and policies, without rows. Raises psycopg.Error."""
    with connection.transaction():
        for statement in imitation.statements:
            connection.execute(statement)
        for policy in imitation.policies:
            _try(connection, policy)


def _try(connection: Connection, policy: Statement) -> None:
    """A policy that mentions what the skeleton does not have is left out. One statement only: hence binary."""
    try:
        with connection.transaction():
            connection.execute(SQL("set local role postgres"))
            connection.execute(policy, binary=True)
    except psycopg.Error:
        return


def _fill(stage: Stage, world: World) -> None:
    """All rows, in any order."""
    with stage.connection.transaction():
        stage.fill(world.rows)
    stage.connection.execute("analyze")
