"""Who the rows belong to, from the catalogue alone: the users tables, the membership tables, the tenants."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Table, TableName

from .functions import see_through
from .memberships import Membership, Memberships, find_memberships, mentions
from .overrides import Overrides
from .subjects import ANSWER
from .user_columns import find_user_columns
from .users import API_ROLES, AUTH_USERS, UserTable, find_users, reading_policies
from .ways import Way, Ways, find_look_alikes, find_ways

__all__ = [
    "API_ROLES",
    "AUTH_USERS",
    "Membership",
    "Principals",
    "UserTable",
    "find_principals",
    "reading_policies",
]


@dataclass(frozen=True)
class Principals:
    """All that rows can lead to, and the `ways` that lead out of each table.

    `doubtful` are pairs of a user and a thing that are not taken for memberships.
    """

    users: dict[TableName, UserTable]
    memberships: tuple[Membership, ...]
    tenants: frozenset[TableName]
    ways: Ways = field(default_factory=dict)
    doubtful: tuple[Membership, ...] = ()

    def membership_of(self, scope_table: TableName, asked_by: Table | None = None) -> Membership | None:
        """The membership table that pairs users with rows of `scope_table`.

        Of several the one by which the policies of `asked_by` decide; then one all of whose rows make members.
        """
        known = self._by_scope.get(scope_table, ())
        if len(known) < 2 or asked_by is None:
            return known[0] if known else None
        asked = mentions(asked_by)
        return min(known, key=lambda membership: not membership.columns <= asked)

    def as_asked_by(self, table: Table) -> Principals:
        """The same, with the membership by which the table's own policies decide as the first of its scope."""
        if not self._has_choice or not table.policies:
            return self
        chosen = [self.membership_of(scope, table) for scope in self._by_scope]
        first = tuple(membership for membership in chosen if membership is not None)
        return replace(self, memberships=(*first, *(m for m in self.memberships if m not in first)))

    def ends(self, table: TableName) -> bool:
        """Whether a path ends here: at a user or a tenant."""
        return table in self.users or table in self.tenants

    def doubts_of(self, table: TableName) -> tuple[Membership, ...]:
        """The pairs of this table that are not taken for memberships."""
        return self._doubts.get(table, ())

    @cached_property
    def members(self) -> frozenset[TableName]:
        """The membership tables."""
        return frozenset(membership.table for membership in self.memberships)

    @cached_property
    def knows_a_sub(self) -> bool:
        """Whether some column is known to hold the JWT's `sub`, be it by a foreign key to auth.users."""
        keys = (way.key for ways in self.ways.values() for way in ways)
        return any(user.sub for user in self.users.values() if user.name != AUTH_USERS) or any(
            key.references == AUTH_USERS for key in keys
        )

    @cached_property
    def _has_choice(self) -> bool:
        return any(len(known) > 1 for known in self._by_scope.values())

    @cached_property
    def _doubts(self) -> Mapping[TableName, tuple[Membership, ...]]:
        by_table: dict[TableName, tuple[Membership, ...]] = {}
        for pair in self.doubtful:
            by_table[pair.table] = (*by_table.get(pair.table, ()), pair)
        return by_table

    @cached_property
    def _by_scope(self) -> Mapping[TableName, tuple[Membership, ...]]:
        by_scope: dict[TableName, tuple[Membership, ...]] = {}
        for membership in self.memberships:
            by_scope[membership.scope_table] = (*by_scope.get(membership.scope_table, ()), membership)
        return by_scope


def find_principals(catalog: Catalog, overrides: Overrides | None = None) -> Principals:
    """The users tables, the memberships and the tenants of a catalogue, with what the architect said of them.

    Raises BadInput for a membership that was named and pairs no users with anything.
    """
    catalog, said = see_through(catalog), overrides or {}
    named = {each.members.table for each in said.values() if each.members}
    users = find_users(catalog, {name: each.subject for name, each in said.items() if each.subject})
    ways = find_ways(catalog)
    memberships = find_memberships(catalog, users, ways, named)
    lost = _lost(catalog, users, memberships.found, ways)
    alike = dict(find_look_alikes(catalog, lost, users))
    for name, more in find_user_columns(catalog, [table for table in lost if table not in alike]).items():
        alike[name] = (*alike.get(name, ()), *more)
    if alike:
        ways |= {name: (*ways[name], *more) for name, more in alike.items()}
        memberships = find_memberships(catalog, users, ways, named)
    _require_pairs(named - users.keys(), memberships, users, ways)  # a user is one's own member
    return _principals(users, memberships, ways)


def _require_pairs(
    named: Collection[TableName], memberships: Memberships, users: Collection[TableName], ways: Ways
) -> None:
    for name in sorted(set(named) - {membership.table for membership in memberships.found}):
        raise BadInput(f"{name} was named as a membership, but {_why_no_pair(ways.get(name, ()), users)}")


def _why_no_pair(ways: tuple[Way, ...], users: Collection[TableName]) -> str:
    """What a named table lacks: keys, or that one of those it has is known to be a user's."""
    ends = {way.key.references: way.key.columns for way in ways}
    if len(ends) < 2 or ends.keys() & users:
        fact = "has no key of a user beside a key of something else"
        return f"{fact}. Add the foreign keys, or name the table that has both."
    led = " and ".join(f"{', '.join(columns)} to {table}" for table, columns in sorted(ends.items()))
    known = ", ".join(sorted(str(table) for table in users if table != AUTH_USERS)) or str(AUTH_USERS)
    return (
        f"its keys lead from {led}, and the users known are those of {known}. If one of these tables holds users, "
        f"answer {ANSWER} for it; else name a table that pairs {known} with something."
    )


def _principals(users: dict[TableName, UserTable], memberships: Memberships, ways: Ways) -> Principals:
    # Of the memberships of one table those come first all of whose rows make members.
    ordered = tuple(sorted(memberships.found, key=lambda m: (m.table in users, bool(m.state), -m.score)))
    targets = {m.scope_table for m in ordered}
    tenants = frozenset(name for name in targets if not _points_to(ways.get(name, ()), targets - {name}))
    return Principals(users, ordered, tenants, ways, memberships.doubtful)


def _lost(
    catalog: Catalog, users: Mapping[TableName, UserTable], memberships: Collection[Membership], ways: Ways
) -> list[TableName]:
    """The tables from which no foreign key leads to a user, nor to what has members."""
    reached = reach({*users, *(m.scope_table for m in memberships)}, ways)
    return [table.name for table in catalog if table.name not in reached]


def reach(ends: Collection[TableName], ways: Ways) -> set[TableName]:
    """`ends`, and every table from which ways lead to one of them."""
    reverse: dict[TableName, set[TableName]] = {}
    for table, ways_out in ways.items():
        for way in ways_out:
            reverse.setdefault(way.key.references, set()).add(table)
    seen, queue = set(ends), deque(ends)
    while queue:
        for child in reverse.get(queue.popleft(), set()) - seen:
            seen.add(child)
            queue.append(child)
    return seen


def _points_to(ways: tuple[Way, ...], targets: set[TableName]) -> bool:
    return any(way.key.references in targets for way in ways)
