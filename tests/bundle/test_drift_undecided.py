"""The publication as a check judges it: what stays published for want of an answer is neither drift nor outstanding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from realtime_advisor.bundle.drift.published import find_published, outstanding_cut_overs
from realtime_advisor.bundle.drift.world import World
from realtime_advisor.bundle.export import export
from realtime_advisor.bundle.reading import read_decisions
from realtime_advisor.model import Decision
from tests.generation.test_cutover import published, set_up
from tests.generation.world import DOCUMENTS, DOCUMENTS_DECISION

from .pages_world import advise
from .test_readme import silent

SENT = World(published(DOCUMENTS), set_up(tables=(DOCUMENTS,)))


def judged(decision: Decision, folder: Path) -> tuple[list[str], list[str]]:
    """The findings and the notes on a database that publishes the table, as it did when the bundle was made."""
    export(advise([decision], catalog=SENT.catalog), folder)
    run = read_decisions(folder)
    return [each.sentence for each in find_published(run, SENT)], [*outstanding_cut_overs(run, SENT)]


def test_what_is_published_for_want_of_an_answer_is_noted_as_open(tmp_path: Path) -> None:
    assert judged(silent(DOCUMENTS_DECISION), tmp_path / "out") == (
        [],
        [
            "supabase_realtime sends public.documents, and too little was known to say whether it should: answer what "
            "the bundle asks about it, and decide again with make report."
        ],
    )


def test_the_cut_over_of_what_is_certain_is_outstanding(tmp_path: Path) -> None:
    certain = replace(silent(DOCUMENTS_DECISION), confidence="high")
    assert judged(certain, tmp_path / "out") == (
        [],
        ["The cut-over of public.documents is outstanding: supabase_realtime still sends it."],
    )
