"""The tables whose rows say which user belongs to what, and what speaks against those that only look like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, ForeignKey, Table, TableName
from realtime_advisor.reference import bare, load_hints

from .membership_columns import is_choice, is_role, state_columns
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
    answered = [pair for name in sorted(named) for pair in _meant([p for p in pairs if p.table == name], users)]
    others = (pair for pair in confirmed or likely if pair.table not in named or pair.confirmed)
    found = tuple(dict.fromkeys((*answered, *others)))
    taken = set(found)
    return Memberships(found, tuple(pair for pair in pairs if pair not in taken and pair.table not in named))


def _meant(pairs: list[Membership], users: Mapping[TableName, UserTable]) -> list[Membership]:
    """Of the pairs of a table that was named those that can be meant, unless none can.

    A row of the users is about that user, not about the manager whom it names; where a row says who belongs, what else
    of it somebody has chosen for now says nothing.
    """
    user = users.get(pairs[0].table) if pairs else None
    own = [pair for pair in pairs if user and (pair.user_column in (user.key, user.sub) or pair.confirmed)] or pairs
    return [pair for pair in own if not any(map(is_choice, pair.scope_columns))] or own


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
                    tuple(state_columns(table, users)),
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
