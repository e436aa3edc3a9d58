"""What Presence is warned of: more updates than it takes, with what was measured beside its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.bundle.export import export
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import ByTable, Catalog, Churn, Decision, Option
from tests.bundle.pages_world import advise

from .world import CATALOG, DOCUMENTS, SERVER, TENANT_SCOPE, decide


def stored(rows: int | None) -> Catalog:
    table = replace(CATALOG[DOCUMENTS], estimated_rows=rows)
    return Catalog(SERVER, ByTable({**{each.name: each for each in CATALOG}, DOCUMENTS: table}))


def updated(per_minute: int, option: Option = Option.PRESENCE) -> Decision:
    return replace(decide(DOCUMENTS, TENANT_SCOPE, option=option), churn=counted(per_minute))


def counted(per_minute: int, basis: str = "window") -> Churn:
    return Churn(DOCUMENTS, 600, 0, per_minute * 10, 0, 0, basis)


ROOMY = "and Presence takes 5 calls of one client in 30 seconds and, of a whole project, 20 (free), 50 (pro), 1,000 "
TOLD = {
    (1800, 1000): "1,800 updates a minute (0.9 in 30 seconds for each row), 30 a second in all, ",
    (1800, None): "1,800 updates a minute, 30 a second in all, ",
    (240, 20): "240 updates a minute (6 in 30 seconds for each row), 4 a second in all, ",
}


@pytest.mark.parametrize(("pace", "sentence"), TOLD.items())
def test_more_than_presence_takes_is_noted_with_its_limits(pace: tuple[int, int | None], sentence: str) -> None:
    (note,) = design(updated(pace[0]), stored(pace[1])).notes
    assert note == (
        f"public.documents was measured at {sentence}{ROOMY}(pro_uncapped, team) messages a second: at this pace let "
        "clients send it by Broadcast instead."
    )


@pytest.mark.parametrize(("per_minute", "rows"), [(1200, 1000), (200, 20), (1200, None), (0, 0)])
def test_what_presence_takes_is_not_noted(per_minute: int, rows: int | None) -> None:
    assert design(updated(per_minute), stored(rows)).notes == ()
    assert design(replace(updated(1), churn=None), stored(rows)).notes == ()


def test_what_was_counted_before_a_quiet_window_counts() -> None:
    quiet = replace(counted(0), earlier=counted(1800, "since reset"))
    assert len(design(replace(updated(1), churn=quiet), stored(1000)).notes) == 1


def test_only_presence_is_noted() -> None:
    assert not any("Presence takes" in note for note in design(updated(1800, Option.BROADCAST), stored(1000)).notes)
    assert any(
        "Presence takes" in n
        for n in design(updated(1800, Option.BROADCAST), stored(1000), option=Option.PRESENCE).notes
    )


def test_the_note_stands_in_the_script_the_record_and_the_dossier() -> None:
    assert "documents was measured at 1,800 updates" in " ".join(
        generate(design(updated(1800), stored(1000))).up.replace("--", "").split()
    )
    bundle = export(advise([updated(1800)], catalog=stored(1000)))
    for page in ("report.html", "decisions.json", "adr/0002-public.documents.md"):
        assert "documents was measured at 1,800 updates" in bundle[page]
