"""One WebSocket: what is sent on it goes through a queue, in order, delayed if the faults say so."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from .faults import Faults
from .frames import Broadcast, Frame, Wire, encode, encode_broadcast

if TYPE_CHECKING:
    from .channel import Channel


class Session:
    """A client's connection, the version that it speaks, and its channels by topic."""

    def __init__(self, connection: ServerConnection, version: str, api_key: str, faults: Faults) -> None:
        self.version = version
        self.api_key = api_key
        self.channels: dict[str, Channel] = {}
        self._connection = connection
        self._faults = faults
        self._queue: asyncio.Queue[tuple[float, Wire]] = asyncio.Queue()

    def send(self, frame: Frame) -> None:
        """Send a message, after what was sent before."""
        self._put(encode(frame, self.version))

    def send_broadcast(self, topic: str, broadcast: Broadcast) -> None:
        """Send a broadcast; one that the version cannot carry is lost, as Realtime loses it."""
        wire = encode_broadcast(topic, broadcast, self.version)
        if wire is not None:
            self._put(wire)

    def reply(self, frame: Frame, status: str, response: dict[str, object] | None = None) -> None:
        """Answer a client's message."""
        payload = {"status": status, "response": response or {}}
        self.send(Frame(frame.topic, "phx_reply", payload, frame.ref, frame.join_ref))

    def drop(self) -> None:
        """Cut the connection without a word, as a lost network does."""
        self._connection.transport.abort()

    async def write(self) -> None:
        """Write what is in the queue, until the connection ends."""
        with suppress(ConnectionClosed):
            while True:
                due, wire = await self._queue.get()
                await asyncio.sleep(due - asyncio.get_running_loop().time())
                await self._connection.send(wire)

    def _put(self, wire: Wire) -> None:
        self._queue.put_nowait((asyncio.get_running_loop().time() + self._faults.delay_seconds, wire))
