"""Checks of statements that touch many rows, and of more scopes than the cap allows."""

from __future__ import annotations

from .scene import Outcome, Scene, not_tried, worst
from .watched import changeable, others

ROWS = 10_000
_ROWS_IN_ANY_ORDER = 1_000  # each of which may be told, and so has to be known as JSON
_PLENTY = 200  # topics at once: a higher cap is not tried to the brim; set-based ones are told in their own way by then


def bulk(scene: Scene) -> Outcome:
    """10,000 rows inserted, updated and deleted at once tell each of their scopes once a statement."""
    if scene.world.is_one_to_one:
        return not_tried("its keys leave room for one row a scope")
    rows = scene.world.many(_ROWS_IN_ANY_ORDER if scene.tells_rows_in_any_order else ROWS)
    column = changeable(scene)
    with scene.stage.attempt():
        changes = [scene.stage.copy(scene.table, rows)]
        present = [*scene.world.rows[scene.table], *rows]
        if column:
            other = next(others(scene, column, set()))
            changes.append(scene.stage.update_all(scene.table, present, {column.name: other}))
            present = [new for _, new in changes[-1].pairs if new is not None]
        if not scene.referring:
            changes.append(scene.stage.delete_all(scene.table, present))
        return scene.compare("bulk", *changes)


def over_the_cap(scene: Scene) -> Outcome:
    """A statement with more scopes than the cap sends nothing, and stays; one with many, but fewer, sends them all."""
    most = scene.design.most_topics
    per_row = len(scene.design.emissions) if scene.design.granularity == "transaction" else 1
    counts = [most + 1, min(most // per_row, _PLENTY)]
    parents, rows = scene.world.further(most + 1)
    outcomes = []
    for count in counts:
        with scene.stage.attempt():
            scene.stage.become(None)
            scene.stage.fill(parents)
            scene.stage.become(scene.stage.writer)
            change = scene.stage.copy(scene.table, rows[:count])
            outcomes.append(scene.compare("over_the_cap", change, more=parents))
    return worst(outcomes)


CHECKS = (bulk, over_the_cap)
