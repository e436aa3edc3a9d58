"""Who may listen to a scope, derived from policies and membership tables; or the sentence that says why it cannot be.

An invented policy is worse than none. A scope is granted only if one rule of the table's SELECT policies lets exactly
the scope's members read: whoever may listen may then read the rows that the message is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from realtime_advisor.model import Catalog, Entitlement, Hop, Scope, ScopeKind, Source, Table

from .granting import Asked, Granted, grant, refuse, say_why_unread, why_unreadable
from .lenient import find_lenient, say_lenient
from .membership_columns import is_choice
from .own_rows import (
    entitle_user,
    say_disabled,
    say_overruled,
    say_unknown_sub,
    say_without_sub,
    spell,
    sub_type,
    tell_sub,
)
from .pairs import choose_pair, say_other_users, user_of
from .principals import Membership, Principals
from .row_tests import say_row_tests, together
from .walking import find_route
from .ways import How


def entitle(asked: Asked, principals: Principals) -> Scope:
    """The scope that is asked about with its entitlement, or with the refusal that stands in its place."""
    scope = _entitle(asked, principals)
    lenient = find_lenient(scope, asked.catalog, principals.users)
    return refuse(replace(scope, entitlement=None, notes=()), say_lenient(lenient)) if lenient else scope


def _entitle(asked: Asked, principals: Principals) -> Scope:
    scope, table, catalog = asked.scope, asked.table, asked.catalog
    if scope.refusal or scope.principal is None:
        return scope
    if scope.kind is ScopeKind.USER:
        return entitle_user(asked, principals)
    path, memberships = _way_to_memberships(asked, principals)
    if not memberships:
        named = f"{asked.named.table}, which was named, does not say" if asked.named else "no membership table says"
        return refuse(scope, f"{named} who belongs to a row of {scope.principal}.")
    meant = choose_pair(memberships, principals, catalog) if asked.named else None
    if isinstance(meant, str):
        return refuse(scope, meant)
    answers = [(m, _ask(m, asked, path, principals)) for m in ((meant,) if meant else _in_question(memberships, table))]
    for membership, answer in answers:
        if isinstance(answer, Granted):
            others = tuple(say_other_users(membership, memberships, principals)) if meant else ()
            answer = replace(answer, left_out=(*answer.left_out, *others))
            scope = _entitle_members(asked, path, membership, answer, principals)
            # Of a column in the user's own row the scope's reason tells already.
            return scope if membership.table in principals.users else _say_one_each(scope, membership, catalog)
    return refuse(scope, str(answers[0][1]))


def _ask(membership: Membership, asked: Asked, path: tuple[Hop, ...], principals: Principals) -> Granted | str:
    """What lets the membership's rows read, or why they may not."""
    why_not = _why_not_named(membership, asked, principals) if asked.named else _why_no_member(membership, asked)
    if why_not:
        return why_not
    granted = _why_not_read(membership, asked, principals) or grant(asked, path, membership)
    if isinstance(granted, str) and asked.named:
        granted = Granted(left_out=(say_overruled(asked, granted),))
    if isinstance(granted, str):
        return granted
    if asked.named:
        granted = replace(granted, left_out=(*granted.left_out, *_say_look_alikes(membership, principals)))
    counting = asked.counting.get(membership.table)
    if counting:
        # That the pair is there at all is asked in any case.
        told = [each for each in counting.conditions if each.test != "not null" or each.column not in _pair(membership)]
        return replace(granted, conditions=together((*granted.conditions, *told)))
    return _why_not_all_members(membership, asked.table, granted) or granted


def _why_not_named(membership: Membership, asked: Asked, principals: Principals) -> str | None:
    """Why a membership that was named lets nobody listen all the same."""
    unreadable = why_unreadable(asked.table, asked.catalog)
    if unreadable and not asked.is_served:
        return unreadable
    user = user_of(membership, principals)[0]
    if user.sub is not None:
        return None
    return say_unknown_sub(user, f"{membership.table}.{membership.user_column}")


def _why_not_read(membership: Membership, asked: Asked, principals: Principals) -> str | None:
    """Why the policies are not asked about a membership that was named: its users are not known by the sub."""
    if not asked.named or not asked.table.row_security:
        return None
    user, by = user_of(membership, principals)
    return None if by == user.sub else f"they are not compared with a sub in {user.name}.{user.sub}"


def _say_look_alikes(membership: Membership, principals: Principals) -> Iterator[str]:
    """What is read off names and types of the pair that the architect named."""
    for way in principals.ways.get(membership.table, ()):
        of_pair = way.key.columns in ((membership.user_column,), membership.scope_columns)
        if of_pair and way.how is How.LOOKS_ALIKE:
            column = f"{membership.table}.{way.key.columns[0]}"
            yield f"That {column} names a row of {way.key.references} is read off its name and type."


def _why_not_all_members(membership: Membership, table: Table, granted: Granted) -> str | None:
    """Why a rule that lets the membership's rows read does not do: some of them may make no member."""
    if not membership.state or {condition.column for condition in granted.conditions} & set(membership.state):
        return None
    every = spell(f"{_written(membership.user_column)} is not null")
    live = f" Its key holds where {membership.live}, which may be it." if membership.live else ""
    return (
        f"{membership.table} has the column {membership.state[0]}, and which of its values make a member is not known."
        f"{live} Test it in the SELECT policies, or answer members_when under [{spell(table.name)}]: a test of that "
        f"column, or, if every row makes one, members_when = {every}."
    )


def _pair(membership: Membership) -> tuple[str, ...]:
    return (*membership.scope_columns, membership.user_column)


def _written(column: str) -> str:
    return column if re.fullmatch(r"[a-z_][a-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'


def _in_question(memberships: tuple[Membership, ...], table: Table) -> tuple[Membership, ...]:
    """The memberships, those first that the table's own SELECT policies ask."""
    asked = {name for policy in table.policies for name, _ in policy.columns}
    return tuple(sorted(memberships, key=lambda membership: membership.table not in asked))


def _entitle_members(
    asked: Asked, path: tuple[Hop, ...], membership: Membership, granted: Granted, principals: Principals
) -> Scope:
    through = f", through {', '.join(granted.through)}() as it is now" if granted.through else ""
    where = f" where {say_row_tests(granted.conditions)}" if granted.conditions else ""
    counting = asked.counting.get(membership.table)
    answered = [each.said for each in (asked.named, counting) if each]
    decided = "the architect named" if asked.named else "policies decide by"
    user, by = user_of(membership, principals) if asked.named else (None, "")
    sub = f"; {tell_sub(user)}" if user and user.said else ""
    notes = granted.left_out
    entitlement = Entitlement(
        "membership",
        asked.catalog[membership.table].column(membership.user_column).type,
        membership.table,
        membership.scope_columns,
        membership.user_column,
        path,
        Source.ANSWERED if answered else Source.CATALOG,
        f"{decided} {membership.table}{where}{through}{f' ({answered[0]})' if answered else ''}{sub}",
        granted.conditions,
        granted.hides_rows,
    )
    if user and user.sub and by != user.sub:
        entitlement = replace(
            entitlement,
            user_type=sub_type(user, asked.catalog),
            login=Hop(membership.table, (membership.user_column,), user.name, (by,)),
            login_column=user.sub,
        )
        notes = (*notes, *say_without_sub(user, asked.catalog))
    if user and user.name != membership.table:  # of the users' own rows members_when says which count
        notes = (*notes, *say_disabled(user, asked.catalog))
    return replace(asked.scope, entitlement=entitlement, notes=notes)


def _say_one_each(scope: Scope, membership: Membership, catalog: Catalog) -> Scope:
    if not _is_one_each(membership, catalog):
        return scope
    note = (
        f"Each user is in one at a time ({membership.table}.{membership.scope_columns[0]}): whoever moves hears "
        "the one left until the token is renewed."
    )
    return replace(scope, notes=(*scope.notes, note))


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
            f"{say_why_unread(asked.table.policies, catalog)}Write the SELECT policies first, or answer members = "
            f"{spell(membership.table)} for {asked.table.name}."
        )
    chosen = next((column for column in membership.scope_columns if is_choice(column)), None)
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
