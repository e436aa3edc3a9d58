"""Postgres Changes: who is sent which rows, and what of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from realtime import AsyncRealtimeClient, RealtimePostgresChangesListenEvent

from realtime_advisor.sandbox.gateway import Gateway
from realtime_advisor.sandbox.gateway.pgoutput import Decoder
from realtime_advisor.sandbox.gateway.wishes import Condition, WishRefused, read_wish

from ...generation.conftest import Application
from .python_client import client, join, options, quiet, until

TABLE = """
    create table tasks (
      id bigint primary key, team text, title text, tags text[], done boolean, price numeric, due date, more jsonb
    );
    alter table tasks enable row level security;
    create policy "of the team" on tasks for select using (team = auth.jwt() ->> 'team');
    create table notices (id bigint primary key, body text);
    create table keyless (body text);
    create table drafts (id bigint primary key);
    alter publication supabase_realtime add table tasks, notices, keyless
"""
TIDY = "drop table tasks, notices, keyless, drafts"
READY = "Subscribed to PostgreSQL"


@dataclass
class Watching:
    """A channel that is subscribed to Postgres Changes, and what it was sent."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    system: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [change["type"] for change in self.seen]


@pytest.fixture
def tasks(application: Application) -> Iterator[Application]:
    application.change(f"set role postgres; {TABLE}; reset role")
    yield application
    application.change(TIDY)


async def watch(mine: AsyncRealtimeClient, table: str, condition: str | None = None, event: str = "*") -> Watching:
    """Subscribe to a table's changes; the database subscription has been answered when this returns."""
    watching = Watching()
    channel = mine.channel(f"watching {table} {condition} {event}", options(private=False))
    channel.on_postgres_changes(
        RealtimePostgresChangesListenEvent(event),
        lambda payload: watching.seen.append(dict(payload["data"])),
        table=table,
        schema="public",
        filter=condition,
    )
    channel.on_system(lambda payload: watching.system.append(payload.message))
    await channel.subscribe(lambda _, error: watching.errors.append(str(error)) if error else None)
    await until(lambda: watching.system or watching.errors)
    return watching


def test_a_row_is_sent_with_its_types_to_whoever_may_read_it(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway, "ann", team="red") as ann, client(gateway, "bob", team="blue") as bob:
            red, blue = await watch(ann, "tasks"), await watch(bob, "tasks")
            assert red.system == blue.system == [READY]
            tasks.run(
                "insert into tasks values"
                """ (1, 'red', 'it''s', '{a,"b c"}', true, 1.5, '2026-03-09', '{"deep": [1, null]}')"""
            )
            await until(lambda: red.seen)
            (change,) = red.seen
            assert change["record"] == {
                "id": 1,
                "team": "red",
                "title": "it's",
                "tags": ["a", "b c"],
                "done": True,
                "price": 1.5,
                "due": "2026-03-09",
                "more": {"deep": [1, None]},
            }
            assert change["columns"][3] == {"name": "tags", "type": "_text"}
            assert (change["schema"], change["table"], change["type"]) == ("public", "tasks", "INSERT")
            await quiet(gateway)
            assert blue.seen == []

    asyncio.run(story())


def test_a_row_that_moves_is_shown_to_its_new_readers_and_its_delete_to_all(
    gateway: Gateway, tasks: Application
) -> None:
    async def story() -> None:
        async with client(gateway, "ann", team="red") as ann, client(gateway, "bob", team="blue") as bob:
            red, blue = await watch(ann, "tasks"), await watch(bob, "tasks")
            tasks.run("insert into tasks values (1, 'red')")
            await until(lambda: red.seen)  # policies are asked of the row as it is when its change is read
            tasks.run("update tasks set team = 'blue'")
            await until(lambda: blue.seen)
            tasks.run("delete from tasks")
            await until(lambda: red.kinds == ["INSERT", "DELETE"] and blue.kinds == ["UPDATE", "DELETE"])
            assert red.seen[1]["old_record"] == {"id": 1}
            assert blue.seen[0]["old_record"] == {"id": 1}

    asyncio.run(story())


def test_a_filter_selects_by_the_new_row_and_loses_deletes(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway, "ann", team="red") as ann:
            urgent = await watch(ann, "tasks", "title=eq.urgent")
            some = await watch(ann, "tasks", "id=in.(1,3)")
            inserts = await watch(ann, "tasks", "id=gte.2", "INSERT")
            for number in (1, 2, 3):
                tasks.run(f"insert into tasks values ({number}, 'red', 'calm')")
            await until(lambda: len(some.seen) == len(inserts.seen) == 2)
            tasks.run("update tasks set title = 'urgent' where id = 2")
            await until(lambda: urgent.seen)
            tasks.run("delete from tasks")
            await until(lambda: len(some.seen) == 4)
            await quiet(gateway)
            assert urgent.kinds == ["UPDATE"]
            assert some.kinds == ["INSERT", "INSERT", "DELETE", "DELETE"]
            assert inserts.kinds == ["INSERT", "INSERT"]

    asyncio.run(story())


def test_full_replica_identity_keeps_the_filter_of_deletes(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway, "ann", team="red") as ann:
            urgent = await watch(ann, "tasks", "title=eq.urgent")
            tasks.run("alter table tasks replica identity full")
            tasks.run("insert into tasks values (1, 'red', 'urgent'), (2, 'red', 'calm')")
            await until(lambda: urgent.seen)
            tasks.run("delete from tasks")
            await until(lambda: urgent.kinds == ["INSERT", "DELETE"])
            assert urgent.seen[1]["old_record"] == {"id": 1}  # under row level security no more than the key

    asyncio.run(story())


def test_without_row_level_security_a_table_is_shown_to_all(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway) as stranger:
            all_of_them = await watch(stranger, "notices")
            tasks.run("insert into notices values (1, 'hello')")
            await until(lambda: all_of_them.seen)
            assert all_of_them.seen[0]["record"] == {"id": 1, "body": "hello"}

    asyncio.run(story())


def test_a_table_without_a_key_sends_nothing(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway) as mine:
            keyless, notices = await watch(mine, "keyless"), await watch(mine, "notices")
            assert keyless.system == [READY]
            tasks.run("insert into keyless values ('hello')")
            tasks.run("insert into notices values (1, 'hello')")
            await until(lambda: notices.seen)
            assert keyless.seen == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("table", "condition", "complaint"),
    [
        ("drafts", None, "Please check Realtime is enabled for the given connect parameters"),
        ("nowhere", None, "Please check Realtime is enabled for the given connect parameters"),
        ("tasks", "nothing=eq.1", "invalid column for filter nothing"),
        ("tasks", "id=eq.one", "invalid input syntax for type bigint"),
        ("tasks", "id=almost.1", "Error parsing `filter` params"),
    ],
)
def test_what_cannot_be_subscribed_to_is_said_after_the_join(
    gateway: Gateway, tasks: Application, table: str, condition: str | None, complaint: str
) -> None:
    assert tasks.name

    async def story() -> list[str]:
        async with client(gateway, "ann", team="red") as ann:
            return (await watch(ann, table, condition)).errors

    assert complaint in asyncio.run(story())[0]


def test_a_filter_is_a_value_and_never_sql(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway, "ann", team="red") as ann:
            odd = await watch(ann, "tasks", "title=eq.x' or true; drop table tasks --")
            assert odd.system == [READY]
            tasks.run("insert into tasks values (1, 'red', 'calm')")
            tasks.run("insert into tasks values (2, 'red', 'x'' or true; drop table tasks --')")
            await until(lambda: odd.seen)
            assert [change["record"]["id"] for change in odd.seen] == [2]

    asyncio.run(story())


def test_broadcasts_and_changes_share_a_channel(gateway: Gateway, tasks: Application) -> None:
    async def story() -> None:
        async with client(gateway) as mine:
            heard = await join(mine, "room", options(private=False))
            tasks.run("insert into notices values (1, 'unheard')")
            tasks.change("select realtime.send('{}', 'tick', 'room', false)")
            await until(lambda: heard.heard)
            assert [message["event"] for message in heard.heard] == ["tick"]

    asyncio.run(story())


def test_a_subscription_is_read_as_its_client_wrote_it() -> None:
    wish = read_wish(7, {"event": "insert", "schema": "public", "table": "tasks", "filter": "id=in.(1,2),team=eq.a=b"})
    assert (wish.number, wish.schema, wish.table, wish.event) == (7, "public", "tasks", "INSERT")
    assert wish.conditions == (Condition("id", "in", "{1,2}"), Condition("team", "eq", "a=b"))
    with pytest.raises(WishRefused, match="No subscription params provided"):
        read_wish(1, {"event": "*"})


def test_what_the_plugin_says_besides_changes_is_passed_over() -> None:
    decoder = Decoder()
    assert [decoder.read(message) for message in (b"B" + bytes(20), b"C" + bytes(25), b"T" + bytes(9))] == [None] * 3
