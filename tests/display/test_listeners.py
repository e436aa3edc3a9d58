"""Who may listen, in words: with what must hold of a membership's row, wherever that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.bundle.adr import adr_files
from realtime_advisor.display.designs import say_entitled
from realtime_advisor.display.show import show
from realtime_advisor.model import ByTable, Condition, Decisions
from tests.bundle.pages_world import small
from tests.display.world import OWN
from tests.generation.world import TENANT_SCOPE

TESTS = {
    "one value": (Condition("status", "in", ("active",)), "status = 'active'"),
    "a quote": (Condition("state", "in", ("it's",)), "state = 'it''s'"),
    "some values": (Condition("role", "in", ("owner", "admin")), "role in ('owner', 'admin')"),
    "a number": (Condition("level", "in", ("7",), "integer"), "level = 7"),
    "no value": (Condition("left_at", "null", (), "timestamp with time zone"), "left_at is null"),
    "a value": (Condition("joined_at", "not null", (), "timestamp with time zone"), "joined_at is not null"),
    "a truth": (Condition("is_active", "true", (), "boolean"), "is_active is true"),
    "a time to come": (Condition("expires_at", "future", (), "timestamp with time zone"), "expires_at > now()"),
    "a time gone by": (Condition("starts_at", "past", (), "timestamp with time zone"), "starts_at < now()"),
}
ACTIVE, STAYING = TESTS["one value"][0], TESTS["no value"][0]


@pytest.mark.parametrize(("condition", "words"), TESTS.values(), ids=TESTS)
def test_what_must_hold_of_a_row_is_said(condition: Condition, words: str) -> None:
    assert TENANT_SCOPE.entitlement
    assert OWN.entitlement
    members = replace(TENANT_SCOPE, entitlement=replace(TENANT_SCOPE.entitlement, conditions=(condition,)))
    assert say_entitled(members) == f"users with a row in memberships where {words}"
    own = replace(OWN, entitlement=replace(OWN.entitlement, conditions=(condition,)))
    assert say_entitled(own) == f"the user named in the topic where {words}"


def test_records_and_notebooks_say_all_that_must_hold() -> None:
    assert TENANT_SCOPE.entitlement
    advice = small()
    name = next(name for name, design in advice.designs.items() if str(name) == "public.documents")
    entitlement = replace(TENANT_SCOPE.entitlement, conditions=(ACTIVE, STAYING))
    scope, design = replace(TENANT_SCOPE, entitlement=entitlement), advice.designs[name]
    told = replace(design, emissions=tuple(replace(each, scope=scope) for each in design.emissions))
    decision = replace(advice.decisions[name], scope=scope)
    advice = replace(
        advice,
        decisions=Decisions({**advice.decisions, name: decision}),
        designs=ByTable({**advice.designs, name: told}),
    )
    who = "users with a row in memberships where status = 'active' and left_at is null"
    record = adr_files(advice)["adr/0002-public.documents.md"]
    assert f"* Who may listen: {who}." in record
    assert f"* Good, because {who} may hear `documents_<action>` on" in record
    assert who in show(told).text
