"""An override whose day has passed: what the verdict is now stands beside what it was, wherever it is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from realtime_advisor.bundle.compare import compare
from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.drift.decided_again import find_decided_otherwise
from realtime_advisor.bundle.drift.expiring import expired_answers, expiring_answers
from realtime_advisor.bundle.export import Bundle, export
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.reading import parse_decisions
from realtime_advisor.bundle.readme import SCHEMA
from realtime_advisor.display.show import show
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.targets import connect

from .conftest import Installed

LAST_DAY = date(2026, 10, 31)
OUTCOME = "expired on 2026-10-31: the evidence decides again: postgres_changes, was broadcast."


def answers(expires: date) -> dict[str, dict[str, object]]:
    said = {"reason": "we want control", "by": "Ada", "expires": expires}
    return {
        "public.messages": {"option": {"answer": "broadcast", **said}},
        "public.documents": {"option": {"answer": "broadcast", **said}, "user_facing": {"answer": True, **said}},
    }


@pytest.fixture(scope="module")
def expired() -> Advice:
    return advise(connect(environ={}), prove=0, answers=answers(LAST_DAY))


@pytest.fixture(scope="module")
def bundle(expired: Advice) -> Bundle:
    return export(expired)


@pytest.fixture(scope="module")
def counted() -> Advice:
    """The same while it counts."""
    return advise(connect(environ={}), prove=0, answers=answers(date(2999, 12, 31)))


def test_the_page_tells_both_verdicts(bundle: Bundle) -> None:
    readme = bundle["README.md"]
    assert f"- The override of public.messages {OUTCOME}" in readme
    row = "| public.messages | postgres_changes, by the evidence: the architect's broadcast expired on 2026-10-31 |"
    assert row in readme
    too = (
        "- The override of public.documents expired on 2026-10-31: the evidence decides again, and says broadcast too."
    )
    assert too in readme
    asked = "The answer user_facing of public.documents expired on 2026-10-31: decided without it, this is broadcast; "
    assert f"- {asked}ask again." in readme


def test_report_and_records_tell_both_verdicts(bundle: Bundle) -> None:
    assert f"The override of public.messages {OUTCOME}" in bundle["report.html"]
    record = next(text for name, text in bundle.items() if name.startswith("adr/") and "public.messages" in name)
    assert f"The override {OUTCOME}" in record
    assert "* Answered option: broadcast, because we want control (Ada, until 2026-10-31), which has expired." in record


def test_the_notebook_tells_both_verdicts(expired: Advice) -> None:
    told = show(expired.decisions["public.messages"]).text
    assert f"- The override {OUTCOME}" in told
    assert "Decided by the architect" not in told


def test_the_index_keeps_what_has_expired_apart(bundle: Bundle) -> None:
    index = json.loads(bundle[INDEX])
    jsonschema.validate(index, json.loads(bundle[SCHEMA]))
    table = next(entry for entry in index["tables"] if entry["table"] == "messages")
    assert (table["override"], table["answers"][0]["has_expired"]) == (None, True)
    assert parse_decisions(index, "it").tables["public.messages"].answers == {}


def test_a_comparison_says_that_it_expired(counted: Advice, expired: Advice) -> None:
    told = str(compare(counted, expired))
    assert (
        "Table messages flipped: broadcast -> postgres_changes; what the architect decided expired on 2026-10-31, and "
        "the evidence decides again."
    ) in told
    assert (
        "Table messages has another override: we want control (Ada, until 2999-12-31) -> none since 2026-10-31." in told
    )


def test_a_check_tells_of_an_override_from_the_day_after_its_last(
    counted: Advice, installed: Installed, tmp_path: Path
) -> None:
    index = json.loads(export(counted, tmp_path / "out")[INDEX])
    run = parse_decisions(index, "it")
    with installed.target() as target:
        catalog = read_catalog(target)
        assert not any("expired" in str(finding) for finding in check(target, tmp_path / "out").findings)
    found = {
        day: [str(each) for each in find_decided_otherwise(run, catalog, counted.churn, (), day)]
        for day in (date(2999, 12, 31), date(3000, 1, 1))
    }
    assert list(found.values()) == [
        [],
        [
            "Table public.messages: the override that decided broadcast expired on 2999-12-31, so the evidence decides "
            "again: postgres_changes. Decide again with make report, and apply what that exports."
        ],
    ]
    assert list(expired_answers(run, date(3000, 1, 1))) == [
        "The answer user_facing for public.documents expired on 2999-12-31: ask again."
    ]


def test_a_check_warns_of_answers_that_count_for_a_month_at_most(counted: Advice) -> None:
    run = parse_decisions(json.loads(export(counted)[INDEX]), "it")
    assert list(expiring_answers(run, date(2999, 12, 1))) == [
        "The override of public.documents, broadcast, expires on 2999-12-31, in 30 days: ask again.",
        "The answer user_facing of public.documents expires on 2999-12-31, in 30 days: ask again.",
        "The override of public.messages, broadcast, expires on 2999-12-31, in 30 days: ask again.",
    ]
    assert [len(list(expiring_answers(run, day))) for day in (date(2999, 11, 30), date(3000, 1, 1))] == [0, 0]
    assert next(iter(expiring_answers(run, date(2999, 12, 31)))).endswith("expires on 2999-12-31, today: ask again.")


def test_the_warning_is_a_note_and_no_drift(installed: Installed, tmp_path: Path) -> None:
    day = datetime.now(UTC).date() + timedelta(days=7)
    export(advise(connect(environ={}), prove=0, answers=answers(day)), tmp_path / "out")
    with installed.target() as target:
        drift = check(target, tmp_path / "out")
    warning = f"The override of public.messages, broadcast, expires on {day}, in 7 days: ask again."
    assert warning in drift.notes
    assert not any("expires" in str(finding) for finding in drift.findings)
