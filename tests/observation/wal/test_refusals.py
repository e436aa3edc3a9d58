"""Why a server's WAL cannot be read: one sentence with the remedy, and nothing is left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from realtime_advisor.errors import AdvisorError, BadInput, MissingPrivilege
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.wal import read_wal
from realtime_advisor.observation.wal_refusals import Circumstances, explain_refusal, foresee_refusal
from realtime_advisor.sandbox import cluster
from realtime_advisor.sandbox.postgres import RunningServer

from ..conftest import opened, role, run
from ..test_faults import standby_of
from .conftest import edit, private_server
from .world import (
    slots,
)


def refusal(conninfo: str, kind: type[AdvisorError] = AdvisorError, **options: Any) -> str:
    """What is said about a database whose WAL cannot be read."""
    with opened(conninfo) as target:
        catalog = read_catalog(target)
        with pytest.raises(kind) as caught:
            read_wal(target, catalog, 0, progress=False, **options)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def foreseen(conninfo: str) -> str | None:
    """What is said of it without asking for a slot."""
    with opened(conninfo) as target:
        return foresee_refusal(target)


def test_an_open_writer_is_named_and_no_slot_stays(any_database: str, queries: Path) -> None:
    edit(queries / "wal_limits.sql", "lock_timeout = '10s'", "lock_timeout = '300ms'")
    run(any_database, "create table t (id int primary key)")
    with psycopg.connect(any_database, application_name="nightly job") as writer:
        writer.execute("insert into t values (1)")
        time.sleep(1.1)
        sentence = refusal(any_database)
        pid = writer.info.backend_pid
    assert sentence.startswith("An open transaction of ")
    assert slots(any_database) == []
    if f"(process {pid})" in sentence:  # else another test's, older still
        assert f"of nightly job (process {pid}), " in sentence
        assert int(sentence.split("), ")[1].split()[0]) >= 1
    assert sentence.endswith(" s old, holds up the reading of the WAL; try again when it has ended, or end it.")


def test_a_role_that_may_not_replicate_is_told(any_database: str) -> None:
    with role(any_database) as name:
        sentence = refusal(make_conninfo(any_database, user=name), MissingPrivilege)
        assert foreseen(make_conninfo(any_database, user=name)) == sentence
    assert sentence == (
        f'Role {name} may not read the WAL; have a superuser run "alter role {name} replication" '
        f'(on Amazon RDS "grant rds_replication to {name}"), or go by the counters.'
    )


def test_a_role_that_may_replicate_needs_no_more(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)", "insert into t values (1)")
    with role(any_database, "login replication") as name, opened(make_conninfo(any_database, user=name)) as target:
        assert foresee_refusal(target) is None
        assert read_wal(target, read_catalog(target), 0, progress=False).stopped is None


def test_a_role_of_the_group_that_amazon_rds_has_may_read() -> None:
    with private_server() as server:
        run(server.conninfo(), "create role rds_replication")
        with role(server.conninfo()) as name:
            run(server.conninfo(), f"grant rds_replication to {name}")
            assert foreseen(make_conninfo(server.conninfo(), user=name)) is None


@contextmanager
def server_with(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[RunningServer]:
    for name, value in settings.items():
        monkeypatch.setitem(cluster._SETTINGS, name, value)
    with private_server() as server:
        yield server


def test_a_server_that_does_not_write_logical_wal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with server_with(monkeypatch, wal_level="replica") as server:
        sentence = refusal(server.conninfo())
        assert foreseen(server.conninfo()) == sentence
    assert sentence == (
        "The server's wal_level is replica, and reading the WAL needs logical; set wal_level = logical and restart the "
        "server (Amazon RDS: rds.logical_replication, Cloud SQL: cloudsql.logical_decoding), or go by the counters."
    )


def test_a_server_whose_slots_are_all_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with server_with(monkeypatch, max_replication_slots="1") as server:
        run(server.conninfo(), "select pg_create_physical_replication_slot('forgotten')")
        sentence = refusal(server.conninfo())
    assert sentence == (
        "All replication slots of the server are taken (max_replication_slots = 1); nobody reads forgotten: drop what "
        "is not needed, or raise that setting."
    )


def test_a_standby_is_refused(own_server: RunningServer) -> None:
    with standby_of(own_server) as standby:
        sentence = refusal(standby.conninfo())
        assert foreseen(standby.conninfo()) == sentence
    assert sentence == "This server is a standby, whose WAL is its primary's; point DATABASE_URL at the primary."


CALM = Circumstances("logical", 10, True, [], None, None, None, None)


@pytest.mark.parametrize(
    ("error", "found", "sentence"),
    [
        (errors.LockNotAvailable(), {"prepared": "two-phase"}, "The prepared transaction two-phase holds up"),
        (errors.QueryCanceled(), {}, "Open transactions held up the reading of the WAL for too long; try again."),
        (
            errors.LockNotAvailable(),
            {"writer_pid": 7},
            "An open transaction of a session without a name (process 7) holds",
        ),
        (
            errors.ObjectNotInPrerequisiteState(),
            {"max_replication_slots": 0},
            "raise that setting and restart the server.",
        ),
        (errors.ConfigurationLimitExceeded(), {}, "try again later, or raise that setting."),
        (errors.InsufficientPrivilege(), {}, "offers no output plugin that can be read here (not a nor b)"),
        (errors.UndefinedFile(), {}, "offers no output plugin that can be read here (not a nor b)"),
    ],
)
def test_other_refusals_are_told(error: psycopg.Error, found: dict[str, Any], sentence: str) -> None:
    assert sentence in str(explain_refusal(error, replace(CALM, **found), ["a", "b"], "ada"))


def test_an_unforeseen_refusal_is_left_to_the_session() -> None:
    assert explain_refusal(errors.ObjectNotInPrerequisiteState(), CALM, ["a"], "ada") is None


def test_an_unknown_plugin_is_refused(postgres: str) -> None:
    with opened(postgres) as target:
        catalog = read_catalog(target)
        with pytest.raises(
            BadInput, match="'pgoutput' is not an output plugin that this reads; choose one of wal2json"
        ):
            read_wal(target, catalog, 0, plugin="pgoutput", progress=False)


def test_a_plugin_that_the_server_lacks_is_refused(postgres: str) -> None:
    with opened(postgres) as target:
        catalog = read_catalog(target)
        with pytest.raises(AdvisorError, match=r"offers no output plugin that can be read here \(not wal2json\)"):
            read_wal(target, catalog, 0, plugin="wal2json", progress=False)
