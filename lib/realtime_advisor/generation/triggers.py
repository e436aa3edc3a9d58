"""The trigger function of one watched table, and the triggers that call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Design

from .at_once import looks_up
from .collecting import collect_keys, declare_keys, key_variables
from .payload import most_bytes
from .policies import told_line
from .rendering import Fragment, Remark, Value, fragment, joined
from .rows import ROW, row_function
from .sending import SET_BASED_ABOVE, send
from .watching import Watched

_TRANSITION: Final = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}


def trigger_function(design: Design, watched: Watched) -> Fragment:
    """CREATE FUNCTION with its comment and its revoked rights."""
    if design.granularity == ROW:
        return row_function(design, watched, function_comment(design, watched))
    values: dict[str, Value] = {
        "purpose": _purpose(design, watched),
        "function": watched.function,
        "most_topics": Fragment(str(design.most_topics)),
        "variables": Fragment("\n".join(_variables(design, watched))),
        "collect": collect_keys(design, watched),
        "key": Fragment(key_variables(watched)[0]),
        "sends": joined([*_limit(watched), *(send(design, watched, telling) for telling in watched.tellings)], "\n\n"),
        "table": str(watched.table),
        "comment": function_comment(design, watched),
    }
    return fragment("trigger_function", values)


def _limit(watched: Watched) -> list[Fragment]:
    """What keeps a payload with columns within the width that every plan takes."""
    if not watched.carried:
        return []
    return [fragment("carried_limit", {"most_bytes": Fragment(str(most_bytes()))})]


def create_triggers(design: Design, watched: Watched) -> Fragment:
    """CREATE OR REPLACE TRIGGER, one for each operation: transition tables allow one event a trigger."""
    template = "row_trigger" if design.granularity == ROW else "trigger"
    created = [_create_trigger(watched, operation, name, template) for operation, name in watched.triggers]
    if watched.table in design.partitioned:
        created.append(_create_on_partitions(watched))
    return joined(created, "\n")


def _create_trigger(watched: Watched, operation: str, name: str, template: str) -> Fragment:
    values: dict[str, Value] = {
        "trigger": name,
        "schema": watched.table.schema,
        "table": watched.table.name,
        "function": watched.function,
    }
    if operation == "truncate":
        return fragment("truncate_trigger", values)
    transition = Fragment(_TRANSITION[operation])
    return fragment(template, {**values, "operation": Fragment(operation), "transition": transition})


def _create_on_partitions(watched: Watched) -> Fragment:
    """TRUNCATE of the parent truncates its partitions too, and is told by the parent's trigger alone."""
    triggers = [
        fragment(
            "partition_trigger",
            {
                "trigger": name,
                "operation": Fragment(operation),
                "transition": Fragment(_TRANSITION[operation]),
                "function": watched.function,
            },
        )
        for operation, name in watched.row_triggers
    ]
    return fragment("partition_triggers", {"table": str(watched.table), "triggers": joined(triggers, "\n")})


def function_comment(design: Design, watched: Watched) -> str:
    """The comment on the function; the table's own one lists the topics, by which `down` keeps a shared policy."""
    if watched.is_parent:
        return f"Tells of {design.table} when {watched.table} moves or goes away"
    return "\n".join([f"Broadcasts {design.table} to", *map(told_line, design.emissions)])


def _purpose(design: Design, watched: Watched) -> Remark:
    if not watched.is_parent:
        span = "transaction" if design.granularity == "transaction" else "statement"
        return Remark((f"Tells of {design.table}: one message for each distinct scope that a {span} touches.",))
    return Remark(
        (
            f"{design.table} finds a scope through {watched.table}. When a row there moves or goes away, no row of "
            f"{design.table} changes, or the way to its scope is gone already: so it is told from here, whether or not "
            "such rows hang on it.",
        )
    )


def _variables(design: Design, watched: Watched) -> Iterator[str]:
    if design.granularity == "statement, set-based":
        yield "-- More topics than this are inserted in one statement."
        yield f"set_based_above constant integer := {SET_BASED_ABOVE};"
    if watched.names_action:
        yield "action text;  -- as events name what happened"
    yield from declare_keys(design, watched)
    if any(looks_up(watched, telling) for telling in watched.tellings):
        yield "scope_ids text[];"
    if design.granularity != "transaction":
        yield "scope_id text;"
