"""Drift of the publication: what was so when the bundle was made is a note, what became so since is a finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.export import export
from realtime_advisor.journey import advise
from realtime_advisor.model import Drift
from realtime_advisor.sandbox.postgres import RunningServer

from ..new_databases import new_database
from .conftest import Installed

TABLES = """
    create table public.gauges (id int primary key, reading int);
    create table public.levels (id int primary key, reading int);
    create publication supabase_realtime for table public.gauges;
"""
ANSWERS: dict[str, dict[str, object]] = {
    "public.gauges": {"option": "broadcast"},
    "public.levels": {"option": "postgres_changes"},
}


@pytest.fixture
def gauges(server: RunningServer) -> Iterator[Installed]:
    """A table to broadcast that is published and has no scope, so no script; and one to publish that is not."""
    with new_database(server, owner="postgres") as name:
        database = Installed(server, name)
        database.run(TABLES)
        yield database


def told(database: Installed, bundle: Path) -> tuple[list[str], list[str]]:
    """The findings and notes about the publication."""
    with database.target() as target:
        drift: Drift = check(target, bundle)
    findings = [each.sentence for each in drift.findings if each.what == "publication"]
    return findings, [note for note in drift.notes if "supabase_realtime" in note]


def test_what_was_so_when_the_bundle_was_made_is_a_note(gauges: Installed, tmp_path: Path) -> None:
    with gauges.target() as target:
        export(advise(target, 0, answers=ANSWERS, prove=0), tmp_path / "out")
    assert told(gauges, tmp_path / "out") == (
        [],
        [
            "Table public.gauges was decided broadcast, and supabase_realtime still sends it: the bundle has no "
            "cut-over of it.",
            "The cut-over of public.levels is outstanding: supabase_realtime does not send it yet.",
        ],
    )


def test_what_became_so_since_is_a_finding(gauges: Installed, tmp_path: Path) -> None:
    gauges.run("alter publication supabase_realtime set table public.levels")
    with gauges.target() as target:
        export(advise(target, 0, answers=ANSWERS, prove=0), tmp_path / "out")
    assert told(gauges, tmp_path / "out") == ([], [])
    gauges.run("alter publication supabase_realtime set table public.gauges")
    assert told(gauges, tmp_path / "out") == (
        [
            "Table public.gauges was decided broadcast, and has been added to the publication supabase_realtime.",
            "Table public.levels is not in the publication supabase_realtime: its clients see SUBSCRIBED, hear "
            "nothing.",
        ],
        [],
    )
