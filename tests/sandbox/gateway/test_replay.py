"""What a private topic was told before a join, told again to those who may hear it, and to nobody else."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest
from realtime import AsyncRealtimeClient, RealtimeChannelOptions

from realtime_advisor.sandbox.gateway import Gateway
from realtime_advisor.sandbox.gateway.replay import Replay, ReplayRefused, read_replay

from ...generation.conftest import Application
from ...generation.people import ANN, BOB, RED
from .python_client import Joined, client, join, options, quiet, until

TOPIC = f"tenant:{RED}:dashboard"


def asking(since: object, limit: object = None, *, private: bool = True) -> RealtimeChannelOptions:
    replay = {"since": since} if limit is None else {"since": since, "limit": limit}
    config = {**options(private=private)["config"], "broadcast": {"ack": False, "self": False, "replay": replay}}
    return cast(RealtimeChannelOptions, {"config": config})


def now() -> int:
    return int(time.time() * 1000)


def writes(application: Application, first: int, last: int) -> None:
    for number in range(first, last + 1):
        application.run(f"insert into documents (id, tenant_id, title) values ({number}, '{RED}', 'a')")


async def heard_again(ann: AsyncRealtimeClient, since: int, limit: int | None = None) -> Joined:
    joined = await join(ann, TOPIC, asking(since, limit))
    assert joined.states == ["SUBSCRIBED"]
    return joined


def records(joined: Joined) -> list[tuple[str, bool]]:
    return [(message["payload"]["record_id"], bool(message["meta"].get("replayed"))) for message in joined.heard]


def test_the_last_messages_since_a_moment_are_told_again_then_what_is_new(
    gateway: Gateway, application: Application
) -> None:
    async def story() -> None:
        writes(application, 100, 100)
        await quiet(gateway)
        since = now()
        writes(application, 101, 104)
        await quiet(gateway)  # or what is still on its way would be told as new
        async with client(gateway, ANN) as ann:
            joined = await heard_again(ann, since, 3)
            writes(application, 105, 105)
            await until(lambda: len(joined.heard) == 4)
            await quiet(gateway)
            told = [("102", True), ("103", True), ("104", True), ("105", False)]
            assert records(joined) == told

    asyncio.run(story())


def test_no_more_than_twenty_five_are_told_again(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        since = now()
        writes(application, 200, 229)
        await quiet(gateway)
        async with client(gateway, ANN) as ann:
            joined = await heard_again(ann, since, 1000)
            await quiet(gateway)
            assert records(joined) == [(str(number), True) for number in range(205, 230)]

    asyncio.run(story())


def test_who_may_not_listen_is_told_nothing_again(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        writes(application, 300, 300)
        await quiet(gateway)
        async with client(gateway, BOB) as bob:
            joined = await join(bob, TOPIC, asking(0))
            await quiet(gateway)
            assert (joined.states, joined.heard) == (["CHANNEL_ERROR"], [])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("asked", "private", "reason"),
    [
        (0, False, "Replay is not allowed for public channels"),
        ("yesterday", True, "Replay params are not valid"),
    ],
)
def test_a_replay_that_is_not_allowed_refuses_the_join(
    gateway: Gateway, asked: object, private: bool, reason: str
) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            joined = await join(ann, TOPIC, asking(asked, private=private))
            assert joined.states == ["CHANNEL_ERROR"]
            assert reason in joined.errors[0]

    asyncio.run(story())


def test_a_limit_is_one_to_twenty_five() -> None:
    assert read_replay({"since": 7}, is_private=True) == Replay(7, 25)
    assert read_replay({"since": 7, "limit": 0}, is_private=True) == Replay(7, 1)
    assert read_replay(None, is_private=False) is None
    with pytest.raises(ReplayRefused):
        read_replay([], is_private=True)
