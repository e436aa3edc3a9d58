"""Which keys a statement touched: the branches of a trigger function that read the transition tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from realtime_advisor.model import Design

from .at_once import has_record, is_told_at_once, tell_at_once
from .comparing import comparable, key_value, listed
from .entitlement import is_exact, variable_type
from .quoting import comment_text, quote_ident, quote_literal
from .rendering import Fragment, Value, fragment
from .topics import action_of
from .watching import Watched

_NO_ROW: Final = {"record_id": "null", "carried": "null::jsonb"}  # what a statement of several rows has of the one


def key_variables(watched: Watched) -> tuple[str, ...]:
    """The variables that hold the keys, in the order of the columns that lead to a scope.

    With several columns they are parallel: the same place in each is of the same row.
    """
    count = len(watched.leading)
    return ("keys",) if count == 1 else tuple(f"keys_{number}" for number in range(1, count + 1))


def declare_keys(design: Design, watched: Watched) -> list[str]:
    """The declarations of what is collected."""
    lines = []
    if has_record(design, watched):
        lines.append("record_id text;  -- of the one row, when the statement wrote exactly one")
    if watched.carried:
        lines.append("carried jsonb;  -- columns of the one row, when it did not change its scope")
    for key, column in zip(key_variables(watched), watched.leading, strict=True):
        type_name = variable_type(design.type_of(watched.table, column))
        lines.append(f"{key} {type_name}[];  -- values of {comment_text(column)}")
    return lines


def collect_keys(design: Design, watched: Watched) -> Fragment:
    """IF over the operations, each branch reading the transition tables that exist there."""
    branches: list[str] = []
    for operation in watched.operations:
        word = "elsif" if branches else "if"
        body = _collected(design, watched, operation).text.replace("\n", "\n  ")
        action = f"  action := {quote_literal(action_of(operation))};\n" if watched.names_action else ""
        branches.append(f"{word} tg_op = {quote_literal(operation.upper())} then\n{action}  {body}\n")
    return Fragment("".join(branches) + "end if;")


def _collected(design: Design, watched: Watched, operation: str) -> Fragment:
    at_once = is_told_at_once(design, watched)
    record = [
        *(["record_id"] if _reads_record(design, watched, operation) else []),
        *(["carried"] if watched.carried else []),
    ]
    arrays = [f"array_agg(changed.{quote_ident(column)})" for column in watched.leading]
    values: dict[str, Value] = {
        "into": Fragment(", ".join((*record, *key_variables(watched)))),
        "results": listed([*(_of_many(watched, at_once, name) for name in record), *arrays]),
    }
    values["where"] = _where(watched)
    if operation == "truncate":
        return fragment("collect_truncated", {**values, **_truncated(design, watched)})
    if operation == "update":
        many = fragment("many_differences", {**values, **_difference(design, watched)})
    else:
        values["rows"] = Fragment("old_rows" if operation == "delete" else "new_rows")
        many = fragment("many_rows", {**values, "columns": _compared(design, watched, watched.leading)})
    if at_once:
        return tell_at_once(design, watched, operation, many)
    if operation == "update":
        one_row = _one_row_changed(design, watched)
        return fragment("collect_difference", {**values, "one_row": one_row, "many": many})
    return fragment("collect_rows", {**values, "one_row": _one_row(design, watched), "many": many})


def _reads_record(design: Design, watched: Watched, operation: str) -> bool:
    """Whether the operation's branch sets record_id. Where a single row is told at once, only a moved one is left."""
    return has_record(design, watched) and (operation == "update" or not is_told_at_once(design, watched))


def _of_many(watched: Watched, at_once: bool, name: str) -> str:
    """What the query of many rows has of the one row: nothing, unless single rows come to it too."""
    if at_once and watched.record_column:
        return fragment("id_of_one", {"column": watched.record_column}).text
    return _NO_ROW[name]


def _truncated(design: Design, watched: Watched) -> dict[str, Value]:
    return {
        "columns": _compared(design, watched, watched.leading),
        "schema": watched.table.schema,
        "table": watched.table.name,
    }


def _where(watched: Watched) -> Fragment:
    """Rows without a scope have no topic. Of several columns, one may be there."""
    if len(watched.leading) > 1:
        return Fragment("")
    return Fragment(f"\nwhere changed.{quote_ident(watched.leading[0])} is not null")


def _one_row(design: Design, watched: Watched) -> Fragment:
    """The results of a statement that wrote one row: its record_id and its keys, as arrays of one."""
    arrays = (f"array[{key_value(design, watched, 'change', column)}]" for column in watched.leading)
    carried = [_carried(watched)] if watched.carried else []
    return listed([*_record_id(watched), *carried, *arrays])


def _carried(watched: Watched) -> str:
    """The columns that the payload carries, as one object."""
    pairs = (f"{quote_literal(column)}, change.{quote_ident(column)}" for column in watched.carried)
    return fragment("carried", {"pairs": listed(pairs)}).text


def _carried_if_unmoved(design: Design, watched: Watched) -> list[str]:
    """The same of an UPDATE: a row that moved is told to two scopes, neither of which may see the other's row."""
    if not watched.carried:
        return []
    now, before = (
        listed(comparable(row, column, design.type_of(watched.table, column)) for column in watched.leading)
        for row in ("change", "before")
    )
    values = {"now": now, "before": before, "carried": Fragment(_carried(watched))}
    return [fragment("carried_if_unmoved", values).text]


def _record_id(watched: Watched) -> list[str]:
    return [] if watched.record_column is None else [f"change.{quote_ident(watched.record_column)}::text"]


def _difference(design: Design, watched: Watched) -> dict[str, Value]:
    return {
        "compared": _compared(design, watched, watched.compared),
        "columns": listed(f"change.{quote_ident(column)}" for column in watched.leading),
        "grouped": listed(f"change.{quote_ident(column)}" for column in watched.compared),
        "side": _unlike("side", watched.compared),
    }


def _one_row_changed(design: Design, watched: Watched) -> Fragment:
    """The same of an UPDATE: the first key is null where nothing changed, else keys are of the old and the new row."""
    first, *others = watched.leading
    both = [_both(design, watched, column) for column in (first, *others)]
    values = {
        "now": compared_row(design, watched, "change"),
        "before": compared_row(design, watched, "before"),
        "otherwise": Fragment("".join([*([] if others else [_unmoved(design, watched)]), f"else {both[0]}"])),
    }
    carried = _carried_if_unmoved(design, watched)
    results = [*_record_id(watched), *carried, fragment("keys_of_one", values).text, *both[1:]]
    return Fragment(",\n".join(results))


def _unmoved(design: Design, watched: Watched) -> str:
    """A row that kept its scope names it once: with a single key, no query follows that would see to duplicates."""
    (column,) = watched.leading
    type_name = design.type_of(watched.table, column)
    now, before = (comparable(row, column, type_name) for row in ("change", "before"))
    one = f"array[{key_value(design, watched, 'change', column)}]"
    return f"when {now} is not distinct from {before} then {one}\n"


def _both(design: Design, watched: Watched, column: str) -> str:
    now, before = (key_value(design, watched, row, column) for row in ("change", "before"))
    return f"array[{now}, {before}]"


def compared_row(design: Design, watched: Watched, row: str) -> Fragment:
    """What of a row is compared, by the name of the row."""
    columns = watched.compared
    return listed(comparable(row, column, design.type_of(watched.table, column)) for column in columns)


def _compared(design: Design, watched: Watched, columns: Iterable[str]) -> Fragment:
    return listed(_named(column, design.type_of(watched.table, column)) for column in columns)


def _named(column: str, type_name: str) -> str:
    """A column of `change`, comparable, under its own name."""
    written = comparable("change", column, type_name)
    return written if is_exact(type_name) else f"{written} as {quote_ident(column)}"


def _unlike(name: str, taken: Iterable[str]) -> str:
    """The name, with underscores where a column has it already.

    >>> _unlike("side", ["id", "side"])
    'side_'
    """
    others = set(taken)
    while name in others:
        name += "_"
    return name
