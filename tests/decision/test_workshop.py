"""On the framework's own tables the engine comes out where its "Table-Specific Analysis" does, by evidence alone."""

from __future__ import annotations

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Option, ScopeKind
from realtime_advisor.reference import load_matrix

from .conftest import Observed

ANALYSIS = {
    "public.notifications": Option.BROADCAST,
    "public.documents": Option.BROADCAST,
    "public.payments": Option.BROADCAST,
    "public.statements": Option.BROADCAST,
    "public.messages": Option.POSTGRES_CHANGES,
    "public.audit_logs": Option.NO_REALTIME,
    "public.user_activity_logs": Option.NO_REALTIME,
    "public.mdm_entities": Option.NO_REALTIME,
    "public.mdm_attributes": Option.NO_REALTIME,
    "public.user_presence": Option.PRESENCE,
}


@pytest.mark.parametrize(("table", "option"), ANALYSIS.items())
def test_the_option_is_the_frameworks(observed: Observed, table: str, option: Option) -> None:
    decision = decide(observed.catalog, observed.churn)[table]
    assert decision.option is option, decision.reasons


@pytest.mark.parametrize(("table", "option"), ANALYSIS.items())
def test_the_option_stays_when_the_tables_are_renamed(renamed: Observed, table: str, option: Option) -> None:
    decision = decide(renamed.catalog, renamed.churn)[renamed.names[table]]
    if option is Option.PRESENCE:
        assert decision.option in (Option.PRESENCE, Option.BROADCAST), "that state is disposable, only a name can hint"
    else:
        assert decision.option is option, decision.reasons


def test_messages_have_broadcast_as_runner_up_and_say_at_which_rate_it_wins(observed: Observed) -> None:
    decision = decide(observed.catalog, observed.churn)["public.messages"]
    assert decision.runner_up is Option.BROADCAST
    flips = {flip.metric: flip for flip in decision.flips}
    assert flips["hottest_scope_per_minute"].at == 100
    assert flips["hottest_scope_per_minute"].to is Option.BROADCAST
    now = flips["hottest_scope_per_minute"].now
    assert isinstance(now, float)
    assert 20 < now < 60, "205 a minute in the table, about a fifth of the rows in the hottest thread"


def test_a_lower_threshold_turns_messages_to_broadcast(observed: Observed) -> None:
    matrix = load_matrix().with_threshold("hottest_scope_per_minute", 30)
    decision = decide(observed.catalog, observed.churn, matrix=matrix)["public.messages"]
    assert decision.option is Option.BROADCAST


def test_the_audience_is_whom_the_policies_compare_and_never_the_author(observed: Observed) -> None:
    decisions = decide(observed.catalog, observed.churn)
    scopes = {str(name): decision.scope for name, decision in decisions.items()}
    found = {
        name: (scope.kind, scope.columns, len(scope.path))
        for name, scope in scopes.items()
        if scope and not scope.refusal
    }
    assert found["public.messages"] == (ScopeKind.THREAD, ("thread_id",), 0)
    assert found["public.notifications"] == (ScopeKind.USER, ("user_id",), 0)
    assert found["public.documents"] == (ScopeKind.TENANT, ("tenant_id",), 0)


def test_messages_reach_their_tenant_through_their_thread(observed: Observed) -> None:
    decision = decide(observed.catalog, observed.churn)["public.messages"]
    tenant = next(scope for scope in decision.scopes if scope.kind is ScopeKind.TENANT)
    assert [str(hop.references) for hop in tenant.path] == ["public.message_threads"]
    assert tenant.columns == ("tenant_id",)
    assert tenant.entitlement is not None
    assert str(tenant.entitlement.membership) == "public.memberships"


def test_the_bulk_job_is_found_among_calm_minutes(observed: Observed) -> None:
    decision = decide(observed.catalog, observed.churn)["public.statements"]
    bulk = next(finding for finding in decision.findings if finding.criterion == "bulk_writes")
    assert bulk.holds
    assert bulk.evidence.value is not None
    assert float(bulk.evidence.value) >= 5000


def test_every_criterion_is_evaluated_and_shown_for_every_table(observed: Observed) -> None:
    decisions = decide(observed.catalog, observed.churn)
    assert len(decisions) == 14
    for decision in decisions.values():
        assert [finding.criterion for finding in decision.findings] == [criterion.id for criterion in load_matrix()]


def test_an_answer_overrides_what_was_assumed(observed: Observed) -> None:
    answers = {"public.messages": {"wants_control": True}, "public.user_presence": {"disposable": False}}
    decisions = decide(observed.catalog, observed.churn, answers=answers)
    assert decisions["public.messages"].option is Option.BROADCAST
    assert decisions["public.user_presence"].option is Option.BROADCAST
    assert decisions["public.user_presence"].runner_up is Option.PRESENCE


def test_the_architect_may_decide_against_the_evidence_and_the_evidence_stays_visible(observed: Observed) -> None:
    answers = {"public.messages": {"option": "broadcast", "reason": "one client library for all"}}
    decision = decide(observed.catalog, observed.churn, answers=answers)["public.messages"]
    assert decision.option is Option.BROADCAST
    assert decision.override == "one client library for all"
    assert decision.runner_up is Option.POSTGRES_CHANGES
    assert decision.reasons[0] == "The architect decided broadcast; the evidence says postgres_changes."
