"""Partitions of realtime.messages: made for the days around today in UTC, and what happens outside of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.sandbox.realtime import ensure_partitions

from .conftest import Home

Ask = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[tuple[Any, ...]]

PARTITIONS = (
    "select inhrelid::regclass::text from pg_inherits where inhparent = 'realtime.messages'::regclass order by 1"
)


def test_install_makes_partitions_from_yesterday_to_three_days_ahead(ask: Ask) -> None:
    before, found, after = datetime.now(UTC), ask(PARTITIONS), datetime.now(UTC)
    assert {name for (name,) in found} >= {
        f"realtime.messages_{day + timedelta(days=offset):%Y_%m_%d}"
        for day, offset in ((after, -1), (before, 0), (before, 1), (before, 2))
    }
    assert len(found) == 5


def test_the_days_follow_today_across_months_and_years(admin: Connection, ask: Ask) -> None:
    there = {name for (name,) in ask(PARTITIONS)}
    ensure_partitions(admin, date(2031, 12, 30))
    assert [name for (name,) in ask(PARTITIONS) if name not in there] == [
        "realtime.messages_2031_12_29",
        "realtime.messages_2031_12_30",
        "realtime.messages_2031_12_31",
        "realtime.messages_2032_01_01",
        "realtime.messages_2032_01_02",
    ]


def test_a_partition_is_the_admins_covers_its_day_and_is_open_to_postgres(admin: Connection, ask: Ask) -> None:
    ensure_partitions(admin, date(2031, 3, 1))
    assert ask(
        "select relowner::regrole::text, pg_get_expr(relpartbound, oid), "
        " has_table_privilege('postgres', oid, 'select'), has_table_privilege('authenticated', oid, 'select')"
        " from pg_class where oid = 'realtime.messages_2031_02_28'::regclass"
    ) == [
        (
            "supabase_realtime_admin",
            "FOR VALUES FROM ('2031-02-28 00:00:00') TO ('2031-03-01 00:00:00')",
            True,
            False,
        )
    ]


def test_partitions_that_are_there_are_left_alone_without_a_lock_on_messages(admin: Connection, ask: Ask) -> None:
    ensure_partitions(admin)
    assert (
        ask(
            "select mode from pg_locks where relation = 'realtime.messages'::regclass and granted"
            " and pid = pg_backend_pid()"
        )
        == []
    )


def test_several_callers_at_once_make_each_partition_once(home: Home) -> None:
    def make(_: int) -> None:
        with home.connect() as connection:
            ensure_partitions(connection, date(2033, 5, 5))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, range(8))) == [None] * 8
    with home.connect() as connection:
        found = connection.execute(PARTITIONS).fetchall()
        assert len([name for (name,) in found if "2033_05" in name]) == 5
        for day in range(4, 9):
            connection.execute(SQL("drop table {}").format(Identifier("realtime", f"messages_2033_05_0{day}")))


def _distant_zone(ask: Ask) -> str:
    """A time zone whose date is not UTC's now: one is fourteen hours ahead, the other twelve behind."""
    [(ahead,)] = ask("select (now() at time zone 'Pacific/Kiritimati')::date <> (now() at time zone 'UTC')::date")
    return "Pacific/Kiritimati" if ahead else "Etc/GMT+12"


def test_a_writer_in_another_time_zone_writes_into_another_days_partition(ask: Ask) -> None:
    ask("select set_config('timezone', %s, true)", _distant_zone(ask))
    ask("select realtime.send('{}', 'created', 'far')")
    ask("select set_config('timezone', 'UTC', true)")
    ask("select realtime.send('{}', 'created', 'utc')")
    rows: dict[str, str] = dict(ask("select topic, tableoid::regclass::text from realtime.messages"))
    [(today,)] = ask("select to_char(now(), 'YYYY_MM_DD')")
    assert rows["utc"] == f"realtime.messages_{today}"
    assert rows["far"] != rows["utc"]


def test_a_message_for_a_day_without_partition_is_lost_with_a_warning(
    admin: Connection, ask: Ask, warnings: list[str]
) -> None:
    ask("select set_config('timezone', %s, true)", _distant_zone(ask))
    [(day,)] = ask("select to_char(now(), 'YYYY_MM_DD')")
    admin.execute(SQL("drop table {}").format(Identifier("realtime", f"messages_{day}")))
    ask("select realtime.send('{}', 'created', 'far')")
    assert warnings == ['WARNING: WarnSendingBroadcastMessage: no partition of relation "messages" found for row']
    ask("select set_config('timezone', 'UTC', true)")
    ask("select realtime.send('{}', 'created', 'utc')")
    assert ask("select topic from realtime.messages") == [("utc",)]
