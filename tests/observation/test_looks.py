"""When a sampling looks at the catalogue again, and what it says of tables that came, went or were renamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.observation import looks as looks_module
from realtime_advisor.observation.history import History, open_history
from realtime_advisor.observation.looks import Looks

from .conftest import run
from .histories import entry, reading
from .test_recording import nothing, recorded


class Clock:
    """A time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(looks_module, "time", clock)
    return clock


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(tmp_path)


OLD = reading(0, entry("folders", relid=1), entry("gone", relid=2), entry("same", relid=3))
NEW = reading(5, entry("binders", relid=1), entry("made", relid=4), entry("same", relid=5))


def test_the_first_look_is_due_at_once_and_says_nothing() -> None:
    looks = Looks()
    assert looks.is_due(OLD)
    assert looks.begin(OLD) is None
    assert not looks.is_due(OLD)


def test_a_look_is_due_a_minute_after_the_last_where_names_changed_and_else_after_ten(clock: Clock) -> None:
    (looks := Looks()).begin(OLD)
    clock.now = 59
    assert not looks.is_due(NEW)
    clock.now = 60
    assert looks.is_due(NEW)
    assert not looks.is_due(OLD)
    clock.now = 600
    assert looks.is_due(OLD)


def test_what_became_of_the_tables_is_said_once() -> None:
    (looks := Looks()).begin(OLD)
    assert looks.begin(NEW) == (
        "Since the last look at the tables: renamed public.folders to public.binders; dropped public.gone; "
        "new public.made."
    )
    assert looks.begin(NEW) is None


def test_a_long_list_is_cut() -> None:
    (looks := Looks()).begin(reading(0))
    said = looks.begin(reading(5, *(entry(f"t{n}", relid=n) for n in range(7))))
    assert said
    assert said.endswith("new public.t0, public.t1, public.t2, public.t3, public.t4 and 2 more.")


def test_where_tables_come_and_go_all_the_time_looks_become_rare(clock: Clock) -> None:
    looks, due = Looks(), []
    for second in range(0, 3600, 10):
        clock.now = second
        now = reading(second, entry(f"t{second}", relid=second))
        if looks.is_due(now):
            looks.begin(now)
            due.append(second)
    assert due == [0, 60, 180, 420, 900, 1500, 2100, 2700, 3300]


def test_a_grant_and_a_rename_are_in_the_history_while_the_sampling_goes_on(
    history: History, database: str, clock: Clock
) -> None:
    run(database, "create table folders (id int primary key, note text)")
    seen: list[list[tuple[str, int]]] = []

    def see() -> None:
        seen.append([(table.name.name, len(table.columns)) for table in history.catalog()])

    def rename() -> None:
        run(database, "alter table folders rename to binders")
        clock.now += 60

    def drop_column() -> None:
        run(database, "alter table binders drop column note")
        clock.now += 600

    _, said = recorded(history, database, nothing, see, rename, see, drop_column, see)
    assert seen == [[("folders", 2)], [("binders", 2)], [("binders", 1)]]
    assert said == ["Since the last look at the tables: renamed public.folders to public.binders."]


def test_figures_alone_are_not_written_again_in_between(history: History, database: str, clock: Clock) -> None:
    run(database, "create table t (id int primary key, note text)", "insert into t values (1, 'x')")
    seen: list[bool] = []

    def analyze() -> None:
        run(database, "analyze t")
        clock.now += 600

    def see() -> None:
        seen.append(history.catalog()["t"].columns[0].n_distinct is not None)

    recorded(history, database, analyze, see)
    see()
    assert seen == [False, True]
