"""Rows per statement from a real pg_stat_statements: which table, which operation, how many, and what is hidden."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from realtime_advisor.model import StatementRows, TableName, WritingStatements
from realtime_advisor.observation import statements as statements_module
from realtime_advisor.observation.statement_text import CannotTell, Written, characters_to_read, read_statement
from realtime_advisor.observation.statements import read_statements, why_no_statements
from realtime_advisor.observation.target import QUERIES
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import made_database, opened, role, run


@pytest.fixture
def recorded(own_server: RunningServer) -> Iterator[str]:
    """An empty database whose statements are recorded by an extension in a schema with an awkward name."""
    with made_database(own_server) as conninfo:
        run(conninfo, 'create schema "Stat; s"', 'create extension pg_stat_statements schema "Stat; s"')
        yield conninfo


def as_role(server: RunningServer, conninfo: str, name: str) -> str:
    """The same database as a role with the password x."""
    database = str(conninfo_to_dict(conninfo)["dbname"])
    return make_conninfo("", host=server.host, port=server.port, dbname=database, user=name, password="x")


def read(conninfo: str) -> WritingStatements:
    with opened(conninfo) as target:
        found = read_statements(target)
        assert why_no_statements(target) is None
    assert found is not None
    return found


def rows_of(statements: WritingStatements, table: str) -> list[tuple[str, int, int]]:
    return [(one.operation, one.calls, one.rows) for one in statements[table]]


def test_rows_per_statement_are_told_of_each_table_and_operation(recorded: str) -> None:
    run(
        recorded,
        "create table orders (id int primary key, word text)",
        "insert into orders select generate_series(1, 400), 'bulk'",
        *(f"/* one by one */ insert into public.orders values ({number}, 'x')" for number in range(1001, 1005)),
        "with few as (select 7 as id) update orders set word = 'y' from few where orders.id < few.id",
        "insert into orders values (1, 'upsert') on conflict (id) do update set word = 'upserted'",
        "delete from only orders where id <= 100",
        "select * from orders for update",
    )
    found = read(recorded)
    assert list(found) == [TableName("public", "orders")]
    assert found.unread == 0
    assert sorted(rows_of(found, "orders")) == [
        ("delete", 1, 100),
        ("insert", 1, 1),
        ("insert", 1, 400),
        ("insert", 4, 4),
        ("update", 1, 6),
    ]
    assert found["orders"][0] == StatementRows("insert", 1, 400), "most rows per statement first"
    assert found["orders"][0].rows_per_statement == 400


def test_merge_is_read_where_the_server_knows_it(recorded: str) -> None:
    run(recorded, "create table t (id int)", "insert into t select generate_series(1, 5)")
    with psycopg.connect(recorded, autocommit=True) as connection:
        if connection.info.server_version < 150000:
            return
        connection.execute("merge into t using (values (2), (3)) m (id) on t.id = m.id when matched then delete")
    assert rows_of(read(recorded), "t") == [("insert", 1, 5), ("merge", 1, 2)]


def test_copy_and_prepared_statements_are_read(recorded: str) -> None:
    run(recorded, "create table t (id int, word text)")
    with psycopg.connect(recorded, autocommit=True) as connection:
        with connection.cursor() as cursor, cursor.copy("copy t (id, word) from stdin") as copy:
            for number in range(250):
                copy.write_row((number, "word"))
        connection.execute("prepare more (int) as insert into t select generate_series(1, $1)")
        connection.execute("execute more(30)")
    assert rows_of(read(recorded), "t") == [("copy", 1, 250), ("insert", 1, 30)]


def test_nested_statements_are_counted_once_and_for_the_table_that_they_write_to(recorded: str) -> None:
    run(
        recorded,
        "create table orders (id int)",
        "create table log (id int)",
        "create function keep() returns trigger language plpgsql as $$ begin insert into log values (new.id); "
        "return new; end $$",
        "create trigger keep after insert on orders for each row execute function keep()",
    )
    with psycopg.connect(recorded, autocommit=True) as connection:
        connection.execute("set pg_stat_statements.track = 'all'")
        connection.execute("insert into orders select generate_series(1, 20)")
        connection.execute("do $$ begin insert into log values (0); end $$")
    found = read(recorded)
    assert rows_of(found, "orders") == [("insert", 1, 20)]
    assert sorted(rows_of(found, "log")) == [("insert", 1, 1), ("insert", 20, 20)]


def test_rows_that_belong_to_no_single_table_are_unread(recorded: str) -> None:
    run(
        recorded,
        "create table a (id int)",
        "create table b (id int)",
        "with gone as (delete from a returning id) insert into b select id from gone",
        "with gone as (delete from a returning id) select count(*) from gone",
    )
    found = read(recorded)
    assert (dict(found), found.unread) == ({}, 2)
    assert found.notes == (
        "2 kinds of statements write to tables that their texts do not tell, or to several at once.",
    )


def test_a_single_kind_of_statement_is_told_as_one(recorded: str) -> None:
    run(
        recorded,
        "create table a (id int)",
        "create table b (id int)",
        "with gone as (delete from a returning id) insert into b select id from gone",
    )
    assert read(recorded).notes == (
        "1 kind of statement writes to tables that its text does not tell, or to several at once.",
    )


def test_a_bare_name_is_read_only_where_one_table_has_it(recorded: str) -> None:
    run(
        recorded,
        "create schema shop",
        "create table shop.orders (id int)",
        "create table shop.items (id int)",
        "create table items (id int)",
        'create table "Items" (id int)',
    )
    with psycopg.connect(recorded, autocommit=True) as connection:
        connection.execute("set search_path = shop")
        connection.execute("insert into orders values (1), (2)")
        connection.execute("insert into items values (1)")
        connection.execute('insert into public."Items" values (1), (2), (3)')
        connection.execute("create temp table passing (id int)")
        connection.execute("insert into passing values (1)")
    found = read(recorded)
    assert {str(table): one[0].rows for table, one in found.items()} == {"shop.orders": 2, 'public."Items"': 3}
    assert found.unread == 2, "items could be either, and a temporary table is nobody's"


def test_statements_of_other_databases_are_not_read(recorded: str, own_server: RunningServer) -> None:
    run(recorded, "create table t (id int)")
    with made_database(own_server) as other:
        run(other, "create table t (id int)", "insert into t values (1)")
        assert dict(read(recorded)) == {}


def test_no_text_of_a_statement_is_kept(recorded: str) -> None:
    run(
        recorded, "create table t (id int, word text)", "insert into t values (1, 'hush')", "copy t from program 'true'"
    )
    found = read(recorded)
    assert "hush" not in repr(vars(found))
    assert "program" not in repr(vars(found))


def test_a_role_without_rights_is_told_what_to_grant(recorded: str, own_server: RunningServer) -> None:
    run(recorded, "create table t (id int)", "insert into t values (1)")
    with role(recorded, "login password 'x'") as name, opened(as_role(own_server, recorded, name)) as target:
        assert read_statements(target) is None
        assert why_no_statements(target) == (
            f'Rows per statement are not known: role {name} may not read "Stat; s".pg_stat_statements; grant it usage '
            "on that schema and select on that view."
        )
        run(recorded, f'grant usage on schema "Stat; s" to {name}')
        found = read_statements(target)
        assert found is not None
        assert dict(found) == {}
        assert found.unread >= 2
        assert f"are hidden from role {name}: grant it pg_read_all_stats" in found.notes[0]
        run(recorded, f"grant pg_read_all_stats to {name}")
        found = read_statements(target)
        assert found is not None
        assert rows_of(found, "t") == [("insert", 1, 1)]
        assert found.unread == 0


def test_the_query_runs_in_psql_unaided(recorded: str, own_server: RunningServer) -> None:
    query = QUERIES.joinpath("statements.sql")
    psql = [own_server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    command = [*psql, "-c", 'set search_path = "Stat; s"', "-f", str(query), recorded]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_extension_the_next_step_is_told(own_server: RunningServer) -> None:
    with made_database(own_server) as conninfo, opened(conninfo) as target:
        assert read_statements(target) is None
        assert str(why_no_statements(target)).endswith('and run "create extension pg_stat_statements".')


READ = [
    ("insert into t values ($1)", "insert", None, "t"),
    ('INSERT INTO "Shop"."Order ""Items""" (a) SELECT $1', "insert", "Shop", 'Order "Items"'),
    ("-- from the app\n/* trace=1 */ update only s.t set a = $1", "update", "s", "t"),
    ("with a as (select 1), b (c) as (select 2) delete from t using a", "delete", None, "t"),
    ("with recursive update as (select 1) insert into Delete select * from update", "insert", None, "delete"),
    ("insert into comment (a) values ($1) on conflict (a) do update set a = excluded.a", "insert", None, "comment"),
    (
        "merge into t using s on true when matched then delete when not matched then insert values (1)",
        "merge",
        None,
        "t",
    ),
    ("copy s.t (a, b) from stdin with (format csv)", "copy", "s", "t"),
    ("prepare p (int, text) as update t set a = $1", "update", None, "t"),
    ("/*+ SeqScan(t) */ delete from t where exists (select from u for update)", "delete", None, "t"),
    ("insert into t values (E'it\\'s', $tag$insert into u$tag$)", "insert", None, "t"),
    ("insert into t values ($1,$2,$3||$4)", "insert", None, "t"),
    ('update "in $1" set a=$1,b=$2 where c=$3', "update", None, "in $1"),
    ("insert into données values ($1)", "insert", None, "données"),
    ("insert into t values (" + "$1, " * 4000, "insert", None, "t"),
]


@pytest.mark.parametrize(("text", "operation", "schema", "name"), READ)
def test_the_table_is_read_off_a_statement(text: str, operation: str, schema: str | None, name: str) -> None:
    assert read_statement(text) == Written(operation, schema, name)


@pytest.mark.parametrize(
    "text",
    [
        "select f($1) -- insert into t",
        "select * from t for update",
        "copy t to stdout",
        "copy (select * from t) to stdout",
        "do $$ begin insert into t values (1); end $$",
        "create trigger x after insert or update on t execute function f()",
        "truncate t",
        "",
    ],
)
def test_what_writes_no_rows_is_no_writing_statement(text: str) -> None:
    assert read_statement(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "with a as (insert into t values (1) returning *) update u set b = 1 from a",
        "with a as (with b as (select 1) insert into t select * from b returning 1) select * from a",
        "copy (delete from t returning *) to stdout",
        "with a as (select 'cut sho",
        "insert into",
    ],
)
def test_what_cannot_be_told_is_not_guessed(text: str) -> None:
    with pytest.raises(CannotTell):
        read_statement(text)


def test_the_rows_of_a_long_insert_are_not_read() -> None:
    bulk = "/* app */ insert into shop.orders (a, b) values " + ", ".join(f"(${n}, ${n + 1})" for n in range(700))
    assert characters_to_read(bulk) == 300
    assert characters_to_read(f"with a as (select 1) {bulk}") > 9_000
    started = time.process_time()
    for _ in range(500):
        assert read_statement(bulk) == Written("insert", "shop", "orders")
    assert time.process_time() - started < 10


def test_reading_ends_where_too_many_long_statements_would_take_too_long(
    recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(recorded, "create table t (id int)", "with a as (select 1 as id) insert into t select id from a")
    assert rows_of(read(recorded), "t") == [("insert", 1, 1)]
    monkeypatch.setattr(statements_module, "_MOST_CHARACTERS", 20)
    found = read(recorded)
    assert (dict(found), found.unread) == ({}, 1)
