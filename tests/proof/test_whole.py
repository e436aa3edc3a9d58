"""All tables' scripts as one migration: what is sound is proved, and each fault is seen by the step meant for it."""

from __future__ import annotations

import pytest

from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Migration, WholeProof
from realtime_advisor.proof.whole import prove_whole
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import write
from ..generation.world import CATALOG, DOCUMENTS, DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION
from .varied import VARIED


@pytest.fixture(scope="module")
def made() -> Migration:
    """Two of the tables feed one topic."""
    return generate_all(write(each).design for each in (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION))


def tried(made: Migration, server: RunningServer) -> WholeProof:
    proof = prove_whole(made, CATALOG, server=server)
    assert proof is not None
    return proof


def test_what_was_generated_is_proved_as_one(made: Migration, server: RunningServer) -> None:
    proof = tried(made, server)
    assert [step for step in proof.steps if step.holds is not True] == []
    assert proof.holds
    assert proof.reason.startswith(
        f"On PostgreSQL {server.binaries.version} the migration was applied twice to an imitation of all 3 tables "
        "together, checked, and taken back without a trace. Between, a new row in each told what it should and "
        "nothing else"
    )


@pytest.mark.parametrize("shape", VARIED)
def test_no_shape_of_table_is_called_wrong(shape: str, server: RunningServer) -> None:
    case = VARIED[shape]()
    proof = prove_whole(generate_all([case.script.design]), case.catalog, server=server)
    assert proof is None or [str(step) for step in proof.steps if step.holds is False] == []


FAULTS = {
    "another event": ("functions", "stats_invalidated", "stats_changed", "insert_one_row"),
    "an open policy": ("policies", "to authenticated\n", "to authenticated, anon\n", "check_script_agrees"),
    "an entity of another table": ("policies", "'notifications'", "'documents'", "members_may_join"),
    "what stays behind": ("down", "drop trigger if exists", "-- ", "down_restores_the_catalogue"),
    "no SQL": ("functions", "create schema", "creat schema", "installs"),
    "what cannot be repeated": ("functions", "create schema if not exists", "create schema", "installs_again"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_whole_is_seen(fault: str, made: Migration, server: RunningServer) -> None:
    part, before, after, step = FAULTS[fault]
    parts = {"functions": made.functions, "triggers": made.triggers, "policies": made.policies, "down": made.down}
    assert before in parts[part]
    parts[part] = parts[part].replace(before, after)
    functions, triggers, policies, down = parts.values()
    proof = tried(Migration(made.designs, functions, triggers, policies, down, made.check), server)
    assert not proof.holds
    assert step in {each.name for each in proof.steps if each.holds is False}
    assert f", {next(each.name for each in proof.steps if each.holds is False)} saw " in proof.reason


def test_only_the_busiest_are_asked_about_and_nothing_is_tried_where_nothing_is_applied(
    made: Migration, server: RunningServer
) -> None:
    proof = prove_whole(made, CATALOG, busiest=[DOCUMENTS], most=1, server=server)
    assert proof is not None
    assert {step.sentence.partition(":")[0] for step in proof.steps if ":" in step.sentence} == {str(DOCUMENTS)}
    assert prove_whole(generate_all([]), CATALOG, server=server) is None
