"""Generated scripts are proved against their own designs, and a script that does otherwise is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.model import Decision, ProofStatus, Script
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import write
from ..generation.world import CATALOG, DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION


@pytest.mark.parametrize("granularity", ["statement", "statement, set-based", "transaction"])
@pytest.mark.parametrize("decision", [NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION])
def test_what_was_generated_is_proved(server: RunningServer, decision: Decision, granularity: str) -> None:
    proof = prove(write(decision, granularity=granularity), CATALOG, server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED
    assert proof.server_version == server.binaries.version


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
        ("'record_id', record_id", "'record', record_id", "insert_one_row"),
        ("security definer  -- the writer", "-- the writer", "check_script_agrees"),
        ("  from public, anon, authenticated;", "  from anon;", "functions_are_closed"),
    ],
)
def test_a_spoiled_script_is_not_proved(server: RunningServer, before: str, after: str, caught_by: str) -> None:
    proof = prove(spoiled(write(NOTIFICATIONS_DECISION), before, after), CATALOG, server=server)
    assert proof.status is ProofStatus.NOT_PROVED
    assert any(caught_by in step.name for step in proof.failures)
