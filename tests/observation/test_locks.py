"""What reading locks: nothing that stands in a writer's way, and of the user's tables only what policies look up."""

from __future__ import annotations

import psycopg
import pytest

from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import QUERIES, Target

from .conftest import opened, run

WORLD = (
    "create table members (tenant_id int, user_id text)",
    "create table posts (id int primary key, tenant_id int)",
    "create table plain (id int primary key)",
    "alter table posts enable row level security",
    "create policy readers on posts using"
    " (tenant_id in (select tenant_id from members where user_id = current_setting('app.user', true)))",
)


class Recorder:
    """A target that only notes which queries it is asked."""

    def __init__(self, target: Target) -> None:
        self.asked: list[str] = []
        self.server, self.clock = target.server, target.clock
        self._target = target

    def read_together(self, *queries: str) -> object:
        self.asked += queries
        return self._target.read_together(*queries)


def queries_of(conninfo: str, station: object) -> list[str]:
    """The queries of one reading."""
    with opened(conninfo) as target:
        recorder = Recorder(target)
        assert callable(station)
        station(recorder)
        return recorder.asked


def locks_after(conninfo: str, queries: list[str]) -> set[tuple[str, str]]:
    """(relation, mode) of all that a transaction with these queries holds at its end."""
    with psycopg.connect(conninfo) as connection:
        for query in ["limits", *queries]:
            connection.execute(QUERIES.joinpath(f"{query}.sql").read_bytes())
        held = connection.execute(
            "select c.relnamespace::pg_catalog.regnamespace || '.' || c.relname, l.mode from pg_catalog.pg_locks l"
            " left join pg_catalog.pg_class c on c.oid = l.relation"
            " where l.pid = pg_catalog.pg_backend_pid() and l.locktype <> 'virtualxid'"
        ).fetchall()
    return set(held)


@pytest.mark.parametrize("station", [take_snapshot, read_catalog])
def test_a_reading_takes_no_lock_but_access_share(any_database: str, station: object) -> None:
    run(any_database, *WORLD)
    held = locks_after(any_database, queries_of(any_database, station))
    assert {mode for _, mode in held} == {"AccessShareLock"}
    assert ("pg_catalog.pg_class", "AccessShareLock") in held


def test_a_sample_locks_none_of_the_users_tables(any_database: str) -> None:
    run(any_database, *WORLD)
    held = locks_after(any_database, queries_of(any_database, take_snapshot))
    assert all(str(relation).startswith("pg_catalog.") for relation, _ in held), held


def test_the_catalogue_locks_only_the_tables_that_policies_look_up(any_database: str) -> None:
    run(any_database, *WORLD)
    held = locks_after(any_database, queries_of(any_database, read_catalog))
    assert {relation for relation, _ in held if not str(relation).startswith("pg_catalog.")} == {"public.members"}
