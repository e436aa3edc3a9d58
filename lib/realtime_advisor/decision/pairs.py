"""Which pair of a user and a scope the architect means by naming a table, where its columns make several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from realtime_advisor.model import Catalog, TableName
from realtime_advisor.reference import bare, load_hints

from .membership_columns import is_choice
from .memberships import Membership
from .principals import Principals, UserTable
from .ways import singulars

# Ends the name of a column that says who did something to the row, as `added_by` does beside the member.
_DOER: Final = re.compile(r"(_by|By)(_?(user|profile|member))?(_?id|_?uuid|I[dD])?$")
_KEY_ENDS: Final = re.compile(r"(_id|_uuid|Id|ID)$")


def choose_pair(pairs: tuple[Membership, ...], principals: Principals, catalog: Catalog) -> Membership | str:
    """The pair for which most speaks; or the sentence that says that for two as much does.

    The pairs are of one table with one other. A row of the users is about that user, never about a manager it names; of
    a user who belongs and one who added that one, only the first is a member.
    """
    speaking = {pair: _speaks_for(pair, principals, catalog) for pair in pairs}
    best = [pair for pair, reasons in speaking.items() if reasons == max(speaking.values())]
    if len(best) == 1:
        return best[0]
    ways = " and by ".join(f"({', '.join((*pair.scope_columns, pair.user_column))})" for pair in best[:2])
    return (
        f"{best[0].table} pairs users with {best[0].scope_table} by {ways}, and which says who belongs is not known. "
        "Give that pair a unique key, or write SELECT policies that decide by it."
    )


def say_other_users(chosen: Membership, pairs: tuple[Membership, ...], principals: Principals) -> Iterator[str]:
    """That a membership names other users too, who are not taken for members."""
    others = sorted({pair.user_column for pair in pairs} - {chosen.user_column})
    if others and not _is_own_row(chosen, principals):
        yield f"Members are the users in {chosen.table}.{chosen.user_column}, not those in {', '.join(others)}."


def user_of(membership: Membership, principals: Principals) -> tuple[UserTable, str]:
    """The users table whose rows the membership names, and by which column of it."""
    if membership.table in principals.users and principals.users[membership.table].sub == membership.user_column:
        return principals.users[membership.table], membership.user_column
    ways = principals.ways.get(membership.table, ())
    keys = [way.key for way in ways if way.key.columns == (membership.user_column,)]
    found = [
        (principals.users[key.references], key.referenced_columns[0])
        for key in keys
        if key.references in principals.users
    ]
    return min(found, key=lambda each: each[0].sub != each[1])


def _speaks_for(pair: Membership, principals: Principals, catalog: Catalog) -> tuple[bool, ...]:
    return (
        _is_own_row(pair, principals),
        pair.confirmed,
        _is_unique(pair, catalog),
        not _is_doer(pair.user_column),
        _is_called_like(pair.user_column, user_of(pair, principals)[0].name, *load_hints().member_columns),
        not any(map(is_choice, pair.scope_columns)),
        _is_called_like(pair.scope_columns[-1], pair.scope_table),
    )


def _is_own_row(pair: Membership, principals: Principals) -> bool:
    user = principals.users.get(pair.table)
    return user is not None and pair.user_column in (user.key, user.sub)


def _is_unique(pair: Membership, catalog: Catalog) -> bool:
    table, columns = catalog[pair.table], {*pair.scope_columns, pair.user_column}
    keys = (table.primary_key, *table.unique_keys, *(key.columns for key in table.partial_keys))
    return any(pair.user_column in key and columns.issuperset(key) for key in keys)


def _is_doer(column: str) -> bool:
    return bare(column) in _authors() or _DOER.search(column) is not None


def _is_called_like(column: str, table: TableName, *words: str) -> bool:
    return bare(_KEY_ENDS.sub("", column)) in singulars(table.name) or bare(column) in map(bare, words)


@cache
def _authors() -> frozenset[str]:
    return frozenset(bare(word) for word in load_hints().author_columns)
