"""Rules about realtime.messages itself: through it every broadcast from the database passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .rules import Found, Rule, World
from .wording import named


def _missing(world: World) -> Iterator[Found]:
    if world.setup.messages is None:
        yield Found(
            None,
            "There is no table realtime.messages: Broadcast from the database and private channels cannot work here.",
            "On Supabase connect one client, which has Realtime set up its schema; elsewhere run Realtime first.",
        )


def _open(world: World) -> Iterator[Found]:
    messages = world.setup.messages
    if messages and not messages.row_security:
        yield Found(
            None,
            "realtime.messages has row level security off: "
            "anybody with the anonymous key may join, read and write every private channel.",
            "Turn it on as the table's owner:",
            "alter table realtime.messages enable row level security;",
        )


def _without_policies(world: World) -> Iterator[Found]:
    messages = world.setup.messages
    if messages and messages.row_security and not messages.policies:
        sent = next((trigger for trigger in world.setup.triggers if any("realtime." in c for c in trigger.calls)), None)
        by = f", what the trigger {named(sent.name)} on {named(sent.table)} sends included" if sent else ""
        yield Found(
            None,
            f"realtime.messages has no policy: private channels refuse everybody{by}.",
            "Write a SELECT policy that compares realtime.topic() with what the user may hear.",
        )


def _partition_missing(world: World) -> Iterator[Found]:
    messages = world.setup.messages
    if messages is None or not messages.partitioned:
        return
    days = {"today": messages.today, "tomorrow": messages.tomorrow}
    lost = {day: name for day, name in days.items() if name and name not in messages.partitions}
    if lost:
        yield Found(
            None,
            f"realtime.messages has no partition for {' and '.join(lost)} ({named(*lost.values())}): "
            "messages of that day are lost, with a warning in the log.",
            "Connect one client, which has Realtime make the partitions; if they stay missing, ask Supabase's support.",
        )


RULES: Final = (
    Rule("messages_missing", "note", "no realtime.messages", _missing),
    Rule("messages_without_row_security", "danger", "realtime.messages open to everybody", _open),
    Rule("messages_without_policies", "note", "row level security on realtime.messages, no policy", _without_policies),
    Rule("messages_partition_missing", "danger", "no partition for today or tomorrow, in UTC", _partition_missing),
)
