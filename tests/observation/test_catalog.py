"""The catalogue of a small application, on each major version at hand, held against what Postgres itself says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from realtime_advisor.model import Catalog, Column, ForeignKey, PartialKey, RelationKind, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import QUERIES
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from .conftest import made_database, opened, role, run

ITEMS = 'app."Order Items"'
MEMBERSHIPS = TableName("app", "memberships")


@pytest.fixture(scope="module", params=["server", "server15"], ids=["embedded", "15"])
def world(request: pytest.FixtureRequest) -> Iterator[str]:
    """The conninfo of a database with the application, on something that looks like Supabase."""
    server: RunningServer = request.getfixturevalue(request.param)
    with made_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(Path(__file__).with_name("world.sql").read_bytes())
            if server.binaries.major >= 15:
                connection.execute("create publication by_schema for tables in schema hidden")
                connection.execute("create view app.invoker with (security_invoker) as select id from hidden.secrets")
                connection.execute("grant select on app.invoker to authenticated")
        yield conninfo


@pytest.fixture(scope="module")
def catalog(world: str) -> Catalog:
    with opened(world) as target:
        return read_catalog(target)


def names(catalog: Catalog) -> set[str]:
    return {str(table.name) for table in catalog}


def test_an_empty_database_has_an_empty_catalogue(any_database: str) -> None:
    with opened(any_database) as target:
        assert len(read_catalog(target)) == 0


def test_supabases_own_tables_temporary_ones_and_extensions_are_left_out(catalog: Catalog) -> None:
    assert catalog.server.is_supabase
    assert {table.name.schema for table in catalog} == {"app", "hidden", "public"}
    assert not any("fleeting" in name or "pg_stat" in name for name in names(catalog))


def test_elsewhere_auth_is_a_schema_like_any_other(any_database: str) -> None:
    run(any_database, "create schema auth", "create table auth.users (id int)")
    with opened(any_database) as target:
        assert names(read_catalog(target)) == {"auth.users"}


def test_an_extensions_tables_are_not_the_users(any_database: str) -> None:
    run(any_database, "create table mine (id int)", "create table theirs (id int)", "create extension pg_trgm")
    run(any_database, "alter extension pg_trgm add table theirs")
    with opened(any_database) as target:
        assert names(read_catalog(target)) == {"public.mine"}


def test_each_kind_of_relation_is_told(catalog: Catalog) -> None:
    assert catalog["app.tenants"].kind is RelationKind.TABLE
    assert catalog["app.events"].kind is RelationKind.PARTITIONED
    assert catalog["app.outer_view"].kind is RelationKind.VIEW
    assert catalog["app.kept"].kind is RelationKind.MATERIALIZED_VIEW


def test_columns_come_in_order_with_type_and_comment_and_without_dropped_ones(catalog: Catalog) -> None:
    assert [column.name for column in catalog["app.memberships"].columns] == ["tenant_id", "user_id", "note"]
    assert catalog[ITEMS].columns == (
        Column("tenant_id", "bigint", not_null=True),
        Column("Number", "integer", not_null=True),
        Column("mood", "app.mood", has_default=True),
        Column("price", "numeric(10,2)", comment="In euros, 100% of it"),
        Column("doubled", "numeric", generated=True, has_default=True),
        Column("author", "uuid"),
    )
    assert catalog["app.tenants"].comment == "Who pays"


def test_what_a_row_need_not_name_is_told(any_database: str) -> None:
    run(any_database, "create table mine (a int generated always as identity, b serial, c int default 1, d int)")
    with opened(any_database) as target:
        columns = read_catalog(target)["public.mine"].columns
    assert [column.name for column in columns if column.has_default] == ["a", "b", "c"]


def test_a_nondeterministic_collation_is_told(server15: RunningServer) -> None:
    """On the system's server: the embedded one knows no ICU, without which there is no such collation."""
    with made_database(server15) as conninfo:
        assert _lenient_columns(conninfo) == ["b", "e"]


def _lenient_columns(conninfo: str) -> list[str]:
    run(
        conninfo,
        "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "create collation cs (provider = icu, locale = 'und', deterministic = true);"
        "create domain login as text collate ci;"
        'create table mine (a text, b text collate ci, c text collate cs, d text collate "C", e login, f int)',
    )
    with opened(conninfo) as target:
        columns = read_catalog(target)["public.mine"].columns
    return [column.name for column in columns if column.lenient]


def test_keys_have_their_columns_in_key_order(catalog: Catalog) -> None:
    assert catalog["app.memberships"].primary_key == ("user_id", "tenant_id")
    assert catalog[ITEMS].primary_key == ("tenant_id", "Number")
    assert catalog["app.parent"].primary_key == ()


def test_only_unique_indexes_over_all_rows_and_plain_columns_are_keys(catalog: Catalog) -> None:
    assert catalog[ITEMS].unique_keys == (("author", "mood"),)
    assert catalog["app.tenants"].unique_keys == (("name",),)


def test_a_foreign_key_pairs_its_columns_and_may_leave_the_users_schemas(catalog: Catalog) -> None:
    assert catalog[ITEMS].foreign_keys == (
        ForeignKey(
            "Order Items_author_tenant_id_fkey",
            ("author", "tenant_id"),
            MEMBERSHIPS,
            ("user_id", "tenant_id"),
            "set null",
        ),
    )
    to_tenants, to_users = catalog["app.memberships"].foreign_keys
    assert (to_tenants.references, to_tenants.on_delete) == (TableName("app", "tenants"), "cascade")
    assert (to_users.references, to_users.on_delete) == (TableName("auth", "users"), "restrict")


def test_a_foreign_key_to_a_partitioned_table_is_one_key(catalog: Catalog) -> None:
    assert [key.references for key in catalog["app.diary"].foreign_keys] == [TableName("app", "days")]


def test_partitions_have_the_foreign_keys_of_their_parent(catalog: Catalog) -> None:
    assert [key.columns for key in catalog["app.events_2025_one"].foreign_keys] == [("tenant_id",)]


def test_policies_tell_command_roles_and_expressions(catalog: Catalog) -> None:
    everybody, members = catalog[ITEMS].policies
    assert (everybody.name, everybody.command, everybody.permissive) == ("everybody", "insert", True)
    assert (everybody.roles, everybody.using, everybody.with_check) == (("public",), None, "true")
    assert (members.command, members.permissive, members.roles) == ("update", False, ("anon", "authenticated"))
    assert "FROM app.memberships m" in str(members.using)
    assert members.with_check == "(mood <> 'cross'::app.mood)"
    assert catalog[ITEMS].row_security
    assert not catalog["app.tenants"].row_security


def test_policies_tell_which_columns_and_functions_they_mention(catalog: Catalog) -> None:
    (own,) = catalog["app.memberships"].policies
    assert (own.columns, own.functions) == (((MEMBERSHIPS, "user_id"),), ("auth.uid",))
    items = TableName("app", "Order Items")
    members = catalog[ITEMS].policies[1]
    assert set(members.columns) == {
        (MEMBERSHIPS, "tenant_id"),
        (MEMBERSHIPS, "user_id"),
        (items, "tenant_id"),
        (items, "mood"),
    }
    assert members.functions == ("auth.uid",)
    assert catalog[ITEMS].policies[0].columns == ()


def test_policies_may_mention_sequences_composite_types_and_what_an_extension_owns(any_database: str) -> None:
    run(
        any_database,
        "create type pair as (first int, second int)",
        "create sequence counter",
        "create table theirs (id int primary key)",
        "create extension pg_trgm",
        "alter extension pg_trgm add table theirs",
        "create table t (id int primary key, both_of pair, their_id int references theirs)",
        "create policy odd on t using"
        " ((both_of).second = (select last_value from counter) and exists (select from theirs where theirs.id = t.id))",
    )
    with opened(any_database) as target:
        catalog = read_catalog(target)
    mentioned = {(str(table), column) for table, column in catalog["t"].policies[0].columns}
    assert mentioned >= {("public.counter", "last_value"), ("public.theirs", "id"), ("public.t", "both_of")}
    assert catalog["t"].foreign_keys[0].references == TableName("public", "theirs")
    assert names(catalog) == {"public.t"}


def test_temporary_tables_of_other_sessions_are_no_hindrance(any_database: str) -> None:
    with psycopg.connect(any_database, autocommit=True) as neighbour:
        neighbour.execute("create temporary table a (id int primary key)")
        neighbour.execute("create temporary table b (id int references a)")
        with opened(any_database) as target:
            assert len(read_catalog(target)) == 0


def test_columns_that_an_index_only_stores_are_not_in_its_key(any_database: str) -> None:
    run(any_database, "create table t (a int, b int, c int, primary key (b, a) include (c))")
    run(any_database, "create unique index on t (c) include (a)")
    with opened(any_database) as target:
        table = read_catalog(target)["t"]
    assert (table.primary_key, table.unique_keys) == (("b", "a"), (("c",),))


def test_who_may_select_counts_grants_on_columns_and_the_use_of_the_schema(catalog: Catalog) -> None:
    assert catalog["public.posts"].select_roles == ("anon", "authenticated")
    assert catalog["app.tenants"].select_roles == ("authenticated",), "anon may not use the schema"
    assert catalog["app.events"].select_roles == ("authenticated",), "one column is enough"
    assert catalog["app.events"].withheld_columns == ("at", "tenant_id")
    assert catalog["public.posts"].withheld_columns == ()
    assert catalog["hidden.secrets"].select_roles == ()
    assert catalog["hidden.columns_only"].select_roles == ()


def test_views_that_let_readers_through_are_named_even_behind_other_views(catalog: Catalog) -> None:
    opened_by = (TableName("app", "kept"), TableName("app", "outer_view"))
    assert catalog["hidden.secrets"].exposed_by == opened_by, "but not by a security_invoker view"
    assert catalog["hidden.inner_view"].exposed_by == (TableName("app", "outer_view"),)
    assert catalog["app.parent"].exposed_by == (), "nobody may read the view"


def test_publications_are_those_that_postgres_lists(world: str, catalog: Catalog) -> None:
    with psycopg.connect(world) as connection:
        listed = connection.execute(
            "select schemaname, tablename, array_agg(pubname::text order by pubname) from pg_publication_tables"
            " where schemaname in ('app', 'hidden', 'public') group by 1, 2"
        ).fetchall()
    told = {(table.name.schema, table.name.name): list(table.publications) for table in catalog if table.publications}
    assert told == {(schema, name): publications for schema, name, publications in listed}
    assert told["app", "events"] == ["rooted"]
    assert told["app", "events_2025_one"] == ["everything", "supabase_realtime"]
    assert ("app", "scratch") not in told
    if catalog.server.major >= 15:
        assert told["hidden", "secrets"] == ["by_schema", "everything"]


def test_replica_identity_is_told(catalog: Catalog) -> None:
    assert catalog[ITEMS].replica_identity == "full"
    assert catalog["app.tenants"].replica_identity == "default"


def test_partitions_know_their_parent_and_inheritance_is_something_else(catalog: Catalog) -> None:
    events, year = TableName("app", "events"), TableName("app", "events_2025")
    assert catalog[events].partitions == (year, TableName("app", "events_2026"))
    assert catalog[year].partition_of == events
    assert catalog["app.events_2025_one"].partition_of == year
    assert catalog["app.child"].partition_of is None
    assert catalog["app.parent"].partitions == ()
    assert catalog["app.child"].inherits == (TableName("app", "parent"),)
    assert (catalog[year].inherits, catalog["app.parent"].inherits) == ((), ())


def test_a_table_that_was_never_analysed_has_no_figures(catalog: Catalog) -> None:
    assert catalog["app.tenants"].estimated_rows is None
    assert catalog["app.tenants"].column("id").n_distinct is None


def test_without_supabases_roles_nobody_knows_who_reads(own_server: RunningServer) -> None:
    with made_database(own_server) as conninfo:
        run(conninfo, "create table t (id int)")
        with opened(conninfo) as target:
            assert read_catalog(target)["t"].select_roles is None


ANALYSED = (
    "create table t (kind text, hole int, empty int) partition by list (kind)",
    "create table t_a partition of t for values in ('a')",
    "create table t_rest partition of t default",
    "insert into t select case when i <= 60 then 'a' else 'b' end, nullif(i % 4, 0) from generate_series(1, 100) i",
    "analyze t",
)


def test_the_figures_of_analyze_are_read_for_partitioned_tables_too(any_database: str) -> None:
    run(any_database, *ANALYSED)
    with opened(any_database) as target:
        catalog = read_catalog(target)
    kind, hole, empty = catalog["t"].columns
    assert (kind.n_distinct, kind.null_fraction) == (2, 0)
    assert kind.top_frequency == pytest.approx(0.6)
    assert hole.null_fraction == pytest.approx(0.25)
    assert (empty.null_fraction, empty.n_distinct) == (1, None), "no value, nothing to count"
    assert catalog["t_a"].estimated_rows == 60
    assert catalog["t_a"].column("kind").n_distinct == 1


def test_a_role_with_few_rights_reads_the_same_catalogue_but_for_statistics(any_database: str) -> None:
    run(any_database, *ANALYSED, "create schema closed", "create table closed.t (id int primary key)")
    with opened(any_database) as target:
        seen_by_owner = read_catalog(target)
    with role(any_database) as name, opened(make_conninfo(any_database, user=name)) as target:
        seen_by_stranger = read_catalog(target)
    assert names(seen_by_stranger) == names(seen_by_owner)
    assert seen_by_stranger["closed.t"] == seen_by_owner["closed.t"]
    assert seen_by_stranger["t_a"].estimated_rows == 60
    assert seen_by_stranger["t"].column("kind").n_distinct is None
    assert not seen_by_stranger.server.sees_all_statistics


def test_reading_the_catalogue_locks_no_table_of_the_user(any_database: str) -> None:
    run(any_database, "create table t (id int primary key)", "create publication everything for all tables")
    run(any_database, "create unique index on t (id) where id > 0")
    with psycopg.connect(any_database) as migration, opened(any_database) as target:
        migration.execute("alter table t add column later int")
        assert [column.name for column in read_catalog(target)["t"].columns] == ["id"]


def test_every_query_runs_in_psql_unaided(world: str, server: RunningServer) -> None:
    # statements.sql needs an extension, messages_sent.sql Realtime's table, the WAL's a slot of their session: their
    # readers' tests run those.
    for query in sorted(Path(str(QUERIES)).glob("*.sql")):
        if query.stem in ("statements", "messages_sent") or query.stem.startswith("wal_"):
            continue
        command = [server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(query), world]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{query.name}: {done.stderr}"


def test_a_key_among_some_rows_comes_with_what_it_says_of_them(any_database: str) -> None:
    run(any_database, 'create table t (a int, "b WHERE (c" int, gone_at timestamptz)')
    run(any_database, 'create unique index on t ("b WHERE (c", a) include (gone_at) where gone_at is null')
    run(any_database, "create unique index on t (a, lower(a::text)) where a > 1")
    with opened(any_database) as target:
        table = read_catalog(target)["t"]
    assert table.unique_keys == ()
    assert table.partial_keys == (PartialKey(("b WHERE (c", "a"), "(gone_at IS NULL)"),)
