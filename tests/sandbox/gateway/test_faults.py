"""What goes wrong on demand, and what the real client makes of it."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox.gateway import Gateway
from realtime_advisor.sandbox.realtime import install

from ...generation.conftest import Application
from ...generation.people import ANN, RED
from .python_client import client, join, options, quiet, until

TOPIC = f"tenant:{RED}:dashboard"
TELL = "select realtime.send('{{\"n\": {}}}', 'tick', '" + TOPIC + "')"


def test_what_is_sent_during_a_drop_is_lost_and_the_client_joins_again(
    gateway: Gateway, application: Application
) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            red = await join(ann, TOPIC)
            gateway.faults.is_reachable = False
            await asyncio.to_thread(gateway.drop_connections)
            await until(lambda: "CHANNEL_ERROR" in red.states)
            for number in range(5):
                application.change(TELL.format(number))
            await quiet(gateway)
            gateway.faults.is_reachable = True
            await until(lambda: red.states[-1] == "SUBSCRIBED")
            application.change(TELL.format(99))
            await until(lambda: red.heard)
            assert [message["payload"]["n"] for message in red.heard] == [99]
            assert red.states == ["SUBSCRIBED", "CHANNEL_ERROR", "SUBSCRIBED"]

    asyncio.run(story())


def test_joins_are_refused_for_the_reason_that_was_set(gateway: Gateway) -> None:
    async def story() -> None:
        gateway.faults.refusal, gateway.faults.refused_topic = "DatabaseLackOfConnections: none left", "full"
        async with client(gateway) as mine:
            refused, other = [await join(mine, name, options(private=False)) for name in ("full", "empty")]
            assert [json.loads(error) for error in refused.errors] == [
                {"reason": "DatabaseLackOfConnections: none left"}
            ]
            assert other.states == ["SUBSCRIBED"]
            gateway.faults.refusal = None
            await until(lambda: refused.states[-1] == "SUBSCRIBED")

    asyncio.run(story())


def test_a_delay_holds_everything_back_in_order(gateway: Gateway, application: Application) -> None:
    async def story() -> None:
        async with client(gateway, ANN) as ann:
            red = await join(ann, TOPIC)
            gateway.faults.delay_seconds = 0.5
            begun = time.monotonic()
            application.change(TELL.format(1))
            await asyncio.to_thread(gateway.settle)
            gateway.faults.delay_seconds = 0.0
            application.change(TELL.format(2))
            await until(lambda: len(red.heard) == 2)
            assert time.monotonic() - begun >= 0.5
            assert [message["payload"]["n"] for message in red.heard] == [1, 2]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "status"), [("/realtime/v1/websocket", 403), ("/realtime/v1/websocket?apikey=x", 403), ("/other", 404)]
)
def test_a_handshake_needs_the_address_and_a_key(gateway: Gateway, path: str, status: int) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(gateway.url + path, headers=upgrade))
    assert refused.value.code == status
    refused.value.close()


def test_nothing_shows_the_secret(gateway: Gateway) -> None:
    assert repr(gateway) == f"<Gateway {gateway.url}>"
    assert gateway.url.startswith("http://127.0.0.1:")


def test_a_database_without_the_schema_is_refused_in_a_sentence(database: str) -> None:
    with pytest.raises(SandboxFailed) as refused:
        Gateway(database)
    assert "The gateway cannot use database" in str(refused.value)
    assert "Give it a superuser's connection to a database with the Realtime schema" in str(refused.value)


def test_a_feed_that_is_gone_is_said(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        install(admin)
        with Gateway(database) as gateway:
            admin.execute(
                "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots"
                " where database = current_database()"
            )
            with pytest.raises(SandboxFailed, match="The gateway has not read what the database committed"):
                gateway.settle()


def test_closing_leaves_no_slot(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        install(admin)
        with Gateway(database) as gateway:
            pass
        gateway.close()
        slots = "select count(*) from pg_replication_slots where database = current_database()"
        assert admin.execute(slots).fetchone() == (0,)
