"""realtime.send and realtime.broadcast_changes: what they write, what they lose, what they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import QueryCanceled, RaiseException

from .conftest import Home

Ask = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[tuple[Any, ...]]

WARNING = "WARNING: WarnSendingBroadcastMessage: "
NOTES = """
  create table public.notes (id int primary key, body text);
  create function public.tell() returns trigger language plpgsql as $$
  begin
    perform realtime.broadcast_changes(
      'room:1', tg_op, coalesce(tg_argv[0], tg_op), tg_table_name, tg_table_schema, new, old, tg_level);
    return null;
  end $$;
"""


def test_send_has_the_documented_signature_runs_as_its_caller_and_is_everybodys(ask: Ask) -> None:
    assert ask(
        "select pg_get_function_arguments(oid), pg_get_function_result(oid), prosecdef,"
        " has_function_privilege('authenticator', oid, 'execute')"
        " from pg_proc where oid = 'realtime.send(jsonb, text, text, boolean)'::regprocedure"
    ) == [("payload jsonb, event text, topic text, private boolean DEFAULT true", "void", False, True)]


def test_a_message_is_a_private_broadcast_whose_payload_carries_its_id(ask: Ask) -> None:
    ask("select realtime.send('{\"n\": 1}', 'created', 'room:1')")
    assert ask(
        "select topic, event, extension, private, payload ->> 'n', payload ->> 'id' = id::text, binary_payload"
        " from realtime.messages"
    ) == [("room:1", "created", "broadcast", True, "1", True, None)]


def test_a_payload_that_has_an_id_keeps_it(ask: Ask) -> None:
    ask("select realtime.send('{\"id\": 7}', 'created', 'room:1', false)")
    assert ask("select payload, private from realtime.messages") == [({"id": 7}, False)]


def test_send_leaves_the_topic_set_until_the_transaction_ends(admin: Connection, ask: Ask) -> None:
    ask("select realtime.send('{}', 'created', 'room:1')")
    assert ask("select realtime.topic()") == [("room:1",)]
    admin.rollback()
    assert ask("select realtime.topic()") == [(None,)]


def test_each_send_costs_one_subtransaction(ask: Ask) -> None:
    ask("select realtime.send('{}', 'created', 'room:1') from generate_series(1, 5)")
    assert ask("select count(distinct xmin::text) from realtime.messages") == [(5,)]


def test_a_small_message_costs_about_430_bytes_of_wal(ask: Ask) -> None:
    [(plan,)] = ask(
        "explain (analyze, wal, timing off, format json)"
        " select realtime.send('{\"n\": 1}', 'created', 'room:1') from generate_series(1, 500)"
    )
    assert 300 < plan[0]["Plan"]["WAL Bytes"] / 500 < 600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'[1]', 'e', 'room:1'", 'path element at position 1 is not an integer: "id"'),
        ("'5', 'e', 'room:1'", "cannot set path in scalar"),
        ("'null', 'e', 'room:1'", "cannot set path in scalar"),
        ("'{}', 'e', null", 'syntax error at or near "NULL"'),
    ],
    ids=["array", "number", "json null", "null topic"],
)
def test_what_cannot_be_sent_is_lost_with_a_warning(
    ask: Ask, warnings: list[str], arguments: LiteralString, said: str
) -> None:
    ask(f"select realtime.send({arguments})")
    assert warnings == [WARNING + said]
    assert ask("select count(*) from realtime.messages") == [(0,)]


def test_a_caller_whom_no_policy_lets_insert_gets_a_warning_and_goes_on(
    admin: Connection, ask: Ask, warnings: list[str]
) -> None:
    admin.execute("set local role authenticated")
    ask("select realtime.send('{}', 'created', 'room:1')")
    assert warnings == [WARNING + 'new row violates row-level security policy for table "messages"']
    assert ask("select 1") == [(1,)]


def test_roles_that_bypass_row_level_security_may_send(admin: Connection, ask: Ask, warnings: list[str]) -> None:
    for role in (b"postgres", b"service_role"):
        admin.execute(b"set local role " + role)
        ask("select realtime.send('{}', 'created', 'room:1')")
    assert warnings == []
    assert ask("select count(*) from realtime.messages") == [(2,)]


def test_a_query_cancel_escapes_and_fails_the_applications_write(home: Home, admin: Connection) -> None:
    admin.execute("lock table realtime.messages in access exclusive mode")
    with home.connect() as writer:
        writer.execute("create temporary table written (id int)")
        writer.execute("set local statement_timeout = '100ms'")
        with pytest.raises(QueryCanceled) as raised:
            writer.execute(
                "with sent as (insert into written values (1) returning 1)"
                " select realtime.send('{}', 'created', 'room:1') from sent"
            )
        assert raised.value.sqlstate == "57014"
        assert writer.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
        writer.rollback()


def test_a_lock_timeout_is_only_a_warning(home: Home, admin: Connection) -> None:
    admin.execute("lock table realtime.messages in access exclusive mode")
    said: list[str | None] = []
    with home.connect() as writer:
        writer.add_notice_handler(lambda notice: said.append(notice.message_primary))
        writer.execute("set local lock_timeout = '50ms'")
        writer.execute("select realtime.send('{}', 'created', 'room:1')")
        writer.rollback()
    assert said == ["WarnSendingBroadcastMessage: canceling statement due to lock timeout"]


def test_broadcast_changes_has_the_documented_signature(ask: Ask) -> None:
    assert ask(
        "select pg_get_function_arguments(oid), prosecdef, has_function_privilege('authenticator', oid, 'execute')"
        " from pg_proc where proname = 'broadcast_changes' and pronamespace = 'realtime'::regnamespace"
    ) == [
        (
            "topic_name text, event_name text, operation text, table_name text, table_schema text, "
            "new record, old record, level text DEFAULT 'ROW'::text",
            False,
            True,
        )
    ]


def test_broadcast_changes_ships_whole_rows(admin: Connection, ask: Ask) -> None:
    admin.execute(NOTES)
    admin.execute(
        "create trigger tell after insert or update or delete on public.notes"
        " for each row execute function public.tell()"
    )
    admin.execute("insert into public.notes values (1, 'a')")
    admin.execute("update public.notes set body = 'b'")
    admin.execute("delete from public.notes")
    a, b, where = {"id": 1, "body": "a"}, {"id": 1, "body": "b"}, {"table": "notes", "schema": "public"}
    assert ask("select topic, event, private, payload - 'id' from realtime.messages order by xmin::text::bigint") == [
        ("room:1", "INSERT", True, {**where, "operation": "INSERT", "record": a, "old_record": None}),
        ("room:1", "UPDATE", True, {**where, "operation": "UPDATE", "record": b, "old_record": a}),
        ("room:1", "DELETE", True, {**where, "operation": "DELETE", "record": None, "old_record": b}),
    ]


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ("for each row execute function public.tell('MERGE')", "Unexpected operation type: MERGE"),
        (
            "for each statement execute function public.tell()",
            "function can only be triggered for each row, not for each statement",
        ),
    ],
    ids=["unknown operation", "statement level"],
)
def test_broadcast_changes_raises_and_so_breaks_the_write(admin: Connection, trigger: LiteralString, said: str) -> None:
    admin.execute(NOTES)
    admin.execute(f"create trigger tell after insert on public.notes {trigger}")
    with pytest.raises(RaiseException) as raised:
        admin.execute("insert into public.notes values (1, 'a')")
    assert raised.value.diag.message_primary == f"Failed to process the row: {said}"
