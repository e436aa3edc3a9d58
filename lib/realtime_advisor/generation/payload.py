"""Columns in a payload, opt-in: which may be sent to everybody who listens, and how much room they have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Scope, Table
from realtime_advisor.reference import Plan, load_limits
from realtime_advisor.reference.column_hints import has_word, load_column_hints

_BYTES_OF_KB: Final = 1_000
_REST: Final = 4_000  # bytes for what else a message has: names, ids, the frame around it
_MOST: Final = 50  # a function of Postgres takes 100 arguments, and each column is a name and a value
_WIDTH: Final = re.compile(r"character(?: varying)?\((\d+)\)")
_BYTES_OF_CHARACTER: Final = 4


@cache
def most_bytes() -> int:
    """How many bytes the columns may take, as JSON, so that a message stays within the smallest plan's limit."""
    limits = load_limits()
    smallest = min(limits.quota_of("broadcast_payload", plan) for plan in Plan)
    return int(smallest * _BYTES_OF_KB) - _REST


def checked_columns(table: Table, scope: Scope, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns in the table's order. Raises BadInput for one that there is not, or that listeners must not be sent.

    Whether `authenticated` may select them, the installation checks.
    """
    known = [column.name for column in table.columns]
    for name in columns:
        if name not in known:
            raise BadInput(f"{table.name} has no column {name} to send: choose from {', '.join(known)}.")
    chosen = tuple(name for name in known if name in columns)
    problem = why_not_sent(table, scope, chosen)
    if problem:
        raise BadInput(problem)
    if len(chosen) > _MOST:
        raise BadInput(f"A payload takes at most {_MOST} columns, and {len(chosen)} of {table.name} are named: choose.")
    return chosen


def why_not_sent(table: Table, scope: Scope, columns: Sequence[str]) -> str | None:
    """Why these columns must not be sent to those who listen to the scope, in a sentence; None if they may."""
    hints = load_column_hints()
    secret = [name for name in columns if has_word(name, hints.secret) and not has_word(name, hints.not_secret)]
    if secret:
        return (
            f"{table.name}.{secret[0]} looks like a secret by its name, so it is not sent: let clients fetch the row."
        )
    if scope.entitlement and scope.entitlement.hides_rows:
        return (
            f"The SELECT policies of {table.name} hide some rows from members of the {scope.label}, who hear of them "
            "all the same, so no column is sent: let clients fetch the row."
        )
    if table.select_roles is not None and "authenticated" not in table.select_roles:
        return f"authenticated may not select from {table.name}, so no column is sent: grant it, or send none."
    widest = sum(_width(table.column(name).type) for name in columns)
    if widest > most_bytes():
        return (
            f"The columns may take {widest:,} bytes, and a payload has room for {most_bytes():,}: choose narrower ones."
        )
    return None


def _width(type_name: str) -> int:
    """The most bytes of a type that has a limit; of others the trigger itself keeps to the limit."""
    found = _WIDTH.match(type_name)
    return int(found[1]) * _BYTES_OF_CHARACTER if found else 0
