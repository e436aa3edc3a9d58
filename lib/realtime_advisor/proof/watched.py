"""The columns that a design watches, and which values an update may give them."""

from __future__ import annotations

from collections.abc import Iterator, Set

from realtime_advisor.model import Column

from .scene import Scene
from .skeleton import enforced_keys
from .values import another
from .world import PEOPLED


def watched(scene: Scene) -> list[Column]:
    """The columns that some emission watches."""
    listed = dict.fromkeys(name for emission in scene.design.emissions for name in emission.watched)
    return [scene.skeleton.own.column(name) for name in listed]


def changeable(scene: Scene) -> Column | None:
    """A watched column of which several rows may have the same new value; one that refers to no other by preference."""
    keys = [columns for name, columns in enforced_keys(scene.skeleton) if name == scene.table]
    unique = {name for columns in (scene.design.primary_key, *keys) for name in columns}
    free = (column for column in watched(scene) if not column.generated and column.name not in unique)
    found = sorted(free, key=lambda column: _refers(scene, column))
    row = scene.world.rows[scene.table][0]
    return next((column for column in found if any(True for _ in others(scene, column, {row[column.name]}))), None)


def others(scene: Scene, column: Column, taken: Set[str | None]) -> Iterator[str | None]:
    """Other values of a column than these; where it refers to a row, the keys of rows that are there, then NULL."""
    if _refers(scene, column):
        found = (scene.world.key((scene.table, column.name), number) for number in range(PEOPLED))
        yield from (key for key in found if key not in taken)
        yield from () if column.not_null or None in taken else (None,)
    else:
        other = another(column, next(iter(taken)) if len(taken) == 1 else None, scene.world.labels)
        yield from () if other is None else (other,)


def _refers(scene: Scene, column: Column) -> bool:
    return any(column.name in key.columns for key in scene.skeleton.own.foreign_keys)
