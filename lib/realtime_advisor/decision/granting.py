"""Whether a rule of a table's SELECT policies lets exactly a scope's members read, or why none does.

A rule lets all who listen read if their query holds whatever the rule asks: each row that it looks up, each equation.
What it tests of the membership's row beside that becomes a condition of the entitlement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from realtime_advisor.model import Catalog, Condition, Hop, Policy, Scope, Table, TableName, with_article

from .everyone import LISTENER, is_open, policies_for
from .functions import read_function
from .listeners import Conditions, Listener, find_listener
from .overrides import Counting, NamedMembers
from .policies import Mention, Requirement, Rule, mention_of, read_rules
from .principals import Membership, reading_policies
from .row_tests import together
from .served import ask_served, is_servers_own, say_served

# The ways from tables to those that memberships pair with users, once they were found.
Routes = dict[tuple[TableName, TableName | None], tuple[tuple[Hop, ...], TableName] | None]


@dataclass(frozen=True)
class Asked:
    """One scope of one table, whose entitlement is wanted.

    `is_said`: the architect named this very scope; `is_served`: and says who hears of rows that the server alone reads.
    """

    scope: Scope
    table: Table
    catalog: Catalog
    hears_hidden_rows: bool
    named: NamedMembers | None = None
    counting: Counting = field(default_factory=dict)
    routes: Routes = field(default_factory=dict)
    is_said: bool = False
    is_served: bool = False


@dataclass(frozen=True)
class Granted:
    """The rule that lets members read, and what to say of it.

    `conditions` are what it asks of the membership's row, `through` the functions that ask, `left_out` who reads
    without hearing.
    """

    conditions: tuple[Condition, ...] = ()
    through: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    hides_rows: bool = False  # every such rule has a condition on the row, which was answered for


def refuse(scope: Scope, sentence: str) -> Scope:
    """The scope, with the sentence that says why nobody can be named who may hear it."""
    return replace(scope, refusal=f"Who may hear {with_article(scope.label)} cannot be derived: {sentence}")


def grant(asked: Asked, path: tuple[Hop, ...], membership: Membership | None) -> Granted | str:
    """What lets exactly the scope's members read; or the sentence that says why nothing does."""
    table = asked.table
    if asked.is_served:
        return Granted(left_out=(say_served(table),))
    closed = why_closed(table, asked.catalog)
    if closed:
        return closed
    if not table.row_security:
        return Granted()  # every row is open to them: to listen is less
    listener = find_listener(asked.scope, table, asked.catalog, path, membership)
    needed = _needed(asked, membership)
    policies = policies_for(table, LISTENER)
    rules = [(policy, rule) for policy in policies for rule in read_rules(policy, table)]
    found = [(rule, _grants(rule, needed, listener, asked.hears_hidden_rows)) for _, rule in rules]
    granting = sorted(((rule, c) for rule, c in found if c is not None), key=lambda each: len(each[1]))
    if not granting:
        hiding = [rule for _, rule in rules if _grants(rule, needed, listener, hears_hidden_rows=True) is not None]
        known = {mention_of(term, table.name) for term in listener.classes}
        return _say_hidden(hiding[0], table) if hiding else _say_other(policies, known, asked, membership)
    endless = _why_endless(table, asked.catalog)
    if endless:
        return endless
    return _first_not_in_vain(granting, rules, needed, listener)


def _first_not_in_vain(
    granting: list[tuple[Rule, Conditions]], rules: list[tuple[Policy, Rule]], needed: set[Mention], listener: Listener
) -> Granted | str:
    vain: list[str] = []
    for rule, conditions in granting:
        shown = _why_in_vain(rule, listener.table, listener)
        if isinstance(shown, str):
            vain.append(shown)
            continue
        full = conditions | shown
        covered = [other for other, theirs in granting if theirs >= conditions]
        others = tuple((policy, each) for policy, each in rules if each not in covered)
        through = sorted({name for requirement in rule for name in requirement.through})
        left_out = _who_is_left_out(listener.table, others)
        ordered = sorted(full, key=lambda condition: (condition.column, condition.test, condition.values))
        strict = [_grants(each, needed, listener, hears_hidden_rows=False) for each, _ in granting]
        hides = not any(theirs is not None and theirs <= full for theirs in strict)
        return Granted(together(ordered), tuple(through), tuple(left_out), hides)
    return vain[0]


def why_unreadable(table: Table, catalog: Catalog) -> str | None:
    """Why logged-in users cannot read the table at all."""
    if table.select_roles is not None and LISTENER not in table.select_roles:
        return f"{LISTENER} may not select from {table.name}.{ask_served(table) if is_servers_own(table) else ''}"
    if table.row_security and not policies_for(table, LISTENER):
        return f"row level security is on for {table.name}, and no policy lets {LISTENER} read it."
    return _why_refused(table, catalog) if catalog.withholds_columns else None


def _why_refused(table: Table, catalog: Catalog) -> str | None:
    """Why Postgres refuses each read: policies, with the reader's rights, look up a column that is not granted.

    It asks for the rights on all that is looked up before it looks at any row, so one policy is enough.
    """
    done: set[TableName] = set()
    waiting = [table]
    while waiting:
        here = waiting.pop()
        if here.name in done or not here.row_security:
            continue
        done.add(here.name)
        looked_up = _looked_up(here)
        for policy in policies_for(here, LISTENER):
            for name, column in policy.columns:
                if name in looked_up and name in catalog.tables and column in catalog[name].withheld_columns:
                    return (
                        f"Postgres refuses each read of {table.name}: the policy {policy.name} on {here.name} looks up "
                        f"{name}.{column}, which {LISTENER} may not select. Grant that, or look it up in a security "
                        "definer function."
                    )
        waiting += [catalog[name] for name in sorted(looked_up) if name in catalog.tables]
    return None


def why_closed(table: Table, catalog: Catalog) -> str | None:
    """Why logged-in users cannot read the table at all, or only under conditions that apply to all of them."""
    unreadable = why_unreadable(table, catalog)
    if unreadable or not table.row_security:
        return unreadable
    if any(not policy.permissive and policy.command in ("select", "all") for policy in table.policies):
        return f"{table.name} has a restrictive policy, which a topic's policy would not test."
    return None


def _why_in_vain(rule: Rule, table: Table, listener: Listener) -> Conditions | str:
    """What members' rows must say for the tables that the rule looks up to show them; or why these do not.

    Their own policies apply within a policy, though not to what a function looks up with its owner's rights. Call it
    where look-ups do not go in circles.
    """
    conditions: Conditions = frozenset()
    for name in sorted({name for requirement in rule for name in requirement.looks_up}):
        if name not in listener.catalog.tables:
            return f"the SELECT policies of {table.name} look up {name}, which is not in the catalogue."
        other = listener.catalog[name]
        closed = why_closed(other, listener.catalog)
        if closed:
            return closed
        shown = _shows(other, listener) if other.row_security else frozenset()
        if shown is None:
            return (
                f"the SELECT policies of {name}, which those of {table.name} look up, test more than who belongs to it."
            )
        conditions |= shown
    return conditions


def _shows(table: Table, listener: Listener) -> Conditions | None:
    """What members' rows must say for a looked-up table to show its row to them; None if no rule of it does."""
    found = []
    for rule in (rule for policy in policies_for(table, LISTENER) for rule in read_rules(policy, table)):
        asked = [_shows_by(requirement, table, listener) for requirement in rule]
        inner = None if None in asked else _why_in_vain(rule, table, listener)
        if isinstance(inner, frozenset):
            found.append(inner.union(*(each for each in asked if each is not None)))
    return min(found, key=len, default=None)


def _shows_by(requirement: Requirement, table: Table, listener: Listener) -> Conditions | None:
    if is_open(requirement):
        return frozenset()
    return listener.holds(requirement.query, table.name) if requirement.query is not None else None


def _why_endless(table: Table, catalog: Catalog) -> str | None:
    """Why reading the table ends in an error: its policies look up, in the end, a table on the way to itself."""
    done: set[TableName] = set()
    way = [table.name]
    waiting = [iter(sorted(_looked_up(table)))]
    while way:
        name = next(waiting[-1], None)
        if name is None:
            done.add(way.pop())
            waiting.pop()
        elif name in way:
            return (
                f"the SELECT policies of {way[-1]} look up {name}, which leads in a circle, and Postgres refuses "
                "that. Look it up in a security definer function."
            )
        elif name not in done:
            here = catalog.tables.get(name)
            way.append(name)
            waiting.append(iter(sorted(_looked_up(here)) if here and here.row_security else ()))
    return None


def _looked_up(table: Table) -> set[TableName]:
    rules = (rule for policy in policies_for(table, LISTENER) for rule in read_rules(policy, table))
    return {name for rule in rules for requirement in rule for name in requirement.looks_up}


def _needed(asked: Asked, membership: Membership | None) -> set[Mention]:
    """The columns that a rule has to compare for it to be about the scope and its members at all."""
    holder = asked.scope.path[-1].references if asked.scope.path else asked.table.name
    needed = {(holder, column) for column in asked.scope.columns}
    if membership is not None:
        needed |= {(membership.table, column) for column in (*membership.scope_columns, membership.user_column)}
    return needed


def _grants(rule: Rule, needed: set[Mention], listener: Listener, hears_hidden_rows: bool) -> Conditions | None:
    """What the rule asks of the membership's row, if it asks nothing else but who belongs.

    Conditions on the row itself count as nothing where they may be ignored, and so does that somebody is logged in:
    whoever listens is.
    """
    conditions: Conditions = frozenset()
    compared: set[Mention | None] = set()
    for requirement in rule:
        held = listener.holds(requirement.query) if requirement.query is not None else None
        if held is not None and requirement.query is not None:
            conditions |= held
            compared |= {mention_of(term, listener.table.name) for term in requirement.query.terms}
        elif not is_open(requirement) and not (hears_hidden_rows and requirement.row_only):
            return None
    asks = any(requirement.asks_subject for requirement in rule)
    return conditions if asks and needed <= compared else None


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
    condition = next(requirement for requirement in rule if requirement.row_only)
    return (
        f"the SELECT policies of {table.name} also test {condition.text}, so members would hear of rows "
        "that they may not read. If they may hear that such a row changed, answer hears_hidden_rows."
    )


def _say_other(
    policies: tuple[Policy, ...], known: set[Mention | None], asked: Asked, membership: Membership | None
) -> str:
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
