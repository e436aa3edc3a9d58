"""What this library generates for the framework's tables: the same topics, by the same road as any other table."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    Catalog,
    Decision,
    Entitlement,
    Feed,
    Hop,
    Option,
    Scope,
    ScopeKind,
    Script,
    Source,
    TableName,
)


def _public(name: str) -> TableName:
    return TableName("public", name)


TENANTS, USERS, THREADS, MESSAGES = map(_public, ("tenants", "users", "message_threads", "messages"))
NOTIFICATIONS, *DASHBOARD_TABLES = map(_public, ("notifications", "documents", "payments", "statements"))
DASHBOARD = Feed("dashboard", "stats_invalidated", (*DASHBOARD_TABLES, MESSAGES))


def mend(catalog: Catalog) -> tuple[Script, ...]:
    """The scripts for the framework's tables as they are in this catalogue."""
    return tuple(
        generate(design(_decide(table, *scopes), catalog, feeds=[DASHBOARD])) for table, *scopes in _scopes(catalog)
    )


def _scopes(catalog: Catalog) -> Iterator[tuple[TableName, *tuple[Scope, ...]]]:
    key = catalog[TENANTS].column("id").type
    yield (
        NOTIFICATIONS,
        Scope(ScopeKind.USER, "user", USERS, ("user_id",), "uuid", entitlement=Entitlement("self", "uuid")),
    )
    for table in DASHBOARD_TABLES:
        yield table, Scope(ScopeKind.TENANT, "tenant", TENANTS, ("tenant_id",), key, entitlement=_members())
    to_thread = Hop(MESSAGES, ("thread_id",), THREADS, ("id",))
    yield (
        MESSAGES,
        Scope(
            ScopeKind.THREAD,
            "thread",
            THREADS,
            ("thread_id",),
            "uuid",
            entitlement=_members(Hop(THREADS, ("tenant_id",), TENANTS, ("id",))),
        ),
        Scope(ScopeKind.TENANT, "tenant", TENANTS, ("tenant_id",), key, path=(to_thread,), entitlement=_members()),
    )


def _members(*path: Hop) -> Entitlement:
    return Entitlement("membership", "uuid", USERS, ("tenant_id",), "id", path=path, source=Source.ANSWERED)


def _decide(table: TableName, *scopes: Scope) -> Decision:
    return Decision(
        table=table,
        option=Option.BROADCAST,
        runner_up=None,
        confidence="high",
        scope=scopes[0],
        findings=(),
        flips=(),
        reasons=(),
        scopes=scopes,
    )
