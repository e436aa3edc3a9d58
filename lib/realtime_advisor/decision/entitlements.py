"""Who may listen to a scope, derived from policies and membership tables; or the sentence that says why it cannot be.

An invented policy is worse than none: whatever the table's own policies test beyond the path and the membership is a
reason to refuse, because a topic's policy would not test it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from realtime_advisor.model import Catalog, Entitlement, Hop, Scope, ScopeKind, Source, Table, TableName
from realtime_advisor.reference import load_hints

from .principals import AUTH_USERS, Membership, Principals, reading_policies

Mention = tuple[TableName, str]


def entitle(scope: Scope, table: Table, catalog: Catalog, principals: Principals) -> Scope:
    """The scope with its entitlement, or with the refusal that stands in its place."""
    if scope.refusal or scope.principal is None:
        return scope
    if scope.kind is ScopeKind.USER:
        return _entitle_user(scope, principals)
    way = _way_to_membership(scope.principal, catalog, principals)
    if way is None:
        return _refuse(scope, f"no membership table says who belongs to a row of {scope.principal}.")
    path, membership = way
    why_not = _why_not(scope, path, membership, table, catalog)
    if why_not:
        return _refuse(scope, why_not)
    user = _user_type(membership, catalog)
    entitlement = Entitlement(
        "membership",
        user,
        membership.table,
        membership.scope_columns,
        membership.user_column,
        path,
        Source.CATALOG,
        f"policies decide by {membership.table}",
    )
    return replace(scope, entitlement=entitlement)


def _refuse(scope: Scope, sentence: str) -> Scope:
    return replace(scope, refusal=f"Who may hear a {scope.label} cannot be derived: {sentence}")


def _entitle_user(scope: Scope, principals: Principals) -> Scope:
    assert scope.principal is not None
    user = principals.users[scope.principal]
    if not user.subject:
        return _refuse(
            scope,
            f"nothing says that {user.name}.{user.key} is the id in the JWT. "
            f"A foreign key to {AUTH_USERS}, or a policy that compares it with auth.uid(), would.",
        )
    reason = f"{user.name}.{user.key} is the JWT's sub"
    return replace(scope, entitlement=Entitlement("self", user.key_type, source=Source.CATALOG, reason=reason))


def _way_to_membership(
    start: TableName, catalog: Catalog, principals: Principals
) -> tuple[tuple[Hop, ...], Membership] | None:
    """The shortest foreign-key path from the scope's table to one that a membership pairs with users."""
    queue: deque[tuple[tuple[Hop, ...], TableName]] = deque([((), start)])
    seen = {start}
    while queue:
        path, here = queue.popleft()
        membership = principals.membership_of(here)
        if membership:
            return path, membership
        for key in catalog[here].foreign_keys if here in catalog.tables else ():
            if key.references not in seen and key.references not in principals.users:
                seen.add(key.references)
                queue.append(((*path, Hop(here, key.columns, key.references, key.referenced_columns)), key.references))
    return None


def _why_not(scope: Scope, path: tuple[Hop, ...], membership: Membership, table: Table, catalog: Catalog) -> str | None:
    if not membership.confirmed:
        return (
            f"{membership.table} looks like a membership table, but no policy decides by it. "
            "Write the SELECT policies first, then run this again."
        )
    state = _state_columns(catalog[membership.table])
    if state:
        return (
            f"{membership.table} has the column {state[0]}, and which of its values make a member is not known. "
            "Keep only members in it, or write the policy by hand."
        )
    return _why_policies_differ(scope, path, membership, table, catalog)


def _why_policies_differ(
    scope: Scope, path: tuple[Hop, ...], membership: Membership, table: Table, catalog: Catalog
) -> str | None:
    policies = reading_policies(table)
    if not policies:
        return None
    mentions = {mention for policy in policies for mention in policy.columns}
    needed = {(membership.table, column) for column in (*membership.scope_columns, membership.user_column)}
    # A policy of the membership table itself may show each user just the own rows: the pair is what it is anyway.
    if table.name != membership.table and not needed <= mentions:
        functions = sorted({f for policy in policies for f in policy.functions} - {"auth.uid"})
        by = f" but by {', '.join(functions)}" if functions else ""
        return f"the SELECT policies of {table.name} do not decide by {membership.table}{by}."
    extra = sorted(
        (name, column)
        for name, column in mentions - needed - set(_on_path(scope, path, table, catalog))
        if name != table.name
    )
    if extra:
        name, column = extra[0]
        return f"the SELECT policies of {table.name} also test {name}.{column}, which a topic's policy would not."
    return None


def _on_path(scope: Scope, path: tuple[Hop, ...], table: Table, catalog: Catalog) -> Iterable[Mention]:
    holder = scope.path[-1].references if scope.path else table.name
    yield from ((holder, column) for column in scope.columns)
    for hop in (*scope.path, *path):
        yield from ((hop.table, column) for column in hop.columns)
        yield from ((hop.references, column) for column in hop.referenced_columns)
    if scope.principal is not None and scope.principal in catalog.tables:
        yield from ((scope.principal, column) for column in catalog[scope.principal].primary_key)


def _state_columns(membership: Table) -> list[str]:
    words = load_hints().membership_state_columns
    return [column.name for column in membership.columns if column.name in words]


def _user_type(membership: Membership, catalog: Catalog) -> str:
    return catalog[membership.table].column(membership.user_column).type
