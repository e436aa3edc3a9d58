"""What the gateway asks of the database, one question after the other, in a thread beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import psycopg

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox.realtime import Access, authorize, ensure_partitions

from . import changes
from .frames import Payload
from .pgoutput import Change
from .replay import Replay, read_messages
from .tokens import Claims
from .wishes import Wish

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """A superuser's session. Raises SandboxFailed if the database is not one for the gateway."""

    def __init__(self, conninfo: str) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(conninfo, autocommit=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-database")
        name = self._connection.info.dbname
        try:
            ensure_partitions(self._connection)
        except psycopg.Error as error:
            self.close()
            raise SandboxFailed(
                f"The gateway cannot use database {name}: {error.diag.message_primary}. "
                "Give it a superuser's connection to a database with the Realtime schema, such as install() makes."
            ) from error

    async def authorize(self, topic: str, claims: Claims) -> Access:
        """What the policies allow on a private channel."""
        return await self._run(authorize, self._connection, topic, claims)

    async def check(self, wish: Wish, claims: Claims) -> None:
        """Return if a subscription to Postgres Changes would be taken. Raises WishRefused."""
        await self._run(changes.check, self._connection, wish, claims)

    async def view(self, change: Change, wishes: tuple[Wish, ...], claims: Claims) -> Payload | None:
        """What the bearer of the claims is sent of a change, None for nothing."""
        return await self._run(changes.view, self._connection, change, wishes, claims)

    async def replay(self, topic: str, asked: Replay) -> list[Payload]:
        """What was broadcast on a private topic before, as its listeners are told."""
        return await self._run(read_messages, self._connection, topic, asked)

    def close(self) -> None:
        """End the session, after the question that is being answered."""
        self._thread.shutdown()
        self._connection.close()

    async def _run(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: ask(*args, **kwargs))
