"""What columns of a membership say by their names and types: roles, states, and what somebody looks at now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from realtime_advisor.model import Column, Table, TableName
from realtime_advisor.reference import bare, load_hints
from realtime_advisor.reference.column_hints import ends_with

# Opens the name of a column that says what a user looks at now, which is not what the user belongs to.
_CHOICE: Final = re.compile(r"_*(current|active|selected|chosen|default|last)(?=_|[A-Z]|$)")


def is_choice(column: str) -> bool:
    """Whether a column's name says what somebody looks at now.

    >>> is_choice("current_team_id"), is_choice("activeTeam"), is_choice("activity_id")
    (True, True, False)
    """
    return _CHOICE.match(column) is not None


def is_role(column: str) -> bool:
    """Whether a column's name says that it holds a role: its last word does.

    >>> is_role("account_role"), is_role("roles"), is_role("rolled_back")
    (True, True, False)
    """
    return any(bare(column).endswith(word) for word in map(bare, load_hints().membership_role_columns))


def is_state(column: str) -> bool:
    """Whether a column's name says that it tells which rows count.

    >>> is_state("deleteAt"), is_state("is_active"), is_state("created_at")
    (True, True, False)
    """
    return bare(column) in _words("membership_state_columns")


def state_columns(table: Table, users: Collection[TableName]) -> Iterator[str]:
    """Columns of which some values may mean that the row makes no member: which of them do, only the team knows."""
    is_users_row = table.name in users  # whose booleans and times are about the user, not about belonging
    keyed = {*table.primary_key, *(column for key in table.foreign_keys for column in key.columns)}
    for column in table.columns:
        if column.name in keyed:
            continue
        if is_state(column.name) or (not is_users_row and _may_be_state(column)):
            yield column.name


def _may_be_state(column: Column) -> bool:
    if bare(column.name) in _words("membership_plain_columns") or is_role(column.name) or _is_trace(column.name):
        return False
    kind = column.type.partition("(")[0]
    if kind in ("boolean", "date") or kind.startswith("timestamp"):
        return kind == "boolean" or not column.not_null
    is_time = kind in ("bigint", "integer", "numeric") and bare(column.name).endswith(("at", "time", "epoch", "until"))
    return is_time or not _is_built_in(kind)


def _is_trace(column: str) -> bool:
    """Whether a name's last whole parts say that somebody looked.

    >>> _is_trace("channel_viewed_at"), _is_trace("threadReadAt"), _is_trace("reviewed_at")
    (True, True, False)
    """
    return any(ends_with(column, word) for word in load_hints().membership_trace_endings)


def _is_built_in(kind: str) -> bool:
    """Whether a type is none of the schema's own, which may be an enum."""
    return kind.removesuffix("[]") in _BUILT_IN or kind.startswith("time")


_BUILT_IN: Final = frozenset(
    (
        *(
            "uuid",
            "text",
            "character varying",
            "character",
            "citext",
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "real",
        ),
        *(
            "double precision",
            "money",
            "json",
            "jsonb",
            "bytea",
            "inet",
            "cidr",
            "interval",
            "xml",
            "tsvector",
            "vector",
        ),
    )
)


@cache
def _words(which: str) -> frozenset[str]:
    hints = load_hints()
    words: tuple[str, ...] = getattr(hints, which)
    plain = hints.touch_columns if which == "membership_plain_columns" else ()
    return frozenset(bare(word) for word in (*words, *plain))
