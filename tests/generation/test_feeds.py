"""Feeds are proposed for tables of one tenant whose screens would count, and applied by nobody but the architect."""

from __future__ import annotations

from dataclasses import replace

from realtime_advisor.generation.design import design
from realtime_advisor.generation.feeds import propose_feeds
from realtime_advisor.model import (
    Catalog,
    Condition,
    Decision,
    Evidence,
    Feed,
    FeedProposal,
    Finding,
    Option,
    Scope,
    ScopeKind,
    Source,
    TableName,
)

from .shapes import with_table
from .world import DOCUMENTS, NOTIFICATIONS, TENANT_SCOPE, TENANTS, USER_SCOPE, decide, make_table, public

INVOICES = public("invoices")
CATALOG: Catalog = with_table(
    make_table("invoices", "id uuid, tenant_id uuid, total numeric", references={"tenant_id": TENANTS})
)


def finding(criterion: str, value: float | bool, unit: str = "share of row changes", holds: bool = True) -> Finding:
    evidence = Evidence(value, unit, Source.MEASURED)
    return Finding(criterion, Option.BROADCAST, f"It is {criterion}", holds, evidence, ">", 0.5)


def busy(table: TableName, *findings: Finding, scope: Scope = TENANT_SCOPE) -> Decision:
    return replace(decide(table, scope), findings=findings or (finding("update_heavy", 0.82),))


def proposed(*decisions: Decision, feeds: tuple[Feed, ...] = ()) -> tuple[FeedProposal, ...]:
    return propose_feeds({decision.table: decision for decision in decisions}, CATALOG, feeds)


def test_two_tables_of_one_tenant_that_would_be_counted_are_proposed_with_their_reasons() -> None:
    documents = busy(DOCUMENTS, finding("update_heavy", 0.82), finding("high_volume", 1200.0, "events/minute"))
    invoices = busy(INVOICES, finding("wants_light_payloads", True))
    assert proposed(invoices, documents) == (
        FeedProposal(
            "tenant",
            (DOCUMENTS, INVOICES),
            (
                "public.documents: It is update_heavy (0.82 share of row changes); "
                "It is high_volume (1,200 events/minute).",
                "public.invoices: It is wants_light_payloads.",
            ),
        ),
    )


def test_the_architect_names_it_and_hands_it_to_the_design() -> None:
    [proposal] = proposed(busy(DOCUMENTS), busy(INVOICES))
    feed = proposal.named("overview", "counts_changed")
    assert feed == Feed("overview", "counts_changed", (DOCUMENTS, INVOICES))
    made = design(busy(INVOICES), CATALOG, feeds=[feed])
    assert [(emission.topic, emission.event) for emission in made.emissions] == [
        ("tenant:<id>:overview", "counts_changed")
    ]


def test_members_are_the_same_whatever_the_policies_are_called() -> None:
    assert TENANT_SCOPE.entitlement is not None
    worded = replace(TENANT_SCOPE, entitlement=replace(TENANT_SCOPE.entitlement, reason="policies decide by it"))
    assert len(proposed(busy(DOCUMENTS), busy(INVOICES, scope=worded))) == 1
    others = replace(TENANT_SCOPE, entitlement=replace(TENANT_SCOPE.entitlement, user_column="owner_id"))
    assert proposed(busy(DOCUMENTS), busy(INVOICES, scope=others)) == ()


def test_an_audience_of_some_members_only_keeps_its_own_topic() -> None:
    assert TENANT_SCOPE.entitlement is not None
    admins = replace(TENANT_SCOPE.entitlement, conditions=(Condition("role", "in", ("admin",)),))
    assert (
        proposed(*(busy(table, scope=replace(TENANT_SCOPE, entitlement=admins)) for table in (DOCUMENTS, INVOICES)))
        == ()
    )


def test_nothing_is_applied_by_itself() -> None:
    made = design(busy(INVOICES), CATALOG)
    assert [emission.topic for emission in made.emissions] == ["tenant:<id>:invoices"]


def test_what_does_not_belong_together_is_not_proposed() -> None:
    listed = busy(INVOICES, finding("update_heavy", 0.2, holds=False))
    other = replace(TENANT_SCOPE, label="club", kind=ScopeKind.TENANT)
    hidden = replace(TENANT_SCOPE, entitlement=None, refusal="nobody is entitled.")
    assert proposed(busy(DOCUMENTS)) == ()
    assert proposed(busy(DOCUMENTS), listed) == ()
    assert proposed(busy(DOCUMENTS), busy(INVOICES, scope=other)) == ()
    assert proposed(busy(DOCUMENTS), busy(INVOICES, scope=hidden)) == ()
    assert proposed(busy(DOCUMENTS), busy(NOTIFICATIONS, scope=USER_SCOPE)) == ()
    assert proposed(busy(DOCUMENTS), replace(busy(INVOICES), option=Option.NO_REALTIME)) == ()


def test_what_is_in_a_feed_already_is_left_out() -> None:
    feed = Feed("dashboard", "stats_invalidated", (DOCUMENTS,))
    assert proposed(busy(DOCUMENTS), busy(INVOICES), feeds=(feed,)) == ()
