"""One topic that is listened to, through however many channels that takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from realtime import AsyncRealtimeChannel, RealtimeSubscribeStates
from websockets.exceptions import ConnectionClosed

from .catch_up import CatchUp

_AGAIN_SECONDS: Final = 1.0  # until a channel that the server has closed is opened anew


@dataclass(frozen=True, slots=True)
class Owner:
    """What a subscription needs of its listener."""

    open_channel: Callable[[], AsyncRealtimeChannel]
    fail: Callable[[str], None]  # tell of a failure
    spawn: Callable[[Coroutine[Any, Any, None]], None]  # do something beside
    forget: Callable[[], None]


class Subscription:
    """A topic that is listened to until `close`; made by Listener.listen."""

    def __init__(self, topic: str, events: tuple[str, ...], catch_up: CatchUp, owner: Owner) -> None:
        self.topic = topic
        self.is_joined = False
        self._events = events
        self._catch_up = catch_up
        self._owner = owner
        self._is_closed = False
        self._channel: AsyncRealtimeChannel | None = None

    def __repr__(self) -> str:
        return f"<Subscription {self.topic}: {'joined' if self.is_joined else 'not joined'}>"

    async def join(self) -> None:
        """Open a channel; the first answer has come when this returns."""
        self._channel = self._owner.open_channel()
        for event in self._events:
            self._channel.on_broadcast(event, lambda _: self._catch_up.ask())
        await self._channel.subscribe(partial(self._change_state, self._channel))

    async def close(self) -> None:
        """Leave the topic; no refetch runs after this. Closing twice is fine."""
        if self._is_closed:
            return
        self._is_closed = True
        self.is_joined = False
        self._owner.forget()
        await self._catch_up.stop()
        if self._channel is not None and not self._channel.is_closed:
            await self._channel.unsubscribe()

    def _change_state(
        self, channel: AsyncRealtimeChannel, state: RealtimeSubscribeStates, error: Exception | None
    ) -> None:
        if self._is_closed or channel is not self._channel:
            return
        self.is_joined = state is RealtimeSubscribeStates.SUBSCRIBED
        if self.is_joined:
            self._catch_up.ask()
        elif state is RealtimeSubscribeStates.CLOSED:
            self._owner.fail(f"Topic {self.topic} was closed by the server; it is joined again with the latest token.")
            self._owner.spawn(self._join_again())
        elif state is RealtimeSubscribeStates.TIMED_OUT:
            self._owner.fail(f"Topic {self.topic} is not answered for; it is joined again by itself.")
        elif isinstance(error, ConnectionClosed):
            self._owner.fail(f"Topic {self.topic} lost its connection; it is joined again by itself.")
        else:
            self._owner.fail(
                f"Topic {self.topic} was refused ({_reason(error)}); see that the token's user is entitled to it and "
                "that the policies are installed. It is tried again by itself."
            )

    async def _join_again(self) -> None:
        await asyncio.sleep(_AGAIN_SECONDS)
        if not self._is_closed:
            await self.join()


def _reason(error: Exception | None) -> str:
    """What the server said.

    >>> _reason(Exception('{"reason": "Unauthorized: no"}'))
    'Unauthorized: no'
    """
    try:
        said = json.loads(str(error))
    except ValueError:
        return str(error)
    return str(said.get("reason") or said.get("message") or said) if isinstance(said, dict) else str(said)
