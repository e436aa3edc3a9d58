"""The tables with one row a user, and the policies by which the API's users read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, ForeignKey, Policy, Table, TableName
from realtime_advisor.reference import load_hints

from .look_ups import SUBJECT, Term
from .policies import read_rules
from .subjects import ANSWER, NamedSubject, Subjects

AUTH_USERS: Final = TableName("auth", "users")
API_ROLES: Final = ("anon", "authenticated")


@dataclass(frozen=True, slots=True)
class UserTable:
    """A table with one row a user; `subject` says whether its key is known to be the JWT's `sub`.

    The key is what other tables refer to. `said` is set where the architect named the column of the `sub`: the key, or
    another one, of which the row is looked up.
    """

    name: TableName
    key: str
    key_type: str
    subject: bool
    said: NamedSubject | None = None

    @property
    def sub(self) -> str | None:
        """The column that holds the JWT's `sub`; None where nothing says which one does."""
        if self.subject:
            return self.key
        return self.said.column if self.said else None


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


def find_users(catalog: Catalog, subjects: Subjects | None = None) -> dict[TableName, UserTable]:
    """The users tables of a catalogue, and those in `subjects`; `auth.users` is always one.

    Raises BadInput where the catalogue says another column than was answered.
    """
    return {user.name: user for user in _users(catalog, subjects or {})}


def is_user_key(key: ForeignKey, users: Mapping[TableName, UserTable]) -> bool:
    """Whether a key names a user: it refers to a users table by that table's own key, or by the `sub`."""
    user = users.get(key.references)
    return user is not None and key.referenced_columns in ((user.key,), (user.sub,))


def _users(catalog: Catalog, subjects: Subjects) -> Iterator[UserTable]:
    yield UserTable(AUTH_USERS, "id", "uuid", True)
    known = {found.name: found for table in catalog if (found := _subject_table(table))}
    said = {name: _said_table(catalog[name], known.get(name), given, catalog) for name, given in subjects.items()}
    known = {**_extending(catalog, said), **known, **said}
    yield from known.values()
    if not known and not any(key.references == AUTH_USERS for table in catalog for key in table.foreign_keys):
        yield from _named_like_users(catalog)


def _said_table(table: Table, known: UserTable | None, given: NamedSubject, catalog: Catalog) -> UserTable:
    if known and known.key == given.column:
        return known  # the catalogue says so by itself: the answer adds nothing, and takes nothing away
    if known:
        raise BadInput(
            f"The answer {ANSWER!r} for {table.name} is {given.column!r}, but its foreign key to {AUTH_USERS}, or a "
            f"policy, says that {known.key} is the JWT's sub. Take the answer back, or mend what says otherwise."
        )
    key = _referred_to(table, given.column, catalog)
    return UserTable(table.name, key, table.column(key).type, key == given.column, given)


def _referred_to(table: Table, column: str, catalog: Catalog) -> str:
    """The column by which other tables know its rows: the primary key, unless foreign keys have the named one alone."""
    by = {key.referenced_columns for other in catalog for key in other.foreign_keys if key.references == table.name}
    if len(table.primary_key) != 1 or ((column,) in by and table.primary_key not in by):
        return column
    return table.primary_key[0]


def _extending(catalog: Catalog, said: Mapping[TableName, UserTable]) -> dict[TableName, UserTable]:
    """The tables whose primary key is a foreign key to what the architect named."""
    found = {}
    for table in catalog:
        for key in table.foreign_keys:
            user = said.get(key.references)
            if (
                user
                and len(key.columns) == 1
                and (key.columns, key.referenced_columns) == (table.primary_key, (user.sub,))
            ):
                own = key.columns[0]
                found[table.name] = UserTable(table.name, own, table.column(own).type, True, user.said)
    return found


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
