"""What a database can tell, as a table: each remedy that it names is the one that helps."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from realtime_advisor.display.show import show
from realtime_advisor.display.target_tables import why_no_counters, why_no_statistics
from realtime_advisor.display.views import Sheet
from realtime_advisor.observation.target import open_target

from .world import SERVER

READER = f"reader_{secrets.token_hex(6)}"  # roles are the whole server's


@pytest.fixture
def reader(database: str) -> Iterator[str]:
    """A role that may connect, and no more, to a database with a table of somebody else's."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create role {READER} login".encode())
        connection.execute("create table t (id int primary key)")
    yield make_conninfo(database, user=READER)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"drop role {READER}".encode())


def told(conninfo: str) -> dict[str, tuple[str, str]]:
    """What is known, and what it takes, by what is to be learnt."""
    target = open_target(conninfo)
    view = show(target)
    target.close()
    assert isinstance(view, Sheet)
    return {str(what): (str(known), str(takes)) for what, known, takes in view.rows}


def test_a_role_that_may_only_connect_is_told_which_rights_would_tell_more(reader: str, database: str) -> None:
    before = told(reader)
    assert before["how much each table changes"] == ("yes", "")
    assert before["what was really committed"] == (
        "no",
        f'Role {READER} may not read the WAL; have a superuser run "alter role {READER} replication" '
        f'(on Amazon RDS "grant rds_replication to {READER}"), or go by the counters.',
    )
    assert before["the hottest user or tenant"][0] == "in part"
    assert f'"grant pg_read_all_data to {READER}"' in before["the hottest user or tenant"][1]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"alter role {READER} replication bypassrls".encode())
        connection.execute(f"grant pg_read_all_data to {READER}".encode())
    after = told(reader)
    assert after["the hottest user or tenant"] == ("yes", "")
    assert after["what was really committed"] == ("when you ask: ra.read_wal(target, catalog, seconds=60)", "")


def test_showing_a_target_makes_no_slot(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        count = "select count(*) from pg_replication_slots where database = current_database()"
        told(database)
        assert connection.execute(count).fetchone() == (0,)


def test_why_counters_and_statistics_tell_nothing() -> None:
    assert why_no_counters(SERVER) is None
    assert "standby" in str(why_no_counters(replace(SERVER, in_recovery=True)))
    assert why_no_counters(replace(SERVER, track_counts=False)) == "The server's track_counts is off; turn it on."
    assert why_no_statistics(replace(SERVER, sees_all_statistics=True)) is None
