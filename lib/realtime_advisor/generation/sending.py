"""What is sent: for each emission the scopes that the keys lead to, and a message to each."""

from __future__ import annotations

from typing import Final

from realtime_advisor.model import Design, Emission, Hop, TableName

from .at_once import has_record, is_told_at_once, looks_up
from .collecting import key_variables
from .entitlement import is_exact, is_text, needs_encoding
from .naming import outbox_name, room_for_id
from .quoting import qualified, quote_ident, quote_literal
from .rendering import Fragment, Remark, Value, fragment
from .topics import ACTION, topic_expression
from .watching import Telling, Watched

SET_BASED_ABOVE: Final = 50  # topics of a statement

_TEMPLATES: Final = {
    "statement": "send_calls",
    "statement, set-based": "send_set",
    "transaction": "send_outbox",
}


def send(design: Design, watched: Watched, telling: Telling) -> Fragment:
    """The statements that tell one emission."""
    emission = telling.emission
    values: dict[str, Value] = {
        "topic": emission.topic,
        "about": Remark((f"{emission.topic}",)),
        "told_topic": Fragment(topic_expression(emission.topic, "scope_id")),
        "topic_of_all": Fragment(topic_expression(emission.topic, "told.id::text")),
        "event": _event(emission.event),
        "payload": _payload(design, watched, emission),
        "table": str(watched.table),
        "outbox": outbox_name(design.table),
        **_ids(design, watched, telling),
    }
    return fragment("send", {**values, "send_them": fragment(_TEMPLATES[design.granularity], values)})


def _ids(design: Design, watched: Watched, telling: Telling) -> dict[str, Value]:
    """The array of the scopes' ids, and the statement that fills it."""
    if not looks_up(watched, telling):
        operations = _operations(watched, telling)
        told = f" and tg_op in {operations}" if operations else ""
        untold = f" or tg_op not in {operations}" if operations else ""
        return {
            "look_up": Fragment(""),
            "ids": Fragment(key_variables(watched)[0]),
            # Keys of a query over many rows have no null among them.
            "skip": Fragment(
                "" if is_told_at_once(design, watched) else f"\n  continue when scope_id is null{untold};"
            ),
            "condition": Fragment(f"\nwhere told.id is not null{told}"),
        }
    look_up = Fragment(_look_up(design, watched, telling).text + "\n")
    return {"look_up": look_up, "ids": Fragment("scope_ids"), "skip": Fragment(""), "condition": Fragment("")}


def _look_up(design: Design, watched: Watched, telling: Telling) -> Fragment:
    emission = telling.emission
    scope = f"{_holder(telling.path)}.{quote_ident(emission.scope.columns[0])}"
    conditions, topic_id = [f"{scope} is not null"], f"{scope}::text"
    if needs_encoding(emission.scope.key_type):
        topic_id = f"realtime_advisor.encode_id({scope}::text)"
        room = room_for_id(emission.topic)
        conditions.append(f"octet_length({topic_id}) <= {room}  -- longer topics reach no client")
    operations = _operations(watched, telling)
    told = [f"tg_op in {operations}"] if operations else []
    return fragment(
        "scope_ids",
        {
            "id": Fragment(topic_id),
            "source": _source(design, watched, telling.path),
            "condition": Fragment("\n  and ".join([*told, *conditions])),
        },
    )


def _operations(watched: Watched, telling: Telling) -> str:
    """The operations that an emission tells, in brackets; empty where it tells all that the table is watched for."""
    told = telling.emission.operations
    if set(watched.operations) <= set(told):
        return ""
    return f"({', '.join(quote_literal(operation.upper()) for operation in told)})"


def _source(design: Design, watched: Watched, path: tuple[Hop, ...]) -> Fragment:
    columns = ", ".join(quote_ident(column) for column in watched.leading)
    joins = [f"unnest({', '.join(key_variables(watched))}) as changed({columns})"]
    left = "changed"
    for number, hop in enumerate(path, start=1):
        right = f"parent_{number}"
        on = " and ".join(
            f"{_key(design, right, hop.references, referenced)} = {left}.{quote_ident(column)}"
            for column, referenced in zip(hop.columns, hop.referenced_columns, strict=True)
        )
        joins.append(f"join {qualified(hop.references)} as {right} on {on}")
        left = right
    return Fragment("\n".join(joins))


def _key(design: Design, row: str, table: TableName, column: str) -> str:
    """A parent's key, as text where the child's values travel as text."""
    type_name = design.type_of(table, column)
    is_known = is_exact(type_name) or is_text(type_name)
    return f"{row}.{quote_ident(column)}" if is_known else f"{row}.{quote_ident(column)}::text"


def _holder(path: tuple[Hop, ...]) -> str:
    return f"parent_{len(path)}" if path else "changed"


def _payload(design: Design, watched: Watched, emission: Emission) -> Fragment:
    template = "payload_with_record" if has_record(design, watched) else "payload"
    signal = fragment(template, {"event": _event(emission.event), "name": design.table.name})
    return fragment("payload_with_columns", {"signal": signal}) if watched.carried and emission.columns else signal


def _event(event: str) -> Fragment:
    """The event as an expression of the variable `action`."""
    before, found, behind = event.partition(ACTION)
    pieces = [
        quote_literal(before) if before else "",
        "action" if found else "",
        quote_literal(behind) if behind else "",
    ]
    return Fragment(" || ".join(piece for piece in pieces if piece))
