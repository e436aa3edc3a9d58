"""What the gateway does with each message of a client and each change of the database. Runs in one event loop."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import psycopg

from realtime_advisor.sandbox.realtime import Access

from .channel import PREFIX, Channel, Wishes
from .database import Database
from .faults import Faults
from .frames import Broadcast, Frame, Payload
from .pgoutput import Change, Operation
from .presence import Presence
from .replay import ReplayRefused, read_replay
from .session import Session
from .tokens import TokenRefused, verify
from .wishes import WishRefused, read_wish

Room = tuple[str, bool]

_LONGEST_TOKEN_CHECK: Final = 300.0
_NO_READ: Final = "You do not have permissions to read from this Channel topic: {}"

_log = logging.getLogger(__name__)


class JoinRefused(Exception):
    """A join that is answered with an error; the text is the reason that the client sees."""


class Hub:
    """Every channel that is joined, by room, and who is present there."""

    def __init__(self, secret: str, database: Database, faults: Faults) -> None:
        self.sessions: set[Session] = set()
        self._secret = secret
        self._database = database
        self._faults = faults
        self._changes: asyncio.Queue[Change] = asyncio.Queue()
        self._rooms: defaultdict[Room, set[Channel]] = defaultdict(set)
        self._presences: defaultdict[Room, Presence] = defaultdict(Presence)
        self._handlers = {"broadcast": self._broadcast, "presence": self._presence, "access_token": self._renew_token}

    def joined(self, name: str) -> int:
        """How many channels are on a topic, private and public."""
        return sum(len(self._rooms.get((name, private), ())) for private in (True, False))

    async def handle(self, session: Session, frame: Frame) -> None:
        """Do what a client's message asks."""
        channel = session.channels.get(frame.topic)
        if frame.topic == "phoenix" and frame.event == "heartbeat":
            session.reply(frame, "ok")
        elif frame.event == "phx_join":
            await self._join(session, frame)
        elif channel is None:
            session.reply(frame, "error", {"reason": "unmatched topic"})
        elif frame.event == "phx_leave":
            session.reply(frame, "ok")
            self._close(channel)
        elif frame.event in self._handlers:
            await self._handlers[frame.event](channel, frame)

    def forget(self, session: Session) -> None:
        """The session's connection has ended, and with it its channels."""
        self.sessions.discard(session)
        for channel in list(session.channels.values()):
            self._remove(channel)

    def deliver(self, changes: Sequence[Change]) -> None:
        """Pass on what the database committed: the messages that were written into realtime.messages."""
        for change in changes:
            if _is_message(change):
                self._deliver_message(change)
            else:
                self._changes.put_nowait(change)

    async def tell_changes(self) -> None:
        """Tell subscribers of Postgres Changes of one change after the other, for as long as the gateway runs."""
        while True:
            change = await self._changes.get()
            try:
                for channel in [channel for room in self._rooms.values() for channel in room]:
                    await self._tell_change(channel, change)
            except psycopg.Error:
                _log.exception("A change of %s could not be told", change.relation.name)
            finally:
                self._changes.task_done()

    async def told(self) -> None:
        """Return when every change that was delivered is told."""
        await self._changes.join()

    async def _tell_change(self, channel: Channel, change: Change) -> None:
        wishes = tuple(wish for wish in channel.subscribed if wish.concerns(change))
        seen = await self._database.view(change, wishes, channel.claims) if wishes else None
        if seen is not None:
            channel.tell("postgres_changes", seen)

    async def _subscribe(self, channel: Channel) -> None:
        """Subscribe to Postgres Changes, which Realtime does after it has answered the join, all or nothing."""
        wishes = []
        try:
            for number, asked in enumerate(channel.wishes.changes, start=1):
                wishes.append(read_wish(number, asked))
                await self._database.check(wishes[-1], channel.claims)
        except WishRefused as refusal:
            channel.tell_system("error", str(refusal), "postgres_changes")
            return
        channel.subscribed = tuple(wishes)
        channel.tell_system("ok", "Subscribed to PostgreSQL", "postgres_changes")

    def _deliver_message(self, change: Change) -> None:
        topic, event, body = (change.new.get(name) for name in ("topic", "event", "payload"))
        if topic is None or event is None or body is None:
            return
        broadcast = Broadcast(event, body, change.new["id"])
        for channel in tuple(self._rooms.get((topic, change.new["private"] == "t"), ())):
            channel.deliver(broadcast)

    async def _join(self, session: Session, frame: Frame) -> None:
        try:
            channel = await self._admit(session, frame)
        except (JoinRefused, ReplayRefused, TokenRefused) as refusal:
            session.reply(frame, "error", {"reason": str(refusal)})
            return
        if before := session.channels.get(frame.topic):
            self._close(before)
        session.channels[frame.topic] = channel
        self._rooms[channel.room].add(channel)
        self._watch_token(channel)
        changes = [{**wish, "id": number} for number, wish in enumerate(channel.wishes.changes, start=1)]
        session.reply(frame, "ok", {"postgres_changes": changes})
        for message in channel.replayed:
            channel.tell("broadcast", message)
        if channel.presence_enabled and channel.hears_presence:
            channel.tell("presence_state", self._presences[channel.room].state())
        if changes:
            await self._subscribe(channel)

    async def _admit(self, session: Session, frame: Frame) -> Channel:
        """The channel that a join asks for. Raises JoinRefused, ReplayRefused, TokenRefused."""
        name = frame.topic.removeprefix(PREFIX)
        if not name or name == frame.topic:
            raise JoinRefused("TopicNameRequired: You must provide a topic name")
        if reason := self._faults.refuses(name):
            raise JoinRefused(reason)
        wishes = Wishes.read(frame.payload)
        token = frame.payload.get("access_token") or session.api_key
        claims = verify(token, self._secret, time.time())
        access = await self._database.authorize(name, claims) if wishes.is_private else None
        if access and not (access.broadcast_read or (wishes.presence_enabled and access.presence_read)):
            raise JoinRefused(f"Unauthorized: {_NO_READ.format(name)}")
        channel = Channel(
            session, name, frame.join_ref or frame.ref, wishes, token, claims, access, wishes.presence_enabled
        )
        if replay := read_replay(wishes.replay, is_private=wishes.is_private):
            if not channel.hears_broadcasts:
                raise JoinRefused(f"Unauthorized: {_NO_READ.format(name)}")
            channel.replayed = tuple(await self._database.replay(name, replay))
        return channel

    async def _broadcast(self, channel: Channel, frame: Frame) -> None:
        """Pass a client's broadcast on. Without the right to send it, Realtime stays silent too."""
        if not channel.may_broadcast:
            return
        payload = frame.payload
        broadcast = Broadcast(str(payload.get("event")), json.dumps(payload.get("payload", {})))
        for other in tuple(self._rooms[channel.room]):
            if other is not channel or channel.wishes.hears_itself:
                other.deliver(broadcast)
        if channel.wishes.wants_acknowledgement:
            channel.session.reply(frame, "ok")

    async def _presence(self, channel: Channel, frame: Frame) -> None:
        if not channel.spends_presence_call(time.monotonic()):
            self._shut(channel, "Client presence rate limit exceeded")
            return
        presence, event = self._presences[channel.room], str(frame.payload.get("event")).lower()
        payload = frame.payload.get("payload", {})
        if event == "untrack":
            diff = presence.untrack(channel)
        elif event != "track" or not channel.may_track:
            channel.session.reply(frame, "error")
            return
        elif not isinstance(payload, dict):
            channel.session.reply(frame, "error", {"reason": "Presence track payload must be a map"})
            return
        else:
            channel.presence_enabled = True
            diff = presence.track(channel, channel.wishes.presence_key, payload)
        channel.session.reply(frame, "ok")
        self._tell_presence(channel.room, diff)

    async def _renew_token(self, channel: Channel, frame: Frame) -> None:
        """Check the new token and ask the database again; a right to read that is gone ends the channel."""
        token = frame.payload.get("access_token")
        if not isinstance(token, str) or token == channel.token:
            return
        before = channel.access
        try:
            channel.claims = verify(token, self._secret, time.time())
        except TokenRefused as refusal:
            self._shut(channel, str(refusal).partition(": ")[2])
            return
        channel.token = token
        if before is not None:
            channel.access = await self._database.authorize(channel.name, channel.claims)
            if reason := _lost(channel, before, channel.access):
                self._shut(channel, reason)
                return
        self._watch_token(channel)

    def _watch_token(self, channel: Channel) -> None:
        """End the channel when its token expires, which Realtime notices within five minutes."""
        for timer in channel.timers:
            timer.cancel()
        seconds = min(max(channel.claims["exp"] - time.time(), 0.0), _LONGEST_TOKEN_CHECK)
        channel.timers = [asyncio.get_running_loop().call_later(seconds, self._check_token, channel)]

    def _check_token(self, channel: Channel) -> None:
        try:
            verify(channel.token, self._secret, time.time())
        except TokenRefused as refusal:
            self._shut(channel, str(refusal).partition(": ")[2])
        else:
            self._watch_token(channel)

    def _shut(self, channel: Channel, message: str) -> None:
        """End a channel for a reason that the client is told."""
        channel.tell_system("error", message)
        self._close(channel)

    def _close(self, channel: Channel) -> None:
        frame = Frame(channel.topic, "phx_close", {}, channel.join_ref, channel.join_ref)
        self._remove(channel)
        channel.session.send(frame)

    def _remove(self, channel: Channel) -> None:
        for timer in channel.timers:
            timer.cancel()
        if channel.session.channels.get(channel.topic) is channel:
            del channel.session.channels[channel.topic]
        self._rooms[channel.room].discard(channel)
        self._tell_presence(channel.room, self._presences[channel.room].untrack(channel))

    def _tell_presence(self, room: Room, diff: Payload | None) -> None:
        if diff is None:
            return
        for channel in tuple(self._rooms[room]):
            if channel.hears_presence:
                channel.tell("presence_diff", diff)


def _is_message(change: Change) -> bool:
    relation = change.relation
    return (
        change.operation is Operation.INSERT and relation.schema == "realtime" and relation.name.startswith("messages")
    )


def _lost(channel: Channel, before: Access, now: Access) -> str | None:
    """Why a channel may not stay with its new token, None if it may."""
    if not (now.broadcast_read or (channel.presence_enabled and now.presence_read)):
        return _NO_READ.format(channel.name)
    if (before.broadcast_read and not now.broadcast_read) or (before.presence_read and not now.presence_read):
        return f"You no longer have permission to read from this Channel topic: {channel.name}"
    return None
