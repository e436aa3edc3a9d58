"""Who may join what: the database is asked as Realtime asks it, and policies are made as supautils makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, LiteralString

import psycopg
import pytest

from realtime_advisor.sandbox.realtime import Access, apply_policies, authorize

from .conftest import Home

Ask = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[tuple[Any, ...]]

ALICE = "0b7f7c1e-6c0f-4a56-9a53-1b0e8f3f8f10"
NOTHING = Access(broadcast_read=False, broadcast_write=False, presence_read=False, presence_write=False, error=None)
EVERYTHING = Access(broadcast_read=True, broadcast_write=True, presence_read=True, presence_write=True, error=None)


def user(sub: object = ALICE, **claims: object) -> dict[str, object]:
    return {"sub": sub, "role": "authenticated", **claims}


def let_read(connection: Connection, test: LiteralString, name: LiteralString = "reads") -> None:
    connection.execute(f"create policy {name} on realtime.messages for select to authenticated using ({test})")


def let_write(connection: Connection, test: LiteralString, name: LiteralString = "writes") -> None:
    connection.execute(f"create policy {name} on realtime.messages for insert to authenticated with check ({test})")


def test_without_policies_nobody_may_do_anything(admin: Connection) -> None:
    assert authorize(admin, "room:1", user()) == NOTHING
    assert authorize(admin, "room:1", None) == NOTHING


def test_a_role_that_bypasses_row_level_security_may_do_everything(admin: Connection) -> None:
    assert authorize(admin, "room:1", {"role": "service_role"}) == EVERYTHING


def test_the_topic_being_joined_decides(admin: Connection) -> None:
    let_read(admin, "realtime.topic() = 'room:1'")
    assert authorize(admin, "room:1", user()).broadcast_read
    assert not authorize(admin, "room:10", user()).broadcast_read


def test_the_probe_rows_carry_the_topic_too(admin: Connection) -> None:
    let_read(admin, "topic = 'room:1'")
    let_write(admin, "topic = 'room:1'")
    assert authorize(admin, "room:1", user()) == EVERYTHING
    assert authorize(admin, "room:2", user()) == NOTHING


def test_reading_and_writing_and_each_extension_are_asked_apart(admin: Connection) -> None:
    let_read(admin, "extension = 'broadcast'")
    let_write(admin, "extension = 'presence'")
    assert authorize(admin, "room:1", user()) == Access(
        broadcast_read=True, broadcast_write=False, presence_read=False, presence_write=True, error=None
    )


def test_writing_does_not_need_the_right_to_read(admin: Connection) -> None:
    let_write(admin, "true")
    assert authorize(admin, "room:1", user()) == Access(
        broadcast_read=False, broadcast_write=True, presence_read=False, presence_write=True, error=None
    )


@pytest.mark.parametrize("test", ["private", "event = 'created'", "payload is not null"])
def test_a_policy_that_tests_what_the_probe_lacks_denies_everyone(admin: Connection, test: LiteralString) -> None:
    let_read(admin, test)
    let_write(admin, test)
    assert authorize(admin, "room:1", user()) == NOTHING


def test_the_probe_is_not_marked_private(admin: Connection) -> None:
    let_read(admin, "not private and event is null and payload is null and binary_payload is null")
    assert authorize(admin, "room:1", user()).broadcast_read


def test_the_claims_reach_the_policy_as_settings(admin: Connection) -> None:
    let_read(
        admin,
        f"current_setting('request.jwt.claim.sub') = '{ALICE}' and"
        " current_setting('request.jwt.claim.role') = 'authenticated' and"
        f" auth.uid() = '{ALICE}' and auth.role() = 'authenticated' and auth.jwt() ->> 'org' = 'acme'"
        " and current_user = 'authenticated' and current_setting('request.headers') = '{}'",
    )
    assert authorize(admin, "room:1", user(org="acme")).broadcast_read
    assert not authorize(admin, "room:1", user(org="other")).broadcast_read
    assert not authorize(admin, "room:1", user("8c2e9c5e-9a52-4b2f-a37a-000000000000", org="acme")).broadcast_read


def test_no_claims_are_those_of_anon_whose_policies_are_its_own(admin: Connection) -> None:
    let_read(admin, "true")
    assert authorize(admin, "room:1", None) == NOTHING
    admin.execute("create policy open on realtime.messages for select to anon using (auth.role() = 'anon')")
    assert authorize(admin, "room:1", None).broadcast_read


def test_a_token_without_role_is_refused_as_realtime_refuses_it(admin: Connection) -> None:
    let_read(admin, "true")
    access = authorize(admin, "room:1", {"sub": ALICE})
    assert not access.broadcast_read
    assert access.error == "the token has no claim role, and Realtime refuses such a token"


@pytest.mark.parametrize("role", ["supabase_admin", "postgres", "no_such_role"])
def test_claims_cannot_name_a_role_beyond_realtimes_reach(admin: Connection, role: str) -> None:
    access = authorize(admin, "room:1", {"role": role})
    assert not access.broadcast_read
    assert access.error is not None
    assert role in access.error


UID_ERROR = '22P02: invalid input syntax for type uuid: "user_2abcDEF"'


def test_an_error_in_a_permissive_policy_denies_every_topic_and_is_reported(admin: Connection) -> None:
    let_write(admin, "true")
    let_read(admin, "realtime.topic() = 'room:1'", name="a")
    let_read(admin, "auth.uid() is not null and realtime.topic() = 'room:2'", name="b")
    for topic in ("room:1", "room:2", "room:3"):
        assert authorize(admin, topic, user("user_2abcDEF")) == replace(NOTHING, error=UID_ERROR)
    assert authorize(admin, "room:1", user()) == EVERYTHING


def test_policies_are_asked_from_the_last_name_so_one_that_allows_hides_the_error_of_an_earlier_name(
    admin: Connection,
) -> None:
    let_read(admin, "realtime.topic() = 'room:1'", name="b")
    let_read(admin, "auth.uid() is not null and realtime.topic() = 'room:2'", name="a")
    assert authorize(admin, "room:1", user("user_2abcDEF")).broadcast_read
    assert authorize(admin, "room:3", user("user_2abcDEF")) == replace(NOTHING, error=UID_ERROR)


def test_an_error_while_writing_denies_the_writes_only(admin: Connection) -> None:
    let_read(admin, "true")
    let_write(admin, "1 / length(topic) > 0")
    access = authorize(admin, "", user())
    assert (access.broadcast_read, access.broadcast_write, access.presence_write) == (True, False, False)
    assert access.error == "22012: division by zero"


def test_a_policy_that_reads_a_table_the_user_may_not_read_is_an_error(admin: Connection) -> None:
    admin.execute("create table public.secrets (id int)")
    admin.execute("revoke all on public.secrets from authenticated")
    let_read(admin, "exists (select from public.secrets)")
    assert authorize(admin, "room:1", user()).error == "42501: permission denied for table secrets"


def test_asking_leaves_neither_rows_nor_settings_behind(home: Home) -> None:
    for autocommit in (True, False):
        with home.connect(autocommit=autocommit) as connection:
            authorize(connection, "room:1", user())
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            assert connection.execute(
                "select session_user::text, current_user::text, current_setting('role'), realtime.topic(), auth.jwt(),"
                " (select count(*) from realtime.messages)"
            ).fetchone() == ("supabase_admin", "supabase_admin", "none", None, None, 0)


def test_asking_leaves_the_callers_transaction_as_it_was(admin: Connection, ask: Ask) -> None:
    admin.execute("create table public.kept (id int)")
    let_read(admin, "auth.uid() is not null")
    authorize(admin, "room:1", user("no uuid"))
    assert ask("select count(*) from public.kept") == [(0,)]
    assert ask("select session_user::text, current_user::text") == [("supabase_admin", "supabase_admin")]


def test_a_missing_partition_is_reported(admin: Connection, ask: Ask) -> None:
    for (partition,) in ask(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'realtime.messages'::regclass"
    ):
        admin.execute(f"drop table {partition}")
    let_read(admin, "true")
    assert authorize(admin, "room:1", user()).error == '23514: no partition of relation "messages" found for row'


ENTITLED = """
  set local session authorization postgres;
  create schema hidden;
  create function hidden.may_join(topic text) returns boolean language sql stable security definer
    set search_path = '' return topic = 'room:1';
  revoke all on function hidden.may_join(text) from public;
  grant execute on function hidden.may_join(text) to authenticated;
  reset session authorization;
"""
STEP = """
begin;
set local lock_timeout = '5s';
drop policy if exists joins on realtime.messages;
create policy joins on realtime.messages for select to authenticated
  using (extension = 'broadcast' and hidden.may_join((select realtime.topic())));
commit;
"""


def test_a_policies_step_uses_functions_in_a_private_schema_without_usage_for_anyone(fresh: Home) -> None:
    with fresh.connect() as connection:
        connection.execute(ENTITLED)
        connection.commit()
        apply_policies(connection, STEP)
        apply_policies(connection, STEP)
        access = authorize(connection, "room:1", user())
        assert access == Access(
            broadcast_read=True, broadcast_write=False, presence_read=False, presence_write=False, error=None
        )
        assert authorize(connection, "room:2", user()) == NOTHING
        connection.execute("revoke execute on function hidden.may_join(text) from authenticated")
        assert authorize(connection, "room:1", user()).error == "42501: permission denied for function may_join"


def test_a_policies_step_that_fails_leaves_no_transaction_behind(fresh: Home) -> None:
    with fresh.connect() as connection:
        with pytest.raises(psycopg.errors.InvalidSchemaName):
            apply_policies(connection, STEP)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert connection.autocommit is False
        assert connection.execute("select count(*) from pg_policies").fetchone() == (0,)
