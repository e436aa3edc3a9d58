"""A workload whose truth is known, case by case: what the counters of a real server make of it.

Each case writes to tables of its own. Its `truth` is what Postgres Changes would tell: committed row changes; what is
`counted` is the same unless `why` says how it differs: then no reading of counters can know the truth, and the churn's
caveat or a note says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import psycopg
import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import Churn, DatabaseChurn, Snapshot
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import flush, made_database, opened, run, wait_for_collector

SEED = 20
RANDOM = Random(SEED)
MANY = RANDOM.randrange(40, 60)
FEW = RANDOM.randrange(5, 12)
BULK = 50_000

Row = tuple[int, int, int]  # inserts, updates, deletes


@dataclass(frozen=True)
class Case:
    """What is run, statement by statement in transactions of their own, and per table what becomes of it."""

    name: str
    tables: str
    work: tuple[str, ...]
    truth: dict[str, Row]
    counted: dict[str, Row] | None = None  # None: the truth
    why: str = ""  # how and why the counters differ from the truth


def rows(low: int, high: int) -> str:
    return f"generate_series({low}, {high})"


CASES = [
    Case(
        "inserts, updates and deletes",
        "create table plain (id int primary key, word text, indexed int unique)",
        (
            f"insert into plain select i, 'a', i from {rows(1, MANY)} i",
            f"update plain set indexed = -indexed where id <= {FEW}",
            f"delete from plain where id > {MANY - FEW}",
        ),
        {"plain": (MANY, FEW, FEW)},
    ),
    Case(
        "HOT updates are updates, once",
        "create table hot (id int primary key, word text) with (fillfactor = 50)",
        (f"insert into hot select {rows(1, FEW)}", "update hot set word = 'x'", "update hot set word = 'y'"),
        {"hot": (FEW, 2 * FEW, 0)},
    ),
    Case(
        "an update that changes nothing is an update",
        "create table same (id int)",
        (f"insert into same select {rows(1, FEW)}", "update same set id = id"),
        {"same": (FEW, FEW, 0)},
    ),
    Case(
        "work that is rolled back",
        "create table aborted (id int)",
        (
            f"begin; insert into aborted select {rows(1, MANY)}; update aborted set id = -id; rollback",
            f"insert into aborted select {rows(1, FEW)}",
        ),
        {"aborted": (FEW, 0, 0)},
        {"aborted": (MANY + FEW, MANY, 0)},
        "row changes are counted as they are made, whatever becomes of the transaction",
    ),
    Case(
        "a savepoint that is rolled back",
        "create table saved (id int)",
        (
            f"begin; insert into saved select {rows(1, FEW)}; savepoint s; insert into saved select {rows(1, MANY)}; "
            "rollback to s; commit",
        ),
        {"saved": (FEW, 0, 0)},
        {"saved": (MANY + FEW, 0, 0)},
        "row changes are counted as they are made, whatever becomes of the subtransaction",
    ),
    Case(
        "a statement that fails halfway",
        "create table failed (id int check (id < 10))",
        ("do $$ begin insert into failed select generate_series(1, 20); exception when others then null; end $$",),
        {"failed": (0, 0, 0)},
        {"failed": (9, 0, 0)},
        "the rows before the one that failed are counted",
    ),
    Case(
        "foreign keys that cascade",
        "create table parent (id int primary key); create table child "
        "(id int, parent int references parent on delete cascade on update cascade)",
        (
            f"insert into parent select {rows(1, FEW)}",
            f"insert into child select i, p from {rows(1, 3)} i, {rows(1, FEW)} p",
            "update parent set id = 1000 where id = 2",
            "delete from parent where id = 1",
        ),
        {"parent": (FEW, 1, 1), "child": (3 * FEW, 3, 3)},
    ),
    Case(
        "triggers that write",
        "create table watched (id int); create table log (id int, at timestamptz default now()); "
        "create function keep() returns trigger language plpgsql as "
        "$$ begin insert into log values (new.id), (new.id); return new; end $$; "
        "create trigger keep after insert on watched for each row execute function keep()",
        (f"insert into watched select {rows(1, FEW)}",),
        {"watched": (FEW, 0, 0), "log": (2 * FEW, 0, 0)},
    ),
    Case(
        "partitions, addressed through the parent and by themselves, and a row that moves",
        "create table parts (id int) partition by range (id); "
        "create table parts_low partition of parts for values from (0) to (100); "
        "create table parts_high partition of parts for values from (100) to (1000)",
        (
            f"insert into parts select {rows(1, FEW)}",
            f"insert into parts_high select {rows(101, 100 + MANY)}",
            "update parts set id = 500 where id = 1",
        ),
        {"parts_low": (FEW, 0, 1), "parts_high": (MANY + 1, 0, 0), "parts": (MANY + FEW + 1, 0, 1)},
    ),
    Case(
        "upserts",
        "create table upserted (id int primary key, word text)",
        (
            f"insert into upserted select {rows(1, FEW)}",
            f"insert into upserted select {rows(1, MANY)} on conflict (id) do update set word = 'again'",
            f"insert into upserted select {rows(1, MANY)} on conflict do nothing",
        ),
        {"upserted": (MANY, FEW, 0)},
    ),
    Case(
        "MERGE",
        "create table merged (id int, word text)",
        (f"insert into merged select {rows(1, FEW)}", "MERGE"),
        {"merged": (FEW + 1, 1, 1)},
    ),
    Case(
        "SELECT FOR UPDATE changes no row",
        "create table locked (id int)",
        (f"insert into locked select {rows(1, FEW)}", "select * from locked for update"),
        {"locked": (FEW, 0, 0)},
    ),
    Case("COPY", "create table copied (id int)", ("COPY",), {"copied": (MANY, 0, 0)}),
    Case(
        "a bulk job",
        "create table bulk (id int, word text)",
        (f"insert into bulk select i, 'x' from {rows(1, BULK)} i",),
        {"bulk": (BULK, 0, 0)},
    ),
    Case(
        "TRUNCATE",
        "create table truncated (id int)",
        (f"insert into truncated select {rows(1, MANY)}", "truncate truncated"),
        {"truncated": (MANY, 0, 0)},
        why="Postgres Changes does not tell a TRUNCATE either; the rows that it removes are in no count",
    ),
    Case(
        "INSERT, then TRUNCATE in the same transaction",
        "create table emptied (id int)",
        (
            f"begin; insert into emptied select {rows(1, MANY)}; truncate emptied; "
            "insert into emptied values (1); commit",
        ),
        {"emptied": (MANY + 1, 0, 0)},
        {"emptied": (1, 0, 0)},
        "TRUNCATE takes back what its own transaction counted before",
    ),
    Case(
        "an unlogged table",
        "create unlogged table unlogged (id int)",
        (f"insert into unlogged select {rows(1, FEW)}",),
        {"unlogged": (0, 0, 0)},
        {"unlogged": (FEW, 0, 0)},
        "counted like any other, but in no WAL, so Postgres Changes tells nothing of it",
    ),
    Case(
        "rewriting a table changes none of its rows",
        "create table rewritten (id int)",
        (f"insert into rewritten select {rows(1, FEW)}", "alter table rewritten alter id type bigint", "VACUUM FULL"),
        {"rewritten": (FEW, 0, 0)},
    ),
    Case(
        "writes while triggers and rules are off for replication",
        "create table replica (id int)",
        (f"set session_replication_role = replica; insert into replica select {rows(1, FEW)}",),
        {"replica": (FEW, 0, 0)},
    ),
]


def do(connection: psycopg.Connection[tuple[object, ...]], work: str) -> None:
    if work == "COPY":
        with connection.cursor() as cursor, cursor.copy("copy copied from stdin") as copy:
            for number in range(MANY):
                copy.write_row((number,))
    elif work == "VACUUM FULL":
        connection.execute("vacuum full rewritten")
    elif work == "MERGE":
        merge(connection)
    else:
        connection.execute(work.encode())


def merge(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """One row is updated, one deleted, one inserted; by three statements before PostgreSQL 15, which brought MERGE."""
    if connection.info.server_version < 150000:
        for work in ("update merged set word = 'x' where id = 1", "delete from merged where id = 2"):
            connection.execute(work.encode())
        connection.execute("insert into merged values (0)")
        return
    connection.execute(
        "merge into merged using (values (0), (1), (2)) m (id) on merged.id = m.id "
        "when matched and m.id = 1 then update set word = 'x' when matched then delete "
        "when not matched then insert values (m.id)"
    )


def play(conninfo: str) -> None:
    """Every case in a session of its own; before PostgreSQL 15 its counts are known for sure when it has ended."""
    for case in CASES:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for work in case.work:
                do(connection, work)
            flush(connection)
            version = connection.info.server_version
    wait_for_collector(version)


@pytest.fixture(scope="module")
def played(server: RunningServer) -> Iterator[tuple[Snapshot, ...]]:
    """Readings while nothing happens, while every case is played, and while nothing happens again."""
    with made_database(server) as conninfo:
        run(conninfo, *(case.tables for case in CASES))
        with opened(conninfo) as target:
            readings = [take_snapshot(target), take_snapshot(target)]
            play(conninfo)
            readings += [take_snapshot(target), take_snapshot(target)]
        yield tuple(readings)


@pytest.fixture(scope="module")
def churn(played: tuple[Snapshot, ...]) -> DatabaseChurn:
    return measure_churn(played)


def changes(entry: Churn) -> Row:
    return entry.inserts, entry.updates, entry.deletes


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_counted_is_what_is_told_here(case: Case, churn: DatabaseChurn) -> None:
    counted = case.counted or case.truth
    assert {table: changes(churn[table]) for table in counted} == counted
    assert (counted == case.truth) or case.why, "a difference has its reason"


def test_hot_updates_are_among_the_updates(churn: DatabaseChurn) -> None:
    assert 0 <= churn["hot"].hot_updates <= churn["hot"].updates == 2 * FEW
    assert churn["plain"].hot_updates == 0, "an update of an indexed column is none"


def test_every_measured_table_says_what_its_counts_are_worth(churn: DatabaseChurn) -> None:
    (caveat,) = {entry.caveat for entry in churn.values()}
    assert "rows written by work that was rolled back are included, rows removed by TRUNCATE are not." in caveat


def test_the_bulk_job_is_the_burst_that_stands_out(churn: DatabaseChurn) -> None:
    assert churn["bulk"].largest_burst == BULK
    assert max(churn.values(), key=lambda entry: entry.largest_burst or 0).table.name == "bulk"
    assert 0 < (churn["bulk"].quiet_share or 0) < 1


def test_each_row_counts_once_in_the_whole_database(churn: DatabaseChurn) -> None:
    once = {
        table: counted
        for case in CASES
        for table, counted in (case.counted or case.truth).items()
        if table not in {"parts_low", "parts_high"}
    }
    assert churn.events == sum(sum(counted) for counted in once.values())


def test_an_open_transactions_rows_are_counted_when_it_ends(any_database: str) -> None:
    run(any_database, "create table t (id int)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        with psycopg.connect(any_database) as writer:
            writer.execute("insert into t select generate_series(1, 9)")
            meanwhile = take_snapshot(target)
            writer.commit()
            flush(writer)
        wait_for_collector(target.server.version_num)
        after = take_snapshot(target)
    assert changes(measure_churn(before, meanwhile)["t"]) == (0, 0, 0)
    assert changes(measure_churn(before, meanwhile, after)["t"]) == (9, 0, 0)


def test_a_change_is_counted_within_a_second_though_its_session_stays(any_database: str) -> None:
    run(any_database, "create table t (id int)")
    with opened(any_database) as target, psycopg.connect(any_database, autocommit=True) as writer:
        before = take_snapshot(target)
        writer.execute("insert into t values (1)")
        writer.execute("insert into t values (2)")
        writer.execute("select pg_sleep(1.5)")
        after = take_snapshot(target)
    assert changes(measure_churn(before, after)["t"]) == (2, 0, 0)


def test_transactions_that_are_rolled_back_are_told_of_where_they_are_many(any_database: str) -> None:
    run(any_database, "create table t (id int)")
    with opened(any_database) as target:
        before = take_snapshot(target)
        with psycopg.connect(any_database) as connection:
            for _ in range(30):
                connection.execute("insert into t values (1)")
                connection.rollback()
            connection.commit()
            flush(connection)
        wait_for_collector(target.server.version_num)
        after = take_snapshot(target)
    (note,) = measure_churn(before, after).notes
    assert note.endswith(" % of the transactions were rolled back: the counts include the rows that those wrote.")
    assert 80 <= int(note.split()[0]) <= 97


def test_reading_adds_no_transaction_that_is_rolled_back(any_database: str) -> None:
    with opened(any_database) as target:
        readings = [take_snapshot(target) for _ in range(15)]
    wait_for_collector(target.server.version_num)
    with opened(any_database) as target:
        after = take_snapshot(target)
    assert after.xact_rollback is not None
    assert after.xact_rollback - (readings[0].xact_rollback or 0) <= 2, "opening a target makes one or two"
    assert measure_churn(*readings, after).notes == ()
