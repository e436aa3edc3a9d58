"""On a real server with skewed data, the hottest scope's rate by pg_stats is within a factor of two of the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from realtime_advisor.decision.answer import TableAnswers
from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.rates import measure_rates
from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Churn, Scope, ScopeKind, ScopeRates, Snapshot, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.reference import load_matrix

from ..observation.conftest import run

POSTS = TableName("public", "posts")
Written = tuple[Target, tuple[Snapshot, Snapshot], psycopg.Connection[tuple[int]]]

# A fifth of all teams' rooms are team 1's, room 1 has a third of the posts, a tenth of the posts is in no room.
SCHEMA = """
create table users (id int primary key);
create table teams (id int primary key);
create table members (team_id int references teams, user_id int references users, primary key (team_id, user_id));
create table rooms (id int primary key, team_id int not null references teams);
create table posts (id int generated always as identity primary key, room_id int references rooms, body text);
insert into users select generate_series(1, 50);
insert into teams select generate_series(1, 40);
insert into members select t, u from generate_series(1, 40) t, generate_series(1, 50) u;
insert into rooms select room, case when room % 5 = 0 then 1 else 1 + room % 40 end from generate_series(1, 400) room;
create function room_of(post int) returns int language sql immutable as $$
  select case when post % 10 = 0 then null when post % 3 = 0 then 1 else 1 + (post * 7919) % 400 end
$$;
insert into posts (room_id, body) select room_of(post), 'x' from generate_series(1, 20000) post;
analyze;
"""
WRITES = "insert into posts (room_id, body) select room_of(post), 'new' from generate_series(1, 3000) post"
TRUTH_OF_ROOM = (
    "select count(*) from posts where body = 'new' group by room_id having room_id is not null order by 1 desc"
)
TRUTH_OF_TEAM = (
    "select count(*) from posts join rooms r on r.id = room_id where body = 'new' group by team_id order by 1 desc"
)


@pytest.fixture
def written(database: str) -> Iterator[Written]:
    with psycopg.connect(database, autocommit=True) as connection:
        run(database, SCHEMA)
        target = open_target(database)
        before = counted(target, 20_000)
        run(database, WRITES)
        yield target, (before, counted(target, 23_000)), connection


def counted(target: Target, inserts: int) -> Snapshot:
    """A snapshot that has all inserts: before PostgreSQL 15 counters arrive a little later."""
    for _ in range(100):
        snapshot = take_snapshot(target)
        if snapshot.counters[POSTS].n_tup_ins == inserts:
            return snapshot
        time.sleep(0.1)
    raise AssertionError(f"The counters did not reach {inserts} in ten seconds.")


def rates_of(target: Target, entry: Churn, kind: ScopeKind) -> tuple[Scope, ScopeRates]:
    world = read_catalog(target)
    scope = next(scope for scope in infer_scopes(world)[POSTS] if scope.kind is kind)
    return scope, measure_rates(world[POSTS], scope, world, entry, load_matrix(), TableAnswers())


@pytest.mark.parametrize(("kind", "truth"), [(ScopeKind.THREAD, TRUTH_OF_ROOM), (ScopeKind.TENANT, TRUTH_OF_TEAM)])
def test_the_hottest_scope_is_within_a_factor_of_two(written: Written, kind: ScopeKind, truth: str) -> None:
    target, snapshots, connection = written
    entry = measure_churn(*snapshots)[POSTS]
    assert entry.seconds is not None
    assert entry.inserts == 3000
    scope, rates = rates_of(target, entry, kind)
    assert len(scope.path) == (1 if kind is ScopeKind.TENANT else 0)
    (counted,) = connection.execute(truth).fetchall()[0]
    hottest = rates.hottest_per_minute.value
    assert isinstance(hottest, float)
    assert 0.5 <= hottest / (counted * 60 / entry.seconds) <= 2, rates.hottest_per_minute
    uniform = 3000 * 60 / entry.seconds / (40 if kind is ScopeKind.TENANT else 400)
    assert hottest > 4 * uniform, "an even spread would have been far off"


def test_a_table_that_was_never_analysed_is_unknown_with_its_remedy(
    written: Written,
) -> None:
    target, _, connection = written
    connection.execute("create table notes (id int primary key, team_id int references teams)")
    connection.execute("insert into notes select n, 1 from generate_series(1, 500) n")
    world = read_catalog(target)
    notes = world["notes"]
    entry = Churn(notes.name, 60, 500, 0, 0, 0, "window")
    rates = measure_rates(notes, infer_scopes(world)[notes.name][0], world, entry, load_matrix(), TableAnswers())
    assert rates.hottest_per_minute.value is None
    assert "run ANALYZE public.notes" in rates.hottest_per_minute.detail
    connection.execute("analyze notes")
    world = read_catalog(target)
    scope = infer_scopes(world)[notes.name][0]
    assert (
        measure_rates(world["notes"], scope, world, entry, load_matrix(), TableAnswers()).hottest_per_minute.value
        == 500
    )
