"""What a table refuses makes no script wrong: such a step could not be tried, and a real fault is still seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from realtime_advisor.model import ProofStatus
from realtime_advisor.proof import installing
from realtime_advisor.proof.building import build_scene
from realtime_advisor.proof.copies import Copies
from realtime_advisor.proof.mutants import MUTANTS, spoil
from realtime_advisor.proof.mutants.surgery import CALLBACK, operate
from realtime_advisor.proof.prove import TELLING, prove
from realtime_advisor.proof.tried import tried
from realtime_advisor.sandbox.postgres import RunningServer

from .designs import CASES
from .refusing import REFUSING, full

# Of each shape, the steps that its tables leave no room for, with a part of what they say.
NO_ROOM: Final[Mapping[str, Mapping[str, str]]] = {
    "a tenant is held by restrict": {"parent_goes": 'foreign key constraint "notes_tenant_id_fkey"'},
    "a tenant is held by no action": {"parent_goes": 'foreign key constraint "notes_tenant_id_fkey"'},
    "a tenant's rows get a default": {"parent_goes": "not-null constraint"},
    "an author who is a member": {"over_the_cap": 'foreign key constraint "notes_tenant_id_author_id_fkey"'},
    **{
        f"the tenant itself, held by {action}": {
            "truncate": "would be emptied too",
            "move_scope": "the scope is the row itself",
            "parent_goes": "the keys do not cascade",
        }
        for action in ("restrict", "no action")
    },
    "a key of few values": dict.fromkeys(
        ("insert_many_rows", "copy_rows", "several_statements", "bulk"), 'unique constraint "notes_pkey"'
    ),
    "a short key": {"bulk": 'unique constraint "notes_pkey"'},
    "an enum of one label": {
        "update_watched_column": "two values",
        **dict.fromkeys(("update_many_rows", "upsert", "merge"), "no watched column takes another value"),
    },
    "users without a table": {"parent_goes": "the keys do not cascade"},
}
# Those that hardly any of these shapes has a subject for.
ASIDE: Final = {
    *("update_unwatched_column", "scope_to_null", "scope_from_null", "write_to_partition"),
    *("parent_moves", "parent_stays", "join_cost"),
}
CHECKS: Final = {check.__name__: check for check in TELLING}
FAULTS: Final = (
    ("members hold a tenant by restrict", "deleting_is_not_told", "parent_goes"),
    ("members hold a tenant by no action", "deleting_is_not_told", "delete_one_row"),
    ("the tenant itself, held by restrict", "deleting_is_not_told", "delete_many_rows"),
    ("a parent of the same table", "reading_is_not_told", "update_watched_column"),
    ("a parent of the same table", "write_fails_with_the_message", "send_fails"),
    ("an author who is a member", "no_single_lock", "policy_change"),
    ("members, told", "one_message_a_row", "update_many_rows"),
    ("users without a table", "new_scope_only", "move_scope"),
    ("a thread that knows its last message", "parent_goes_unheard", "parent_goes"),
)


@pytest.mark.parametrize("shape", REFUSING)
def test_a_sound_script_is_proved_as_far_as_its_tables_let_it(shape: str, server: RunningServer) -> None:
    case = REFUSING[shape]()
    proof = prove(case.script, case.catalog, server=server)
    assert proof.failures == ()
    assert proof.status is (ProofStatus.SUBSTITUTED if shape == "a key that is made" else ProofStatus.PROVED)
    untried = {step.name: step.observed for step in proof.steps if step.holds is None and step.name not in ASIDE}
    wanted = NO_ROOM.get(shape, {})
    assert untried.keys() == wanted.keys()
    assert [name for name, part in wanted.items() if part not in untried[name]] == []


@pytest.mark.parametrize(("shape", "fault", "caught_by"), FAULTS)
def test_a_fault_is_seen_there_too(shape: str, fault: str, caught_by: str, server: RunningServer) -> None:
    case = REFUSING[shape]()
    [mutant] = (each for each in MUTANTS if each.name == fault)
    with Copies(server) as copies:
        scene, _ = build_scene(copies.take(), mutant.spoil(case.script), case.catalog, copies.costs)
        assert installing.installs(scene).holds
        assert tried(CHECKS[caught_by], scene).holds is False


def test_a_generated_key_is_said_to_be_imitated(server: RunningServer) -> None:
    case = REFUSING["a key that is made"]()
    assert prove(case.script, case.catalog, server=server).substitutes == (
        "An ordinary column stands for id of public.notes, which is generated: rows are made by their keys.",
    )


def test_what_the_script_raises_in_the_tables_name_is_its_own_fault(server: RunningServer) -> None:
    case = CASES["documents"]
    unguarded = spoil(case.script, "write_fails_with_the_message")
    error = "raise unique_violation using schema = 'public', table = 'documents', message = 'taken';"
    proof = prove(
        operate(unguarded, "functions", r"^begin\n", f"begin\n  {error}\n", CALLBACK), case.catalog, server=server
    )
    assert "insert_one_row" in [step.name for step in proof.failures]


def test_without_a_row_that_can_be_written_nothing_is_proved(server: RunningServer) -> None:
    case = full()
    proof = prove(case.script, case.catalog, server=server)
    assert (proof.status, proof.failures) == (ProofStatus.NOT_PROVED, ())
    assert proof.reason == (
        "No row of public.notes could be written here: it could not be tried, since the tables refuse such rows: "
        'duplicate key value violates unique constraint "notes_pkey".'
    )
