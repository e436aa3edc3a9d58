"""Who may read the workshop's rows: what decisions and generated policies are held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from realtime_advisor.workshop.database import WorkshopDatabase

from .conftest import query

Ask = Callable[..., list[tuple[Any, ...]]]
HIDDEN = ("audit_logs", "user_activity_logs", "mdm_entities", "mdm_attributes")
TENANTS = ("documents", "payments", "statements", "message_threads")
THREADS = ("messages", "user_presence")
MEMBER, ADVISER, STRANGER = 60, 2, 240  # of one tenant, of two, of none


@pytest.mark.parametrize("table", ["tenants", "memberships", *TENANTS, *THREADS])
def test_a_stranger_sees_nothing_of_any_tenant(ask: Ask, table: str) -> None:
    assert ask(f"select count(*) from public.{table}", STRANGER) == [(0,)]
    assert ask(f"select count(*) > 0 from public.{table}", MEMBER) == [(True,)]


@pytest.mark.parametrize("table", TENANTS)
def test_members_see_their_tenants_rows_and_all_of_them(ask: Ask, table: str) -> None:
    for user, tenants in ((MEMBER, 1), (ADVISER, 2)):
        of_all = ask(
            f"select count(*), count(distinct tenant_id) from public.{table} where tenant_id in"
            f" (select tenant_id from public.memberships where user_id = md5('users:{user}')::uuid)"
        )
        assert ask(f"select count(*), count(distinct tenant_id) from public.{table}", user) == of_all
        assert of_all[0][1] == tenants


@pytest.mark.parametrize("table", THREADS)
def test_members_see_the_rows_of_their_tenants_threads_whoever_wrote_them(ask: Ask, table: str) -> None:
    of_all = ask(
        f"select count(*) from public.{table} where thread_id in (select t.id from public.message_threads t"
        f" join public.memberships using (tenant_id) where user_id = md5('users:{MEMBER}')::uuid)"
    )
    assert ask(f"select count(*) from public.{table}", MEMBER) == of_all


def test_users_see_themselves_and_their_own_notifications(ask: Ask) -> None:
    assert ask("select count(*), bool_and(id = auth.uid()) from public.users", STRANGER) == [(1, True)]
    own = ask(f"select count(*) from public.notifications where user_id = md5('users:{MEMBER}')::uuid")
    assert ask("select count(*) from public.notifications", MEMBER) == own != [(0,)]


@pytest.mark.parametrize("table", HIDDEN)
@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_the_back_offices_tables_are_not_for_users(still_workshop: WorkshopDatabase, table: str, role: str) -> None:
    with psycopg.connect(still_workshop.conninfo) as connection:
        connection.execute(f"set role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select from public.{table}".encode())


def test_nobody_without_a_login_sees_a_row(still_workshop: WorkshopDatabase, ask: Ask) -> None:
    readable = ask(
        "select oid::regclass::text from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace"
        " and has_table_privilege('anon', oid, 'select')"
    )
    assert len(readable) == 10
    with psycopg.connect(still_workshop.conninfo) as connection:
        connection.execute("set role anon")
        for (table,) in readable:
            assert connection.execute(f"select from {table}".encode()).rowcount == 0, table


def test_users_write_in_their_own_name_only(still_workshop: WorkshopDatabase, ask: Ask) -> None:
    [(thread,)] = ask("select id from public.message_threads order by id limit 1", MEMBER)
    insert = f"insert into public.messages (thread_id, author_id, body) values ('{thread}', %s, 'hello') returning true"
    assert query(still_workshop, insert.replace("%s", "auth.uid()"), MEMBER) == [(True,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(still_workshop, insert.replace("%s", f"md5('users:{ADVISER}')::uuid"), MEMBER)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(still_workshop, insert.replace("%s", "auth.uid()"), STRANGER)


def test_every_table_has_row_security_and_belongs_to_the_developer(ask: Ask) -> None:
    [(tables, secured, owned)] = ask(
        "select count(*), count(*) filter (where relrowsecurity), count(*) filter (where rolname = 'postgres')"
        " from pg_class join pg_roles on pg_roles.oid = relowner"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    assert tables == secured == owned == 14
    assert ask("select rolsuper from pg_roles where rolname = 'postgres'") == [(False,)]


def test_every_foreign_key_leads_with_an_indexed_column(ask: Ask) -> None:
    assert (
        ask(
            "select conrelid::regclass, conname from pg_constraint c where contype = 'f'"
            " and connamespace = 'public'::regnamespace and not exists"
            " (select from pg_index where indrelid = c.conrelid and indkey[0] = c.conkey[1])"
        )
        == []
    )


def test_todays_row_streams_are_published(ask: Ask) -> None:
    published = ask("select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1")
    assert published == [("documents",), ("messages",), ("notifications",), ("payments",), ("statements",)]
