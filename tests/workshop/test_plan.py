"""The traffic's plan: read from a file that people edit, the same for every run."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.workshop.plan import DATA, Action, TableTraffic, load_traffic, plan_minute

TRAFFIC = load_traffic()
ACTIONS = [(table, action) for table in TRAFFIC.tables for action in table.actions]


def rows_of(statement: str, minute: int) -> list[int]:
    return [row for write in plan_minute(TRAFFIC, minute) if write.statement == statement for row in write.rows]


def test_a_minute_is_planned_the_same_each_time_and_unlike_the_next() -> None:
    assert plan_minute(TRAFFIC, 4) == plan_minute(TRAFFIC, 4)
    assert rows_of("documents_revise", 4) != rows_of("documents_revise", 5)


def test_the_seed_changes_what_is_updated_but_not_how_much() -> None:
    from dataclasses import replace

    other = plan_minute(replace(TRAFFIC, seed=TRAFFIC.seed + 1), 4)
    ours = plan_minute(TRAFFIC, 4)
    assert other != ours
    assert Counter(w.statement for w in other) == Counter(w.statement for w in ours)


def test_writes_come_in_the_order_of_their_time_within_their_minute() -> None:
    start = TRAFFIC.starts_at + timedelta(minutes=7)
    times = [write.at for write in plan_minute(TRAFFIC, 7)]
    assert times == sorted(times)
    assert start <= times[0] <= times[-1] < start + timedelta(minutes=1)


@pytest.mark.parametrize(("table", "action"), ACTIONS, ids=[action.statement for _, action in ACTIONS])
def test_a_minute_holds_what_the_file_says(table: TableTraffic, action: Action) -> None:
    steady = [w for w in plan_minute(TRAFFIC, 0) if w.statement == action.statement]
    assert len(steady) == action.per_minute
    assert all(len(set(write.rows)) == action.rows for write in steady)
    assert bool(action.changes) == (action.does == "update"), f"{table.name}: only updates change columns"


@pytest.mark.parametrize("minute", [0, 1, 9, 250])
def test_an_update_takes_rows_that_exist_and_last_the_minute(minute: int) -> None:
    for table, action in ACTIONS:
        if action.does == "update":
            rows = rows_of(action.statement, minute)
            assert min(rows) > table.deleted_before(minute + 1), action.statement
            assert max(rows) <= table.inserted_before(minute), action.statement


def test_inserts_go_on_where_the_minute_before_ended() -> None:
    assert rows_of("messages_send", 0)[0] == 6001
    assert sorted(rows_of("messages_send", 1))[0] == max(rows_of("messages_send", 0)) + 1


def test_jobs_run_at_their_minute_of_every_hour() -> None:
    ran = [minute for minute in range(130) if any(w.rolled_back for w in plan_minute(TRAFFIC, minute))]
    assert ran == [3, 63, 123]


@pytest.mark.parametrize(
    ("statement", "changes"),
    [(a.statement, a.changes) for _, a in ACTIONS if a.changes]
    + [(job.statement, job.changes) for job in TRAFFIC.jobs if job.changes],
)
def test_an_update_sets_the_columns_that_the_file_names(statement: str, changes: tuple[str, ...]) -> None:
    text = re.sub(r"--.*", "", (DATA / "traffic.sql").read_text(encoding="utf-8"))
    found = re.search(rf"prepare {statement} .*?\bset\b(.*?)\bwhere\b", text, re.DOTALL)
    assert found
    assert set(re.findall(r"(?:^|,)\s*(\w+) = ", found.group(1))) == set(changes)


def broken(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "traffic.toml"
    text = (DATA / "traffic.toml").read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('does = "delete", statement = "messages_delete"', 'does = "erase", statement = "messages_delete"', "'erase'"),
        ("per_minute = 4, rows = 1", "per_minute = 400, rows = 1", "run empty"),
        ("seeded = 90", "seeded = 0", "0 are seeded"),
        ("seed = 20260105", "", "'seed'"),
        ("[[table]]", "[[table", "traffic.toml"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)) as refused:
        load_traffic(broken(tmp_path, old, new))
    assert str(refused.value).startswith("The traffic in traffic.toml cannot be read")
