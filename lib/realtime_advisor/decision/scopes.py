"""The foreign-key graph to candidate scopes: whose rows a table holds, and who may listen."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from realtime_advisor.model import Catalog, ForeignKey, Hop, Scope, ScopeKind, Source, Table, TableName
from realtime_advisor.reference import load_hints

from .entitlements import entitle
from .everyone import everyone
from .functions import see_through
from .principals import Principals, find_principals, reading_policies

_WIDTH: Final = {ScopeKind.USER: 0, ScopeKind.THREAD: 1, ScopeKind.TENANT: 2}


def infer_scopes(
    catalog: Catalog, principals: Principals | None = None, hears_hidden_rows: Collection[TableName] = ()
) -> dict[TableName, tuple[Scope, ...]]:
    """The candidate scopes of every table, the audience first; an empty tuple where nothing leads to a principal.

    `hears_hidden_rows` are tables whose listeners may hear of rows that a condition on the row hides from them.
    """
    catalog = see_through(catalog)
    known = principals or find_principals(catalog)
    containers = _containers(catalog, known)
    return {
        table.name: _rank(table, _entitled(table, catalog, known, containers, table.name in hears_hidden_rows))
        for table in catalog
    }


def _entitled(
    table: Table,
    catalog: Catalog,
    principals: Principals,
    containers: frozenset[TableName],
    hears_hidden_rows: bool,
) -> tuple[Scope, ...]:
    open_to_all = tuple(everyone(table))
    found = open_to_all or tuple(_candidates(table, catalog, principals, containers))
    return tuple(entitle(scope, table, catalog, principals, hears_hidden_rows) for scope in found)


def _containers(catalog: Catalog, principals: Principals) -> frozenset[TableName]:
    """Tables that lead to a principal themselves: their rows can be a room that others talk in."""
    reverse: dict[TableName, set[TableName]] = {}
    for table in catalog:
        for key in table.foreign_keys:
            reverse.setdefault(key.references, set()).add(table.name)
    ends = principals.tenants | {m.scope_table for m in principals.memberships}
    seen, queue = set(ends), deque(ends)
    while queue:
        for child in reverse.get(queue.popleft(), set()) - seen:
            seen.add(child)
            queue.append(child)
    members = {m.table for m in principals.memberships}
    return frozenset(seen - principals.tenants - members - set(principals.users))


def _candidates(
    table: Table, catalog: Catalog, principals: Principals, containers: frozenset[TableName]
) -> Iterator[Scope]:
    own = _own_scope(table, principals)
    if own:
        yield own
    for path, holder, key in _walk(table, catalog, principals):
        kind = _kind(key.references, principals, containers)
        # A users table whose primary key refers to auth.users is its own scope already.
        if kind and not (own and not path and own.columns == key.columns):
            yield Scope(
                kind,
                _label(kind, key.columns[0]),
                key.references,
                key.columns,
                holder.column(key.columns[0]).type,
                path,
                reason=_reason(path, holder, key),
            )


def _own_scope(table: Table, principals: Principals) -> Scope | None:
    membership = principals.membership_of(table.name)
    if len(table.primary_key) != 1 or not (principals.ends(table.name) or membership):
        return None
    kind, label = ScopeKind.USER, ScopeKind.USER.value
    if membership:
        kind = ScopeKind.TENANT if table.name in principals.tenants else ScopeKind.THREAD
        label = _label(kind, membership.scope_columns[0])
    column = table.primary_key[0]
    return Scope(kind, label, table.name, (column,), table.column(column).type, reason=f"each row is a {label} itself")


def _walk(
    table: Table, catalog: Catalog, principals: Principals
) -> Iterator[tuple[tuple[Hop, ...], Table, ForeignKey]]:
    """Every foreign key reachable from the table, nearest first; each table is entered once, so cycles end."""
    queue: deque[tuple[tuple[Hop, ...], Table]] = deque([((), table)])
    seen = {table.name}
    while queue:
        path, holder = queue.popleft()
        for key in holder.foreign_keys:
            if key.references == holder.name:
                continue
            yield path, holder, key
            if key.references in seen or key.references not in catalog.tables or principals.ends(key.references):
                continue
            seen.add(key.references)
            hop = Hop(holder.name, key.columns, key.references, key.referenced_columns)
            queue.append(((*path, hop), catalog[key.references]))


def _kind(table: TableName, principals: Principals, containers: frozenset[TableName]) -> ScopeKind | None:
    if table in principals.users:
        return ScopeKind.USER
    if table in principals.tenants:
        return ScopeKind.TENANT
    return ScopeKind.THREAD if table in containers else None


def _label(kind: ScopeKind, column: str) -> str:
    """The word that opens the topic: the principal's kind, or the container's name as the key has it.

    `thread_id` gives thread, `projectId` gives project.
    """
    if kind is not ScopeKind.THREAD:
        return kind.value
    bare = re.sub(r"(_id|_uuid|Id|ID|_key)$", "", column)
    return bare if re.fullmatch(r"[a-z][a-z0-9_]*", bare) else kind.value


def _reason(path: tuple[Hop, ...], holder: Table, key: ForeignKey) -> str:
    way = f"{holder.name}.{', '.join(key.columns)} refers to {key.references}"
    return f"{way}, {len(path)} foreign key{'s' if len(path) > 1 else ''} away" if path else way


def _rank(table: Table, scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The audience first: what the SELECT policies compare, else the narrowest parent that all readers share."""
    compared = {column for policy in reading_policies(table) for name, column in policy.columns if name == table.name}
    by_policy = bool(compared)
    labelled = [_label_source(scope, compared, by_policy) for scope in scopes]
    authors = load_hints().author_columns

    def place(scope: Scope) -> tuple[int, int, int, int, int]:
        in_policy = not scope.path and set(scope.columns) <= compared
        author = scope.kind is ScopeKind.USER and scope.columns[:1] != () and scope.columns[0] in authors
        width = _WIDTH.get(scope.kind, 3)
        # Of two that are granted, each by a rule of its own, the wider audience is the one that all readers share.
        # Without a policy a user column may be the author, so a shared parent goes before it.
        order = -width if in_policy else (width if scope.kind is not ScopeKind.USER else 3)
        return (not in_policy, in_policy and scope.entitlement is None, len(scope.path), author, order)

    return tuple(sorted(labelled, key=place))


def _label_source(scope: Scope, compared: set[str], by_policy: bool) -> Scope:
    if scope.kind is ScopeKind.GLOBAL or (not scope.path and set(scope.columns) <= compared):
        reason = (
            scope.reason if scope.kind is ScopeKind.GLOBAL else f"{scope.reason}, and the SELECT policies compare it"
        )
        return replace(scope, source=Source.CATALOG, reason=reason)
    if by_policy:
        return scope
    return replace(
        scope, source=Source.INFERRED, reason=f"{scope.reason}; no SELECT policy confirms that readers share it"
    )
