"""What the architect decided otherwise, wherever the bundle tells of the table."""

from __future__ import annotations

import json
from datetime import date

import jsonschema
import pytest

from realtime_advisor.bundle.compare import compare
from realtime_advisor.bundle.export import Bundle, export
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.readme import SCHEMA
from realtime_advisor.display.show import show
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice
from realtime_advisor.targets import connect

ANSWERS: dict[str, dict[str, object]] = {
    "public.documents": {
        "option": {
            "answer": "broadcast",
            "reason": "one screen | a tenant",
            "by": "Ada",
            "date": date(2026, 11, 1),
            "expires": date(2999, 1, 1),
            "evidence_said": "presence",
        },
        "thresholds": {"hottest_scope_per_minute": 250},
        "watched": ["title"],
    },
    "public.messages": {"option": {"answer": "broadcast", "reason": "we want control", "by": "Ada"}},
}
WHO = "one screen | a tenant (Ada, 2026-11-01, until 2999-01-01)"


@pytest.fixture(scope="module")
def advice() -> Advice:
    return advise(connect(environ={}), prove=0, answers=ANSWERS)


@pytest.fixture(scope="module")
def bundle(advice: Advice) -> Bundle:
    return export(advice)


def test_the_index_has_each_answer_beside_the_evidence(bundle: Bundle) -> None:
    index = json.loads(bundle[INDEX])
    jsonschema.validate(index, json.loads(bundle[SCHEMA]))
    table = next(entry for entry in index["tables"] if entry["table"] == "documents")
    assert table["override"] == WHO
    assert table["answers"][0] == {
        "question": "option",
        "answer": "broadcast",
        "reason": "one screen | a tenant",
        "by": "Ada",
        "date": "2026-11-01",
        "expires": "2999-01-01",
        "evidence_said": "presence",
        "evidence_says": "broadcast",
        "has_expired": False,
    }
    assert [(each["question"], each["answer"]) for each in table["answers"][1:]] == [
        ("thresholds", {"hottest_scope_per_minute": 250.0}),
        ("watched", ["title"]),
    ]


def test_the_page_tells_an_override_beside_what_the_evidence_says(bundle: Bundle) -> None:
    assert (
        "| public.messages | broadcast, by the architect: we want control (Ada); the evidence says postgres_changes |"
        in bundle["README.md"]
    )
    assert f"| broadcast, by the architect: {WHO.replace('|', chr(92) + '|')}; the" in bundle["README.md"]
    assert (
        "- The override of public.documents was decided when the evidence said presence; it says broadcast now: look "
        "at it again." in bundle["README.md"]
    )


def test_the_page_tells_what_else_was_answered(bundle: Bundle) -> None:
    _, _, told = bundle["README.md"].partition("## What the architect answered\n\n")
    assert told.partition("\n\n")[0].splitlines() == [
        "- public.documents, thresholds: hottest scope per minute 250.",
        "- public.documents, watched: title.",
    ]


def test_a_script_opens_with_the_override(bundle: Bundle) -> None:
    head = bundle["tables/public.messages.up.sql"].partition("begin;")[0]
    assert "Decided by the architect: we want control (Ada)" in head
    assert "the evidence says postgres_changes" in head


def test_a_decision_shows_its_override(advice: Advice) -> None:
    assert f"Decided by the architect: {WHO}" in show(advice.decisions["public.documents"]).text


def test_a_comparison_tells_of_overrides_and_answers(workshop_advice: Advice, advice: Advice) -> None:
    told = str(compare(workshop_advice, advice))
    assert "Table messages flipped: postgres_changes -> broadcast; the architect decided otherwise." in told
    assert f"Table documents has another override: none -> {WHO}." in told
    assert (
        'Table documents has another answer: none -> thresholds = {"hottest_scope_per_minute": 250.0}, '
        'watched = ["title"].'
    ) in told
    assert not compare(advice, advice)
