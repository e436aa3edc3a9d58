"""One client's channel on one topic: what its join asked for, and what it may do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from realtime_advisor.sandbox.realtime import Access

from .frames import Broadcast, Frame, Payload
from .session import Session
from .tokens import Claims
from .wishes import Wish

PREFIX: Final = "realtime:"
# A client that calls track or untrack more often than this has its channel closed.
PRESENCE_CALLS: Final = 5
PRESENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """The `config` of a join."""

    is_private: bool
    hears_itself: bool
    wants_acknowledgement: bool
    presence_key: str
    presence_enabled: bool
    changes: tuple[Payload, ...]
    replay: object = None  # as it was asked for

    @classmethod
    def read(cls, payload: Payload) -> Wishes:
        """What the join's payload asks for; whatever is missing or malformed counts as not asked."""
        config = _object(payload.get("config"))
        broadcast, presence = _object(config.get("broadcast")), _object(config.get("presence"))
        changes = config.get("postgres_changes")
        return cls(
            is_private=_flag(config.get("private")),
            hears_itself=_flag(broadcast.get("self")),
            wants_acknowledgement=_flag(broadcast.get("ack")),
            presence_key=str(presence.get("key") or uuid4()),
            presence_enabled=_flag(presence.get("enabled")),
            changes=tuple(change for change in changes if isinstance(change, dict))
            if isinstance(changes, list)
            else (),
            replay=broadcast.get("replay"),
        )


@dataclass(eq=False)
class Channel:
    """A joined channel. `access` is None on a public channel, where everything is allowed."""

    session: Session
    name: str
    join_ref: str | None
    wishes: Wishes
    token: str
    claims: Claims
    access: Access | None
    presence_enabled: bool
    subscribed: tuple[Wish, ...] = ()  # to Postgres Changes
    replayed: tuple[Payload, ...] = ()  # what it is told again after its join
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    _presence_calls: list[float] = field(default_factory=list)

    @property
    def topic(self) -> str:
        """The topic as the client spells it."""
        return PREFIX + self.name

    @property
    def room(self) -> tuple[str, bool]:
        """What it shares with others: a private and a public channel of one name are two rooms."""
        return self.name, self.wishes.is_private

    @property
    def hears_broadcasts(self) -> bool:
        return self.access is None or self.access.broadcast_read

    @property
    def may_broadcast(self) -> bool:
        return self.access is None or self.access.broadcast_write

    @property
    def hears_presence(self) -> bool:
        """Realtime asks for the right to read presence when presence is enabled, by the join or by `track`."""
        return self.access is None or (self.presence_enabled and self.access.presence_read)

    @property
    def may_track(self) -> bool:
        return self.access is None or self.access.presence_write

    def tell(self, event: str, payload: Payload) -> None:
        """Send an event of this channel."""
        self.session.send(Frame(self.topic, event, payload, join_ref=self.join_ref))

    def tell_system(self, status: str, message: str, extension: str = "system") -> None:
        """Send what Realtime says of itself, such as an error that ends the channel."""
        told = {"extension": extension, "status": status, "message": message, "channel": self.name}
        self.tell("system", told)

    def deliver(self, broadcast: Broadcast) -> None:
        """Send a broadcast, if the channel may hear it."""
        if self.hears_broadcasts and broadcast.message_id not in self._replayed_ids:
            self.session.send_broadcast(self.topic, broadcast)

    @property
    def _replayed_ids(self) -> set[str]:
        return {message["meta"]["id"] for message in self.replayed}

    def spends_presence_call(self, now: float) -> bool:
        """Count a call of track or untrack; False if there were too many."""
        self._presence_calls = [at for at in self._presence_calls if at > now - PRESENCE_SECONDS]
        self._presence_calls.append(now)
        return len(self._presence_calls) <= PRESENCE_CALLS


def _object(value: Any) -> Payload:
    return value if isinstance(value, dict) else {}


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
