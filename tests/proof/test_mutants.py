"""The prover, proved: every script that is broken on purpose is caught, by the step that is meant to catch it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from realtime_advisor.proof.mutants import MUTANTS, Mutant
from realtime_advisor.proof.mutants.surgery import operate
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import Application, open_application
from ..generation.world import create_table
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


@pytest.fixture(scope="module")
def applications(server: RunningServer) -> Iterator[dict[str, Application]]:
    """A database for each design."""
    opened = {name: open_application(server, " ".join(map(create_table, case.tables))) for name, case in CASES.items()}
    yield {name: next(application) for name, application in opened.items()}
    for application in opened.values():
        next(application, None)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_installs_unless_that_is_its_fault(mutant: Mutant, applications: dict[str, Application]) -> None:
    application, script = applications[mutant.design], mutant.spoil(CASES[mutant.design].script)
    if mutant.caught_by == "installs":
        with pytest.raises(psycopg.Error):
            application.install(script)
        application.owner.rollback()
        return
    application.install(script)
    application.change(
        "drop schema realtime_advisor cascade; drop function if exists public.broadcast_documents() cascade"
    )
