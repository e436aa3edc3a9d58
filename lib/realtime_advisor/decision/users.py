"""The tables with one row a user, and the policies by which the API's users read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, ForeignKey, Policy, Table, TableName
from realtime_advisor.reference import load_hints

from .look_ups import SUBJECT, Term
from .policies import read_rules

AUTH_USERS: Final = TableName("auth", "users")
API_ROLES: Final = ("anon", "authenticated")


@dataclass(frozen=True, slots=True)
class UserTable:
    """A table with one row a user; `subject` says whether its key is known to be the JWT's `sub`."""

    name: TableName
    key: str
    key_type: str
    subject: bool


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


def find_users(catalog: Catalog) -> dict[TableName, UserTable]:
    """The users tables of a catalogue; `auth.users` is always one."""
    return {user.name: user for user in _users(catalog)}


def is_user_key(key: ForeignKey, users: Mapping[TableName, UserTable]) -> bool:
    """Whether a key names a user: it refers to a users table by that table's own key."""
    user = users.get(key.references)
    return user is not None and key.referenced_columns == (user.key,)


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
        requirement.query is not None
        and not requirement.query.rows
        and requirement.query.terms == {SUBJECT, Term(None, key)}
        for policy in reading_policies(table)
        for rule in read_rules(policy, table)
        for requirement in rule
    )
    return UserTable(table.name, key, table.column(key).type, True) if extends or own_row else None


def _named_like_users(catalog: Catalog) -> list[UserTable]:
    """The tables whose name is the first hint that any name is: `accounts` beside `users` are not users."""
    for word in load_hints().user:
        named = [table for table in catalog if table.name.name.lower() == word and len(table.primary_key) == 1]
        if named:
            return [UserTable(t.name, t.primary_key[0], t.column(t.primary_key[0]).type, False) for t in named]
    return []
