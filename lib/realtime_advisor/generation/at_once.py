"""The common write, of one row: told at once, where one emission's topic needs nothing but a column of that row.

So it costs the writer one query of the trigger function, where collecting keys and sending to them takes two.
"""

from __future__ import annotations

from realtime_advisor.model import Design

from .comparing import comparable, listed
from .entitlement import needs_encoding
from .quoting import quote_ident, quote_literal
from .rendering import Fragment, Value, fragment
from .topics import ACTION, action_of, topic_expression
from .watching import Telling, Watched


def looks_up(watched: Watched, telling: Telling) -> bool:
    """Whether a query leads from the keys to the topics' ids; else the keys are these ids, each there once."""
    return bool(telling.path) or len(watched.leading) > 1 or needs_encoding(telling.emission.scope.key_type)


def is_told_at_once(design: Design, watched: Watched) -> bool:
    """Whether a statement of a single row that keeps its scope is told by the query that reads it."""
    if len(watched.tellings) != 1 or watched.is_parent or watched.carried or design.granularity == "transaction":
        return False
    return not looks_up(watched, watched.tellings[0])


def has_record(design: Design, watched: Watched) -> bool:
    """Whether the function keeps the one row's id in a variable: if told at once, only a row that moved needs it."""
    if watched.record_column is None:
        return False
    return "update" in watched.operations or not is_told_at_once(design, watched)


def tell_at_once(design: Design, watched: Watched, operation: str, many: Fragment) -> Fragment:
    """The statements that tell a single row, and behind them those for all else."""
    emission = watched.tellings[0].emission
    (key,) = watched.leading
    scope = f"change.{quote_ident(key)}"
    event = Fragment(quote_literal(emission.event.replace(ACTION, action_of(operation))))
    values: dict[str, Value] = {
        "payload": _payload(design, watched, event),
        "event": event,
        "told_topic": Fragment(topic_expression(emission.topic, f"{scope}::text")),
        "key": Fragment(scope),
        "many": many,
    }
    if operation != "update":
        return fragment("tell_row", {**values, "rows": Fragment("old_rows" if operation == "delete" else "new_rows")})
    type_name = design.type_of(watched.table, key)
    values["scope"], values["scope_before"] = (
        Fragment(comparable(row, key, type_name)) for row in ("change", "before")
    )
    values["now"], values["before"] = (_rest(design, watched, row) for row in ("change", "before"))
    return fragment("tell_updated_row", values)


def _payload(design: Design, watched: Watched, event: Fragment) -> Fragment:
    values: dict[str, Value] = {"event": event, "name": design.table.name}
    if watched.record_column is None:
        return fragment("payload", values)
    return fragment("payload_of_row", {**values, "id": Fragment(f"change.{quote_ident(watched.record_column)}::text")})


def _rest(design: Design, watched: Watched, row: str) -> Fragment:
    """What of a row is compared beside its scope."""
    columns = [column for column in watched.compared if column not in watched.leading] or watched.leading
    return listed(comparable(row, column, design.type_of(watched.table, column)) for column in columns)
