"""Who hears of rows that are one user's: whoever bears a token with that user's `sub`.

A policy that compares the row's column with auth.uid() says so. Where there is none, only the architect can: with
`token_subject` of the users table, and with `scope` of each table whose rows are their user's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from realtime_advisor.model import Catalog, Condition, Entitlement, Scope, Source

from .granting import Asked, Granted, grant, refuse, why_unreadable
from .membership_columns import is_state
from .principals import AUTH_USERS, Membership, Principals, UserTable


def entitle_user(asked: Asked, principals: Principals) -> Scope:
    """The scope of one user's rows with its entitlement, or with the refusal that stands in its place."""
    scope = asked.scope
    assert scope.principal is not None
    user = principals.users[scope.principal]
    if user.sub is None:
        return refuse(scope, say_unknown_sub(user, f"{user.name}.{user.key}"))
    by = _known_by(asked, user, principals)
    # Known by another column than the sub, a user is looked up: the row of the users table pairs the two.
    pair = None if by == user.sub else Membership(user.name, user.name, (by,), user.sub, confirmed=True)
    granted = _grant(asked, user, pair)
    if isinstance(granted, str):
        return refuse(scope, granted)
    entitlement = Entitlement(
        "self",
        sub_type(user, asked.catalog),
        source=Source.ANSWERED if _is_answered(asked, user) else Source.CATALOG,
        reason=tell_sub(user),
        conditions=granted.conditions,
        hides_rows=granted.hides_rows,
    )
    if pair is not None:
        entitlement = replace(
            entitlement, kind="membership", membership=user.name, scope_columns=(by,), user_column=user.sub
        )
    notes = (
        *granted.left_out,
        *(say_without_sub(user, asked.catalog) if pair else ()),
        *say_disabled(user, asked.catalog, granted.conditions if pair else ()),
    )
    return replace(scope, entitlement=entitlement, notes=notes)


def say_unknown_sub(user: UserTable, column: str) -> str:
    """That nothing says which column holds the JWT's sub, and what would."""
    return (
        f"nothing says that {column} is the id in the JWT. A foreign key to {AUTH_USERS}, or a policy that compares "
        f"it with auth.uid(), would; or answer token_subject for {user.name} if one of its columns holds the JWT's sub."
    )


def tell_sub(user: UserTable) -> str:
    """Which column holds the JWT's sub, and who says so where it is not the catalogue."""
    return f"{user.name}.{user.sub} is the JWT's sub" + (f" ({user.said.said})" if user.said else "")


def say_overruled(asked: Asked, why: str) -> str:
    """That the architect grants what no policy is known to."""
    return f"No SELECT policy of {asked.table.name} is known to say so ({why.rstrip('.')}): the architect does."


def _is_answered(asked: Asked, user: UserTable) -> bool:
    """Whether the architect alone says whose rows these are."""
    if asked.is_served:
        return True
    return user.said is not None and (not asked.table.row_security or _names_users(asked, user))


def _names_users(asked: Asked, user: UserTable) -> bool:
    return asked.is_said and asked.named is not None and asked.named.table == user.name


def _grant(asked: Asked, user: UserTable, pair: Membership | None) -> Granted | str:
    """What lets the user alone read; or why nothing does, and what could be answered."""
    granted = grant(asked, (), pair)
    table = asked.table
    if isinstance(granted, Granted):
        if user.said is None or table.row_security or asked.is_said:
            return granted
        return (
            f"no SELECT policy says whose the rows of {table.name} are. Answer scope = {spell_scope(asked.scope)} for "
            f"{table.name} if each concerns nobody but the user whom it names."
        )
    if user.said is None or why_unreadable(table, asked.catalog):
        return granted
    if _names_users(asked, user):
        return Granted(left_out=(say_overruled(asked, granted),))
    return (
        f"{granted} If its rows are their user's all the same, answer scope = {spell_scope(asked.scope)} and "
        f"members = {spell(user.name)} for {table.name}."
    )


def spell_scope(scope: Scope) -> str:
    """The scope as an answer names it."""
    return spell(".".join((*(hop.columns[0] for hop in scope.path), scope.columns[0])))


def spell(value: object) -> str:
    """A value as answers.toml has it.

    >>> print(spell("user_id"), spell('public."Team"'))
    "user_id" 'public."Team"'
    """
    quote = "'" if '"' in str(value) else '"'
    return f"{quote}{value}{quote}"


def _known_by(asked: Asked, user: UserTable, principals: Principals) -> str:
    """The column of the users table by which the scope names the user."""
    scope = asked.scope
    holder = scope.path[-1].references if scope.path else asked.table.name
    keys = (way.key for way in principals.ways.get(holder, ()))
    named = [key.referenced_columns for key in keys if (key.columns, key.references) == (scope.columns, user.name)]
    if holder == user.name and not named:
        named = [scope.columns]
    return named[0][0] if named else user.key


def sub_type(user: UserTable, catalog: Catalog) -> str:
    """The type of the column that holds the JWT's sub."""
    if user.sub is None or user.name not in catalog.tables:
        return user.key_type
    return catalog[user.name].column(user.sub).type


def say_without_sub(user: UserTable, catalog: Catalog) -> Iterator[str]:
    """That some users may have no sub, where the column allows it."""
    if user.sub is not None and not catalog[user.name].column(user.sub).not_null:
        yield f"{user.name}.{user.sub} may be null: a user without one hears nothing."


def say_disabled(user: UserTable, catalog: Catalog, tested: Iterable[Condition] = ()) -> Iterator[str]:
    """That whoever is disabled in the users table listens all the same, where the architect named it."""
    known = {condition.column for condition in tested}
    if user.said is None or user.name not in catalog.tables:
        return
    states = [c.name for c in catalog[user.name].columns if is_state(c.name) and c.name not in known]
    if states:
        yield (
            f"Nothing here tests {user.name}.{', '.join(states)}: whoever is disabled there goes on listening until "
            "the token ends, so tokens must not be issued to them."
        )
