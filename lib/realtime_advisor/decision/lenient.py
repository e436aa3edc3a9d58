"""Columns by which nobody may be let in: their collation takes texts that differ for equal, and a topic does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_advisor.model import Catalog, Hop, Scope, TableName

from .users import UserTable


def find_lenient(scope: Scope, catalog: Catalog, users: Mapping[TableName, UserTable]) -> str | None:
    """The first column with a nondeterministic collation by which the scope, or who listens to it, is looked up.

    The scope's own column is none: its text is the topic's, which is compared exactly.
    """
    for name, column in _looked_up(scope, users):
        if name in catalog.tables and any(each.lenient for each in catalog[name].columns if each.name == column):
            return f"{name}.{column}"
    return None


def say_lenient(column: str) -> str:
    """That the column may take one user or scope for another, and what to do."""
    return (
        f"the collation of {column} is nondeterministic: texts that differ are equal, so one id could pass for "
        "another. Give the column a deterministic collation."
    )


def _looked_up(scope: Scope, users: Mapping[TableName, UserTable]) -> Iterator[tuple[TableName, str]]:
    entitlement = scope.entitlement
    if entitlement is None:
        return
    user = users.get(scope.principal) if scope.principal else None
    if user and user.sub:
        yield user.name, user.sub
    for hop in (*scope.path, *entitlement.path, *((entitlement.login,) if entitlement.login else ())):
        yield from _ends(hop)
    if entitlement.membership:
        for column in (*entitlement.scope_columns, entitlement.user_column):
            yield entitlement.membership, column or ""
    if entitlement.login:
        yield entitlement.login.references, entitlement.login_column or ""


def _ends(hop: Hop) -> Iterator[tuple[TableName, str]]:
    yield from ((hop.table, column) for column in hop.columns)
    yield from ((hop.references, column) for column in hop.referenced_columns)
