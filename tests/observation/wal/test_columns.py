"""What the WAL tells of a row's columns: the spread over key values, what updates change, bytes; never a value."""

from __future__ import annotations

import pytest

from realtime_advisor.observation import wal_tally

from ..conftest import run
from .conftest import Reader


def test_changes_are_counted_by_the_values_of_key_columns(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table users (id int primary key)",
        "insert into users select generate_series(1, 5)",
        "create table notes (id int primary key, owner int references users, reader text, other int)",
        "alter table notes enable row level security",
        "create policy p on notes for select using (reader = current_user)",
        "alter table notes replica identity full",
    )
    reading = read(
        "insert into notes select n, 1 + (n % 20) / 15, case when n > 2 then 'ann' end, n"
        " from generate_series(1, 20) n",
        "update notes set other = 0 where owner = 2",
        "delete from notes where owner = 2",
    )
    scopes = {each.column: (each.changes, each.distinct, each.hottest) for each in reading["notes"].scopes}
    assert scopes == {"owner": (30, 2, 15), "reader": (30 - 2, 1, 28)}
    assert list(map(str, reading)) == ["public.notes"]


def test_a_deleted_row_counts_for_its_scope_only_where_replica_identity_tells_it(
    database_of: str, read: Reader
) -> None:
    run(
        database_of,
        "create table users (id int primary key)",
        "insert into users values (1)",
        "create table notes (id int primary key, owner int references users)",
        "insert into notes values (1, 1), (2, 1)",
    )
    (owner,) = read("delete from notes")["notes"].scopes
    assert (owner.changes, owner.distinct, owner.hottest, owner.hottest_share) == (0, 0, 0, 0.0)


def test_a_column_of_too_many_values_is_left_out(
    database_of: str, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal_tally, "MOST_VALUES", 10)
    run(
        database_of,
        "create table users (id int primary key)",
        "insert into users select generate_series(1, 11)",
        "create table notes (id int primary key, owner int references users, editor int references users)",
    )
    reading = read("insert into notes select n, n, 1 + n % 10 from generate_series(1, 11) n")
    assert [(each.column, each.distinct, each.hottest) for each in reading["notes"].scopes] == [("editor", 10, 2)]


def test_no_value_of_a_row_is_in_the_reading(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id text primary key references t)", "alter table t replica identity full")
    reading = read("insert into t values ('s3cr3t-of-ada')", "update t set id = 's3cr3t-of-eve'")
    assert "s3cr3t" not in repr(list(reading.values()))


def test_changed_columns_are_named_where_replica_identity_is_full(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table t (id int primary key, a text, b jsonb, large text)",
        "alter table t alter large set storage external",
        "alter table t replica identity full",
        "insert into t values (1, 'x', '{}', repeat('y', 5000)), (2, null, null, null)",
    )
    reading = read(
        "update t set a = 'z'",
        "update t set a = null, b = '[1]' where id = 1",
        "update t set a = a",
        "update t set id = 3, large = 'small' where id = 2",
    )
    assert reading["t"].changed_columns == {"a": 3, "b": 1, "id": 1, "large": 1}


def test_changed_columns_are_unknown_where_replica_identity_hides_them(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table t (id int primary key, a text) partition by range (id)",
        "create table low partition of t for values from (0) to (10)",
        "create table high partition of t for values from (10) to (20)",
        "alter table low replica identity full",
        "insert into t values (1), (11)",
    )
    assert read("update t set a = 'x' where id = 1")["t"].changed_columns == {"a": 1}
    reading = read("update t set a = 'y'")
    assert reading["low"].changed_columns == {"a": 1}
    assert reading["high"].changed_columns is None
    assert reading["t"].changed_columns is None


def test_bytes_are_those_of_the_new_rows_values(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table t (id int primary key, word text, large text)",
        "alter table t alter large set storage external",
    )
    reading = read(
        "insert into t values (1, 'äöü', repeat('x', 3000)), (22, null, 'it''s')",  # 1 + 6 + 3000, 2 + 4
        "update t set word = 'yes' where id = 1",  # 1 + 3: the large value stays where it is
        "delete from t",
    )
    assert reading["t"].bytes_of_rows == 3007 + 6 + 4
