"""Scripts to prove and to break, by the names that mutants use, each with the catalogue that it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from realtime_advisor.model import ByTable, Catalog, Condition, Script, Table

from ..generation.conftest import write
from ..generation.test_entitlement import keyed
from ..generation.test_presence import present
from ..generation.world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    USERS,
    decide,
    make_table,
)


@dataclass(frozen=True)
class Case:
    """A script and the catalogue it was made for."""

    script: Script
    catalog: Catalog
    tables: tuple[Table, ...] = TABLES  # parents first


STATES = (
    Condition("status", "in", ("active", "owner")),
    Condition("revoked_at", "null", type_name="timestamp with time zone"),
)
MEMBERS = make_table(
    "memberships",
    "tenant_id uuid, user_id uuid, status text?, revoked_at timestamp with time zone?",
    key=("tenant_id", "user_id"),
    references={"tenant_id": TENANTS, "user_id": USERS},
)


def guarded(*columns: str, conditions: tuple[Condition, ...] = STATES, members: Table = MEMBERS) -> Case:
    """Documents whose messages carry columns, for members whose row says that they count."""
    scope = replace(TENANT_SCOPE, entitlement=replace(MEMBERSHIP, conditions=conditions))
    tables = tuple(members if table.name == members.name else table for table in TABLES)
    catalog = Catalog(SERVER, ByTable({table.name: table for table in tables}))
    return Case(write(decide(DOCUMENTS, scope), catalog, feeds=(), columns=columns), catalog, tables)


def cases() -> Mapping[str, Case]:
    """What mutants are made of."""
    notes, notes_catalog = keyed("text", "text")
    numbers, numbers_catalog = keyed("integer", "bigint")
    return {
        "notifications": Case(write(NOTIFICATIONS_DECISION), CATALOG),
        "documents": Case(write(DOCUMENTS_DECISION), CATALOG),
        "messages": Case(write(MESSAGES_DECISION), CATALOG),
        "notes": Case(
            write(notes, notes_catalog),
            notes_catalog,
            tuple(notes_catalog[name] for name in ("teams", "members", "notes")),
        ),
        "presence": Case(present(), CATALOG),
        "guarded": guarded("title", "price"),
        "set-based": Case(write(DOCUMENTS_DECISION, granularity="statement, set-based"), CATALOG),
        "numbers": Case(write(numbers, numbers_catalog), numbers_catalog),
    }


CASES = cases()
