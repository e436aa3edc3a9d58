"""Drift: nothing on a database as the bundle left it, and each planted change told in its sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.targets import connect

from .conftest import Installed


def checked(installed: Installed, bundle: Path) -> str:
    with installed.target() as target:
        return str(check(target, bundle))


def test_nothing_has_drifted_where_the_bundle_was_applied(installed: Installed, exported: Path) -> None:
    with installed.target() as target:
        drift = check(target, exported)
    assert (str(drift), drift.status) == (
        "Nothing has drifted: what was decided is installed, unchanged and right.",
        0,
    )


def test_where_nothing_was_applied_one_sentence_says_so(exported: Path) -> None:
    drift = check(connect(environ={}), exported)
    assert str(drift.findings[0]).startswith("Nothing of the bundle is installed: there is no schema realtime_advisor.")
    assert drift.status == 1


PLANTED = {
    "a trigger dropped": (
        "drop trigger realtime_advisor_insert on public.documents",
        "Trigger realtime_advisor_insert on public.documents: missing.",
    ),
    "a trigger disabled": (
        "alter table public.documents disable trigger realtime_advisor_update",
        "Trigger realtime_advisor_update on public.documents: disabled.",
    ),
}


@pytest.mark.parametrize(("statement", "sentence"), PLANTED.values(), ids=PLANTED)
def test_a_planted_change_is_told(installed: Installed, exported: Path, statement: str, sentence: str) -> None:
    installed.run(statement)
    assert sentence in checked(installed, exported)
