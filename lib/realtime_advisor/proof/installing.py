"""Checks of the scripts as a whole: installed, installed again, checked, and undone without a trace."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.sandbox.realtime import apply_policies

from .copies import fingerprint
from .scene import Outcome, Scene, not_tried
from .skeleton import Statement

PRIVILEGES: Final = resources.files(__package__).joinpath("open_functions.sql").read_bytes()


def weak_owner(scene: Scene) -> Outcome:
    """It refuses to install as a role whose messages row level security would drop."""
    expected = "refused for want of BYPASSRLS"
    if not scene.design.emissions:
        return not_tried("nothing is sent")
    schemas = SQL(", ").join(Identifier(name) for name in {table.schema for table in scene.skeleton.tables})
    prepare: list[Statement] = [
        SQL("grant create on database {} to authenticator").format(Identifier(scene.stage.connection.info.dbname)),
        SQL("grant usage on schema realtime, auth, {} to authenticator").format(schemas),
        SQL("grant all on all tables in schema realtime, {} to authenticator").format(schemas),
    ]
    steps = re.sub(r"^(begin|commit);$", "", scene.script.functions, flags=re.MULTILINE)
    try:
        with scene.stage.attempt(prepare):
            scene.stage.become("authenticator")
            scene.stage.connection.execute(steps.encode(), prepare=False)
    except psycopg.Error as error:
        return Outcome(expected, said(error), "bypassrls" in said(error).lower())
    return Outcome(expected, "installed", False)


def installs(scene: Scene) -> Outcome:
    """Every step of the installation runs."""
    return _installed(scene)


def installs_again(scene: Scene) -> Outcome:
    """Every step may be run again."""
    return _installed(scene)


def check_script_agrees(scene: Scene) -> Outcome:
    """The check script finds all as it was generated."""
    rows = scene.stage.connection.execute(scene.script.check.encode(), prepare=False).fetchall()
    faults = [f"{name}: {detail}" for name, ok, detail in rows if not ok]
    return Outcome(f"{len(rows)} lines, all ok", "; ".join(faults) or "all ok", bool(rows) and not faults)


def functions_are_closed(scene: Scene) -> Outcome:
    """Nobody but who needs it may call a function, and none looks for names along somebody else's path."""
    faults = [fault for (fault,) in scene.stage.connection.execute(PRIVILEGES, [scene.functions_before]).fetchall()]
    return Outcome(
        "no function open to others, each with an empty search_path", "; ".join(faults) or "none", not faults
    )


def down_restores_the_catalogue(scene: Scene) -> Outcome:
    """The down script leaves the catalogue as it was before; run again, it changes nothing."""
    error = _run_down(scene) or _run_down(scene)
    if error:
        return Outcome("the catalogue as before", error, False)
    before, after = scene.before, fingerprint(scene.stage.connection)
    left = [f"left: {line}" for line in sorted(after - before)] + [f"gone: {line}" for line in sorted(before - after)]
    return Outcome("the catalogue as before", "; ".join(left[:5]) or "as before", not left)


def _run_down(scene: Scene) -> str | None:
    try:
        apply_policies(scene.stage.connection, scene.script.down)
    except psycopg.Error as error:
        return said(error)
    return None


def _installed(scene: Scene) -> Outcome:
    connection, script = scene.stage.connection, scene.script
    try:
        for text in filter(None, (script.functions, script.triggers)):
            connection.execute(SQL("set session authorization postgres"))
            connection.execute(text.encode(), prepare=False)
        connection.execute(SQL("reset session authorization"))
        apply_policies(connection, script.policies)
    except psycopg.Error as error:
        connection.rollback()
        connection.execute(SQL("reset session authorization"))
        return Outcome("no error", said(error), False)
    return Outcome("no error", "no error", True)


def said(error: psycopg.Error) -> str:
    """An error as Postgres put it, with its code: what a check observed."""
    return f"{error.sqlstate}: {in_words(error)}"


def in_words(error: psycopg.Error) -> str:
    """An error as a sentence tells it, without its code."""
    return error.diag.message_primary or str(error)
