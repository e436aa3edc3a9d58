"""The realtime client of PyPI, as the tests use it: it joins topics and remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeChannelOptions

from realtime_advisor.sandbox.gateway import Gateway


@dataclass
class Joined:
    """A channel, the states that its callback was told, and the broadcasts."""

    channel: AsyncRealtimeChannel
    states: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    system: list[str] = field(default_factory=list)

    def told(self, state: Any, error: Exception | None) -> None:
        self.states.append(state.value)
        if error:
            self.errors.append(str(error))


@asynccontextmanager
async def client(gateway: Gateway, subject: str | None = None, **claims: Any) -> AsyncIterator[AsyncRealtimeClient]:
    """A client of this user, closed at the end; it comes back 50 ms after a drop."""
    made = AsyncRealtimeClient(gateway.realtime_url, token=gateway.token(), initial_backoff=0.05, max_retries=20)
    await made.set_auth(gateway.token(subject, **claims))
    try:
        yield made
    finally:
        await made.close()
        await asyncio.sleep(0)  # its cancelled tasks end


def options(
    *, private: bool = True, ack: bool = False, own: bool = False, presence: str = ""
) -> RealtimeChannelOptions:
    return {
        "config": {
            "private": private,
            "broadcast": {"ack": ack, "self": own},
            "presence": {"key": presence, "enabled": bool(presence)},
        }
    }


async def join(
    client: AsyncRealtimeClient, topic: str, asked: RealtimeChannelOptions | None = None, event: str = "*"
) -> Joined:
    """Join a topic, privately unless asked otherwise; the first answer has come when this returns."""
    joined = Joined(client.channel(topic, asked or options()))
    joined.channel.on_broadcast(event, lambda message: joined.heard.append(dict(message)))
    joined.channel.on_system(lambda payload: joined.system.append(payload.message))
    await joined.channel.subscribe(joined.told)
    return joined


async def until(happened: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait for something that is about to happen."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.01)


async def quiet(gateway: Gateway) -> None:
    """Return when all that was committed is read, sent and received: the client had time for what is on the way."""
    await asyncio.to_thread(gateway.settle)
    await asyncio.sleep(0.1)
