"""Who the rows belong to, from the catalogue alone: the users tables, the membership tables, the tenants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, ForeignKey, Policy, Table, TableName
from realtime_advisor.reference import load_hints

from .functions import see_through
from .policies import read_rules

AUTH_USERS: Final = TableName("auth", "users")
API_ROLES: Final = ("anon", "authenticated")
_SUBJECT: Final = "auth.uid"


@dataclass(frozen=True, slots=True)
class UserTable:
    """A table with one row a user; `subject` says whether its key is known to be the JWT's `sub`."""

    name: TableName
    key: str
    key_type: str
    subject: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A table whose rows pair a user with a scope; `confirmed` when other tables' policies decide by it."""

    table: TableName
    scope_table: TableName
    scope_columns: tuple[str, ...]
    user_column: str
    confirmed: bool


@dataclass(frozen=True)
class Principals:
    """All that rows can lead to."""

    users: dict[TableName, UserTable]
    memberships: tuple[Membership, ...]
    tenants: frozenset[TableName]

    def membership_of(self, scope_table: TableName) -> Membership | None:
        """The membership table that pairs users with rows of `scope_table`."""
        return next((m for m in self.memberships if m.scope_table == scope_table), None)

    def ends(self, table: TableName) -> bool:
        """Whether a path ends here: at a user or a tenant."""
        return table in self.users or table in self.tenants


def reading_policies(table: Table) -> tuple[Policy, ...]:
    """The permissive policies that let the API's roles select."""
    return tuple(
        policy
        for policy in table.policies
        if policy.permissive
        and policy.command in ("select", "all")
        and set(policy.roles) & {"public", *API_ROLES}
        and (policy.using or "").strip("() ").lower() != "false"
    )


def find_principals(catalog: Catalog) -> Principals:
    """The users tables, the memberships and the tenants of a catalogue."""
    catalog = see_through(catalog)
    users = {user.name: user for user in _users(catalog)}
    memberships = _memberships(catalog, users)
    targets = {m.scope_table for m in memberships}
    tenants = frozenset(name for name in targets if not _points_to(catalog, name, targets - {name}))
    return Principals(users, memberships, tenants)


def _users(catalog: Catalog) -> Iterator[UserTable]:
    yield UserTable(AUTH_USERS, "id", "uuid", True)
    known = [found for table in catalog if (found := _subject_table(table))]
    yield from known
    if not known and not any(key.references == AUTH_USERS for table in catalog for key in table.foreign_keys):
        yield from _named_like_users(catalog)


def _subject_table(table: Table) -> UserTable | None:
    """A table whose primary key is auth.users' key, or whose rows its policies show to the user of that id alone."""
    if len(table.primary_key) != 1:
        return None
    key = table.primary_key[0]
    extends = any(fk.references == AUTH_USERS and fk.columns == table.primary_key for fk in table.foreign_keys)
    own_row = any(
        condition.asks_subject and condition.mentions == frozenset({(table.name, key)})
        for policy in reading_policies(table)
        for rule in read_rules(policy, table)
        for condition in rule
    )
    return UserTable(table.name, key, table.column(key).type, True) if extends or own_row else None


def _named_like_users(catalog: Catalog) -> list[UserTable]:
    """The tables whose name is the first hint that any name is: `accounts` beside `users` are not users."""
    for word in load_hints().user:
        named = [table for table in catalog if table.name.name.lower() == word and len(table.primary_key) == 1]
        if named:
            return [UserTable(t.name, t.primary_key[0], t.column(t.primary_key[0]).type, False) for t in named]
    return []


def _memberships(catalog: Catalog, users: dict[TableName, UserTable]) -> tuple[Membership, ...]:
    mentioned = _mentioned_by_others(catalog)
    found = [m for table in catalog for m in _pairings(table, users, mentioned)]
    confirmed = [m for m in found if m.confirmed]
    return tuple(confirmed or found)


def _mentioned_by_others(catalog: Catalog) -> set[tuple[TableName, str]]:
    return {
        (table, column)
        for owner in catalog
        for policy in owner.policies
        if _SUBJECT in policy.functions
        for table, column in policy.columns
        if table != owner.name
    }


def _pairings(
    table: Table, users: dict[TableName, UserTable], mentioned: set[tuple[TableName, str]]
) -> Iterator[Membership]:
    unique = [frozenset(key) for key in (table.primary_key, *table.unique_keys)]
    to_user = [fk for fk in table.foreign_keys if _is_user_key(fk, users)]
    to_scope = [fk for fk in table.foreign_keys if fk.references not in users and fk.references != table.name]
    for user_key in to_user:
        for scope_key in to_scope:
            columns = (*scope_key.columns, *user_key.columns)
            confirmed = all((table.name, column) in mentioned for column in columns)
            if confirmed or frozenset(columns) in unique:
                yield Membership(table.name, scope_key.references, scope_key.columns, user_key.columns[0], confirmed)


def _is_user_key(key: ForeignKey, users: dict[TableName, UserTable]) -> bool:
    user = users.get(key.references)
    return user is not None and key.referenced_columns == (user.key,)


def _points_to(catalog: Catalog, name: TableName, targets: set[TableName]) -> bool:
    if name not in catalog.tables:
        return False
    return any(key.references in targets for key in catalog[name].foreign_keys)
