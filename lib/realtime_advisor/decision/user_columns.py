"""Columns that name a user though no foreign key says so: those that SELECT policies compare with the user's id, and,
where nothing else leads from a table to anybody, those that are called and typed like a user's key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from realtime_advisor.model import Catalog, ForeignKey, Table, TableName
from realtime_advisor.reference import bare, load_hints

from .look_ups import SUBJECT
from .policies import read_rules
from .users import AUTH_USERS, reading_policies
from .ways import How, Way, make_way


def find_user_columns(catalog: Catalog, lost: Collection[TableName]) -> dict[TableName, tuple[Way, ...]]:
    """For each table the ways to auth.users that its columns look like; by name alone only for the tables in `lost`."""
    if not catalog.server.is_supabase:
        return {}
    named = set(lost)
    found = {table.name: tuple(_user_columns(table, table.name in named)) for table in catalog}
    return {name: ways for name, ways in found.items() if ways}


def _user_columns(table: Table, by_name: bool) -> Iterator[Way]:
    keyed = {column for key in table.foreign_keys for column in key.columns}
    compared = compared_with_user(table)
    for column in table.columns:
        if column.type != "uuid" or column.name in keyed or table.primary_key == (column.name,):
            continue
        if column.name in compared or (by_name and bare(column.name) in _names()):
            key = ForeignKey("", (column.name,), AUTH_USERS, ("id",))
            yield make_way(table, key, How.LOOKS_ALIKE)


def compared_with_user(table: Table) -> frozenset[str]:
    """The table's own columns that its SELECT policies equate with the user's id."""
    queries = (
        requirement.query
        for policy in reading_policies(table)
        for rule in read_rules(policy, table)
        for requirement in rule
    )
    pairs = (pair for query in queries if query is not None for pair in query.pairs if SUBJECT in pair)
    return frozenset(term.column for pair in pairs for term in pair if term.column and term.table is None)


@cache
def _names() -> frozenset[str]:
    hints = load_hints()
    return frozenset(bare(word) for word in (*hints.user_columns, *hints.author_columns))
