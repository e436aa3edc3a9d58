"""Which scopes a table tells: its own, and the tenant of each feed that it is in."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_advisor.model import Catalog, Decision, Feed, Scope, ScopeKind, Table, TableName

from .entitlement import why_unusable


def scopes_told(
    decision: Decision, catalog: Catalog, table: Table, feeds: Sequence[Feed], *, own: bool
) -> tuple[list[tuple[Scope, Feed | None]], tuple[str, ...]]:
    """The scopes to tell, each with its feed if it is one, and sentences about those that cannot be told."""
    told: list[tuple[Scope, Feed | None]] = []
    untold: list[str] = []
    for feed in feeds:
        if table.name in feed.tables:
            scope, problem = _feed_scope(decision, catalog, table, feed)
            if scope:
                told.append((scope, feed))
            untold += [problem] if problem else []
    if own and decision.scope and not any(_is_same(decision.scope, scope) for scope, _ in told):
        problem = why_unusable(decision.scope, catalog, table)
        if problem:
            untold.append(problem)
        else:
            told.insert(0, (decision.scope, None))
    return told, tuple(untold)


def _is_same(one: Scope, other: Scope) -> bool:
    return (one.principal, one.columns, one.path) == (other.principal, other.columns, other.path)


def _feed_scope(decision: Decision, catalog: Catalog, table: Table, feed: Feed) -> tuple[Scope | None, str | None]:
    """The table's tenant scope, the decision's own first; or why there is none."""
    candidates = [scope for scope in (decision.scope, *decision.scopes) if scope and scope.kind is ScopeKind.TENANT]
    problems = [why_unusable(scope, catalog, table) or _why_not_shared(scope, table, feed) for scope in candidates]
    for scope, problem in zip(candidates, problems, strict=True):
        if problem is None:
            return scope, None
    missing = (
        f"{table.name} is in the feed {feed.name}, but no path leads from it to a tenant: the feed does not hear of it."
    )
    return None, next(iter(problems), None) or missing


def inherited_from(scope: Scope | None, catalog: Catalog, table: Table) -> TableName | None:
    """The first table it inherits from that has the columns that lead to the scope, and so can tell of its rows."""
    if scope is None:
        return None
    leading = set(scope.path[0].columns if scope.path else scope.columns)
    for parent in table.inherits:
        if parent in catalog.tables and leading <= {column.name for column in catalog[parent].columns}:
            return inherited_from(scope, catalog, catalog[parent]) or parent
    return None


def _why_not_shared(scope: Scope, table: Table, feed: Feed) -> str | None:
    """Why a scope cannot share its topic: whoever may listen for another table's sake would hear of this one too."""
    if scope.entitlement is None or not scope.entitlement.conditions:
        return None
    asked = ", ".join(condition.column for condition in scope.entitlement.conditions)
    return (
        f"{table.name} is not told to the feed {feed.name}: only those members count whose row says so ({asked}), and "
        "a feed has one audience for all of its tables. It keeps a topic of its own."
    )
