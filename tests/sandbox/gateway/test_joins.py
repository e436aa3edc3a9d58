"""Who may join what: the real client is told what the policies say, for the reasons that Realtime gives."""

from __future__ import annotations

import asyncio

import pytest

from realtime_advisor.sandbox.gateway import Gateway

from ...generation.conftest import Application
from ...generation.people import ANN, BLUE, BOB, CYD, DAN, RED
from .python_client import client, join, options, quiet, until

TOPICS = {
    f"tenant:{RED}:dashboard": {ANN, CYD},
    f"tenant:{BLUE}:dashboard": {BOB, CYD},
    f"tenant:{RED}:dashboards": set(),
    f"tenant:{RED}:dashboard:payroll": set(),
    "tenant:%:dashboard": set(),
    "dashboard": set(),
}


@pytest.mark.parametrize("user", [ANN, BOB, CYD, DAN, "user_2abcDEF", None])
def test_a_private_join_is_answered_as_the_entitlement_says(gateway: Gateway, user: str | None) -> None:
    async def story() -> dict[str, list[str]]:
        async with client(gateway, user) as mine:
            # Copied, because a refused topic is tried again after a while.
            return {topic: list((await join(mine, topic)).states) for topic in TOPICS}

    expected = {topic: ["SUBSCRIBED"] if user in entitled else ["CHANNEL_ERROR"] for topic, entitled in TOPICS.items()}
    assert asyncio.run(story()) == expected


def test_a_refusal_says_what_realtime_says(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway, DAN) as mine:
            return (await join(mine, f"tenant:{RED}:dashboard")).errors

    reason = f"Unauthorized: You do not have permissions to read from this Channel topic: tenant:{RED}:dashboard"
    assert asyncio.run(story()) == [f'{{"reason": "{reason}"}}']


def test_a_public_channel_is_open_to_all(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway) as mine:
            return (await join(mine, "anything", options(private=False))).states

    assert asyncio.run(story()) == ["SUBSCRIBED"]


def test_an_expired_token_is_refused(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway, ANN, seconds=-5) as mine:
            return (await join(mine, f"tenant:{RED}:dashboard")).errors

    (error,) = asyncio.run(story())
    assert "InvalidJWTToken: Token has expired" in error


def test_a_channel_ends_with_its_token(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway, ANN, seconds=3) as mine:
            joined = await join(mine, f"tenant:{RED}:dashboard")
            await until(lambda: "CLOSED" in joined.states)
            return joined.states

    assert asyncio.run(story()) == ["SUBSCRIBED", "CHANNEL_ERROR", "CLOSED"]


def test_a_new_token_prolongs_the_channel(gateway: Gateway) -> None:
    async def story() -> list[str]:
        async with client(gateway, ANN, seconds=3) as mine:
            joined = await join(mine, f"tenant:{RED}:dashboard")
            await mine.set_auth(gateway.token(ANN))
            await asyncio.sleep(3.2)
            return joined.states

    assert asyncio.run(story()) == ["SUBSCRIBED"]


def test_whoever_is_no_member_any_more_goes_with_the_next_token(gateway: Gateway, application: Application) -> None:
    async def story() -> list[str]:
        async with client(gateway, CYD) as mine:
            joined = await join(mine, f"tenant:{RED}:dashboard")
            application.run(f"delete from memberships where user_id = '{CYD}' and tenant_id = '{RED}'")
            try:
                await asyncio.sleep(0.2)
                assert joined.states == ["SUBSCRIBED"]  # the answer is kept until the token is renewed
                await mine.set_auth(gateway.token(CYD, seconds=60))
                await until(lambda: "CLOSED" in joined.states)
            finally:
                application.run(f"insert into memberships (tenant_id, user_id) values ('{RED}', '{CYD}')")
            return joined.errors

    (error,) = asyncio.run(story())
    assert f"You do not have permissions to read from this Channel topic: tenant:{RED}:dashboard" in error


def test_a_client_that_left_is_told_nothing_more(gateway: Gateway) -> None:
    async def story() -> None:
        async with client(gateway) as mine:
            joined = await join(mine, "room", options(private=False))
            assert await asyncio.to_thread(gateway.joined, "room") == 1
            await joined.channel.unsubscribe()
            await until(lambda: "CLOSED" in joined.states)
            assert await asyncio.to_thread(gateway.joined, "room") == 0

    asyncio.run(story())


def test_whoever_may_read_presence_only_joins_for_presence_and_hears_no_broadcast(
    gateway: Gateway, application: Application
) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann, client(gateway, BOB) as bob:
            assert (await join(bob, "lobby")).states == ["CHANNEL_ERROR"]
            lobby = await join(ann, "lobby", options(presence="ann"))
            lobby.channel.on_presence_sync(lambda: None)
            assert lobby.states == ["SUBSCRIBED"]
            application.change("select realtime.send('{}', 'tick', 'lobby')")
            await quiet(gateway)
            assert lobby.heard == []
            await lobby.channel.track({})
            await asyncio.sleep(0.2)
            assert lobby.channel.presence_state() == {}

    application.change(
        "create policy lobby on realtime.messages for select to authenticated"
        " using (extension = 'presence' and realtime.topic() = 'lobby')"
    )
    try:
        asyncio.run(story())
    finally:
        application.change("drop policy lobby on realtime.messages")
