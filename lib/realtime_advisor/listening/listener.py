"""A connection to Realtime that is kept, with a token that is kept fresh."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

from realtime import AsyncRealtimeClient

from realtime_advisor.errors import BadInput, ListeningFailed
from realtime_advisor.generation.naming import encode_id
from realtime_advisor.model import Emission

from .catch_up import CatchUp, Refetch, Report
from .channel import open_channel
from .subscription import Owner, Subscription

Token = str | Callable[[], Awaitable[str]]

_RETRIES: Final = 1_000  # about 16 hours, at one a minute; the client would give up after 5, without a word
_EARLY_SECONDS: Final = 60.0  # how long before its end a token is renewed
_UNKNOWN_SECONDS: Final = 1_800.0  # until the renewal of a token that does not say when it ends

_log = logging.getLogger(__name__)


def topic_of(emission: Emission, key: object) -> str:
    """The topic of one scope, its key encoded as the database encodes it; `key` as Postgres writes it."""
    return emission.topic.replace("<id>", encode_id(str(key)))


def log_failure(failure: ListeningFailed) -> None:
    """The report where none is given: an error in the log, which Python shows on stderr unless told otherwise."""
    _log.error("%s", failure)


class Listener:
    """One connection to Realtime, for any number of topics: `async with Listener(url, key) as listener`.

    `url` is the project's, `key` its anonymous or publishable key. `token` is the user's, or a function that fetches
    one: it is called before the first join, before the token expires, and after a failure. Without a token the bearer
    is the key's. `report` is told of every refusal, loss and failed refetch; listening goes on by itself after each.
    Raises BadInput for an address of no project, ListeningFailed if the server cannot be reached at the start.
    """

    def __init__(self, url: str, key: str, *, token: Token | None = None, report: Report = log_failure) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https", "ws", "wss") or not address.hostname:
            raise BadInput("The url is no address of a project; give one such as https://example.supabase.co.")
        self._host = address.hostname
        self._client = AsyncRealtimeClient(f"{url.rstrip('/')}/realtime/v1", token=key, max_retries=1)
        self._token = token
        self._report = report
        self._subscriptions: dict[str, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Listener at {self._host}: {len(self._subscriptions)} topics>"

    async def listen(
        self,
        topic: str,
        refetch: Refetch,
        *,
        events: Iterable[str] = ("*",),
        private: bool = True,
        spacing: float = 1,
        interval: float | None = 60,
        timeout: float | None = 30,
    ) -> Subscription:
        """Run `refetch` at each join of the topic and at each of its events, never two at once.

        What is told while it runs, or within `spacing` seconds of its begin, makes it run once more. Where nothing is
        told for `interval` seconds it runs too, joined or not, because a message may never come; with None it does not.
        A refetch that takes longer than `timeout` seconds is cancelled and reported, and the next may run.
        The server's first answer has come when this returns; a refusal is reported. Raises BadInput if the topic is
        listened to already.
        """
        if topic in self._subscriptions:
            raise BadInput(f"Topic {topic} is listened to already; do both things in one refetch, or close the first.")
        owner = Owner(
            open_channel=partial(open_channel, self._client, topic, private),
            fail=self._fail,
            spawn=self._spawn,
            forget=partial(self._forget, topic),
        )
        catch_up = CatchUp(refetch, spacing, self._report, interval, timeout)
        subscription = Subscription(topic, tuple(events), catch_up, owner)
        self._subscriptions[topic] = subscription
        catch_up.wait()
        await subscription.join()
        return subscription

    async def renew_token(self) -> None:
        """Take the token, fetched anew if it is fetched, for every channel: for now, and for joins to come."""
        if self._token is None:
            return
        try:
            token = self._token if isinstance(self._token, str) else await self._token()
        except Exception as error:  # whatever the caller's function raises; the token at hand may still do
            self._report(ListeningFailed(f"A new token could not be fetched ({error}); see to what fetches it."))
            return
        await self._client.set_auth(token)

    async def __aenter__(self) -> Listener:
        try:
            await self._client.connect()
        except Exception as error:  # the client lets through whatever the network, TLS or the handshake raise
            raise ListeningFailed(
                f"Realtime at {self._host} cannot be reached ({type(error).__name__}); check the address and the key."
            ) from None
        self._client.max_retries = _RETRIES
        await self.renew_token()
        if callable(self._token):
            self._spawn(self._keep_token_fresh())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for subscription in tuple(self._subscriptions.values()):
            await subscription.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    def _forget(self, topic: str) -> None:
        self._subscriptions.pop(topic, None)

    def _fail(self, sentence: str) -> None:
        """Tell of a failure; a new token may be the remedy."""
        self._report(ListeningFailed(sentence))
        if callable(self._token):
            self._spawn(self.renew_token())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_token_fresh(self) -> None:
        while True:
            left = _seconds_left(self._client.access_token, time.time())
            await asyncio.sleep(max(left - _EARLY_SECONDS, left / 2, 1.0))
            await self.renew_token()


def _seconds_left(token: str | None, now: float) -> float:
    """How long a token is valid, by its own word.

    >>> _seconds_left("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEwMH0.x", now=40.0)
    60.0
    """
    try:
        claims = (token or "").split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]) - now
    except (ValueError, LookupError, TypeError):
        return _UNKNOWN_SECONDS
