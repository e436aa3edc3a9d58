"""Rules about triggers that already tell somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import TableName, Trigger

from .rules import Found, Rule, World
from .wording import named, qualified, quoted

_SEND: Final = "realtime.send"
_BROADCAST: Final = "realtime.broadcast_changes"
_NOTIFY: Final = "pg_notify"
_GENERATED: Final = "realtime_advisor."  # the schema of generated functions


def _telling(world: World) -> Iterator[Trigger]:
    return (trigger for trigger in world.setup.triggers if trigger.calls and trigger.enabled)


def _said(trigger: Trigger) -> str:
    return f"The trigger {named(trigger.name)} on {named(trigger.table)}"


def _per_row(world: World) -> Iterator[Found]:
    for trigger in _telling(world):
        if trigger.per_row and _BROADCAST not in trigger.calls:
            dropped = ", and Realtime drops what is above its rate" if _SEND in trigger.calls else ""
            yield Found(
                trigger.table,
                f"{_said(trigger)} calls {named(*trigger.calls)} for each row: "
                f"{_largest_statement(trigger)} of 100,000 rows sends 100,000 messages{dropped}.",
                "Make it FOR EACH STATEMENT with transition tables, and send one message for each distinct topic.",
            )


def _largest_statement(trigger: Trigger) -> str:
    told = {"update": "an UPDATE", "insert": "an INSERT", "delete": "a DELETE"}
    return next((said for operation, said in told.items() if operation in trigger.operations), "a statement")


def _whole_rows(world: World) -> Iterator[Found]:
    for trigger in _telling(world):
        if _BROADCAST in trigger.calls:
            breaks = "" if trigger.catches_errors else ", and an error of it fails the write"
            yield Found(
                trigger.table,
                f"{_said(trigger)} calls realtime.broadcast_changes: it ships the old and the new row whole, "
                f"once for each row, to all who may join the topic{breaks}.",
                "Call realtime.send once a statement, with the key alone, inside an exception block.",
            )


def _publicly(world: World) -> Iterator[Found]:
    for trigger in _telling(world):
        if trigger.is_public:
            yield Found(
                trigger.table,
                f"{_said(trigger)} sends to public topics: no policy is asked, so whoever has the anon key and knows "
                "or guesses the topic hears it.",
                "Send with private => true, and write a policy on realtime.messages that says who may listen.",
            )


def _as_invoker(world: World) -> Iterator[Found]:
    messages = world.setup.messages
    if messages is None or any(policy.command in ("insert", "all") for policy in messages.policies):
        return
    for trigger in _telling(world):
        if {_SEND, _BROADCAST} & set(trigger.calls) and not trigger.as_definer:
            pinned = "" if trigger.search_path is not None else " set search_path = public, extensions, pg_temp"
            yield Found(
                trigger.table,
                f"{_said(trigger)} sends with the writer's rights, and no policy lets anybody insert into "
                "realtime.messages: what anon or authenticated write sends nothing, with a warning in the log.",
                "Run its function as its owner, who has to have BYPASSRLS, as postgres has on Supabase:",
                f"alter function {_function(trigger)}() security definer{pinned};" if trigger.function else "",
            )


def _function(trigger: Trigger) -> str:
    return qualified(TableName.parse(trigger.function))


def _notify_limit(world: World) -> Iterator[Found]:
    for trigger in _telling(world):
        if _NOTIFY in trigger.calls and not trigger.catches_errors:
            yield Found(
                trigger.table,
                f"{_said(trigger)} calls pg_notify: a payload of 8,000 bytes or more fails the application's write.",
                "Send the key alone, and catch the error in the function.",
            )


def _disabled(world: World) -> Iterator[Found]:
    for trigger in world.setup.triggers:
        if trigger.calls and not trigger.enabled:
            yield Found(
                trigger.table,
                f"{_said(trigger)} calls {named(*trigger.calls)}, but is disabled: nobody is told.",
                "Enable it, or drop it:",
                f"alter table {qualified(trigger.table)} enable trigger {quoted(trigger.name)};",
            )


def _several(world: World) -> Iterator[Found]:
    telling: dict[TableName, list[Trigger]] = defaultdict(list)
    for trigger in _telling(world):
        telling[trigger.table].append(trigger)
    for table, triggers in telling.items():
        twice = [name for name in ("insert", "update", "delete") if _fired(triggers, name) > 1]
        if twice:
            names = named(*(trigger.name for trigger in triggers if set(trigger.operations) & set(twice)))
            yield Found(
                table,
                f"Several triggers tell the same {' and '.join(twice).upper().replace(' AND ', ' and ')} "
                f"on {named(table)}: {names}.",
                "See that they tell different things; else keep one, or clients refetch once for each of them.",
            )


def _fired(triggers: list[Trigger], operation: str) -> int:
    """How many triggers tell it; those that this project generates tell different topics and count as one."""
    functions = [trigger.function for trigger in triggers if operation in trigger.operations]
    generated = [function for function in functions if function.startswith(_GENERATED)]
    return len(functions) - max(0, len(generated) - 1)


RULES: Final = (
    Rule("trigger_tells_each_row", "warning", "a row trigger that calls realtime.send or pg_notify", _per_row),
    Rule("trigger_ships_whole_rows", "warning", "a trigger that calls realtime.broadcast_changes", _whole_rows),
    Rule("trigger_sends_publicly", "danger", "realtime.send that says it is not private", _publicly),
    Rule("trigger_sends_as_writer", "warning", "realtime.send without SECURITY DEFINER", _as_invoker),
    Rule("notify_payload_limit", "note", "pg_notify in a trigger without an exception block", _notify_limit),
    Rule("telling_trigger_disabled", "warning", "a trigger that would tell, but is disabled", _disabled),
    Rule("several_triggers_tell", "note", "two triggers that tell the same operation of a table", _several),
)
