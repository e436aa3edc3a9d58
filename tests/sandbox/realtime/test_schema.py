"""The schema as a catalogue shows it: columns, owners, grants, roles, and what the role postgres may not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, InvalidTextRepresentation

Ask = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[tuple[Any, ...]]


def test_messages_has_realtimes_columns_types_and_defaults(ask: Ask) -> None:
    assert ask(
        "select a.attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)"
        " from pg_attribute a left join pg_attrdef d on (adrelid, adnum) = (attrelid, attnum)"
        " where attrelid = 'realtime.messages'::regclass and attnum > 0 order by attnum"
    ) == [
        ("topic", "text", True, None),
        ("extension", "text", True, None),
        ("payload", "jsonb", False, None),
        ("event", "text", False, None),
        ("private", "boolean", False, "false"),
        ("updated_at", "timestamp without time zone", True, "now()"),
        ("inserted_at", "timestamp without time zone", True, "now()"),
        ("id", "uuid", True, "gen_random_uuid()"),
        ("binary_payload", "bytea", False, None),
    ]


def test_messages_is_partitioned_by_insertion_and_held_by_row_level_security(ask: Ask) -> None:
    table = "from pg_class where oid = 'realtime.messages'::regclass"
    assert ask("select pg_get_partkeydef(oid), relrowsecurity, relowner::regrole::text " + table) == [
        ("RANGE (inserted_at)", True, "supabase_realtime_admin")
    ]
    assert ask(
        "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'realtime.messages'::regclass"
        " and contype = 'p'"
    ) == [("PRIMARY KEY (id, inserted_at)",)]


def test_api_roles_may_select_insert_and_update_messages_and_postgres_may_do_all(ask: Ask) -> None:
    granted: dict[str, list[str]] = dict(
        ask(
            "select grantee::regrole::text, array_agg(privilege_type order by privilege_type)"
            " from pg_class, aclexplode(relacl) where oid = 'realtime.messages'::regclass group by 1"
        )
    )
    api = ["INSERT", "SELECT", "UPDATE"]
    assert {role: granted[role] for role in ("anon", "authenticated", "service_role")} == dict.fromkeys(
        ("anon", "authenticated", "service_role"), api
    )
    assert {*api, "DELETE", "REFERENCES", "TRIGGER", "TRUNCATE"} <= set(granted["postgres"])
    assert set(granted) == {"anon", "authenticated", "service_role", "postgres", "supabase_realtime_admin"}


def test_roles_are_supabases(ask: Ask) -> None:
    assert ask(
        "select rolname, rolsuper, rolcanlogin, rolinherit, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " from pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'postgres',"
        " 'supabase_realtime_admin') order by rolname"
    ) == [
        ("anon", False, False, True, False, False, False, False),
        ("authenticated", False, False, True, False, False, False, False),
        ("authenticator", False, True, False, False, False, False, False),
        ("postgres", False, True, True, True, True, True, True),
        ("service_role", False, False, True, True, False, False, False),
        ("supabase_realtime_admin", False, False, False, False, False, False, False),
    ]


def test_postgres_is_a_member_of_the_api_roles_but_not_of_the_owner_of_messages(ask: Ask) -> None:
    member = "select pg_has_role('postgres', %s, 'member')"
    assert [ask(member, role) for role in ("anon", "authenticated", "service_role", "supabase_realtime_admin")] == [
        [(True,)],
        [(True,)],
        [(True,)],
        [(False,)],
    ]


def test_postgres_may_watch_and_read_everything(ask: Ask) -> None:
    for role in ("pg_monitor", "pg_read_all_data", "pg_signal_backend"):
        assert ask("select pg_has_role('postgres', %s, 'usage')", role) == [(True,)]


def test_postgres_owns_the_database_so_that_it_may_create_schemas(admin: Connection, ask: Ask) -> None:
    assert ask("select datdba::regrole::text from pg_database where datname = current_database()") == [("postgres",)]
    admin.execute("set local session authorization postgres; create schema mine")


def test_what_postgres_creates_in_public_is_granted_to_the_api_roles(admin: Connection, ask: Ask) -> None:
    admin.execute("set local session authorization postgres; create table public.notes (id int)")
    for role in ("anon", "authenticated", "service_role"):
        assert ask(
            "select has_table_privilege(%s, 'public.notes', 'select'), has_schema_privilege(%s, 'public', 'usage')",
            role,
            role,
        ) == [(True, True)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("create policy mine on realtime.messages using (true)", "must be owner of table messages"),
        ("comment on policy there on realtime.messages is 'mine'", "must be owner of relation messages"),
        ("alter policy there on realtime.messages rename to mine", "must be owner of table messages"),
        ("alter table realtime.messages add column mine int", "must be owner of table messages"),
        ("create index on realtime.messages (event)", "must be owner of table messages"),
        ("create table realtime.mine (id int)", "permission denied for schema realtime"),
        ("set role supabase_realtime_admin", "permission denied to set role"),
    ],
)
def test_postgres_may_not_touch_what_realtime_owns(admin: Connection, statement: LiteralString, said: str) -> None:
    admin.execute("create policy there on realtime.messages using (true)")
    admin.execute("set local session authorization postgres")
    with pytest.raises(InsufficientPrivilege, match=said):
        admin.execute(statement)


def test_postgres_cannot_grant_on_messages(admin: Connection, ask: Ask, warnings: list[str]) -> None:
    admin.execute("set local session authorization postgres")
    admin.execute("grant select on realtime.messages to authenticator")
    assert warnings == ['WARNING: no privileges were granted for "messages"']
    assert ask("select has_table_privilege('authenticator', 'realtime.messages', 'select')") == [(False,)]


def test_creating_a_policy_locks_messages_exclusively_until_commit(admin: Connection, ask: Ask) -> None:
    admin.execute("create policy mine on realtime.messages using (true)")
    assert ("AccessExclusiveLock",) in ask(
        "select mode from pg_locks where relation = 'realtime.messages'::regclass and pid = pg_backend_pid()"
    )


def test_topic_is_the_setting_and_null_outside_of_a_channel(admin: Connection, ask: Ask) -> None:
    assert ask("select realtime.topic()") == [(None,)]
    admin.execute("set local realtime.topic = 'room:1'")
    assert ask("select realtime.topic()") == [("room:1",)]


def test_auth_functions_read_the_claims(admin: Connection, ask: Ask) -> None:
    assert ask("select auth.uid(), auth.role(), auth.jwt()") == [(None, None, None)]
    subject = "0b7f7c1e-6c0f-4a56-9a53-1b0e8f3f8f10"
    ask("select set_config('request.jwt.claims', %s, true)", f'{{"sub": "{subject}", "role": "authenticated", "a": 1}}')
    admin.execute("set local role authenticated")
    assert ask("select auth.uid()::text, auth.role(), auth.jwt() ->> 'a'") == [(subject, "authenticated", "1")]


def test_the_single_claim_settings_come_first(ask: Ask) -> None:
    ask("select set_config('request.jwt.claims', %s, true)", '{"sub": "no uuid", "role": "anon"}')
    subject = "0b7f7c1e-6c0f-4a56-9a53-1b0e8f3f8f10"
    ask("select set_config('request.jwt.claim.sub', %s, true)", subject)
    ask("select set_config('request.jwt.claim.role', 'authenticated', true)")
    assert ask("select auth.uid()::text, auth.role()") == [(subject, "authenticated")]


def test_a_sub_that_is_no_uuid_is_an_error_for_uid_and_text_in_jwt(admin: Connection, ask: Ask) -> None:
    ask("select set_config('request.jwt.claims', %s, true)", '{"sub": "user_2abcDEF"}')
    assert ask("select auth.jwt() ->> 'sub'") == [("user_2abcDEF",)]
    with pytest.raises(InvalidTextRepresentation, match="user_2abcDEF") as raised:
        admin.execute("select auth.uid()")
    assert raised.value.sqlstate == "22P02"


def test_auth_users_belongs_to_the_auth_service_and_hides_its_rows_from_the_api(admin: Connection, ask: Ask) -> None:
    assert ask("select relowner::regrole::text, relrowsecurity from pg_class where oid = 'auth.users'::regclass") == [
        ("supabase_auth_admin", True)
    ]
    admin.execute("set local session authorization postgres")
    admin.execute("create table public.profiles (id uuid primary key references auth.users)")
    admin.execute("set local role authenticated")
    with pytest.raises(InsufficientPrivilege):
        admin.execute("select * from auth.users")
