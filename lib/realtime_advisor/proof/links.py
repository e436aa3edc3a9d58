"""Which columns of a skeleton hold the same keys, be it by a foreign key, a hop, a scope or a membership."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_advisor.model import Entitlement, ForeignKey, Hop, Table, TableName

from .skeleton import Skeleton, holder, principal_column, told_on

Place = tuple[TableName, str]


def links(skeleton: Skeleton) -> Iterator[tuple[Place, Place]]:
    """Referring and referred column: foreign keys, hops, scopes and memberships, whether a key is declared or not."""
    for table in skeleton.tables.values():
        for key in table.foreign_keys:
            for column, parent in zip(key.columns, key.referenced_columns, strict=True):
                if (table.name, column) != (key.references, parent):
                    yield (table.name, column), (key.references, parent)
    for emission in told_on(skeleton.design):
        scope, entitlement = emission.scope, emission.scope.entitlement
        yield from _hops(skeleton, (*scope.path, *(entitlement.path if entitlement else ())))
        yield from _hops(skeleton, (entitlement.login,) if entitlement and entitlement.login else ())
        at = (holder(skeleton.design, emission), scope.columns[0])
        key_column = principal_column(skeleton.design, emission, skeleton.tables)
        principal = (scope.principal, key_column) if scope.principal and key_column else at
        if principal != at:
            yield at, principal
        if entitlement and entitlement.membership:
            yield from _membership_links(entitlement, principal)


def _membership_links(entitlement: Entitlement, principal: Place) -> Iterator[tuple[Place, Place]]:
    assert entitlement.membership is not None
    last = entitlement.path[-1] if entitlement.path else None
    leads = [(last.table, column) for column in last.columns] if last else [principal]
    for column, lead in zip(entitlement.scope_columns, leads, strict=False):
        if (entitlement.membership, column) != lead:
            yield (entitlement.membership, column), lead


def _hops(skeleton: Skeleton, path: Iterable[Hop]) -> Iterator[tuple[Place, Place]]:
    for hop in path:
        for column, parent in zip(hop.columns, hop.referenced_columns, strict=True):
            if hop.references in skeleton.tables and (hop.table, column) != (hop.references, parent):
                yield (hop.table, column), (hop.references, parent)


def user_columns(skeleton: Skeleton) -> list[Place]:
    """The columns that hold what a token's `sub` says."""
    found: dict[Place, None] = {}
    for emission in told_on(skeleton.design):
        entitlement = emission.scope.entitlement
        if entitlement and entitlement.kind == "self":
            found[holder(skeleton.design, emission), emission.scope.columns[0]] = None
        elif entitlement and entitlement.login and entitlement.login_column:
            found[entitlement.login.references, entitlement.login_column] = None
        elif entitlement and entitlement.membership and entitlement.user_column:
            found[entitlement.membership, entitlement.user_column] = None
    return list(found)


def scope_columns(skeleton: Skeleton) -> list[Place]:
    """The columns whose value is a scope's key, save where the scope is the row itself."""
    found: dict[Place, None] = {}
    for emission in told_on(skeleton.design):
        name, column = holder(skeleton.design, emission), emission.scope.columns[0]
        if skeleton.tables[name].primary_key != (column,):
            found[name, column] = None
    return list(found)


def key_columns(skeleton: Skeleton) -> set[Place]:
    """The columns by which rows are made and found: of primary keys, references, scopes, and members' conditions."""
    found = {place for pair in links(skeleton) for place in pair}
    found |= {(table.name, name) for table in skeleton.tables.values() for name in table.primary_key}
    found |= {(name, condition.column) for name, one in memberships(skeleton).items() for condition in one.conditions}
    return found.union(scope_columns(skeleton), user_columns(skeleton))


def memberships(skeleton: Skeleton) -> dict[TableName, Entitlement]:
    """The tables whose rows make members."""
    found = [emission.scope.entitlement for emission in told_on(skeleton.design)]
    return {one.membership: one for one in found if one and one.membership in skeleton.tables and one.membership}


def dependents(skeleton: Skeleton) -> set[TableName]:
    """The design's own table and what refers to it: they have rows in the first slices only, to leave room for more."""
    found, above = {skeleton.design.table}, _ancestors(skeleton)
    for _ in skeleton.tables:
        for table in skeleton.tables.values():
            into = [key for key in table.foreign_keys if key.references in found]
            if any(table.name not in above or not _may_be_null(skeleton, table, key) for key in into):
                found.add(table.name)
    return found


def loose_columns(skeleton: Skeleton) -> Iterator[Place]:
    """Columns that refer to a table with rows in the first slices only, and may refer to no row, or to their own."""
    short = dependents(skeleton) | memberships(skeleton).keys()
    for table in skeleton.tables.values():
        for key in table.foreign_keys:
            if key.references == table.name and len(key.columns) == 1:
                yield table.name, key.columns[0]
            elif key.references in short:
                yield from ((table.name, column) for column in _may_be_null(skeleton, table, key))


def reaches_further(skeleton: Skeleton) -> bool:
    """Whether the design's own table may have rows in further slices than the first: all that it refers to is there."""
    short = dependents(skeleton) | memberships(skeleton).keys()
    loose = set(loose_columns(skeleton))
    into = (key for key in skeleton.own.foreign_keys if key.references in short)
    return all(any((skeleton.own.name, name) in loose for name in key.columns) for key in into)


def _ancestors(skeleton: Skeleton) -> set[TableName]:
    """What the design's own table refers to, and what that refers to."""
    found = {key.references for key in skeleton.own.foreign_keys} - {skeleton.design.table}
    for _ in skeleton.tables:
        found |= {key.references for name in found for key in skeleton.tables[name].foreign_keys}
    return found - {skeleton.design.table}


def _may_be_null(skeleton: Skeleton, table: Table, key: ForeignKey) -> list[str]:
    """The columns of a foreign key that lead nowhere else, and may be NULL."""
    elsewhere = {column for other in table.foreign_keys if other != key for column in other.columns}
    elsewhere |= {column for name, column in (*scope_columns(skeleton), *user_columns(skeleton)) if name == table.name}
    for emission in told_on(skeleton.design):
        path = (*emission.scope.path, *(emission.scope.entitlement.path if emission.scope.entitlement else ()))
        elsewhere |= {column for hop in path if hop.table == table.name for column in hop.columns}
    free = (name for name in key.columns if name not in elsewhere and name not in table.primary_key)
    return [name for name in free if not table.column(name).not_null]
