"""Whether a rule of a table's SELECT policies is exactly a scope's membership, or why none is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from realtime_advisor.model import Catalog, Hop, Policy, Scope, Table, TableName

from .everyone import LISTENER, is_open, policies_for
from .functions import read_function
from .policies import Condition, Mention, Rule, read_rules
from .principals import Membership, reading_policies


@dataclass(frozen=True)
class Asked:
    """One scope of one table, whose entitlement is wanted."""

    scope: Scope
    table: Table
    catalog: Catalog
    hears_hidden_rows: bool


@dataclass(frozen=True)
class Granted:
    """The rule that lets members read, and what to say of it: by which functions, and who reads without hearing."""

    through: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    hides_rows: bool = False  # every such rule has a condition on the row, which was answered for


def grant(asked: Asked, path: tuple[Hop, ...], membership: Membership | None) -> Granted | str:
    """What lets exactly the scope's members read; or the sentence that says why nothing does."""
    table = asked.table
    closed = _why_closed(table)
    if closed:
        return closed
    if not table.row_security:
        return Granted()  # every row is open to them: to listen is less
    needed = _needed(asked, membership)
    allowed = needed | set(_on_path(asked, path))
    policies = policies_for(table, LISTENER)
    rules = [(policy, rule) for policy in policies for rule in read_rules(policy, table)]
    granting = [rule for _, rule in rules if _grants(rule, needed, allowed, asked.hears_hidden_rows)]
    if not granting:
        hiding = [rule for _, rule in rules if _grants(rule, needed, allowed, hears_hidden_rows=True)]
        return _say_hidden(hiding[0], table) if hiding else _say_other(policies, allowed, asked, membership)
    endless = _why_endless(table, asked.catalog)
    if endless:
        return endless
    vain = [_why_in_vain(rule, allowed, table, asked.catalog) for rule in granting]
    if None not in vain:
        return str(vain[0])
    found = granting[vain.index(None)]
    others = tuple((policy, rule) for policy, rule in rules if rule not in granting)
    through = sorted({name for condition in found for name in condition.through})
    hides = not any(_grants(rule, needed, allowed, hears_hidden_rows=False) for rule in granting)
    return Granted(tuple(through), tuple(_who_is_left_out(table, others)), hides)


def _why_closed(table: Table) -> str | None:
    """Why logged-in users cannot read the table at all, or only under conditions that apply to all of them."""
    if table.select_roles is not None and LISTENER not in table.select_roles:
        return f"{LISTENER} may not select from {table.name}."
    if not table.row_security:
        return None
    if any(not policy.permissive and policy.command in ("select", "all") for policy in table.policies):
        return f"{table.name} has a restrictive policy, which a topic's policy would not test."
    if not policies_for(table, LISTENER):
        return f"row level security is on for {table.name}, and no policy lets {LISTENER} read it."
    return None


def _why_in_vain(rule: Rule, allowed: set[Mention], table: Table, catalog: Catalog) -> str | None:
    """Why the tables that the rule looks up hide rows from members: their own policies apply within a policy.

    Not to what a function looks up with its owner's rights. Call it where look-ups do not go in circles.
    """
    for name in sorted({name for condition in rule for name in condition.looks_up}):
        if name not in catalog.tables:
            return f"the SELECT policies of {table.name} look up {name}, which is not in the catalogue."
        other = catalog[name]
        closed = _why_closed(other)
        if closed:
            return closed
        if other.row_security and not _is_shown(other, allowed, catalog):
            return (
                f"the SELECT policies of {name}, which those of {table.name} look up, test more than who belongs to it."
            )
    return None


def _is_shown(table: Table, allowed: set[Mention], catalog: Catalog) -> bool:
    rules = [rule for policy in policies_for(table, LISTENER) for rule in read_rules(policy, table)]
    showing = [rule for rule in rules if all(_shows(condition, allowed) for condition in rule)]
    return any(_why_in_vain(rule, allowed, table, catalog) is None for rule in showing)


def _shows(condition: Condition, allowed: set[Mention]) -> bool:
    plain = condition.mentions is not None and condition.mentions <= allowed and condition.asks_subject
    return plain or is_open(condition)


def _why_endless(table: Table, catalog: Catalog) -> str | None:
    """Why reading the table ends in an error: its policies look up, in the end, a table on the way to itself."""
    ends: set[TableName] = set()

    def follow(way: tuple[TableName, ...]) -> str | None:
        here = catalog.tables.get(way[-1])
        for name in sorted(_looked_up(here) - ends) if here and here.row_security else ():
            if name in way:
                return (
                    f"the SELECT policies of {way[-1]} look up {name}, which leads in a circle, and Postgres refuses "
                    "that. Look it up in a security definer function."
                )
            why_not = follow((*way, name))
            if why_not:
                return why_not
        ends.add(way[-1])
        return None

    return follow((table.name,))


def _looked_up(table: Table) -> set[TableName]:
    rules = (rule for policy in policies_for(table, LISTENER) for rule in read_rules(policy, table))
    return {name for rule in rules for condition in rule for name in condition.looks_up}


def _needed(asked: Asked, membership: Membership | None) -> set[Mention]:
    holder = asked.scope.path[-1].references if asked.scope.path else asked.table.name
    needed = {(holder, column) for column in asked.scope.columns}
    if membership is not None:
        needed |= {(membership.table, column) for column in (*membership.scope_columns, membership.user_column)}
    return needed


def _on_path(asked: Asked, path: tuple[Hop, ...]) -> Iterator[Mention]:
    for hop in (*asked.scope.path, *path):
        yield from ((hop.table, column) for column in hop.columns)
        yield from ((hop.references, column) for column in hop.referenced_columns)
    principal = asked.scope.principal
    if principal is not None and principal in asked.catalog.tables:
        yield from ((principal, column) for column in asked.catalog[principal].primary_key)


def _grants(rule: Rule, needed: set[Mention], allowed: set[Mention], hears_hidden_rows: bool) -> bool:
    """Whether the rule is the membership and nothing more, but for conditions on the row where those may be ignored.

    That somebody is logged in is no further condition: whoever listens is.
    """
    deciding = [
        condition
        for condition in rule
        if condition.mentions is not None and condition.asks_subject and needed <= condition.mentions <= allowed
    ]
    others = [condition for condition in rule if condition not in deciding and not is_open(condition)]
    return bool(deciding) and all(hears_hidden_rows and condition.row_only for condition in others)


def _who_is_left_out(table: Table, others: tuple[tuple[Policy, Rule], ...]) -> Iterator[str]:
    """Sentences on who may read rows without being a member, and so hears nothing of them."""
    names = sorted({policy.name for policy, _ in others})
    if names:
        yield (
            f"Whoever may read {table.name} only by another rule (in the polic{'ies' if len(names) > 1 else 'y'} "
            f"{', '.join(names)}) does not hear of it."
        )
    visitors = table.select_roles is None or "anon" in table.select_roles
    only_theirs = sorted({p.name for p in reading_policies(table) if "anon" in p.roles and LISTENER not in p.roles})
    if visitors and only_theirs:
        yield f"Visitors without a login, who may read it by {', '.join(only_theirs)}, do not hear of it."


def _say_hidden(rule: Rule, table: Table) -> str:
    condition = next(condition for condition in rule if condition.row_only)
    return (
        f"the SELECT policies of {table.name} also test {condition.text}, so members would hear of rows "
        "that they may not read. If they may hear that such a row changed, answer hears_hidden_rows."
    )


def _say_other(policies: tuple[Policy, ...], known: set[Mention], asked: Asked, membership: Membership | None) -> str:
    table = asked.table
    by = f"by {membership.table}" if membership else "by that user alone"
    functions = sorted({name for policy in policies for name in policy.functions} - {"auth.uid"})
    if functions:
        return (
            f"the SELECT policies of {table.name} decide by {', '.join(functions)}(), not {by}. "
            f"{say_why_unread(policies, asked.catalog)}"
            f"Write a policy on realtime.messages by hand around that function."
        )
    extra = sorted({m for policy in policies for m in policy.columns} - known)
    if extra:
        name, column = extra[0]
        return f"the SELECT policies of {table.name} also test {name}.{column}, which a topic's policy would not."
    return f"the SELECT policies of {table.name} do not decide {by} in a form that is understood."


def say_why_unread(policies: tuple[Policy, ...], catalog: Catalog) -> str:
    """Why the first function that the policies call is not taken for a look-up of members; '' if nothing is known."""
    definitions = {d.name: d for policy in policies for d in policy.definitions}
    for name in sorted(definitions):
        why = read_function(definitions[name], catalog)
        reason = why if isinstance(why, str) else "it is called in a form that is not understood"
        return f"{name}() is not taken for a look-up of members: {reason}. "
    return ""
