"""Generated scripts are proved against their own designs, and a script that does otherwise is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.model import Decision, ProofStatus, Script
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import Choices, write
from ..generation.world import CATALOG, DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION
from .varied import VARIED


@pytest.mark.parametrize("granularity", ["statement", "statement, set-based", "transaction"])
@pytest.mark.parametrize("decision", [NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION])
def test_what_was_generated_is_proved(server: RunningServer, decision: Decision, granularity: str) -> None:
    proof = prove(write(decision, granularity=granularity), CATALOG, server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED
    assert proof.server_version == server.binaries.version


CHOICES: dict[str, Choices] = {
    "columns": {"columns": ["title", "price", "labels"]},
    "columns, set-based": {"columns": ["title"], "granularity": "statement, set-based"},
    "whole rows": {"granularity": "row"},
    "clients send": {"clients_send": True},
    "another topic": {"topic": "{entity}:{scope}:{id}"},
    "another event": {"event": "{action}"},
}


@pytest.mark.parametrize("chosen", CHOICES)
def test_what_the_architect_chose_is_proved(server: RunningServer, chosen: str) -> None:
    proof = prove(write(DOCUMENTS_DECISION, feeds=(), **CHOICES[chosen]), CATALOG, server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED


@pytest.mark.parametrize(
    ("choices", "before", "after"),
    [
        ({"columns": ["title"]}, "'title', change.title", "'title', change.id"),
        (
            {"columns": ["title"]},
            "when (change.tenant_id) is not distinct from (before.tenant_id) then json",
            "when true then json",
        ),
        ({"granularity": "row"}, "old_id := old.tenant_id::text;", "old_id := new.tenant_id::text;"),
        ({"granularity": "row"}, "      null, case when not is_wide then old end", "      new, old"),
        ({"clients_send": True}, "for insert to authenticated", "for insert to public"),
    ],
)
def test_a_choice_that_was_spoiled_is_not_proved(
    server: RunningServer, choices: Choices, before: str, after: str
) -> None:
    proof = prove(spoiled(write(DOCUMENTS_DECISION, feeds=(), **choices), before, after), CATALOG, server=server)
    assert proof.failures != ()


@pytest.mark.parametrize(
    ("before", "after", "caught_by"),
    [
        ("old_id := old.tenant_id::text;", "old_id := new.tenant_id::text;", "move_scope"),
        ("if told > most_rows then", "if false then", "over_the_cap"),
        ("if told > most_rows then", "if told > 150 then", "over_the_cap"),
    ],
)
def test_spoiled_rows_of_a_partitioned_table_are_not_proved(
    server: RunningServer, before: str, after: str, caught_by: str
) -> None:
    case = VARIED["partitioned, whole rows"]()
    proof = prove(spoiled(case.script, before, after), case.catalog, server=server)
    assert caught_by in [step.name for step in proof.failures]


def test_a_column_too_few_is_seen_where_another_is_generated(server: RunningServer) -> None:
    case = VARIED["generated column in the payload"]()
    proof = prove(spoiled(case.script, "'price', change.price", "'price', null"), case.catalog, server=server)
    assert "insert_one_row" in [step.name for step in proof.failures]


def spoiled(script: Script, before: str, after: str) -> Script:
    assert before in script.functions + script.policies
    return replace(
        script, functions=script.functions.replace(before, after), policies=script.policies.replace(before, after)
    )


@pytest.mark.parametrize(
    ("before", "after", "caught_by"),
    [
        ("extension = 'broadcast'\n    and ", "", "other_extensions_are_refused"),
        ("coalesce(topic = opening || scope_id::text || closing and scope_id = user_id, false)", "true", "others_may"),
        ("'record_id', change.", "'record', change.", "insert_one_row"),
        ("security definer  -- the writer", "-- the writer", "check_script_agrees"),
        ("  from public, anon, authenticated;", "  from anon;", "functions_are_closed"),
    ],
)
def test_a_spoiled_script_is_not_proved(server: RunningServer, before: str, after: str, caught_by: str) -> None:
    proof = prove(spoiled(write(NOTIFICATIONS_DECISION), before, after), CATALOG, server=server)
    assert proof.status is ProofStatus.NOT_PROVED
    assert any(caught_by in step.name for step in proof.failures)
