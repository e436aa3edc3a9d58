"""A sampling that nobody watches: connections are lost and come back, and it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.observation import recording
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.history import History, open_history
from realtime_advisor.observation.history import recorder as recorder_module
from realtime_advisor.observation.identity import identify
from realtime_advisor.observation.recording import Recording, every, record
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import opened, run


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(tmp_path)


def recorded(history: History, url: str, *steps: Callable[[], None]) -> tuple[Recording, list[str]]:
    """Record one reading at once and one after each step; what was said."""

    def turns(left: float, interval: float) -> Iterator[float]:
        assert (left, interval) == (60, 5)
        for number, step in enumerate(steps):
            step()
            yield number * interval

    said: list[str] = []
    with opened(url) as target:
        first = take_snapshot(target)
        sampling = history.begin_sampling(identify(target), first.taken_at, 60, 5)
        return record(target, history, sampling, first, turns, said.append), said


def nothing() -> None:
    """Nothing happens."""


def test_readings_and_the_catalogue_are_recorded(history: History, database: str) -> None:
    run(database, "create table t (id int primary key)")
    outcome, said = recorded(history, database, lambda: run(database, "insert into t values (1), (2)"), nothing)
    assert (outcome.readings, outcome.interrupted, said) == (3, False, [])
    assert [found.counters["t"].n_tup_ins for found in history.snapshots()] == [0, 2, 2]
    assert history.catalog()["t"].primary_key == ("id",)


def test_a_lost_connection_is_said_once_and_its_gap_recorded(
    history: History, server: RunningServer, database: str
) -> None:
    run(database, "create table t (id int)")
    name = conninfo_to_dict(database)["dbname"]

    def allow(yes: bool) -> None:
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute(f"alter database {name} allow_connections {yes}".encode())

    outcome, said = recorded(history, database, lambda: allow(False), nothing, lambda: allow(True), nothing)
    assert outcome.readings == 3
    assert len(said) == 2
    assert "not currently accepting connections" in said[0]
    assert said[0].endswith("Trying again every 5 s.")
    assert said[1].startswith("Reading again after ")
    assert said[1].endswith("; 2 readings are missing.")
    assert [found.kind for found in history.happenings(outcome.sampling)] == ["lost", "back"]
    gaps = [found.gap_before and found.gap_before.readings for found in history.snapshots()]
    assert gaps == [None, 2, None]
    (note,) = measure_churn(history.snapshots()).notes
    assert "No reading for" in note


def test_a_history_that_fails_for_a_while_is_said_and_gone_on_with(history: History, database: str) -> None:
    file = Path(history.place)
    away = file.with_suffix(".away")

    def take_away() -> None:
        file.rename(away)
        file.mkdir()

    def bring_back() -> None:
        file.rmdir()
        away.rename(file)

    outcome, said = recorded(history, database, take_away, bring_back)
    assert outcome.readings == 2
    assert said[0].startswith(f"The history {file} cannot be opened")
    assert "1 reading is missing" in said[1]
    assert len(list(history.snapshots())) == 2


def test_ctrl_c_keeps_what_there_is(history: History, database: str) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    outcome, _ = recorded(history, database, nothing, interrupt)
    assert (outcome.readings, outcome.interrupted) == (2, True)
    assert len(list(history.snapshots())) == 2


def test_the_catalogue_is_read_again_with_each_segment(
    history: History, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(history.catalog()))

    recorded(history, database, lambda: run(database, "create table later (id int)"), look, nothing)
    monkeypatch.setattr(recorder_module, "SEGMENT", -recorder_module.SEGMENT)
    recorded(history, database, lambda: run(database, "create table last (id int)"), look, nothing)
    assert seen == [0, 2]


class Clock:
    """A time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(recording, "time", clock)
    return clock


@pytest.mark.usefixtures("clock")
def test_turns_are_evenly_spaced_and_the_last_is_at_the_end() -> None:
    assert list(every(30, 10)) == [10, 20, 30]
    assert list(every(28, 10)) == pytest.approx([28 / 3, 56 / 3, 28])
    assert list(every(0, 5)) == []
    assert list(every(2, 5)) == [2]


def test_turns_that_were_overslept_are_left_out(clock: Clock) -> None:
    passed = []
    for moment in every(50, 10):
        passed.append(moment)
        if len(passed) == 1:
            clock.sleep(25)
    assert passed == [10, 40, 50]


def test_a_table_renamed_meanwhile_is_known_by_its_latest_name(history: History, database: str) -> None:
    run(database, "create table chatter (id int primary key)")
    recorded(history, database, lambda: run(database, "alter table chatter rename to chat"), nothing)
    assert [table.name.name for table in history.catalog()] == ["chat"]
    assert [name.name for name in measure_churn(history.snapshots())] == ["chat"]


def test_when_the_catalogue_was_read_is_noted_though_it_did_not_change(history: History, database: str) -> None:
    run(database, "create table t (id int primary key)")
    outcome, _ = recorded(history, database, nothing, nothing)
    *_, last = history.snapshots()
    assert history.last_look() == (outcome.sampling.id, last.taken_at)
