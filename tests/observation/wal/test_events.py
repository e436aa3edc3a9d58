"""The WAL of a real server against a known truth: every committed row change, nothing that was aborted."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import psycopg

from realtime_advisor.model import TableWal

from ..conftest import run
from .conftest import Reader
from .world import (
    slots,
)


def counts(wal: TableWal) -> tuple[int, int, int, int]:
    return wal.inserts, wal.updates, wal.deletes, wal.truncates


def test_committed_row_changes_are_counted_and_reading_leaves_no_slot(
    database_of: str, world: Any, read: Reader
) -> None:
    run(database_of, "create table t (id int primary key, word text)", "insert into t select generate_series(1, 9)")
    reading = read(
        "insert into t select generate_series(10, 14)",
        "update t set word = 'x' where id <= 3",
        "delete from t where id <= 2",
    )
    assert counts(reading["t"]) == (5, 3, 2, 0)
    assert (reading["t"].transactions, reading["t"].largest_transaction) == (3, 5)
    assert (reading.plugin, reading.transactions, reading.seconds, reading.stopped) == (world[1], 3, 90, None)
    assert reading.wal_bytes > 0
    assert reading.largest_lag_bytes > 0
    assert slots(database_of) == []


def test_a_quiet_database_has_no_table_in_the_reading(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key)")
    reading = read("select 1")
    assert (len(reading), reading.transactions, reading.seconds) == (0, 0, 30)


def test_aborted_work_is_not_counted(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key)")
    reading = read(
        "begin; insert into t select generate_series(1, 100); rollback",
        "begin; insert into t values (1); savepoint s; insert into t values (2); rollback to s;"
        " insert into t values (3); savepoint s; insert into t values (4); release s; commit",
    )
    assert counts(reading["t"]) == (3, 0, 0, 0)
    assert (reading["t"].transactions, reading["t"].largest_transaction) == (1, 3)


def test_an_upsert_is_an_insert_or_an_update_and_nothing_where_it_does_nothing(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key, n int)", "insert into t values (1, 0), (2, 0)")
    reading = read(
        "insert into t values (2, 1), (3, 1), (4, 1) on conflict (id) do update set n = excluded.n",
        "insert into t values (1, 9), (9, 9) on conflict do nothing",
    )
    assert counts(reading["t"]) == (3, 1, 0, 0)


def test_cascades_are_counted_where_they_strike(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table parents (id int primary key)",
        "create table children (id int primary key, parent int references parents on delete cascade on update cascade)",
        "insert into parents values (1), (2)",
        "insert into children select n, 1 + n % 2 from generate_series(1, 10) n",
    )
    reading = read("delete from parents where id = 1", "update parents set id = 3")
    assert counts(reading["parents"]) == (0, 1, 1, 0)
    assert counts(reading["children"]) == (0, 5, 5, 0)


def test_a_partitions_changes_show_in_every_table_above_it(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table events (id int, region text, primary key (id, region)) partition by list (region)",
        "create table eu partition of events for values in ('de', 'fr') partition by list (region)",
        "create table de partition of eu for values in ('de')",
        "create table fr partition of eu for values in ('fr')",
        "create table us partition of events for values in ('us')",
    )
    reading = read(
        "insert into events select n, (array['de', 'fr', 'us'])[1 + n % 3] from generate_series(1, 9) n",
        "update events set region = 'us' where id = 1",  # a move: a delete here, an insert there
        "truncate eu",
    )
    assert counts(reading["de"]) == (3, 0, 0, 1)
    assert counts(reading["fr"]) == (3, 0, 1, 1)
    assert counts(reading["eu"]) == (6, 0, 1, 1)
    assert counts(reading["us"]) == (4, 0, 0, 0)
    assert counts(reading["events"]) == (10, 0, 1, 0)
    assert (reading["events"].transactions, reading["events"].largest_transaction) == (2, 9)
    assert reading.transactions == 3


def test_a_truncation_is_one_whatever_it_emptied(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key)", "create table u (id int primary key)")
    reading = read("insert into t select generate_series(1, 5)", "truncate t, u", "truncate t restart identity cascade")
    assert counts(reading["t"]) == (5, 0, 0, 2)
    assert (reading["t"].transactions, reading["t"].largest_transaction) == (3, 5)
    assert counts(reading["u"]) == (0, 0, 0, 1)


def test_a_bulk_job_in_one_transaction_is_found(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key, n int)", "insert into t select generate_series(1, 70000)")
    reading = read("begin; update t set n = 1; delete from t where id > 69990; commit", "insert into t values (0)")
    assert counts(reading["t"]) == (1, 70_000, 10, 0)
    assert (reading["t"].transactions, reading["t"].largest_transaction) == (2, 70_010)


def test_many_transactions_are_read_in_several_batches(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key)")
    reading = read(lambda: write_blocks(database_of, blocks=60, rows=2000))
    assert counts(reading["t"]) == (120_000, 0, 0, 0)
    assert (reading["t"].transactions, reading["t"].largest_transaction) == (60, 2000)


def write_blocks(conninfo: str, blocks: int, rows: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for block in range(blocks):
            connection.execute(
                "insert into t select generate_series(%s::int, %s::int)", [block * rows + 1, (block + 1) * rows]
            )


def test_materialized_views_and_temporary_tables_are_no_events(database_of: str, read: Reader) -> None:
    run(
        database_of,
        "create table t (id int primary key)",
        "create materialized view v as select * from t",
        "create unique index on v (id)",
    )
    reading = read(
        "insert into t values (1)",
        "refresh materialized view concurrently v",
        "refresh materialized view v",
        "create temp table x as select generate_series(1, 9); insert into x values (1)",
        "create unlogged table u (id int); insert into u values (1)",
    )
    assert list(map(str, reading)) == ["public.t"]


def test_a_table_that_was_made_or_rewritten_meanwhile_counts(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key)", "insert into t values (1), (2)")
    reading = read(
        "alter table t add column n double precision default random()",  # rewrites the rows: nobody's event
        "create table fresh (id int primary key, t int references t)",
        "insert into fresh values (1, 1)",
        "alter table t rename to old",
        "update old set n = 0",
    )
    assert {str(name): counts(wal) for name, wal in reading.items()} == {
        "public.fresh": (1, 0, 0, 0),
        "public.old": (0, 2, 0, 0),
    }


def test_copies_and_merges_count(database_of: str, read: Reader) -> None:
    run(database_of, "create table t (id int primary key, n int)")

    def copy() -> None:
        with psycopg.connect(database_of) as connection, connection.cursor().copy("copy t from stdin") as rows:
            for number in range(500):
                rows.write_row((number, 0))

    reading = read(
        copy,
        "merge into t using generate_series(490, 509) i on t.id = i when matched and i < 495 then delete"
        " when matched then update set n = 1 when not matched then insert values (i, 2)",
    )
    assert counts(reading["t"]) == (510, 5, 5, 0)


def test_a_seeded_workload_is_counted_exactly(database_of: str, read: Reader) -> None:
    """Random work of which the truth is known: each session commits or aborts, with savepoints on the way."""
    run(
        database_of,
        "create table users (id int primary key)",
        "insert into users select generate_series(1, 20)",
        "create table posts (id serial primary key, author int not null references users on delete cascade, n int)",
        "alter table posts replica identity full",
    )
    truth = Truth(seed=20)
    reading = read(*[lambda: truth.work(database_of)] * 6)
    assert (reading["posts"].inserts, reading["posts"].updates, reading["posts"].deletes) == (
        truth.done["insert"],
        truth.done["update"],
        truth.done["delete"],
    )
    assert (reading["posts"].transactions, reading["posts"].largest_transaction) == (truth.transactions, truth.largest)
    (author,) = reading["posts"].scopes
    assert (author.changes, author.hottest) == (truth.by_author.total(), max(truth.by_author.values()))
    assert author.distinct == len(truth.by_author)


class Truth:
    """Does random work and knows what of it was committed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.by_author: Counter[int] = Counter()
        self.transactions = self.largest = 0

    def work(self, conninfo: str) -> None:
        with psycopg.connect(conninfo) as connection:
            for _ in range(15):
                done, authors = self.transaction(connection)
                if self.random.random() < 0.3:
                    connection.rollback()
                    continue
                connection.commit()
                self.done += done
                self.by_author += authors
                self.transactions += bool(done)
                self.largest = max(self.largest, done.total())

    def transaction(self, connection: psycopg.Connection[Any]) -> tuple[Counter[str], Counter[int]]:
        done: Counter[str] = Counter()
        authors: Counter[int] = Counter()
        for _ in range(self.random.randint(1, 5)):
            kept = self.random.random() < 0.7
            connection.execute("savepoint s")
            operation, touched = self.statement(connection)
            connection.execute("release s" if kept else "rollback to s")
            if kept:
                done[operation] += len(touched)
                authors.update(touched)
        return +done, authors

    def statement(self, connection: psycopg.Connection[Any]) -> tuple[str, list[int]]:
        author = int(min(19, self.random.expovariate(0.3))) + 1
        statements = {
            "insert": "insert into posts (author) select %s from generate_series(1, 7) returning author",
            "update": "update posts set n = 1 where author = %s returning author",
            "delete": "delete from posts where author = %s and id %% 2 = 0 returning author",
        }
        operation = self.random.choices(list(statements), [5, 3, 1])[0]
        rows = connection.execute(statements[operation].encode(), [author]).fetchall()
        return operation, [author for (author,) in rows]
