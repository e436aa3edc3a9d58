"""Sound scripts of every kind of choice, type and membership are proved, with a word on what was only imitated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Unpack

import pytest

from realtime_advisor.model import ByTable, Catalog, Column, Condition, Policy, ProofStatus, Script
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import Choices, write
from ..generation.shapes import with_table
from ..generation.test_entitlement import keyed
from ..generation.world import (
    CATALOG,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MEMBERSHIPS,
    MESSAGES_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    USERS,
    decide,
    make_table,
    public,
)

Case = Callable[[], tuple[Script, Catalog]]


def alone(**choices: Unpack[Choices]) -> tuple[Script, Catalog]:
    """Documents that speak on a topic of their own."""
    return write(DOCUMENTS_DECISION, feeds=(), **choices), CATALOG


def keys(key_type: str, **choices: Unpack[Choices]) -> tuple[Script, Catalog]:
    decision, catalog = keyed(key_type, "text")
    return write(decision, catalog, **choices), catalog


def typed(type_name: str) -> tuple[Script, Catalog]:
    """Notes with two columns of a type."""
    columns = [Column("id", "bigint", True), Column("tenant_id", "uuid")]
    columns += [Column("state", type_name), Column("other", type_name, True)]
    catalog = with_table(make_table("notes", columns, references={"tenant_id": TENANTS}))
    return write(decide(public("notes"), TENANT_SCOPE), catalog), catalog


def counting(*conditions: Condition) -> tuple[Script, Catalog]:
    """Documents of tenants whose members count only under conditions."""
    columns = [Column("id", "bigint", True), Column("tenant_id", "uuid", True), Column("user_id", "uuid", True)]
    columns += [Column(condition.column, condition.type_name) for condition in conditions]
    members = make_table("members", columns, ("id",), {"tenant_id": TENANTS, "user_id": USERS})
    entitled = replace(MEMBERSHIP, membership=members.name, conditions=conditions)
    catalog = with_table(members)
    decision = decide(public("documents"), replace(TENANT_SCOPE, entitlement=entitled))
    return write(decision, catalog, feeds=()), catalog


def guarded() -> tuple[Script, Catalog]:
    """Memberships under row level security, by a policy that fits, one that does not parse here, and a hostile one."""
    policies = (
        Policy("own", "select", True, ("authenticated",), "user_id = auth.uid()"),
        Policy("unknown", "select", True, ("public",), "app.is_admin()"),
        Policy("hostile", "select", True, ("public",), "true); drop schema realtime cascade; --"),
    )
    tables = {table.name: replace(table, policies=policies) if table.name == MEMBERSHIPS else table for table in TABLES}
    catalog = Catalog(SERVER, ByTable(tables))
    return write(DOCUMENTS_DECISION, catalog), catalog


SOUND: Final[Mapping[str, Case]] = {
    "whole rows": partial(alone, granularity="row"),
    "whole rows, a small cap": partial(alone, granularity="row", most_topics=3),
    "columns": partial(alone, columns=("price", "title", "labels")),
    "columns of many scopes": partial(alone, columns=("title",), granularity="statement, set-based"),
    "clients send": lambda: (write(MESSAGES_DECISION, clients_send=True), CATALOG),
    "other patterns": partial(alone, topic="{id}:{entity}:{scope}", event="{action}"),
    "hostile ids in another pattern": partial(keys, "text", topic="app:{entity}:{id}:x:{scope}"),
    "members by state": partial(counting, Condition("status", "in", ("active", "owner"))),
    "members not revoked": partial(counting, Condition("revoked_at", "null", (), "timestamp with time zone")),
    "members who accepted": partial(counting, Condition("accepted_at", "not null", (), "timestamp with time zone")),
    "members by two flags": partial(
        counting, Condition("active", "true", (), "boolean"), Condition("banned", "false", (), "boolean")
    ),
    "members for a time": partial(
        counting,
        Condition("expires_at", "future", (), "timestamp with time zone"),
        Condition("starts_at", "past", (), "timestamp with time zone"),
    ),
    "guarded memberships": guarded,
    "citext": partial(typed, "public.citext"),
    "hstore": partial(typed, "extensions.hstore"),
    "arrays": partial(typed, "integer[]"),
}
IMITATED: Final[Mapping[str, tuple[Case, str]]] = {
    "an enum": (partial(typed, 'public."Mood"'), 'the type public."Mood"'),
    "a vector": (partial(typed, "extensions.vector(3)"), "the type extensions.vector"),
    "a key of the database's own type": (partial(keys, "public.kind"), "the type public.kind"),
    "a hostile type": (partial(typed, '"a;--"."b\'"'), 'the type "a;--"."b\'"'),
    "members by an enum": (
        partial(counting, Condition("status", "in", ("active",), "public.member_status")),
        "The type public.member_status is an enum of the labels",
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_scripts_are_proved(server: RunningServer, name: str) -> None:
    proof = prove(*SOUND[name](), server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED, proof.reason


@pytest.mark.parametrize("name", IMITATED)
def test_what_is_imitated_is_said(server: RunningServer, name: str) -> None:
    case, sentence = IMITATED[name]
    proof = prove(*case(), server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.SUBSTITUTED, proof.reason
    assert sentence in " ".join(proof.substitutes)


def test_members_whose_row_does_not_count_are_in_the_truth_table(server: RunningServer) -> None:
    proof = prove(*SOUND["members by state"](), server=server)
    refused = {cell.who for cell in proof.cells if not cell.observed}
    assert {"member whose status is null", "member whose status is value 500"} <= refused
