"""Ways to look at what an attempt did, each answering in words that are the same on every run."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from .room import Room, named

Look = Callable[[Room, str], str]

_SENT = "select topic from realtime.messages where extension = 'broadcast' order by topic"
_READ = """
    select pg_stat_get_tuples_returned('message_threads'::regclass)
      + pg_stat_get_tuples_fetched('message_threads'::regclass)
"""
_IDS = "select payload ->> 'id' = id::text from realtime.messages"
FEW = 10


def sent_by(entity: str) -> Look:
    """Who heard of a write, on topics of this entity."""

    def look(room: Room, attempt: str) -> str:
        room.install()
        return _sent(room, attempt, entity)

    return look


def sent_by_a_weak_owner(room: Room, attempt: str) -> str:
    """The same, installed by a role like any other."""
    room.run("set role authenticated")
    try:
        room.install()
    except psycopg.errors.RaiseException:
        return "it is not installed"
    return _sent(room, attempt, "notifications")


def _sent(room: Room, attempt: str, entity: str) -> str:
    room.warnings.clear()
    try:
        room.run(attempt)
    except psycopg.Error as error:
        return f"the write fails: {_said(error)}"
    topics = [named(topic) for (topic,) in room.ask(_SENT) if topic.endswith(f":{entity}")]
    lost = "".join(f"; a warning: {named(warning)}" for warning in dict.fromkeys(room.warnings))
    if not topics:
        return f"no message{lost}"
    counted = f"{len(topics):,} message{'' if len(topics) == 1 else 's'}"
    return f"{counted}: {', '.join(dict.fromkeys(topics))}{lost}"


def second_installation(room: Room, attempt: str) -> str:
    """Whether it can be installed again."""
    room.install()
    room.run(attempt)
    try:
        room.install()
    except psycopg.Error as error:
        return f"it fails: {_said(error)}"
    return "it installs again"


def may_join(who: str, topic: str, pronoun: str = "she") -> Look:
    """Whether a user may join a topic."""

    def look(room: Room, attempt: str) -> str:
        room.install()
        room.run(attempt)
        access = room.access(who, topic)
        if access.error:
            return f"an error: {access.error}"
        return f"{pronoun} may join" if access.broadcast_read else f"{pronoun} may not join"

    return look


def reading_of(who: str, topic: str) -> Look:
    """What of a topic a user may read."""

    def look(room: Room, attempt: str) -> str:
        room.install()
        room.run(attempt)
        access = room.access(who, topic)
        readable = {"broadcast": access.broadcast_read, "presence": access.presence_read}
        return " and ".join(name for name, may in readable.items() if may) or "nothing"

    return look


def rows_read(topic: str) -> Look:
    """How many threads the database reads to answer a join."""

    def look(room: Room, attempt: str) -> str:
        room.install()
        room.run(attempt)
        before = _threads_read(room)
        room.access("ann", topic)
        read = _threads_read(room) - before
        return (
            f"fewer than {FEW} rows of message_threads are read"
            if read < FEW
            else f"{read:,} rows of message_threads are read"
        )

    return look


def _threads_read(room: Room) -> int:
    """Rows of threads that were read so far, by sequence or by index."""
    if room.admin.info.server_version >= 150000:
        room.ask("select pg_stat_force_next_flush()")
    room.ask("select pg_stat_clear_snapshot()")
    [(read,)] = room.ask(_READ)
    return int(read)


def strangers(room: Room, attempt: str) -> str:
    """Which roles of the API may use the triggers' functions."""
    room.install()
    return " and ".join(role for role, _ in room.ask(attempt)) or "none"


def message_id(room: Room, attempt: str) -> str:
    """Whose id the payload names."""
    room.install()
    room.run(attempt)
    return "the message's" if room.ask(_IDS) == [(True,)] else "the row's"


def _said(error: psycopg.Error) -> str:
    return f"{error.sqlstate}: {error.diag.message_primary}"
