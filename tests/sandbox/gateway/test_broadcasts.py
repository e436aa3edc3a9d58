"""From the SQL write to the client's callback, through triggers, policies, the log and the wire."""

from __future__ import annotations

import asyncio

import pytest

from realtime_advisor.generation.naming import encode_id
from realtime_advisor.sandbox.gateway import Gateway

from ...generation.conftest import Application
from ...generation.people import ANN, BLUE, BOB, RED
from .python_client import client, join, options, quiet, until

RED_TOPIC, BLUE_TOPIC = f"tenant:{RED}:dashboard", f"tenant:{BLUE}:dashboard"


def test_a_row_that_moves_to_another_tenant_is_told_to_both(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann, client(gateway, BOB) as bob:
            red, blue = await join(ann, RED_TOPIC), await join(bob, BLUE_TOPIC)
            application.run(f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
            await until(lambda: red.heard)
            assert not blue.heard
            application.run(f"update documents set tenant_id = '{BLUE}' where id = 1")
            await until(lambda: len(red.heard) == 2 and len(blue.heard) == 1)
            application.run("delete from documents where id = 1")
            await until(lambda: len(blue.heard) == 2)
            await quiet(gateway)
            assert [len(red.heard), len(blue.heard)] == [2, 2]
            assert {message["event"] for message in (*red.heard, *blue.heard)} == {"stats_invalidated"}
            assert blue.heard[1]["payload"]["record_id"] == "1"

    asyncio.run(story())


def test_an_update_of_nothing_that_is_watched_is_silent(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            red = await join(ann, RED_TOPIC)
            application.run("update documents set updated_at = now() where id = 0")
            await quiet(gateway)
            assert red.heard == []

    asyncio.run(story())


def test_what_is_rolled_back_is_not_told(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            red = await join(ann, RED_TOPIC)
            application.run("begin; update documents set title = 'another' where id = 0; rollback")
            await quiet(gateway)
            assert red.heard == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("key", "user"),
    [
        ("acme_co", "%"),
        ("a:b", "it's"),
        ("café 日本", "x"),
        ("%", "_"),
        ('it\'s \\ "odd" $$', "user_2abcDEF"),
        ("\n", "y"),
    ],
)
def test_an_id_of_any_spelling_reaches_its_members_only(
    gateway: Gateway, application: Application, key: str, user: str
) -> None:
    topic = f"team:{encode_id(key)}:notes"

    async def story() -> None:
        async with client(gateway, user) as member, client(gateway, "stranger") as stranger:
            joined, refused = await join(member, topic), await join(stranger, topic)
            assert (joined.states, refused.states) == (["SUBSCRIBED"], ["CHANNEL_ERROR"])
            application.owner.execute("insert into notes (id, topics) values (1, %s)", [key])
            await until(lambda: joined.heard)
            assert refused.heard == []

    application.owner.execute("insert into teams values (%s)", [key])
    application.owner.execute("insert into members values (%s, %s)", [key, user])
    try:
        asyncio.run(story())
    finally:
        application.run("delete from notes; delete from members; delete from teams")


def test_a_thousand_messages_arrive_in_the_order_of_their_commits(gateway: Gateway, application: Application) -> None:
    async def story() -> list[int]:
        async with client(gateway, ANN) as ann:
            red = await join(ann, RED_TOPIC)
            application.change(
                "do $$ begin for n in 1..1000 loop"
                f" perform realtime.send(jsonb_build_object('n', n), 'tick', '{RED_TOPIC}'); commit; end loop; end $$"
            )
            await until(lambda: len(red.heard) >= 1000)
            await quiet(gateway)
            return [message["payload"]["n"] for message in red.heard]

    assert asyncio.run(story()) == list(range(1, 1001))


def test_private_and_public_channels_of_one_name_are_two(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann, client(gateway, BOB) as bob:
            private, public = await join(ann, RED_TOPIC), await join(bob, RED_TOPIC, options(private=False))
            application.change(f"select realtime.send('{{}}', 'secret', '{RED_TOPIC}', true)")
            application.change(f"select realtime.send('{{}}', 'open', '{RED_TOPIC}', false)")
            await until(lambda: private.heard and public.heard)
            await quiet(gateway)
            assert [message["event"] for message in private.heard] == ["secret"]
            assert [message["event"] for message in public.heard] == ["open"]

    asyncio.run(story())


def test_clients_hear_each_other_and_themselves_if_they_ask(gateway: Gateway) -> None:
    async def story() -> None:
        async with client(gateway) as one, client(gateway) as two:
            here = await join(one, "room", options(private=False, own=True, ack=True))
            there = await join(two, "room", options(private=False))
            await here.channel.send_broadcast("hello", {"text": "日本"})
            await there.channel.send_broadcast("hello back", {})
            await until(lambda: len(here.heard) == 2 and there.heard)
            assert [message["payload"] for message in there.heard] == [{"text": "日本"}]

    asyncio.run(story())


def test_a_reader_without_the_right_to_send_is_not_heard(gateway: Gateway) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            red = await join(ann, RED_TOPIC, options(own=True, ack=True))
            await red.channel.send_broadcast("forged", {})
            await asyncio.sleep(0.2)
            assert red.heard == []

    asyncio.run(story())


def test_presence_is_shared_and_ends_with_the_connection(gateway: Gateway) -> None:
    async def story() -> None:
        async with client(gateway) as one:
            here = one.channel("room", options(private=False, presence="ann"))
            here.on_presence_sync(lambda: None)
            await here.subscribe()
            async with client(gateway) as two:
                there = two.channel("room", options(private=False, presence="bob"))
                there.on_presence_sync(lambda: None)
                await there.subscribe()
                await there.track({"page": 1})
                await here.track({"page": 2})
                await until(lambda: len(here.presence_state()) == len(there.presence_state()) == 2)
            await until(lambda: list(here.presence_state()) == ["ann"])

    asyncio.run(story())


def test_too_many_calls_of_track_close_the_channel(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway) as mine:
            room = await join(mine, "room", options(private=False, presence="ann"))
            for number in range(6):
                await room.channel.track({"n": number})
            await until(lambda: "CLOSED" in room.states)
            return room.errors

    (error,) = asyncio.run(story())
    assert "Client presence rate limit exceeded" in error
