"""Who may listen to a scope, derived from policies and membership tables; or the sentence that says why it cannot be.

An invented policy is worse than none. A scope is granted only if one rule of the table's SELECT policies lets exactly
the scope's members read: whoever may listen may then read the rows that the message is about.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from realtime_advisor.model import Catalog, Entitlement, Hop, Scope, ScopeKind, Source, Table

from .granting import Asked, Granted, grant, say_why_unread, why_unreadable
from .principals import AUTH_USERS, Membership, Principals
from .row_tests import say_row_tests, together
from .walking import find_route

# Opens the name of a column that says what a user looks at now, which is not what the user belongs to.
_CHOICE: Final = re.compile(r"_*(current|active|selected|chosen|default|last)(?=_|[A-Z]|$)")


def entitle(asked: Asked, principals: Principals) -> Scope:
    """The scope that is asked about with its entitlement, or with the refusal that stands in its place."""
    scope, table, catalog = asked.scope, asked.table, asked.catalog
    if scope.refusal or scope.principal is None:
        return scope
    if scope.kind is ScopeKind.USER:
        return _entitle_user(asked, principals)
    path, memberships = _way_to_memberships(asked, principals)
    if not memberships:
        named = f"{asked.named.table}, which was named, does not say" if asked.named else "no membership table says"
        return _refuse(scope, f"{named} who belongs to a row of {scope.principal}.")
    answers = [(m, _ask(m, asked, path, principals)) for m in _in_question(memberships, table)]
    for membership, answer in answers:
        if isinstance(answer, Granted):
            scope = _entitle_members(asked, path, membership, answer)
            # Of a column in the user's own row the scope's reason tells already.
            return scope if membership.table in principals.users else _say_one_each(scope, membership, catalog)
    return _refuse(scope, str(answers[0][1]))


def _ask(membership: Membership, asked: Asked, path: tuple[Hop, ...], principals: Principals) -> Granted | str:
    """What lets the membership's rows read, or why they may not."""
    why_not = _why_not_named(membership, asked, principals) if asked.named else _why_no_member(membership, asked)
    if why_not:
        return why_not
    granted = grant(asked, path, membership)
    if isinstance(granted, str) and asked.named:
        said = f"No SELECT policy of {asked.table.name} is known to say so ({granted.rstrip('.')}): the architect does."
        granted = Granted(left_out=(said,))
    if isinstance(granted, str):
        return granted
    counting = asked.counting.get(membership.table)
    if counting:
        return replace(granted, conditions=together((*granted.conditions, *counting.conditions)))
    return _why_not_all_members(membership, granted) or granted


def _why_not_named(membership: Membership, asked: Asked, principals: Principals) -> str | None:
    """Why a membership that was named lets nobody listen all the same."""
    unreadable = why_unreadable(asked.table)
    if unreadable:
        return unreadable
    keys = (way.key for way in principals.ways.get(membership.table, ()))
    users = [key.references for key in keys if key.columns == (membership.user_column,)]
    if any(name in principals.users and principals.users[name].subject for name in users):
        return None
    return (
        f"nothing says that {membership.table}.{membership.user_column} is the id in the JWT. A foreign key to "
        f"{AUTH_USERS}, or a policy that compares it with auth.uid(), would."
    )


def _why_not_all_members(membership: Membership, granted: Granted) -> str | None:
    """Why a rule that lets the membership's rows read does not do: some of them may make no member."""
    if not membership.state or {condition.column for condition in granted.conditions} & set(membership.state):
        return None
    live = f" Its key holds where {membership.live}, which may be it." if membership.live else ""
    return (
        f"{membership.table} has the column {membership.state[0]}, and which of its values make a member is not known."
        f"{live} Test it in the SELECT policies, or answer members_when for {membership.table}."
    )


def _refuse(scope: Scope, sentence: str) -> Scope:
    return replace(scope, refusal=f"Who may hear a {scope.label} cannot be derived: {sentence}")


def _in_question(memberships: tuple[Membership, ...], table: Table) -> tuple[Membership, ...]:
    """The memberships, those first that the table's own SELECT policies ask."""
    asked = {name for policy in table.policies for name, _ in policy.columns}
    return tuple(sorted(memberships, key=lambda membership: membership.table not in asked))


def _entitle_members(asked: Asked, path: tuple[Hop, ...], membership: Membership, granted: Granted) -> Scope:
    through = f", through {', '.join(granted.through)}() as it is now" if granted.through else ""
    where = f" where {say_row_tests(granted.conditions)}" if granted.conditions else ""
    counting = asked.counting.get(membership.table)
    answered = [each.said for each in (asked.named, counting) if each]
    decided = "the architect named" if asked.named else "policies decide by"
    entitlement = Entitlement(
        "membership",
        asked.catalog[membership.table].column(membership.user_column).type,
        membership.table,
        membership.scope_columns,
        membership.user_column,
        path,
        Source.ANSWERED if answered else Source.CATALOG,
        f"{decided} {membership.table}{where}{through}{f' ({answered[0]})' if answered else ''}",
        granted.conditions,
        granted.hides_rows,
    )
    return replace(asked.scope, entitlement=entitlement, notes=granted.left_out)


def _say_one_each(scope: Scope, membership: Membership, catalog: Catalog) -> Scope:
    if not _is_one_each(membership, catalog):
        return scope
    note = (
        f"Each user is in one at a time ({membership.table}.{membership.scope_columns[0]}): whoever moves hears "
        "the one left until the token is renewed."
    )
    return replace(scope, notes=(*scope.notes, note))


def _entitle_user(asked: Asked, principals: Principals) -> Scope:
    scope = asked.scope
    assert scope.principal is not None
    user = principals.users[scope.principal]
    if not user.subject:
        return _refuse(
            scope,
            f"nothing says that {user.name}.{user.key} is the id in the JWT. "
            f"A foreign key to {AUTH_USERS}, or a policy that compares it with auth.uid(), would.",
        )
    granted = grant(asked, (), None)
    if isinstance(granted, str):
        return _refuse(scope, granted)
    reason = f"{user.name}.{user.key} is the JWT's sub"
    entitlement = Entitlement(
        "self", user.key_type, source=Source.CATALOG, reason=reason, hides_rows=granted.hides_rows
    )
    return replace(scope, entitlement=entitlement, notes=granted.left_out)


def _way_to_memberships(asked: Asked, principals: Principals) -> tuple[tuple[Hop, ...], tuple[Membership, ...]]:
    """The shortest foreign-key path from the scope's table to one that memberships pair with users; and those."""
    known, named, start = principals.memberships, asked.named.table if asked.named else None, asked.scope.principal
    if named:
        known = tuple(membership for membership in known if membership.table == named)
    assert start is not None
    if (start, named) not in asked.routes:
        ends = {membership.scope_table for membership in known}
        asked.routes[start, named] = find_route(start, ends, asked.catalog, principals.users)
    route = asked.routes[start, named]
    if route is None:
        return (), ()
    path, end = route
    return path, tuple(membership for membership in known if membership.scope_table == end)


def _why_no_member(membership: Membership, asked: Asked) -> str | None:
    catalog = asked.catalog
    if not membership.confirmed:
        return (
            f"{membership.table} looks like a membership table, but no policy decides by it. "
            f"{say_why_unread(asked.table.policies, catalog)}Write the SELECT policies first, then run this again."
        )
    chosen = next((column for column in membership.scope_columns if _CHOICE.match(column)), None)
    if chosen and _is_one_each(membership, catalog):
        return (
            f"{membership.table}.{chosen} is what a user has chosen for now, not where the user belongs: whoever "
            "switches would hear the one left until the token is renewed. Decide by the table that lists who belongs, "
            "or write the policy by hand."
        )
    return None


def _is_one_each(membership: Membership, catalog: Catalog) -> bool:
    """Whether the membership table has one row for each user."""
    table = catalog[membership.table]
    return (membership.user_column,) in (table.primary_key, *table.unique_keys)
