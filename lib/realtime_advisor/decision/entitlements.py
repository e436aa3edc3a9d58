"""Who may listen to a scope, derived from policies and membership tables; or the sentence that says why it cannot be.

An invented policy is worse than none. A scope is granted only if one rule of the table's SELECT policies lets exactly
the scope's members read: whoever may listen may then read the rows that the message is about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from realtime_advisor.model import Catalog, Entitlement, Hop, Policy, Scope, ScopeKind, Source, Table, TableName
from realtime_advisor.reference import bare, load_hints

from .policies import Condition, Mention, Rule, read_rules
from .principals import AUTH_USERS, Membership, Principals, reading_policies

_LISTENER: Final = "authenticated"  # the role that topics' policies are for


def entitle(
    scope: Scope, table: Table, catalog: Catalog, principals: Principals, hears_hidden_rows: bool = False
) -> Scope:
    """The scope with its entitlement, or with the refusal that stands in its place.

    `hears_hidden_rows`: members may hear that a row changed which a condition on the row itself hides from them.
    """
    if scope.refusal or scope.principal is None:
        return scope
    asked = _Asked(scope, table, catalog, hears_hidden_rows)
    if scope.kind is ScopeKind.USER:
        return _entitle_user(asked, principals)
    way = _way_to_membership(scope.principal, catalog, principals)
    if way is None:
        return _refuse(scope, f"no membership table says who belongs to a row of {scope.principal}.")
    path, membership = way
    why_not = _why_no_member(membership, catalog) or _why_not_granted(asked, path, membership)
    if why_not:
        return _refuse(scope, why_not)
    entitlement = Entitlement(
        "membership",
        catalog[membership.table].column(membership.user_column).type,
        membership.table,
        membership.scope_columns,
        membership.user_column,
        path,
        Source.CATALOG,
        f"policies decide by {membership.table}",
    )
    return replace(scope, entitlement=entitlement)


@dataclass(frozen=True)
class _Asked:
    """One scope of one table, whose entitlement is wanted."""

    scope: Scope
    table: Table
    catalog: Catalog
    hears_hidden_rows: bool


def _refuse(scope: Scope, sentence: str) -> Scope:
    return replace(scope, refusal=f"Who may hear a {scope.label} cannot be derived: {sentence}")


def _entitle_user(asked: _Asked, principals: Principals) -> Scope:
    scope = asked.scope
    assert scope.principal is not None
    user = principals.users[scope.principal]
    if not user.subject:
        return _refuse(
            scope,
            f"nothing says that {user.name}.{user.key} is the id in the JWT. "
            f"A foreign key to {AUTH_USERS}, or a policy that compares it with auth.uid(), would.",
        )
    why_not = _why_not_granted(asked, (), None)
    if why_not:
        return _refuse(scope, why_not)
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


def _why_no_member(membership: Membership, catalog: Catalog) -> str | None:
    if not membership.confirmed:
        return (
            f"{membership.table} looks like a membership table, but no policy decides by it. "
            "Write the SELECT policies first, then run this again."
        )
    words = _state_words()
    state = [column.name for column in catalog[membership.table].columns if bare(column.name) in words]
    if state:
        return (
            f"{membership.table} has the column {state[0]}, and which of its values make a member is not known. "
            "Keep only members in it, or write the policy by hand."
        )
    return None


@cache
def _state_words() -> frozenset[str]:
    return frozenset(bare(word) for word in load_hints().membership_state_columns)


def _why_not_granted(asked: _Asked, path: tuple[Hop, ...], membership: Membership | None) -> str | None:
    """Why no rule of the table's SELECT policies lets exactly the scope's members read; None if one does."""
    table = asked.table
    closed = _why_closed(table)
    if closed or not table.row_security:
        return closed  # without row level security every row is open to them: to listen is less
    needed = _needed(asked, membership)
    allowed = needed | set(_on_path(asked, path))
    policies = _policies_for_users(table)
    rules = [rule for policy in policies for rule in read_rules(policy, table)]
    granting = [rule for rule in rules if _grants(rule, needed, allowed, asked.hears_hidden_rows)]
    if granting:
        return _why_looked_up_in_vain(granting[0], allowed, table, asked.catalog)
    hiding = [rule for rule in rules if _grants(rule, needed, allowed, hears_hidden_rows=True)]
    return _say_hidden(hiding[0], table) if hiding else _say_other(policies, allowed, table, membership)


def _why_closed(table: Table) -> str | None:
    """Why logged-in users cannot read the table at all, or only under conditions that apply to all of them."""
    if table.select_roles is not None and _LISTENER not in table.select_roles:
        return f"{_LISTENER} may not select from {table.name}."
    if not table.row_security:
        return None
    if any(not policy.permissive and policy.command in ("select", "all") for policy in table.policies):
        return f"{table.name} has a restrictive policy, which a topic's policy would not test."
    if not _policies_for_users(table):
        return f"row level security is on for {table.name}, and no policy lets {_LISTENER} read it."
    return None


def _policies_for_users(table: Table) -> tuple[Policy, ...]:
    return tuple(policy for policy in reading_policies(table) if set(policy.roles) & {"public", _LISTENER})


def _why_looked_up_in_vain(rule: Rule, allowed: set[Mention], table: Table, catalog: Catalog) -> str | None:
    """Why the tables that the rule looks up hide rows from members: their own policies apply within a policy."""
    looked_up = {name for condition in rule for name, _ in condition.mentions or ()} - {table.name}
    for name in sorted(name for name in looked_up if name in catalog.tables):
        other = catalog[name]
        closed = _why_closed(other)
        if closed:
            return closed
        rules = [rule for policy in _policies_for_users(other) for rule in read_rules(policy, other)]
        if other.row_security and not any(all(_shows(c, allowed) for c in rule) for rule in rules):
            return (
                f"the SELECT policies of {name}, which those of {table.name} look up, test more than who belongs to it."
            )
    return None


def _shows(condition: Condition, allowed: set[Mention]) -> bool:
    plain = condition.mentions is not None and condition.mentions <= allowed and condition.asks_subject
    return plain or condition.text == "true"


def _needed(asked: _Asked, membership: Membership | None) -> set[Mention]:
    holder = asked.scope.path[-1].references if asked.scope.path else asked.table.name
    needed = {(holder, column) for column in asked.scope.columns}
    if membership is not None:
        needed |= {(membership.table, column) for column in (*membership.scope_columns, membership.user_column)}
    return needed


def _on_path(asked: _Asked, path: tuple[Hop, ...]) -> Iterator[Mention]:
    for hop in (*asked.scope.path, *path):
        yield from ((hop.table, column) for column in hop.columns)
        yield from ((hop.references, column) for column in hop.referenced_columns)
    principal = asked.scope.principal
    if principal is not None and principal in asked.catalog.tables:
        yield from ((principal, column) for column in asked.catalog[principal].primary_key)


def _grants(rule: Rule, needed: set[Mention], allowed: set[Mention], hears_hidden_rows: bool) -> bool:
    """Whether the rule is the membership and nothing more, but for conditions on the row where those may be ignored."""
    deciding = [
        condition
        for condition in rule
        if condition.mentions is not None and condition.asks_subject and needed <= condition.mentions <= allowed
    ]
    others = [condition for condition in rule if condition not in deciding]
    return bool(deciding) and all(hears_hidden_rows and condition.row_only for condition in others)


def _say_hidden(rule: Rule, table: Table) -> str:
    condition = next(condition for condition in rule if condition.row_only)
    return (
        f"the SELECT policies of {table.name} also test {condition.text}, so members would hear of rows "
        "that they may not read. If they may hear that such a row changed, answer hears_hidden_rows."
    )


def _say_other(policies: tuple[Policy, ...], known: set[Mention], table: Table, membership: Membership | None) -> str:
    by = f"by {membership.table}" if membership else "by that user alone"
    functions = sorted({name for policy in policies for name in policy.functions} - {"auth.uid"})
    if functions:
        return (
            f"the SELECT policies of {table.name} decide by {', '.join(functions)}(), not {by}. "
            "Write a policy on realtime.messages by hand around that function."
        )
    extra = sorted({m for policy in policies for m in policy.columns} - known)
    if extra:
        name, column = extra[0]
        return f"the SELECT policies of {table.name} also test {name}.{column}, which a topic's policy would not."
    return f"the SELECT policies of {table.name} do not decide {by} in a form that is understood."
