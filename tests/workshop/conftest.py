"""Workshops to test on: fresh ones, and one after ten minutes of traffic on each major version at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.workshop.database import WorkshopDatabase, open_workshop
from realtime_advisor.workshop.traffic import run_traffic

Rows = list[tuple[Any, ...]]


def counters(workshop: WorkshopDatabase) -> dict[str, tuple[int, int, int]]:
    """Inserts, updates and deletes that Postgres has counted, by table."""
    return {
        name: (inserts, updates, deletes)
        for name, inserts, updates, deletes in query(
            workshop,
            "select format('%I.%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del"
            " from pg_stat_user_tables where schemaname = 'public'",
        )
    }


def query(workshop: WorkshopDatabase, statement: str, user_number: int | None = None) -> Rows:
    """A statement's rows, as the developer, or as the application's user of that number; nothing is kept."""
    with psycopg.connect(workshop.conninfo) as connection:
        if user_number is not None:
            connection.execute(
                "select set_config('role', 'authenticated', true),"
                " set_config('request.jwt.claims', jsonb_build_object('sub', md5(%s)::uuid)::text, true)",
                [f"users:{user_number}"],
            )
        rows = connection.execute(statement.encode()).fetchall()
        connection.rollback()
        return rows


@pytest.fixture
def workshop(server: RunningServer) -> Iterator[WorkshopDatabase]:
    """A workshop of one test's own."""
    with open_workshop(server) as workshop:
        yield workshop


@pytest.fixture(scope="module")
def still_workshop(server: RunningServer) -> Iterator[WorkshopDatabase]:
    """A workshop that its tests only read."""
    with open_workshop(server) as workshop:
        yield workshop


@pytest.fixture(scope="module", params=["server", "server15"], ids=["embedded", "15"])
def busy_workshop(request: pytest.FixtureRequest) -> Iterator[WorkshopDatabase]:
    """A workshop after its first ten minutes, which its tests only read."""
    with open_workshop(request.getfixturevalue(request.param)) as workshop:
        run_traffic(workshop)
        yield workshop


@pytest.fixture
def ask(still_workshop: WorkshopDatabase) -> Callable[..., Rows]:
    """A statement's rows in the still workshop: `ask(statement, user_number)`."""
    return lambda statement, user_number=None: query(still_workshop, statement, user_number)
