"""Messages told again at a join: the last ones of a private topic since some moment, which the table still has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from .frames import Payload

MOST: Final = 25  # however many are asked for
_MESSAGES: Final = resources.files(__package__).joinpath("replay.sql").read_bytes()


class ReplayRefused(Exception):
    """A join whose replay Realtime refuses; the text is the reason that the client sees."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a join asks to be told again: the last `limit` messages `since`, in milliseconds of the epoch."""

    since: int
    limit: int


def read_replay(asked: object, *, is_private: bool) -> Replay | None:
    """The `replay` of a join's configuration; None where it asks for none. Raises ReplayRefused."""
    if asked is None:
        return None
    if not is_private:
        raise ReplayRefused("UnableToReplayMessages: Replay is not allowed for public channels")
    since, limit = (asked.get("since"), asked.get("limit", MOST)) if isinstance(asked, dict) else (None, None)
    if not isinstance(since, int) or not isinstance(limit, int):
        raise ReplayRefused("UnableToReplayMessages: Replay params are not valid")
    return Replay(since, max(min(limit, MOST), 1))


def read_messages(connection: psycopg.Connection[Any], topic: str, replay: Replay) -> list[Payload]:
    """Those messages, oldest first, as a client is told of them."""
    cursor = connection.cursor(row_factory=tuple_row)
    asked = {"topic": topic, "since": replay.since, "limit": replay.limit}
    return [
        {"type": "broadcast", "event": event, "payload": json.loads(body), "meta": {"replayed": True, "id": message_id}}
        for message_id, event, body in cursor.execute(_MESSAGES, asked)
    ]
