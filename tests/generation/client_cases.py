"""A dozen designs whose TypeScript is read, compiled and run."""

from __future__ import annotations

from dataclasses import replace

from realtime_advisor.generation.design import design
from realtime_advisor.model import Catalog, Decision, Design, Feed, Option, Scope, TableName

from .conftest import plan
from .shapes import with_table
from .test_entitlement import keyed
from .test_golden import HOSTILE_CATALOG, HOSTILE_DECISION
from .test_presence import present
from .world import (
    CATALOG,
    DASHBOARD,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    TENANT_SCOPE,
    TENANTS,
    decide,
    make_table,
    public,
)

NOTES_DECISION, NOTES_CATALOG = keyed("text", "text")
OPERATIONS = ("insert", "update", "delete")


def cases() -> dict[str, Design]:
    """Name to design: each option, each granularity, and names that are nobody's identifiers."""
    return {
        "notifications": plan(NOTIFICATIONS_DECISION),
        "documents": plan(DOCUMENTS_DECISION, feeds=()),
        "dashboard": plan(DOCUMENTS_DECISION),
        "messages_broadcast": plan(MESSAGES_DECISION),
        "messages_changes": design(MESSAGES_DECISION, CATALOG, feeds=(DASHBOARD,)),
        "presence": present().design,
        "none": design(decide(public("users"), option=Option.NO_REALTIME), CATALOG),
        "refused": plan(decide(DOCUMENTS), feeds=()),
        "set_based": plan(DOCUMENTS_DECISION, feeds=(), granularity="statement, set-based"),
        "transaction": plan(DOCUMENTS_DECISION, feeds=(), granularity="transaction"),
        "truncate": plan(DOCUMENTS_DECISION, feeds=(), operations=(*OPERATIONS, "truncate")),
        "record": plan(DOCUMENTS_DECISION, feeds=(), columns=("title", "price")),
        "row": plan(DOCUMENTS_DECISION, feeds=(), granularity="row"),
        "patterns": plan(DOCUMENTS_DECISION, feeds=(), topic="app:{entity}:{scope}:{id}", event="{action}:{entity}"),
        "text_keys": plan(NOTES_DECISION, NOTES_CATALOG),
        "hostile": plan(HOSTILE_DECISION, HOSTILE_CATALOG),
        "class": _named("class"),
        "order_items": _named("order-items"),
        "organization_feed": _organizations(),
        "hostile_changes": _hostile_changes(),
    }


def _named(name: str) -> Design:
    decision, catalog = _owned_by_tenants(public(name))
    return plan(decision, catalog, feeds=())


def _owned_by_tenants(name: TableName, scope: Scope = TENANT_SCOPE) -> tuple[Decision, Catalog]:
    table = make_table(name, "id uuid, tenant_id uuid, title text?", references={"tenant_id": TENANTS})
    return decide(name, scope), with_table(table)


def _organizations() -> Design:
    """A feed of tenants that are called otherwise."""
    name = public("invoices")
    decision, catalog = _owned_by_tenants(name, replace(TENANT_SCOPE, label="organization"))
    return plan(decision, catalog, feeds=[Feed("it's news", "it's <new>", (name,))])


def _hostile_changes() -> Design:
    decision, catalog = _owned_by_tenants(TableName("sales", "o'rder */\n"))
    return design(replace(decision, option=Option.POSTGRES_CHANGES), catalog)
