"""The prover, proved: every script that is broken on purpose is caught, by the step that is meant to catch it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, ProofStatus, Script
from realtime_advisor.proof import cost, installing, truth
from realtime_advisor.proof.building import build_scene
from realtime_advisor.proof.copies import Copies
from realtime_advisor.proof.mutants import MUTANTS, Mutant, spoil
from realtime_advisor.proof.mutants.surgery import operate
from realtime_advisor.proof.prove import AFTER, BEFORE, BETWEEN, TELLING, prove
from realtime_advisor.proof.scene import Check
from realtime_advisor.sandbox.postgres import RunningServer

from .designs import CASES


def test_every_fault_of_hand_written_set_ups_has_its_mutant() -> None:
    assert {mutant.fault for mutant in MUTANTS if mutant.fault} == set(range(1, 20))
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 25


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_differs_from_the_script_and_says_how(mutant: Mutant) -> None:
    script = CASES[mutant.design].script
    assert mutant.spoil(script) != script
    assert mutant.sentence.endswith(".")


def test_a_mutant_that_would_change_nothing_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"The functions of the script for public\.documents have no 'xyzzy' to change\."
    ):
        operate(CASES["documents"].script, "functions", "xyzzy")


def names_of(checks: Sequence[Check]) -> dict[str, Check]:
    return {check.__name__: check for check in checks}


CHECKS = names_of((*BEFORE, *BETWEEN, *TELLING, *truth.CHECKS, *cost.CHECKS, *AFTER))
INSTALLED = CHECKS.keys() - {"weak_owner", "installs"}


@pytest.fixture(scope="module")
def copies(server: RunningServer) -> Iterator[Copies]:
    """Databases for one script after the other."""
    with Copies(server) as made:
        yield made


def outcome_of(check: str, script: Script, catalog: Catalog, copies: Copies) -> bool | None:
    """Whether a check holds of a script in a database of its own, without the checks that a proof tries before it."""
    scene, _ = build_scene(copies.take(), script, catalog, copies.costs)
    try:
        if check in INSTALLED:
            assert installing.installs(scene).holds
        if CHECKS[check] in truth.CHECKS:
            truth.fill_truth_table(scene)
        return CHECKS[check](scene).holds
    except psycopg.Error:
        return False


def test_a_script_is_spoilt_by_name() -> None:
    script = CASES["documents"].script
    assert "extension =" not in spoil(script, "any_extension").policies
    with pytest.raises(BadInput, match=r"There is no mutant xyzzy\. There are unqualified_table, "):
        spoil(script, "xyzzy")
    with pytest.raises(BadInput, match=r"pattern_of_ids cannot be tried here: .* Choose another mutant\."):
        spoil(script, "pattern_of_ids")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught_by_the_step_that_is_meant_to(mutant: Mutant, copies: Copies) -> None:
    case = CASES[mutant.design]
    assert outcome_of(mutant.caught_by, mutant.spoil(case.script), case.catalog, copies) is False


@pytest.mark.parametrize("design", CASES)
def test_those_steps_hold_of_the_script_as_it_was(design: str, server: RunningServer) -> None:
    case = CASES[design]
    held = {step.name for step in prove(case.script, case.catalog, server=server).steps if step.holds}
    assert {mutant.caught_by for mutant in MUTANTS if mutant.design == design} <= held


@pytest.mark.parametrize("name", ["new_scope_only", "any_user", "trigger_left_behind"])
def test_a_proof_names_the_step_and_what_it_saw(name: str, server: RunningServer) -> None:
    [mutant] = (each for each in MUTANTS if each.name == name)
    case = CASES[mutant.design]
    proof = prove(mutant.spoil(case.script), case.catalog, server=server)
    assert proof.status is ProofStatus.NOT_PROVED
    assert mutant.caught_by in [step.name for step in proof.failures]
    assert proof.failures[0].name in proof.reason
