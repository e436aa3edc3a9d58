"""The messages that were sent lately, counted by event and kind of topic: no payload and no id is read out."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import psycopg

from .target import QUERIES, Target

_LONGEST: Final = "set local statement_timeout = '5s'"


@dataclass(frozen=True, slots=True)
class SentMessages:
    """Messages by kind of topic (None: of none of the kinds asked for) and event, in the last `minutes`."""

    minutes: float
    counts: tuple[tuple[str | None, str, int], ...]


def count_messages(target: Target, kinds: Collection[str]) -> SentMessages | str:
    """The messages of today's last three hours, or the sentence that says why they are not known.

    Of `kinds` such as 'tenant:<id>:dashboard'. Raises AdvisorError where the target cannot be read.
    """
    found = target.read("messages_readable")
    if not found:
        return "Messages were not counted: there is no realtime.messages."
    readable = found[0]
    if not readable.may_select or not readable.sees_all:
        lacks = "BYPASSRLS" if readable.may_select else "SELECT on it"
        return (
            f"Messages were not counted: role {target.server.role} may not read all of realtime.messages. Check as a "
            f"role that has {lacks}, such as postgres on Supabase."
        )
    return _count(target, kinds, readable.minutes)


def _count(target: Target, kinds: Collection[str], minutes: float) -> SentMessages | str:
    limits, query = (
        QUERIES.joinpath(f"{name}.sql").read_text(encoding="utf-8") for name in ("limits", "messages_sent")
    )
    with target.open_session("the messages") as connection:
        try:
            with connection.transaction():
                connection.execute(limits.encode())
                connection.execute(_LONGEST)
                topics = json.dumps(sorted(kinds))
                connection.execute("select pg_catalog.set_config('realtime_advisor.topics', %s, true)", [topics])
                rows = connection.execute(query.encode()).fetchall()
        except psycopg.errors.QueryCanceled:
            return "Messages were not counted: there are so many that counting them took more than five seconds."
    return SentMessages(minutes, tuple((topic, str(event or ""), int(count)) for topic, event, count in rows))
