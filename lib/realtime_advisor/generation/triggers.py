"""The trigger function of one watched table, and the triggers that call it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from realtime_advisor.model import Design, Emission, Hop, TableName

from .entitlement import is_exact, is_text, variable_type
from .quoting import comment_text, quote_ident, quote_literal
from .rendering import Fragment, Remark, Value, fragment, joined
from .watching import Telling, Watched

_ACTION: Final = "<action>"
_LINE_WIDTH: Final = 88
_TRANSITION: Final = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}


def trigger_function(design: Design, watched: Watched) -> Fragment:
    """CREATE FUNCTION with its comment and its revoked rights."""
    keys = _key_variables(watched)
    values: dict[str, Value] = {
        "purpose": _purpose(design, watched),
        "function": watched.function,
        "variables": _variables(design, watched, keys),
        "collect": _collect(design, watched, keys),
        "key": Fragment(keys[0]),
        "sends": joined([_send(design, watched, telling, keys) for telling in watched.tellings], "\n\n"),
        "table": str(watched.table),
        "comment": function_comment(design, watched),
    }
    return fragment("trigger_function", values)


def create_triggers(watched: Watched) -> Fragment:
    """CREATE OR REPLACE TRIGGER, one for each operation: transition tables allow one event a trigger."""
    created = [
        fragment(
            "trigger",
            {
                "trigger": name,
                "operation": Fragment(operation),
                "schema": watched.table.schema,
                "table": watched.table.name,
                "transition": Fragment(_TRANSITION[operation]),
                "function": watched.function,
            },
        )
        for operation, name in watched.triggers
    ]
    return joined(created, "\n")


def function_comment(design: Design, watched: Watched) -> str:
    """The comment on the function; the table's own one lists the topics, by which `down` keeps a shared policy."""
    if watched.is_parent:
        return f"Tells of {design.table} when {watched.table} moves or goes away"
    return "\n".join([f"Broadcasts {design.table} to", *(emission.topic for emission in design.emissions)])


def _purpose(design: Design, watched: Watched) -> Remark:
    if not watched.is_parent:
        return Remark((f"Tells of {design.table}: one message for each distinct scope that a statement touches.",))
    return Remark(
        (
            f"{design.table} finds a scope through {watched.table}. When a row there moves or goes away, no row of "
            f"{design.table} changes, or the way to its scope is gone already: so it is told from here, whether or not "
            "such rows hang on it.",
        )
    )


def _key_variables(watched: Watched) -> tuple[str, ...]:
    count = len(watched.leading)
    return ("keys",) if count == 1 else tuple(f"keys_{number}" for number in range(1, count + 1))


def _variables(design: Design, watched: Watched, keys: Sequence[str]) -> Fragment:
    lines = []
    if any(telling.emission.event.endswith(_ACTION) for telling in watched.tellings):
        lines.append(
            "action constant text :=\n"
            "  case tg_op when 'INSERT' then 'created' when 'UPDATE' then 'updated' else 'deleted' end;"
        )
    if watched.record_column is not None:
        lines.append("record_id text;  -- of the one row, when the statement wrote exactly one")
    for key, column in zip(keys, watched.leading, strict=True):
        type_name = variable_type(design.type_of(watched.table, column))
        lines.append(f"{key} {type_name}[];  -- distinct values of {comment_text(column)}")
    return Fragment("\n".join(lines))


def _collect(design: Design, watched: Watched, keys: Sequence[str]) -> Fragment:
    """IF over the operations, each branch reading the transition tables that exist there."""
    branches = []
    for word, operation in zip(("if", *("elsif",) * 2), watched.operations, strict=False):
        body = _collected(design, watched, keys, operation).text.replace("\n", "\n  ")
        branches.append(f"{word} tg_op = {quote_literal(operation.upper())} then\n  {body}\n")
    return Fragment("".join(branches) + "end if;")


def _collected(design: Design, watched: Watched, keys: Sequence[str], operation: str) -> Fragment:
    rows = "old_rows" if operation == "delete" else "new_rows"
    values: dict[str, Value] = {"rows": Fragment(rows), **_results(watched, keys, rows)}
    if operation != "update":
        return fragment("collect_rows", {**values, "columns": _compared(design, watched, watched.leading)})
    difference: dict[str, Value] = {
        "compared": _compared(design, watched, watched.compared),
        "columns": _listed(f"change.{quote_ident(column)}" for column in watched.leading),
        "grouped": _listed(f"change.{quote_ident(column)}" for column in watched.compared),
        "side": _unlike("side", watched.compared),
    }
    return fragment("collect_difference", {**values, **difference})


def _unlike(name: str, taken: Iterable[str]) -> str:
    """The name, with underscores where a column has it already.

    >>> _unlike("side", ["id", "side"])
    'side_'
    """
    others = set(taken)
    while name in others:
        name += "_"
    return name


def _results(watched: Watched, keys: Sequence[str], rows: str) -> dict[str, Value]:
    results = [Fragment(f"array_agg(changed.{quote_ident(column)})") for column in watched.leading]
    names = list(keys)
    if watched.record_column is not None:
        results.append(fragment("record_id", {"column": watched.record_column, "rows": Fragment(rows)}))
        names.append("record_id")
    return {"results": joined(results, ",\n"), "into": Fragment(", ".join(names))}


def _compared(design: Design, watched: Watched, columns: Iterable[str]) -> Fragment:
    return _listed(_comparable("change", column, design.type_of(watched.table, column)) for column in columns)


def _comparable(row: str, column: str, type_name: str) -> str:
    """A column such that equal means unchanged: citext, numeric scale, json and the like are compared as text."""
    name = quote_ident(column)
    if is_exact(type_name):
        return f"{row}.{name}"
    if is_text(type_name):
        return f'{row}.{name} collate "C" as {name}'
    return f'{row}.{name}::text collate "C" as {name}'


def _listed(items: Iterable[str]) -> Fragment:
    """Items separated by commas, on as few lines as their width allows."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= _LINE_WIDTH:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return Fragment(",\n  ".join(lines))


def _send(design: Design, watched: Watched, telling: Telling, keys: Sequence[str]) -> Fragment:
    emission = telling.emission
    opening, _, closing = emission.topic.partition("<id>")
    scope = f"{_holder(telling.path)}.{quote_ident(emission.scope.columns[0])}"
    return fragment(
        "send",
        {
            "topic": emission.topic,
            "about": Remark((f"{emission.topic}",)),
            "opening": opening,
            "closing": closing,
            "scope": Fragment(scope),
            "source": _source(design, watched, telling.path, keys),
            "condition": _condition(watched, telling, scope),
            "event": _event(emission.event),
            "payload": _payload(design, watched, emission),
            "table": str(watched.table),
        },
    )


def _source(design: Design, watched: Watched, path: tuple[Hop, ...], keys: Sequence[str]) -> Fragment:
    columns = ", ".join(quote_ident(column) for column in watched.leading)
    joins = [f"unnest({', '.join(keys)}) as changed({columns})"]
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


def _condition(watched: Watched, telling: Telling, scope: str) -> Fragment:
    """Rows without a scope have no topic; an emission may leave out some of the table's operations."""
    told = telling.emission.operations
    conditions = [f"{scope} is not null"]
    if not set(watched.operations) <= set(told):
        conditions.append(f"tg_op in ({', '.join(quote_literal(operation.upper()) for operation in told)})")
    return Fragment(" and ".join(conditions))


def _payload(design: Design, watched: Watched, emission: Emission) -> Fragment:
    template = "payload" if watched.record_column is None else "payload_with_record"
    return fragment(template, {"event": _event(emission.event), "name": design.table.name})


def _event(event: str) -> Fragment:
    if not event.endswith(_ACTION):
        return Fragment(quote_literal(event))
    return Fragment(f"{quote_literal(event.removesuffix(_ACTION))} || action")


def qualified(table: TableName) -> str:
    """The table's name with its schema, quoted.

    >>> qualified(TableName("public", "order"))
    'public."order"'
    """
    return f"{quote_ident(table.schema)}.{quote_ident(table.name)}"
