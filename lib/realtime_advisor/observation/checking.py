"""Check scripts run on a target: each in a read-only transaction of its own, as one statement, with its timeouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg

from realtime_advisor.errors import BadInput
from realtime_advisor.model import CheckRow

from .target import QUERIES, Target

# Several statements, or one that writes; what gives no rows has no SQLSTATE.
_NO_CHECK: Final = (psycopg.errors.SyntaxError, psycopg.errors.ReadOnlySqlTransaction)


def run_checks(target: Target, scripts: Mapping[str, str]) -> Mapping[str, tuple[CheckRow, ...]]:
    """What each script found, by the name of its file. Raises AdvisorError, and BadInput for what is no check script.

    The extended protocol takes one statement only, so no script can end the read-only transaction that it runs in.
    """
    limits = QUERIES.joinpath("limits.sql").read_text(encoding="utf-8")
    found = {}
    with target.open_session("the checks") as connection:
        for name, script in scripts.items():
            with connection.transaction():
                connection.execute(limits.encode())
                found[name] = _run(connection, name, script)
    return found


def _run(connection: psycopg.Connection[Any], name: str, script: str) -> tuple[CheckRow, ...]:
    refused = BadInput(f"The file {name} is no check script of this project. Export the bundle again.")
    try:
        with connection.cursor(binary=True) as cursor:  # binary results need the extended protocol: one statement
            rows = cursor.execute(script.encode()).fetchall() if script.strip() else []
            columns = [column.name for column in cursor.description or ()]
    except psycopg.Error as error:
        if error.sqlstate is not None and not isinstance(error, _NO_CHECK):
            raise
        raise refused from None
    if rows and columns != ["name", "ok", "detail"]:
        raise refused
    return tuple(CheckRow(str(label), ok is True, str(detail or "")) for label, ok, detail in rows)
