"""The graph of keys to candidate scopes: whose rows a table holds, and who may listen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from realtime_advisor.model import Catalog, Scope, ScopeKind, Source, Table, TableName, with_article

from .entitlements import entitle
from .everyone import everyone
from .functions import see_through
from .granting import Asked, Routes
from .membership_columns import is_author
from .memberships import THRESHOLD, Membership
from .overrides import Counting, Override, Overrides, rows_that_count, rows_that_count_for
from .own_rows import spell_scope
from .principals import Principals, find_principals, reach
from .ranking import Candidate, compared_columns, rank
from .served import is_served
from .walking import Step, walk
from .ways import How, singulars, tell_way

_MOST_FAR: Final = 8  # candidates behind other tables, of rooms and of whoever ends a way


def infer_scopes(
    catalog: Catalog,
    principals: Principals | None = None,
    hears_hidden_rows: Collection[TableName] = (),
    overrides: Overrides | None = None,
) -> dict[TableName, tuple[Scope, ...]]:
    """The candidate scopes of every table, the audience first; an empty tuple where nothing leads to a principal.

    `hears_hidden_rows` are tables whose listeners may hear of rows that a condition on the row hides from them.
    Raises BadInput for overrides that mean nothing here.
    """
    catalog, said = see_through(catalog), overrides or {}
    known = principals or find_principals(catalog, said)
    containers = _containers(known)
    counting = rows_that_count(said, catalog, known.members)
    routes: Routes = {}
    found = {}
    for table in catalog:
        override = said.get(table.name, Override())
        own = rows_that_count_for(table.name, override, catalog, known.members)
        asked = _Question(table, catalog, known.as_asked_by(table), containers, override, {**counting, **own}, routes)
        found[table.name] = _scopes(asked, table.name in hears_hidden_rows)
    return found


@dataclass(frozen=True)
class _Question:
    """A table whose scopes are wanted, and what is known of all."""

    table: Table
    catalog: Catalog
    principals: Principals
    containers: frozenset[TableName]
    override: Override
    counting: Counting
    routes: Routes


def _scopes(asked: _Question, hears_hidden_rows: bool) -> tuple[Scope, ...]:
    table, override = asked.table, asked.override
    is_said = override.scope is not None or override.members is not None
    open_to_all = [] if is_said else [Candidate(scope) for scope in everyone(table)]
    found = open_to_all or list(_candidates(table, asked.catalog, asked.principals, asked.containers))
    named = _named(asked, found)
    compared = compared_columns(table)
    entitled = [
        replace(each, scope=_grant(each, asked, each is named, compared, hears_hidden_rows))
        for each in (found if named is None or named in found else [named, *found])
    ]
    ranked = rank(entitled, compared)
    return _said_first(ranked, override) if is_said else ranked


def _said_first(ranked: tuple[Scope, ...], override: Override) -> tuple[Scope, ...]:
    said = tuple(scope for scope in ranked if _is_said(scope, override))
    if override.scope is not None:
        said = tuple(replace(scope, source=Source.ANSWERED) for scope in said)
    return (*said, *(scope for scope in ranked if not _is_said(scope, override)))


def _is_said(scope: Scope, override: Override) -> bool:
    """Whether the scope is the one that the architect named, or one whose members the named table lists."""
    if override.scope is not None:
        return (scope.path, scope.columns) == (override.scope.path, (override.scope.column,))
    return scope.entitlement is not None and scope.entitlement.source is Source.ANSWERED


def _named(asked: _Question, found: list[Candidate]) -> Candidate | None:
    """The candidate that the architect named, made where it is none of those that were found."""
    said = asked.override.scope
    if said is None:
        return None
    for candidate in found:
        if _is_said(candidate.scope, asked.override):
            return candidate
    holder = asked.catalog[said.path[-1].references] if said.path else asked.table
    ways = [way for way in asked.principals.ways.get(holder.name, ()) if way.key.columns == (said.column,)]
    is_key = holder.primary_key == (said.column,)
    names = ways[0].key.references if ways else holder.name if is_key else None
    kind = names and _kind(names, asked.principals, asked.containers)
    scope = Scope(
        kind or (ScopeKind.RECORD if is_key and not said.path else ScopeKind.THREAD),
        _label(kind or ScopeKind.THREAD, said.column, names or holder.name),
        names,
        (said.column,),
        holder.column(said.column).type,
        said.path,
        reason=f"{holder.name}.{said.column} holds its key",
    )
    if names is None:
        refusal = (
            f"Who may hear {with_article(scope.label)} cannot be derived: nothing says which table's rows "
            f"{holder.name}.{said.column} names. Add the foreign key."
        )
        scope = replace(scope, refusal=refusal)
    return Candidate(scope, tuple(ways[:1]))


def _grant(
    candidate: Candidate, asked: _Question, is_named: bool, compared: frozenset[str], hears_hidden_rows: bool
) -> Scope:
    """The candidate's scope with its entitlement or refusal.

    Only policies, or the architect, grant what merely looks like an audience.
    """
    said = asked.override.scope
    unsure = None if is_named or candidate.is_compared(compared) else _why_unsure(candidate, asked.table.name)
    if unsure:
        return replace(candidate.scope, refusal=unsure)
    question = Asked(
        candidate.scope,
        asked.table,
        asked.catalog,
        hears_hidden_rows,
        asked.override.members,
        asked.counting,
        asked.routes,
        is_named,
        is_served(candidate.scope, asked.table, asked.principals, asked.override, is_named),
    )
    scope = entitle(question, asked.principals)
    current = _say_current(scope, asked.principals)
    answered = f"; {said.said}" if is_named and said else ""
    entitlement = scope.entitlement
    granted = f"; {entitlement.reason}" if entitlement and entitlement.source is Source.ANSWERED else ""
    return replace(scope, reason=f"{scope.reason}{current}{answered}{granted}")


def _why_unsure(candidate: Candidate, table: TableName) -> str | None:
    scope = candidate.scope
    columns, who = ", ".join(scope.columns), f"Who may hear {with_article(scope.label)}"
    guess = next((way for way in candidate.ways if way.how is How.LOOKS_ALIKE), None)
    if guess:
        # An answer names a way by its foreign keys, so only at its end may a column be one by the looks alone.
        ends = guess is candidate.ways[-1]
        rest = f", write the SELECT policies, or answer scope = {spell_scope(scope)} for {table}." if ends else ""
        return (
            f"{who} cannot be derived: that {', '.join(guess.key.columns)} names a row of "
            f"{guess.key.references} is read off its name and type. Add the foreign key"
            f"{rest or ', or write the SELECT policies.'}"
        )
    if scope.kind is ScopeKind.USER and any(way.optional for way in candidate.ways):
        return (
            f"{who} cannot be derived: rows outlive the user in {columns}, who may have made or "
            "changed the row rather than read it. A SELECT policy that compares it with auth.uid() would say, or the "
            f"answer scope = {spell_scope(scope)} for {table}."
        )
    return None


def _say_current(scope: Scope, principals: Principals) -> str:
    """What to know of a membership that is a column of the user's own row, such as the current team; else nothing."""
    entitlement = scope.entitlement
    is_users_row = entitlement is not None and entitlement.membership in principals.users
    if entitlement is None or not is_users_row or scope.kind is ScopeKind.USER:
        return ""
    column = f"{entitlement.membership}.{', '.join(entitlement.scope_columns)}"
    said = f"; {column} names one at a time: who changes it goes on hearing the old one until the connection is renewed"
    others = sorted(
        {str(p.table) for p in principals.doubtful if p.score >= THRESHOLD and p.table not in principals.users}
    )
    return f"{said}, and {', '.join(others)} may say better who belongs" if others else said


def _containers(principals: Principals) -> frozenset[TableName]:
    """Tables that lead to a principal themselves: their rows can be a room that others talk in."""
    seen = reach(principals.tenants | {m.scope_table for m in principals.memberships}, principals.ways)
    return frozenset(seen - principals.tenants - principals.members - set(principals.users))


def _candidates(
    table: Table, catalog: Catalog, principals: Principals, containers: frozenset[TableName]
) -> Iterator[Candidate]:
    own = _own_scope(table, principals)
    if own:
        yield Candidate(own, own=True)
    far = Counter[bool]()
    for step in walk(table, catalog, principals):
        key = step.way.key
        kind = _kind(key.references, principals, containers)
        # A users table whose primary key refers to auth.users is its own scope already.
        if kind is None or (own and not step.path and own.columns == key.columns):
            continue
        # Behind a member's row stands the one user of it, not the readers of what the member did.
        if kind is ScopeKind.USER and any(hop.references in principals.members for hop in step.path):
            continue
        if step.path:
            far[kind is ScopeKind.THREAD] += 1
            if min(far[True], far[False]) > _MOST_FAR:
                return
            if far[kind is ScopeKind.THREAD] > _MOST_FAR:
                continue
        yield _candidate(step, kind, table, principals)


def _candidate(step: Step, kind: ScopeKind, table: Table, principals: Principals) -> Candidate:
    key, column = step.way.key, step.holder.column(step.way.key.columns[0])
    scope = Scope(
        kind,
        _label(kind, column.name, key.references),
        key.references,
        key.columns,
        column.type,
        step.path,
        reason=tell_way(step.path, step.holder, step.way),
    )
    return Candidate(
        _with_doubt(scope, table, principals),
        step.ways,
        has_members=principals.membership_of(key.references) is not None,
        may_be_author=kind is ScopeKind.USER and is_author(column.name),
        is_membership=table.name in principals.members,
    )


def _with_doubt(scope: Scope, table: Table, principals: Principals) -> Scope:
    """The scope, its reason with why the table's pairs are not taken for members."""
    pairs = principals.doubts_of(table.name)
    pair = next((p for p in pairs if (p.user_column,) == scope.columns or p.scope_columns == scope.columns), None)
    return replace(scope, reason=f"{scope.reason}; {say_doubt(pair)}") if pair and not scope.path else scope


def say_doubt(pair: Membership) -> str:
    """Why a pair of a user and a thing is not taken for a membership, and who could tell."""
    rows = f"{pair.table} pairs users with {pair.scope_table}"
    if pair.score >= THRESHOLD:
        return f"{rows}, but policies decide by other tables"
    return f"{rows}, but too little says that they belong to it ({pair.score} of {THRESHOLD}): a policy would"


def _own_scope(table: Table, principals: Principals) -> Scope | None:
    membership = principals.membership_of(table.name)
    if len(table.primary_key) != 1 or not (principals.ends(table.name) or membership):
        return None
    kind, label = ScopeKind.USER, ScopeKind.USER.value
    if membership:
        kind = ScopeKind.TENANT if table.name in principals.tenants else ScopeKind.THREAD
        label = _label(kind, membership.scope_columns[0], table.name)
    column = table.primary_key[0]
    reason = f"each row is {with_article(label)} itself"
    return Scope(kind, label, table.name, (column,), table.column(column).type, reason=reason)


def _kind(table: TableName, principals: Principals, containers: frozenset[TableName]) -> ScopeKind | None:
    if table in principals.users:
        return ScopeKind.USER
    if table in principals.tenants:
        return ScopeKind.TENANT
    return ScopeKind.THREAD if table in containers else None


def _label(kind: ScopeKind, column: str, names: TableName) -> str:
    """The word that opens the topic: the principal's kind, or the container's name as the key has it.

    `thread_id` gives thread, `projectId` gives project, and `channelid` gives channel where it names channels.
    """
    if kind is not ScopeKind.THREAD:
        return kind.value
    name = re.sub(r"(_id|_uuid|Id|ID|_key)$", "", column)
    if column.endswith("id") and column[:-2] in singulars(names.name):
        name = column[:-2]
    return name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else kind.value
