"""A catalogue that is older than the readings beside it: what is said of that, and that nothing is said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.journey import advise
from realtime_advisor.model import ByTable, Catalog, RelationKind, Sampling, Server, Table, TableName
from realtime_advisor.observation.history import History, open_history
from realtime_advisor.observation.outdated import tell_outdated

from .histories import APP, NOON, entry, reading, recorded

SERVER = Server(180006, "18.6", "ada", False, False, "replica", False, True, True)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(tmp_path)


def catalog(*names: str, kind: RelationKind = RelationKind.TABLE) -> Catalog:
    tables = (Table(TableName("public", name), kind) for name in names)
    return Catalog(SERVER, ByTable({table.name: table for table in tables}))


def look(history: History, sampling: Sampling, second: float) -> None:
    history.note_look(sampling, NOON + timedelta(seconds=second))


def told(history: History, known: Catalog, place: int = -1) -> Sequence[str]:
    taken = history.extents(APP)[place]
    counted = measure_churn(history.snapshots(sampling=taken.sampling))
    return list(tell_outdated(history, taken, known, counted))


def test_a_catalogue_read_with_the_last_reading_needs_no_word(history: History) -> None:
    sampling = recorded(history, reading(0, entry("a")), reading(900, entry("a")))
    assert told(history, catalog("a")) == [], "nobody noted when: nothing is made up"
    look(history, sampling, 0)
    look(history, sampling, 840)
    assert told(history, catalog("a")) == []
    assert history.happenings(sampling) == ()


def test_how_much_older_the_catalogue_is_than_the_last_reading_is_said(history: History) -> None:
    look(history, recorded(history, reading(0, entry("a")), reading(646, entry("a"))), 0)
    assert told(history, catalog("a")) == [
        "The catalogue was read at 2026-01-05 12:00:00 UTC, 10 min 46 s before the last reading: "
        "grants, policies, columns and tables changed since then were not judged."
    ]


def test_a_catalogue_of_a_later_sampling_is_not_older(history: History) -> None:
    look(history, recorded(history, reading(0, entry("a")), reading(900, entry("a"))), 0)
    look(history, recorded(history, reading(5, entry("a"))), 5)  # by a clock of its own, as the workshop's
    assert told(history, catalog("a"), 0) == []


def test_a_table_renamed_since_is_told_by_both_names(history: History) -> None:
    recorded(history, reading(0, entry("folders", relid=7)), reading(5, entry("binders", relid=7)))
    assert told(history, catalog("folders")) == [
        "public.folders is public.binders by now: it was judged by its old name, without its counts."
    ]


def test_a_table_renamed_after_the_window_is_told_by_both_names(history: History) -> None:
    recorded(history, reading(0, entry("folders", relid=7)))
    recorded(history, reading(900, entry("binders", relid=7)))
    assert told(history, catalog("binders"), 0) == [
        "public.folders is public.binders by now: it was judged by its new name, without its counts."
    ]


def test_tables_that_only_one_side_knows_are_listed(history: History) -> None:
    recorded(history, reading(0, entry("a")), reading(5, entry("a"), *(entry(f"new{n}") for n in range(7))))
    assert told(history, catalog("a", "gone")) == [
        "The last reading has tables that the catalogue lacks; they were not judged: "
        "public.new0, public.new1, public.new2, public.new3, public.new4 and 2 more.",
        "The catalogue has tables that the last reading lacks; they were judged without counts: public.gone.",
    ]


def test_views_are_never_counted(history: History) -> None:
    recorded(history, reading(0), reading(5))
    assert told(history, catalog("v", kind=RelationKind.VIEW)) == []


def test_a_report_from_the_history_says_it(history: History) -> None:
    sampling = recorded(history, reading(0, entry("folders", relid=7)), reading(300, entry("binders", relid=7)))
    look(history, sampling, 0)
    history.keep_catalog(APP, catalog("folders"))
    renamed, old, judged = advise(history, prove=0).churn.notes
    assert renamed == "Renamed in the window: public.folders is public.binders by now."
    assert old.startswith("The catalogue was read at 2026-01-05 12:00:00 UTC, 5 min before the last reading")
    assert judged.startswith("public.folders is public.binders by now: it was judged by its old name")
