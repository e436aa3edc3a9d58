"""How the embedded server is set up: alike on every machine, whatever the user's environment says."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

from realtime_advisor.sandbox.postgres import RunningServer


def ask(server: RunningServer, query: str) -> Any:
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("wal_level", "logical"),
        ("synchronous_commit", "on"),
        ("autovacuum", "off"),
        ("TimeZone", "UTC"),
        ("listen_addresses", ""),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("session_user", "supabase_admin"),
    ],
)
def test_the_server_is_set_up_alike_everywhere(server: RunningServer, setting: str, value: str) -> None:
    query = "select session_user" if setting == "session_user" else f"show {setting}"
    assert ask(server, query) == value


def test_sorting_and_case_do_not_depend_on_the_machine(server: RunningServer) -> None:
    assert ask(server, "select string_agg(w, '' order by w) from unnest(array['b', 'B', 'a', 'é']) w") == "Babé"
    assert ask(server, "select lower('É')") == "é"


def test_logical_decoding_works(server: RunningServer) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute("select pg_create_logical_replication_slot(%s, 'test_decoding', true)", [f"t{os.getpid()}"])


def test_the_users_own_postgres_environment_does_not_disturb(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOST": "db.example.com",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGUSER": "someone",
        "PGDATABASE": "app",
        "PGOPTIONS": "-c search_path=app",
        "PGSSLMODE": "verify-full",
        "PGCHANNELBINDING": "require",
        "PGGSSENCMODE": "require",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGTARGETSESSIONATTRS": "standby",
    }.items():
        monkeypatch.setenv(name, value)
    assert ask(server, "select current_database() || current_setting('search_path')") == 'postgres"$user", public'


def test_an_older_major_has_a_cluster_of_its_own(server15: RunningServer, server: RunningServer) -> None:
    assert ask(server15, "show server_version").startswith("15.")
    assert server15.folder != server.folder
    assert ask(server15, "show shared_preload_libraries") == "pg_stat_statements"


def test_a_database_of_its_own_is_empty(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from pg_stat_user_tables").fetchone() == (0,)
