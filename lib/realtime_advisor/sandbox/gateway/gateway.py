"""A channel server for tests and demonstrations. It is an instrument, not a server to deploy.

It speaks Realtime's channel protocol to real clients on this machine, asks the sandbox's database who may join as
Realtime asks, and reads what to broadcast from the database's log. One process, one database, no limits but Presence's,
no replay, no HTTP, no `realtime.subscription`: whatever it lacks, it does not pretend to.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Coroutine, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import psycopg
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from .database import Database
from .faults import Faults
from .feed import Feed
from .frames import V1, V2, FrameRefused, decode
from .hub import Hub
from .pgoutput import Change
from .session import Session
from .tokens import TokenRefused, sign, verify

_HOST: Final = "127.0.0.1"
_PATH: Final = "/realtime/v1"
_HOUR: Final = 3600
_LARGEST_MESSAGE: Final = 3_000_000  # bytes, a broadcast's limit on a paid plan
_SETTLE_SECONDS: Final = 60.0

T = TypeVar("T")


class Gateway:
    """A running channel server for the database at `conninfo`, which is a superuser's and has the Realtime schema.

    It listens on a free port of the loopback interface until `close` or the end of the `with` block. Clients take
    `url` (supabase-js and the realtime client of PyPI add /realtime/v1 where they need it: `realtime_url`) and a
    `token`. `faults` is what goes wrong on demand. Raises SandboxFailed.
    """

    def __init__(self, conninfo: str) -> None:
        self.faults = Faults()
        self._conninfo = conninfo
        self._secret = secrets.token_hex(32)
        self._database = Database(conninfo)
        self._hub = Hub(self._secret, self._database, self.faults)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateway", daemon=True)
        self._thread.start()
        self._server = self._in_loop(self._serve())
        self.port: int = next(iter(self._server.sockets)).getsockname()[1]
        self._feed = Feed(conninfo, self._deliver)

    def __repr__(self) -> str:
        return f"<Gateway {self.url}>"

    @property
    def url(self) -> str:
        """What supabase-js calls the project's URL."""
        return f"http://{_HOST}:{self.port}"

    @property
    def realtime_url(self) -> str:
        """Where Realtime itself is, for the realtime client of PyPI."""
        return f"ws://{_HOST}:{self.port}{_PATH}"

    def token(self, sub: str | None = None, *, role: str | None = None, seconds: int = _HOUR, **claims: object) -> str:
        """A token for a user, or the anonymous key where no `sub` and no `role` is given."""
        now = int(time.time())
        who: dict[str, object] = {"role": role or ("anon" if sub is None else "authenticated")}
        if sub is not None:
            who["sub"] = sub
        return sign({**who, "iat": now, "exp": now + seconds, **claims}, self._secret)

    def joined(self, topic: str) -> int:
        """How many channels are on a topic at the moment."""
        return self._in_loop(self._count(topic))

    def drop_connections(self) -> None:
        """Cut every connection without a word; clients may come back at once, unless `faults.is_reachable` is False."""
        self._in_loop(self._drop())

    def settle(self) -> None:
        """Return when all that is committed by now was sent to the channels that may hear it. Raises SandboxFailed."""
        with psycopg.connect(self._conninfo) as connection:
            (position,) = connection.execute("select pg_current_wal_flush_lsn() - '0/0'").fetchone() or (0,)
        self._feed.wait_for(int(position), _SETTLE_SECONDS)
        self._in_loop(self._hub.told())

    def close(self) -> None:
        """Drop every client, stop listening, and give the database back. Closing twice is fine."""
        if self._loop.is_closed():
            return
        self._feed.close()
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._database.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self) -> Server:
        self._telling = asyncio.create_task(self._hub.tell_changes())
        return await serve(
            self._talk, _HOST, 0, process_request=self._admit, max_size=_LARGEST_MESSAGE, ping_interval=None
        )

    async def _stop(self) -> None:
        await self._drop()
        self._telling.cancel()
        self._server.close()
        await self._server.wait_closed()

    async def _drop(self) -> None:
        for session in tuple(self._hub.sessions):
            session.drop()

    async def _count(self, topic: str) -> int:
        return self._hub.joined(topic)

    def _deliver(self, changes: Sequence[Change]) -> None:
        """Called by the feed, in its thread."""
        self._loop.call_soon_threadsafe(self._hub.deliver, changes)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None to go on with the handshake, which Realtime does for whoever has a good API key."""
        if not self.faults.is_reachable:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "The gateway was told to be unreachable.\n")
        address = urlsplit(request.path)
        if address.path != f"{_PATH}/websocket":
            return connection.respond(HTTPStatus.NOT_FOUND, f"The gateway is at {_PATH}/websocket only.\n")
        try:
            verify(_parameter(address.query, "apikey"), self._secret, time.time())
        except TokenRefused as refusal:
            return connection.respond(HTTPStatus.FORBIDDEN, f"{refusal}\n")
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        """One client, from handshake to end."""
        query = urlsplit(connection.request.path).query if connection.request else ""
        version = V2 if _parameter(query, "vsn") == V2 else V1
        session = Session(connection, version, _parameter(query, "apikey"), self.faults)
        self._hub.sessions.add(session)
        writer = asyncio.create_task(session.write())
        try:
            async for wire in connection:
                await self._hub.handle(session, decode(wire, version))
        except (ConnectionClosed, FrameRefused):
            session.drop()  # Phoenix too ends the connection of a client that it does not understand
        finally:
            writer.cancel()
            self._hub.forget(session)


def _parameter(query: str, name: str) -> str:
    return parse_qs(query).get(name, [""])[-1]
