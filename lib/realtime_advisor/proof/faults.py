"""Checks of writers and of days on which something is broken: the application's write goes on in any case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from .entitled import Row
from .installing import said
from .refusals import is_refusal, refused
from .scene import Outcome, Scene, not_tried, worst
from .skeleton import Statement
from .watched import watched
from .writes import table_of

ZONES = ("Pacific/Kiritimati", "Etc/GMT+12")  # the first and the last to see a day
_SCOPES = 16  # each waits for a quarter of a second, where each waits by itself: more than a statement may take here
_PATIENCE = "set local statement_timeout = '3s'"
_BROKEN_SEND = (
    "create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true) "
    "returns void language plpgsql as $$ begin raise exception 'broken on purpose'; end $$"
)


def writer_without_rights(scene: Scene) -> Outcome:
    """A signed-in user who may write the table, and has no right on the messages, is told of all the same."""
    table = table_of(scene)
    prepare: list[Statement] = [
        SQL("grant select, insert, update, delete on {} to authenticated").format(table),
        SQL("create policy realtime_advisor_proof on {} to authenticated using (true)").format(table),
        SQL("revoke all on all tables in schema realtime from anon, authenticated"),
        SQL("revoke all on schema realtime from anon, authenticated, public"),
    ]
    with scene.stage.attempt(prepare):
        scene.stage.become("authenticated")
        row = scene.world.fresh()
        inserted = scene.stage.insert(scene.table, row)
        return scene.compare("writer_without_rights", inserted, scene.stage.delete(scene.table, row))


def other_time_zone(scene: Scene) -> Outcome:
    """The writer's time zone does not matter: messages go by UTC days."""
    outcomes = []
    for zone in ZONES:
        with scene.stage.attempt([SQL("set local timezone = {}").format(Literal(zone))]):
            change = scene.stage.insert(scene.table, scene.world.fresh())
            outcomes.append(scene.compare("other_time_zone", change))
    return worst(outcomes)


def send_fails(scene: Scene) -> Outcome:
    """The write stays where sending fails, or cannot be called at all."""
    gone = SQL("drop function realtime.send(jsonb, text, text, boolean)")
    return worst([_survives(scene, [SQL(_BROKEN_SEND)]), _survives(scene, [gone])])


def partition_missing(scene: Scene) -> Outcome:
    """The write stays where the messages have no partition for today."""
    today = f"messages_{datetime.now(UTC):%Y_%m_%d}"
    return _survives(scene, [SQL("drop table if exists {}").format(Identifier("realtime", today))])


def watched_column_renamed(scene: Scene) -> Outcome:
    """The write stays where somebody has renamed or dropped a watched column."""
    columns = [column.name for column in watched(scene) if column.name not in scene.design.primary_key]
    if not columns:
        return not_tried("no column is watched")
    rename = SQL("alter table {} rename column {} to realtime_advisor_renamed").format(
        table_of(scene), Identifier(columns[0])
    )
    return _survives(scene, [rename], without=columns[0], renamed="realtime_advisor_renamed")


def policy_change(scene: Scene) -> Outcome:
    """While policies are being changed, a write with many scopes waits for a moment, once, and stays."""
    with psycopg.connect(scene.stage.connection.info.dsn) as other:
        other.execute("lock table realtime.messages in access exclusive mode")
        outcome = _survives(scene, [SQL(_PATIENCE)], scopes=_SCOPES)
    if outcome.holds is None:
        return outcome
    # Whatever gives up waiting says so: to count that says more than a duration, which is the machine's too.
    given_up = len(scene.stage.warnings)
    holds = outcome.holds and given_up <= 1
    return Outcome(f"{outcome.expected}, 1 warning at most", f"{outcome.observed}, {_warnings(given_up)}", holds)


def _warnings(number: int) -> str:
    return f"{number} warning{'' if number == 1 else 's'}"


CHECKS = (
    writer_without_rights,
    other_time_zone,
    send_fails,
    partition_missing,
    watched_column_renamed,
    policy_change,
)


def _survives(
    scene: Scene,
    prepare: Sequence[Statement],
    *,
    without: str | None = None,
    renamed: str = "",
    scopes: int = 10,
) -> Outcome:
    """Whether rows of many scopes are there after a statement that cannot be told of."""
    rows: list[Row] = [
        {(renamed if name == without else name): text for name, text in row.items()}
        for row in scene.world.scattered(scopes)
    ]
    expected = f"{len(rows)} rows written"
    try:
        with scene.stage.attempt(prepare):
            scene.stage.insert(scene.table, *rows)
            scene.stage.settle()
            there = _count(scene, rows)
    except psycopg.Error as error:
        if is_refusal(error, scene.skeleton):
            return refused(error)
        return Outcome(expected, f"the write failed: {said(error)}", False)
    return Outcome(expected, f"{there} rows written", there == len(rows))


def _count(scene: Scene, rows: Sequence[Row]) -> int:
    """How many of these rows are there."""
    where = scene.stage.where(scene.table, rows)
    return int(scene.stage.ask(SQL("select count(*) from {} where {}").format(table_of(scene), where))[0][0])
