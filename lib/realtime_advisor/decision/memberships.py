"""The tables whose rows say which user belongs to what, and what speaks against those that only look like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from realtime_advisor.model import Catalog, Column, ForeignKey, Table, TableName
from realtime_advisor.reference import bare, load_hints
from realtime_advisor.reference.column_hints import ends_with

from .users import UserTable, is_user_key, reading_policies
from .ways import How, Way, Ways, make_way

_SUBJECT: Final = "auth.uid"

# What speaks for a pair of a user and a thing being membership, where no policy says it. Below the threshold the pair
# may as well be a like, a receipt or a reminder, and a wrong tenant is worse than a missing one.
THRESHOLD: Final = 3
ROLE_COLUMN: Final = 3  # a column that says as what somebody belongs
MANY_REFER: Final = ((0.25, 2), (0.15, 1))  # this share of all tables refers to the thing
UNIQUE_PAIR: Final = 1  # at most one row for the two of them
ROW_IS_REFERRED_TO: Final = 1  # other tables refer to the pair's own rows
STATE_COLUMN: Final = 1  # a column that says whether the row counts, beside a unique pair
THING_HAS_A_USER: Final = -2  # every row of the thing has a user already, as a post has its author
USER_IS_AN_AUTHOR: Final = -3  # the user's column says who made the row


@dataclass(frozen=True, slots=True)
class Membership:
    """A table whose rows pair a user with a scope; `confirmed` when other tables' policies decide by it.

    `state` are columns of which some values may mean that the row makes no member, `live` the predicate of the unique
    index that says for which rows the pair is unique, `score` what speaks for it beside policies.
    """

    table: TableName
    scope_table: TableName
    scope_columns: tuple[str, ...]
    user_column: str
    confirmed: bool
    state: tuple[str, ...] = ()
    live: str | None = None
    score: int = 0

    @property
    def columns(self) -> frozenset[tuple[TableName, str]]:
        """The columns of the pair."""
        return frozenset((self.table, column) for column in (*self.scope_columns, self.user_column))


@dataclass(frozen=True, slots=True)
class Memberships:
    """The memberships, and the pairs that could be some but are not taken for any."""

    found: tuple[Membership, ...]
    doubtful: tuple[Membership, ...]


def find_memberships(
    catalog: Catalog, users: Mapping[TableName, UserTable], ways: Ways, named: Collection[TableName] = ()
) -> Memberships:
    """Those by which policies decide; where no policy decides by any, those for which enough speaks; all in `named`."""
    mentioned = _mentioned_by_others(catalog)
    referrers = _referrers(ways)
    pairs = [
        pair
        for table in catalog
        for pair in _pairs(table, catalog, users, ways, mentioned, referrers, table.name in named)
    ]
    confirmed = tuple(pair for pair in pairs if pair.confirmed)
    likely = tuple(pair for pair in pairs if pair.score >= THRESHOLD)
    answered = tuple(pair for pair in pairs if pair.table in named)
    found = tuple(dict.fromkeys((*answered, *(confirmed or likely))))
    taken = set(found)
    return Memberships(found, tuple(pair for pair in pairs if pair not in taken))


def mentions(table: Table) -> frozenset[tuple[TableName, str]]:
    """The columns that the policies by which users read the table mention, where these ask who the user is."""
    asking = (policy for policy in reading_policies(table) if _SUBJECT in policy.functions)
    return frozenset(column for policy in asking for column in policy.columns)


def _mentioned_by_others(catalog: Catalog) -> set[tuple[TableName, str]]:
    return {
        (table, column)
        for owner in catalog
        for policy in owner.policies
        if _SUBJECT in policy.functions
        for table, column in policy.columns
        if table != owner.name
    }


def _referrers(ways: Ways) -> dict[TableName, set[TableName]]:
    found: dict[TableName, set[TableName]] = defaultdict(set)
    for table, ways_out in ways.items():
        for way in ways_out:
            if way.key.references != table:
                found[way.key.references].add(table)
    return found


def _pairs(
    table: Table,
    catalog: Catalog,
    users: Mapping[TableName, UserTable],
    ways: Ways,
    mentioned: set[tuple[TableName, str]],
    referrers: Mapping[TableName, set[TableName]],
    is_named: bool,
) -> Iterator[Membership]:
    ways_out = [way for way in ways.get(table.name, ()) if way.how is not How.EQUAL]
    to_user = [way for way in ways_out if is_user_key(way.key, users)]
    itself = tuple(_itself(table, users))
    if not to_user and not itself:
        return
    to_scope = [way for way in ways_out if way.key.references not in users and way.key.references != table.name]
    for user in (*to_user, *itself):
        for scope in to_scope:
            columns = (*scope.key.columns, *user.key.columns)
            confirmed = all((table.name, column) in mentioned for column in columns)
            unique, live = _unique(table, frozenset(columns))
            filled = user not in itself and not user.nullable and not scope.nullable
            if is_named or confirmed or (unique and filled):
                yield Membership(
                    table.name,
                    scope.key.references,
                    scope.key.columns,
                    user.key.columns[0],
                    confirmed,
                    tuple(_state_columns(table, users)),
                    live,
                    _score(table, user.key, _thing(scope, catalog, users, ways, referrers), referrers, unique),
                )


def _itself(table: Table, users: Mapping[TableName, UserTable]) -> Iterator[Way]:
    """The user whom a row of a users table is, where the architect named the column that says so."""
    user = users.get(table.name)
    if user and user.said and user.sub:
        yield make_way(table, ForeignKey("", (user.sub,), table.name, (user.sub,)), How.FOREIGN_KEY)


def _unique(table: Table, pair: frozenset[str]) -> tuple[bool, str | None]:
    """Whether the pair is unique: alone, with the row's own id, or as long as a predicate holds, which comes along."""
    keyed = {column for key in table.foreign_keys for column in key.columns}
    for key in (table.primary_key, *table.unique_keys):
        rest = frozenset(key) - pair
        if pair <= frozenset(key) and (not rest or (rest == {"id"} and "id" not in keyed)):
            return True, None
    live = [key.predicate for key in table.partial_keys if frozenset(key.columns) == pair]
    return bool(live), live[0] if live else None


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a pair is about: the share of all tables that refer to it, and whether each of its rows has a user."""

    share: float
    has_a_user: bool


def _thing(
    scope: Way,
    catalog: Catalog,
    users: Mapping[TableName, UserTable],
    ways: Ways,
    referrers: Mapping[TableName, set[TableName]],
) -> _Thing:
    name = scope.key.references
    others = len(referrers.get(name, ()))
    # The pair's own table refers to it in any case: alone that says nothing.
    share = others / len(catalog) if others > 1 else 0.0
    has_a_user = any(is_user_key(way.key, users) and not way.nullable for way in ways.get(name, ()))
    return _Thing(share, has_a_user)


def _score(
    table: Table, user: ForeignKey, thing: _Thing, referrers: Mapping[TableName, set[TableName]], unique: bool
) -> int:
    hints = load_hints()
    authors = {bare(word) for word in hints.author_columns}
    columns = {bare(column.name) for column in table.columns}
    states = {bare(word) for word in hints.membership_state_columns}
    return sum(
        (
            ROLE_COLUMN * any(is_role(column.name) for column in table.columns),
            next((points for share, points in MANY_REFER if thing.share >= share), 0),
            UNIQUE_PAIR * unique,
            ROW_IS_REFERRED_TO * bool(referrers.get(table.name, set()) - {table.name}),
            STATE_COLUMN * (unique and bool(columns & states)),
            THING_HAS_A_USER * thing.has_a_user,
            USER_IS_AN_AUTHOR * (bare(user.columns[0]) in authors),
        )
    )


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


def _state_columns(table: Table, users: Mapping[TableName, UserTable]) -> Iterator[str]:
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
