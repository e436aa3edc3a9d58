"""Counters of a real server: what they count, what they miss, and what sampling keeps."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.errors import AdvisorError, ConnectionFailed
from realtime_advisor.model import Snapshot, TableName
from realtime_advisor.observation import counters as counters_module
from realtime_advisor.observation.counters import sample, take_snapshot
from realtime_advisor.observation.target import Target, open_target

from .conftest import opened, run


def changes(before: Snapshot, after: Snapshot, table: str) -> tuple[int, int, int]:
    churn = measure_churn(before, after)[table]
    return churn.inserts, churn.updates, churn.deletes


def test_row_changes_between_two_snapshots_are_counted(any_database: str) -> None:
    run(any_database, "create table t (id int, word text)", "insert into t select generate_series(1, 5)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(
            any_database,
            "insert into t select generate_series(6, 9)",
            "update t set word = 'x' where id <= 3",
            "delete from t where id <= 2",
        )
        after = take_snapshot(target)
    assert changes(before, after, "t") == (4, 3, 2), "HOT updates are among the updates"
    assert measure_churn(before, after)["t"].hot_updates <= 3
    assert before.taken_at < after.taken_at
    assert after.taken_at.tzinfo is UTC


def test_aborted_changes_count_and_truncate_does_not(any_database: str) -> None:
    run(any_database, "create table t (id int)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        with psycopg.connect(any_database) as connection:
            connection.execute("insert into t select generate_series(1, 7)")
            connection.rollback()
        run(any_database, "insert into t values (1), (2)", "truncate t")
        assert changes(before, take_snapshot(target), "t") == (9, 0, 0)


def test_partitioned_tables_hold_the_sum_of_all_levels(any_database: str) -> None:
    run(
        any_database,
        "create table p (id int, kind text) partition by list (kind)",
        "create table p_a partition of p for values in ('a') partition by range (id)",
        "create table p_a_low partition of p_a for values from (0) to (10)",
        "create table p_a_high partition of p_a for values from (10) to (20)",
        "create table p_b partition of p for values in ('b')",
    )
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(any_database, "insert into p select i, 'a' from generate_series(7, 11) i", "insert into p values (1, 'b')")
        after = take_snapshot(target)
    assert after.counters["p_a_low"].partition_of == TableName("public", "p_a")
    churn = measure_churn(before, after)
    assert {str(name): entry.inserts for name, entry in churn.items()} == {
        "public.p": 6,
        "public.p_a": 5,
        "public.p_a_high": 2,
        "public.p_a_low": 3,
        "public.p_b": 1,
    }
    assert churn.events == 6, "each row once"


def test_a_reset_of_all_counters_is_noticed(any_database: str) -> None:
    run(any_database, "create table t (id int)", "insert into t select generate_series(1, 50)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(any_database, "select pg_stat_reset()", "insert into t select generate_series(1, 3)")
        churn = measure_churn(before, take_snapshot(target))
    assert churn["t"].inserts == 3
    assert "statistics were reset" in str(churn["t"].note)
    assert any("Statistics were reset" in note for note in churn.notes)


def test_a_reset_of_one_table_does_not_inflate_the_others(any_database: str) -> None:
    for name in ("t", "other"):
        run(any_database, f"create table {name} (id int)", f"insert into {name} select generate_series(1, 50)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(any_database, "select pg_stat_reset_single_table_counters('t'::regclass)", "insert into other values (1)")
        churn = measure_churn(before, take_snapshot(target))
    assert (churn["t"].inserts, churn["other"].inserts) == (0, 1)
    assert churn["t"].note is not None
    assert churn["other"].note is None


def test_a_table_made_anew_under_the_same_name_is_noticed(any_database: str) -> None:
    run(any_database, "create table t (id int)", "insert into t select generate_series(1, 50)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(any_database, "drop table t", "create table t (id int)", "insert into t values (1), (2)")
        churn = measure_churn(before, take_snapshot(target))
    assert churn["t"].inserts == 2
    assert "re-created" in str(churn["t"].note)


def test_a_renamed_table_keeps_its_counts(any_database: str) -> None:
    run(any_database, "create table t (id int)", "insert into t select generate_series(1, 50)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        run(any_database, "alter table t rename to u", "insert into u values (1)")
        churn = measure_churn(before, take_snapshot(target))
    assert churn["u"].inserts == 1
    assert churn["u"].note == "renamed from public.t"
    assert churn.notes == ("Renamed in the window: public.t is public.u by now.",)


def test_since_when_the_server_counts_is_read(any_database: str) -> None:
    run(any_database, "create table t (id int)")
    with opened(any_database) as target:
        never = take_snapshot(target).stats_reset
        assert (never is None) is (target.server.major >= 15), "a new database was never reset"
        run(any_database, "select pg_stat_reset()")
        snapshot = take_snapshot(target)
    assert snapshot.stats_reset is not None
    assert snapshot.server_started_at is not None
    assert timedelta(0) <= snapshot.taken_at - snapshot.stats_reset < timedelta(minutes=1)


def test_a_targets_own_clock_gives_the_time_and_nothing_is_compared_with_the_servers(database: str) -> None:
    noon = datetime(2025, 1, 1, 12, tzinfo=UTC)
    run(database, "create table t (id int)", "select pg_stat_reset()")
    target = open_target(database, clock=lambda: noon)
    snapshot = take_snapshot(target)
    assert (snapshot.taken_at, snapshot.stats_reset, snapshot.server_started_at) == (noon, None, None)
    assert measure_churn(snapshot)["t"].seconds is None


def test_sampling_takes_the_first_and_the_last_moment(postgres: str) -> None:
    with opened(postgres) as target:
        started = time.monotonic()
        snapshots = sample(target, 0.8, 0.2, progress=False)
        assert time.monotonic() - started >= 0.8
        assert len(sample(target, 0, progress=False)) == 1
        assert len(sample(target, 0.1, 60, progress=False)) == 2
    assert len(snapshots) >= 3
    assert (snapshots[-1].taken_at - snapshots[0].taken_at).total_seconds() >= 0.75


def test_a_long_window_is_not_read_more_often_than_memory_bears(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters_module, "_MOST_READINGS", 4)
    with opened(postgres) as target:
        assert len(sample(target, 0.4, 0.001, progress=False)) == 5


def test_ctrl_c_ends_sampling_early_and_keeps_what_there_is(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[float] = []
    real = counters_module._wait

    def interrupted(seconds: float, pause: float) -> Iterator[float]:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        return real(seconds, pause)

    monkeypatch.setattr(counters_module, "_wait", interrupted)
    with opened(postgres) as target:
        started = time.monotonic()
        snapshots = sample(target, 60, 60, progress=False, early=lambda: said.append(time.monotonic() - started))
    assert len(snapshots) == 2, "the first, and one at the interruption"
    assert len(said) == 1
    assert time.monotonic() - started < 30


def test_readings_that_fail_on_the_way_are_left_out(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([True, False, False, True, True])
    real = take_snapshot

    def flaky(target: Target) -> Snapshot:
        if next(outcomes):
            return real(target)
        raise ConnectionFailed("gone")

    monkeypatch.setattr(counters_module, "take_snapshot", flaky)
    with opened(postgres) as target:
        assert len(sample(target, 0.4, 0.1, progress=False)) == 3


def test_a_first_reading_that_keeps_failing_is_an_error(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(target: Target) -> Snapshot:
        raise ConnectionFailed(f"{target} is gone")

    monkeypatch.setattr(counters_module, "take_snapshot", fail)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with opened(postgres) as target, pytest.raises(AdvisorError, match="is gone"):
        sample(target, 1, progress=False)


def test_no_progress_bar_reaches_a_log_file(postgres: str, capfd: pytest.CaptureFixture[str]) -> None:
    with opened(postgres) as target:
        sample(target, 0.1, 0.1)
    assert capfd.readouterr() == ("", "")


def test_people_see_a_progress_bar_on_stderr(
    postgres: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with opened(postgres) as target:
        sample(target, 0.3, 0.1)
        shown = capsys.readouterr()
        sample(target, 0.1, 0.1, progress=False)
    assert "Sampling: 100%" in shown.err
    assert shown.out == ""
    assert capsys.readouterr().err == ""
