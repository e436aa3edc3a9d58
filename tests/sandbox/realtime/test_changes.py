"""What Postgres Changes rests on: the publication, replica identity, and what the write-ahead log tells."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import ObjectNotInPrerequisiteState

from .conftest import Home

Ask = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[tuple[Any, ...]]


def test_postgres_may_publish_its_tables(admin: Connection, ask: Ask) -> None:
    assert ask(
        "select pubowner::regrole::text, puballtables from pg_publication where pubname = 'supabase_realtime'"
    ) == [("postgres", False)]
    admin.execute("set local session authorization postgres; create table public.notes (id int primary key)")
    admin.execute("alter publication supabase_realtime add table public.notes")
    assert ask("select schemaname, tablename from pg_publication_tables where pubname = 'supabase_realtime'") == [
        ("public", "notes")
    ]


def test_realtime_publishes_its_messages_to_itself(ask: Ask) -> None:
    assert ("realtime",) in ask(
        "select schemaname from pg_publication_tables where pubname = 'supabase_realtime_messages_publication'"
    )


@pytest.mark.parametrize("write", ["update public.log set line = 'b'", "delete from public.log"])
def test_publishing_a_table_without_replica_identity_breaks_its_updates_and_deletes(
    admin: Connection, write: LiteralString
) -> None:
    admin.execute("create table public.log (line text); insert into public.log values ('a')")
    admin.execute(write)
    admin.execute("insert into public.log values ('a')")
    admin.execute("alter publication supabase_realtime add table public.log")
    admin.execute("insert into public.log values ('b')")
    with pytest.raises(ObjectNotInPrerequisiteState, match="does not have a replica identity"):
        admin.execute(write)


def _decoded(connection: Connection, plugin: str, write: LiteralString, *options: str) -> list[bytes]:
    """What a temporary slot tells of one committed write."""
    slot = f"test_{secrets.token_hex(8)}"
    connection.execute("select pg_create_logical_replication_slot(%s, %s, true)", [slot, plugin])
    connection.execute(write)
    changes = connection.execute(
        "select data from pg_logical_slot_get_binary_changes(%s, null, null, variadic %s::text[])",
        [slot, list(options)],
    ).fetchall()
    connection.execute("select pg_drop_replication_slot(%s)", [slot])
    return [data for (data,) in changes]


def _text_of_delete(connection: Connection) -> str:
    lines = _decoded(connection, "test_decoding", "delete from public.notes", "skip-empty-xacts", "on")
    [line] = [line.decode() for line in lines if b"public.notes: DELETE" in line]
    return line


def test_a_delete_tells_the_key_alone_unless_replica_identity_is_full(fresh: Home) -> None:
    with fresh.connect(autocommit=True) as connection:
        connection.execute("create table public.notes (id int primary key, tenant int)")
        connection.execute("insert into public.notes values (1, 7)")
        assert _text_of_delete(connection) == "table public.notes: DELETE: id[integer]:1"
        connection.execute("alter table public.notes replica identity full")
        connection.execute("insert into public.notes values (1, 7)")
        assert _text_of_delete(connection) == "table public.notes: DELETE: id[integer]:1 tenant[integer]:7"


def test_a_table_outside_the_publication_is_not_told_of(fresh: Home) -> None:
    with fresh.connect(autocommit=True) as connection:
        connection.execute(
            "create table public.told (id int primary key); create table public.untold (id int primary key)"
        )
        connection.execute("alter publication supabase_realtime add table public.told")
        options = ("proto_version", "1", "publication_names", "supabase_realtime")
        told = _decoded(connection, "pgoutput", "insert into public.told values (1)", *options)
        untold = _decoded(connection, "pgoutput", "insert into public.untold values (1)", *options)
    assert [data[:1] for data in told].count(b"I") == 1
    assert [data[:1] for data in untold].count(b"I") == 0
