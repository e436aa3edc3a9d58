"""A design to TypeScript: what an application subscribes to, spelled as the triggers and policies spell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Client, Design, Emission, Option

from .client_naming import Entities, camel
from .client_rendering import TsValue, client_template, render_client
from .rendering import Remark
from .topics import ACTION

_POLLING: Final = ("catchUp", "usePolling", "useRouterRefresh")
_SHARED: Final = {
    "broadcast": (*_POLLING, "realtimeChannels", "realtimeBroadcast", "useBroadcast"),
    "changes": (*_POLLING, "realtimeChannels", "realtimeChanges", "useChanges"),
    "presence": ("realtimeChannels", "realtimePresence", "usePresence"),
    "polling": _POLLING,
}
_ACTIONS: Final = {"insert": "created", "update": "updated", "delete": "deleted", "truncate": "deleted"}
_OPERATIONS: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_SAME_DESIGN: Final = "Made from the same design as the SQL: change it there."


def generate_client(
    design: Design,
    *,
    row_types: bool = False,
    changes_per_minute: float | None = None,
    entities: Entities | None = None,
) -> Client:
    """The TypeScript of a design: file name to text, in order of name, each byte the same for the same design.

    `row_types` takes the types of rows from `database.types.ts`, which `supabase gen types typescript` writes, beside
    these files. `changes_per_minute` sets the poll of a table without realtime. Files of several designs share a
    folder: those of one name have one text, if the names come from `entities` of all these designs.
    """
    own: dict[str, str] = {}
    shared: set[str] = set()
    for kind, made in _parts(design, entities or Entities((design,)), row_types, changes_per_minute):
        shared.update(_SHARED[kind])
        own |= made
    templates = {f"{name}.ts": client_template(name) for name in sorted(shared)}
    return Client(design, {name: own[name] for name in sorted(own)}, templates)


def poll_seconds(changes_per_minute: float | None) -> int:
    """How often to poll a table: as often as it changes, within one to three minutes; two where that is unknown.

    >>> [poll_seconds(rate) for rate in (100, 0.5, 0.01, 0, None)]
    [60, 120, 180, 180, 120]
    """
    if changes_per_minute is None:
        return 120
    return round(min(max(60 / changes_per_minute, 60), 180)) if changes_per_minute > 0 else 180


def events_of(emission: Emission) -> tuple[str, ...]:
    """The events that an emission's messages carry.

    >>> from realtime_advisor.model import Scope, ScopeKind
    >>> scope = Scope(ScopeKind.USER, "user", None, ("user_id",), "uuid")
    >>> events_of(Emission(scope, "notes", "user:<id>:notes", "notes_<action>", ("insert", "delete"), ()))
    ('notes_created', 'notes_deleted')
    """
    operations = _ACTIONS if emission.feed else emission.operations  # a feed's tables may differ in theirs
    told = (emission.event.replace(ACTION, _ACTIONS[operation]) for operation in operations)
    return tuple(dict.fromkeys(told)) if ACTION in emission.event else (emission.event,)


def _parts(
    design: Design, entities: Entities, row_types: bool, rate: float | None
) -> Iterator[tuple[str, dict[str, str]]]:
    """The kinds of client that a design has, each with the files of its own."""
    entity = entities.of(design.table)
    if design.option is Option.POSTGRES_CHANGES and design.changes_events:
        yield "changes", _changes(design, entity, row_types)
    elif design.presence:
        yield "presence", _presence(design, entity, design.presence)
    elif not design.emissions:
        yield "polling", _polling(design, entity, rate)
    for emission in design.emissions:
        name = entities.of_feed(emission) if emission.feed else entity
        yield "broadcast", _broadcast(design, name, emission, row_types)


def _broadcast(design: Design, entity: str, emission: Emission, row_types: bool) -> dict[str, str]:
    opening, _, closing = emission.topic.partition("<id>")
    values: dict[str, TsValue] = {
        "about": _about(_subject(design, emission), () if emission.feed else (*_minds(design), *design.gaps)),
        "opening": opening,
        "closing": closing,
        "keyType": emission.scope.key_type,
        "events": events_of(emission),
    }
    return {
        f"{camel(entity)}Broadcast.ts": render_client("entityBroadcast", entity, values),
        f"useBroadcast{entity}.ts": render_client("useBroadcastEntity", entity, _short(design, emission)),
        **_message(design, entity, emission, row_types),
    }


def _message(design: Design, entity: str, emission: Emission, row_types: bool) -> dict[str, str]:
    """What a message carries, and the row's type where it carries any of it."""
    subject = f"the feed {emission.feed}" if emission.feed else str(design.table)
    told = _OPERATIONS if emission.feed else tuple(operation.upper() for operation in emission.operations)
    values: dict[str, TsValue] = {
        "about": Remark((f"What a message about {subject} carries.",)),
        "operation": told,
        "column": emission.columns,
    }
    template = "entityMessageWithRecord" if emission.columns else "entityMessage"
    if design.granularity == "row":
        template = "entityMessageOfRow"
    rows = {} if template == "entityMessage" else _row(design, entity, row_types)
    return {f"{camel(entity)}Message.ts": render_client(template, entity, values), **rows}


def _row(design: Design, entity: str, row_types: bool) -> dict[str, str]:
    """The type of the table's rows."""
    template, known = (
        ("entityRowOfDatabase", "as database.types.ts has them") if row_types else ("entityRow", "untyped")
    )
    values: dict[str, TsValue] = {
        "about": Remark((f"Rows of {design.table}, {known}.",)),
        "schema": design.table.schema,
        "table": design.table.name,
    }
    return {f"{camel(entity)}Row.ts": render_client(template, entity, values)}


def _changes(design: Design, entity: str, row_types: bool) -> dict[str, str]:
    filtered = (design.changes_filter or "").removesuffix("=eq.<id>") or None
    by = f", where {filtered} is the id" if filtered else ""
    values: dict[str, TsValue] = {
        "about": _about(f"Row changes of {design.table}{by}, by Postgres Changes.", design.gaps),
        "schema": design.table.schema,
        "table": design.table.name,
        "events": design.changes_events,
        "filterColumn": filtered,
        "key": design.primary_key,
    }
    short: dict[str, TsValue] = {
        "about": Remark((f"Keeps a component's data fresh by row changes of {design.table}.",))
    }
    return {
        f"{camel(entity)}Changes.ts": render_client("entityChanges", entity, values),
        **_row(design, entity, row_types),
        f"useChanges{entity}.ts": render_client("useChangesEntity", entity, short),
    }


def _presence(design: Design, entity: str, presence: Emission) -> dict[str, str]:
    opening, _, closing = presence.topic.partition("<id>")
    who = f"Who is here, on {presence.topic}: the state that {design.table} would hold, kept by the connection."
    values: dict[str, TsValue] = {
        "about": _about(who, design.gaps),
        "opening": opening,
        "closing": closing,
        "keyType": presence.scope.key_type,
    }
    return {
        f"{camel(entity)}Presence.ts": render_client("entityPresence", entity, values),
        f"usePresence{entity}.ts": render_client("usePresenceEntity", entity, values),
    }


def _polling(design: Design, entity: str, rate: float | None) -> dict[str, str]:
    why = next(filter(None, (design.refusal, *design.gaps, *design.reasons)), None)  # the deciding reason is the first
    measured = "no rate is known" if rate is None else f"{rate:g} changes a minute"
    sentence = f"{design.table} is fetched, not told: {measured}."
    values: dict[str, TsValue] = {
        "about": Remark((sentence, *([why] if why else ()))),
        "interval": poll_seconds(rate) * 1000,
    }
    return {f"usePolling{entity}.ts": render_client("usePollingEntity", entity, values)}


def _subject(design: Design, emission: Emission) -> str:
    what = f"The feed {emission.feed}" if emission.feed else f"Messages about {design.table}"
    return f"{what}, on the private topic {emission.topic}."


def _short(design: Design, emission: Emission) -> dict[str, TsValue]:
    subject = f"the feed {emission.feed}" if emission.feed else f"messages about {design.table}"
    return {"about": Remark((f"Keeps a component's data fresh by {subject}.",))}


def _minds(design: Design) -> tuple[str, ...]:
    if not design.clients_send:
        return ()
    return ("Members may broadcast on this topic too: a payload is a claim, what you fetch is the truth.",)


def _about(subject: str, gaps: tuple[str, ...]) -> Remark:
    return Remark((subject, _SAME_DESIGN, *gaps))
