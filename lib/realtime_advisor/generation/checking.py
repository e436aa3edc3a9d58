"""The queries that tell an operator whether all is in place; they read, and change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Final

from realtime_advisor.model import Design, TableName

from .grants import policy_rows
from .indexes import looked_up
from .naming import outbox_name
from .outbox import TRIGGER, flush_name, is_outboxed, outbox
from .parts import Parts
from .quoting import quote_literal
from .rendering import Fragment, Remark, Value, fragment, joined, render
from .rows import ROW
from .undoing import signature
from .watching import SCHEMA, Watched

_BODY: Final = re.compile(r"^as (\$function(?:_\d+)?\$)(.*?)\1;$", re.DOTALL | re.MULTILINE)
_NO_TRIGGER: Final = "select null::text, null::text, null::text, null::text, null::integer where false"
# pg_trigger.tgtype: for each row 1, before 2, insert 4, delete 8, update 16, truncate 32.
_EACH_ROW: Final = 1
_TYPES: Final = {"insert": 4, "delete": 8, "update": 16, "truncate": 2 + 32}


def check(parts: Parts, subject: str) -> str:
    """One row a check: name, ok, detail."""
    head = f"Whether all is in place for {subject}. Reads only; one row a check: name, ok, detail."
    partitions = [_check_partitions(table) for design, table in parts.watched if table.table in design.partitioned]
    return render(
        "check",
        {
            "head": Remark((head,)),
            "functions": _values(_functions(parts)),
            "triggers": _values(_triggers(parts)),
            "policies": _values(policy_rows(parts.grants)),
            "partitions": joined(partitions, ""),
            "indexes": joined([*_indexes(parts), *_carried(parts), *_read(parts)], ""),
        },
    )


def _functions(parts: Parts) -> Iterator[str]:
    yield from (_row(name, False, _fingerprint(text)) for name, text in parts.helpers.items())
    yield from (_row(name, True, _fingerprint(text)) for name, text in parts.callbacks.items())
    for design in parts.designs:
        if design.emissions and is_outboxed(design):
            yield _row(flush_name(design), True, _fingerprint(outbox(design)))


def _triggers(parts: Parts) -> Iterator[str]:
    for design, table in parts.watched:
        for operation, name in table.triggers:
            by_row = _EACH_ROW if design.granularity == ROW and operation != "truncate" else 0
            fires = _TYPES[operation] + by_row
            yield _row(table.table.schema, table.table.name, name, table.function, fires)
    for design in parts.designs:
        if design.emissions and is_outboxed(design):
            yield _row(SCHEMA, outbox_name(design.table), TRIGGER, flush_name(design), _TYPES["insert"] + _EACH_ROW)


def _check_partitions(watched: Watched) -> Fragment:
    values: dict[str, Value] = {
        "name": f"partitions of {watched.table}",
        "table": str(watched.table),
        "function": signature(watched),
        "count": Fragment(str(len(watched.row_triggers))),
    }
    return Fragment(render("check_partitions", values).rstrip("\n"))


def _indexes(parts: Parts) -> Iterator[Fragment]:
    """Whether each membership is found by an index: here plain ones are seen too."""
    for table, columns in looked_up(parts.designs).items():
        names = Fragment(", ".join(map(quote_literal, columns)))
        values: dict[str, Value] = {"name": f"index of {table}", "table": str(table), "columns": names}
        yield Fragment(render("check_index", values).rstrip("\n"))


def _carried(parts: Parts) -> Iterator[Fragment]:
    """Whether listeners may still read the columns that payloads carry."""
    for design in parts.designs:
        if any(emission.columns for emission in design.emissions):
            name = f"payload of {design.table}"
            yield Fragment(render("check_carried", {"name": name, "carried": carried_columns(design)}).rstrip("\n"))


def _read(parts: Parts) -> Iterator[Fragment]:
    """Whether the columns that the functions of the triggers read are still there."""
    read: dict[TableName, dict[str, None]] = {}
    for design, watched in parts.watched:
        carried = () if design.granularity == ROW else watched.carried  # whole rows are sent without naming columns
        read.setdefault(watched.table, {}).update(dict.fromkeys((*watched.compared, *carried)))
    for table, columns in read.items():
        values: dict[str, Value] = {
            "name": f"columns of {table}",
            "table": str(table),
            "columns": Fragment(", ".join(map(quote_literal, columns))),
        }
        yield Fragment(render("check_read_columns", values).rstrip("\n"))


def carried_columns(design: Design) -> Fragment:
    """A source of rows, the columns that are sent: those named, or all that the table has by now."""
    columns = dict.fromkeys(column for emission in design.emissions for column in emission.columns)
    values: dict[str, Value] = {
        "table": str(design.table),
        "columns": Fragment(", ".join(map(quote_literal, columns))),
    }
    return fragment("carried_rows" if design.granularity == "row" else "carried_columns", values)


def _values(rows: Iterable[str]) -> Fragment:
    written = ",\n  ".join(rows)
    return Fragment(f"values\n  {written}" if written else _NO_TRIGGER)


def _row(*values: str | bool | int) -> str:
    """A row of VALUES."""
    written = (quote_literal(value) if isinstance(value, str) else str(value).lower() for value in values)
    return f"({', '.join(written)})"


def _fingerprint(function: Fragment) -> str:
    """The md5 of a function's body, as Postgres computes it of pg_proc.prosrc."""
    body = _BODY.search(function.text)
    if body is None:
        raise ValueError("a function without a body")
    return md5(body[2].encode(), usedforsecurity=False).hexdigest()
