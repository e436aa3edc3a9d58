"""Today's set-up of a database that looks like Supabase's, on each major version at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from realtime_advisor.model import Publication, Setup, TableName, Trigger
from realtime_advisor.observation.setup import read_setup
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from .conftest import made_database, opened, role, run

WORLD = (
    "create schema app",
    'create table app."Order Items" (id uuid primary key, note text, secret text)',
    "create table app.visits (id int, day int, primary key (id, day)) partition by list (day)",
    "create table app.visits_1 partition of app.visits for values in (1)",
    "create function app.tell() returns trigger language plpgsql security definer set search_path = '' as"
    " $$ begin perform realtime.send('{}', 'e', 't'); return null; exception when others then return null; end $$",
    "create function app.silent() returns trigger language plpgsql as"
    " $$ begin /* it's off: perform realtime.send(x) */ return new; -- pg_notify('c', '')\n end $$",
    "create function app.shout(word text) returns void language sql begin atomic select pg_notify('words', word); end",
    "create function app.indirect() returns trigger language plpgsql as"
    " $$ begin perform app.shout(new.note); return new; end $$",
    'create trigger "It tells" after insert or delete on app."Order Items"'
    " for each statement execute function app.tell()",
    "create trigger postgres_own before update on app.visits"
    " for each row execute function suppress_redundant_updates_trigger()",
    'create trigger quiet before update on app."Order Items" for each row execute function app.silent()',
    'create trigger through after update on app."Order Items" for each row execute function app.indirect()',
    'alter table app."Order Items" disable trigger through',
    "create trigger each_visit after insert on app.visits for each row execute function app.tell()",
    "create trigger new_user after insert on auth.users for each row execute function app.silent()",
    'alter publication supabase_realtime add table app."Order Items"',
    "create publication half for table app.visits with (publish = 'insert, update', publish_via_partition_root)",
    "create policy hear on realtime.messages for select to authenticated"
    " using (extension = 'broadcast' and realtime.topic() = 'orders')",
)
ITEMS = TableName("app", "Order Items")
VISITS = TableName("app", "visits")


@pytest.fixture(scope="module", params=["server", "server15"], ids=["embedded", "15"])
def world(request: pytest.FixtureRequest) -> Iterator[str]:
    """The conninfo of a database with triggers, publications and a policy."""
    server: RunningServer = request.getfixturevalue(request.param)
    with made_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
        run(conninfo, *WORLD)
        yield conninfo


def read(conninfo: str) -> Setup:
    with opened(conninfo) as target:
        return read_setup(target)


def test_triggers_are_read_with_what_they_call(world: str) -> None:
    sends = ("realtime.send",)
    assert {t.name: t for t in read(world).triggers} == {
        "It tells": Trigger(
            "It tells", ITEMS, ("insert", "delete"), False, "app.tell", sends, catches_errors=True, search_path='""'
        ),
        "each_visit": Trigger(
            "each_visit", VISITS, ("insert",), True, "app.tell", sends, catches_errors=True, search_path='""'
        ),
        "new_user": Trigger("new_user", TableName("auth", "users"), ("insert",), True, "app.silent", as_definer=False),
        "postgres_own": Trigger("postgres_own", VISITS, ("update",), True, ""),
        "quiet": Trigger("quiet", ITEMS, ("update",), True, "app.silent", as_definer=False),
        "through": Trigger(
            "through", ITEMS, ("update",), True, "app.indirect", ("pg_notify",), enabled=False, as_definer=False
        ),
    }


def test_realtime_messages_is_read_with_its_policies_and_days(world: str) -> None:
    messages = read(world).messages
    assert messages is not None
    (policy,) = messages.policies
    now = datetime.now(UTC)
    days = [f"messages_{now + timedelta(days=ahead):%Y_%m_%d}" for ahead in (0, 1)]
    assert messages.row_security
    assert (messages.today, messages.tomorrow) == tuple(days)
    assert set(days) <= set(messages.partitions)
    assert (policy.name, policy.command, policy.roles) == ("hear", "select", ("authenticated",))
    assert policy.using == "((extension = 'broadcast'::text) AND (realtime.topic() = 'orders'::text))"
    assert policy.columns == ((TableName("realtime", "messages"), "extension"),)
    assert policy.functions == ("realtime.topic",)


def test_the_day_is_the_servers_in_utc(world: str) -> None:
    usual = read(world).messages
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # at any moment one of them has another day
        assert read(make_conninfo(world, options=f"-c timezone={zone} -c datestyle=German")).messages == usual


def test_publications_are_read_with_what_they_send(world: str) -> None:
    assert [p for p in read(world).publications if p.name in ("half", "supabase_realtime")] == [
        Publication("half", False, True, ("insert", "update"), (VISITS,)),
        Publication("supabase_realtime", tables=(ITEMS,)),
    ]


def test_a_default_partition_takes_the_messages_of_a_day_without_one(database: str) -> None:
    run(database, "create schema realtime", "create table realtime.messages (id int, day int) partition by list (day)")
    bare = read(database).messages
    run(database, "create table realtime.rest partition of realtime.messages default")
    caught = read(database).messages
    assert bare is not None
    assert caught is not None
    assert (bare.today in bare.partitions, bare.tomorrow in bare.partitions) == (False, False)
    assert (caught.today, caught.tomorrow) == ("rest", "rest")


def test_widths_are_averages_by_column_and_large_values_are_counted_apart(any_database: str) -> None:
    run(
        any_database,
        "create table t (id int primary key, small text, large text)",
        "alter table t alter column large set storage external",
        "insert into t select n, 'abcd', repeat('x', 100000) from generate_series(1, 20) n",
        "vacuum analyze t",
    )
    setup = read(any_database)
    widths = dict(setup.column_widths["t"])
    assert (widths["id"], widths["small"]) == (4, 5)
    assert widths["large"] < 100, "as a pointer"
    assert 95_000 < setup.out_of_line["t"] < 120_000


def test_columns_are_told_where_readers_may_not_see_all(world: str) -> None:
    run(
        world,
        "create table app.partly (id int, name text, secret text)",
        "create table app.wholly (id int)",
        "grant select (id, name) on app.partly to anon",
        "grant select on app.wholly to anon",
    )
    partly = read(world).partly_readable
    assert partly[TableName("app", "partly")] == ("id", "name")
    assert TableName("app", "wholly") not in partly


def test_slots_of_this_database_are_read_with_the_wal_that_they_keep(any_database: str, any_server: str) -> None:
    run(any_server, "select 1")
    with psycopg.connect(any_database, autocommit=True) as connection:
        connection.execute("select pg_create_logical_replication_slot('kept_' || current_database(), 'pgoutput')")
        try:
            connection.execute("create table t as select generate_series(1, 20000) n")
            (slot,) = read(any_database).slots or ()
            assert read(any_server).slots is not None
            assert all(other.name != slot.name for other in read(any_server).slots or ())
        finally:
            connection.execute("select pg_drop_replication_slot('kept_' || current_database())")
    assert (slot.plugin, slot.active, slot.temporary, slot.wal_status) == ("pgoutput", False, False, "reserved")
    assert slot.lag_bytes is not None
    assert slot.lag_bytes > 500_000
    assert read(any_database).slots == ()


def test_a_role_with_few_rights_gets_through(world: str) -> None:
    with role(world) as name:
        seen = read(make_conninfo(world, user=name))
    whole = read(world)
    assert seen.triggers == whole.triggers
    assert seen.messages == whole.messages
    assert seen.publications == whole.publications
    assert seen.slots == ()
    assert ITEMS not in seen.column_widths


def test_slots_that_a_role_may_not_see_are_unknown(any_database: str) -> None:
    run(any_database, "revoke select on pg_catalog.pg_replication_slots from public")
    with role(any_database) as name:
        seen = read(make_conninfo(any_database, user=name))
    assert seen.slots is None
    assert seen.wal_level == "logical"


def test_a_database_without_anything_has_no_set_up(any_database: str) -> None:
    setup = read(any_database)
    assert (setup.triggers, setup.slots, setup.messages, setup.publications) == ((), (), None, ())


def test_reading_waits_for_no_lock_on_a_users_table(world: str) -> None:
    with psycopg.connect(world) as migration:
        migration.execute('lock table app."Order Items", app.visits in access exclusive mode')
        assert read(world).triggers
