"""Answers that the database does not bear out any more: one finding each, while the others still count."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.export import export
from realtime_advisor.journey import advise
from realtime_advisor.model import DriftFinding
from realtime_advisor.targets import connect

from .conftest import Installed

ANSWERS: dict[str, dict[str, object]] = {
    "public.documents": {"scope": "tenant_id", "watched": ["title"]},
    "public.payments": {"members": "public.memberships", "members_when": "role = 'owner'"},
    "public.statements": {"members": "public.memberships", "members_when": "role = 'owner'"},
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundle that was decided with these answers."""
    folder = tmp_path_factory.mktemp("answered") / "out"
    export(advise(connect(environ={}), prove=0, answers=ANSWERS), folder)
    return folder


def judged(installed: Installed, bundle: Path) -> list[DriftFinding]:
    """What the check says of answers and decisions; what is installed is another bundle's."""
    with installed.target() as target:
        return [each for each in check(target, bundle).findings if each.what in ("answer", "decision")]


def test_answers_that_fit_are_decided_with(installed: Installed, answered: Path) -> None:
    assert judged(installed, answered) == []


def test_an_answer_that_fits_no_more_is_one_finding_and_the_others_count(installed: Installed, answered: Path) -> None:
    installed.run("alter table public.documents rename tenant_id to owner_id")
    (found,) = judged(installed, answered)
    assert (found.what, str(found.table)) == ("answer", "public.documents")
    assert found.sentence.startswith(
        "The answer scope for public.documents does not fit the database any more, so it was left out: The scope "
        "'tenant_id' for public.documents is no column of it. Name the column that holds the scope's key; there are "
    )
    assert found.remedy == "Decide again with make report, and apply what that exports."


def test_where_a_membership_lost_its_column_each_answer_that_names_it_is_told_and_nothing_else(
    installed: Installed, answered: Path
) -> None:
    installed.run("alter table public.memberships rename column role to kind")
    found = judged(installed, answered)
    assert [(finding.what, str(finding.table)) for finding in found] == [
        ("answer", "public.payments"),
        ("answer", "public.statements"),
    ]
    assert all("The answer members_when for " in finding.sentence for finding in found)
