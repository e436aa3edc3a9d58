"""What the output plugins of logical decoding write, line by line, turned into row changes. Pure: no I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from realtime_advisor.model import TableName

Row = Mapping[str, str | None]


class Operation(StrEnum):
    """What was done to rows, or to a table as a whole."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"


class Change(NamedTuple):
    """One change: the values of its columns as text, None for null.

    A column is absent from `new` where its large value was left as it was, and from `old` where replica identity does
    not keep it; test_decoding also leaves nulls out of `old`. Only a TRUNCATE has several tables.
    """

    operation: Operation
    tables: tuple[TableName, ...]
    new: Row
    old: Row


# Identifiers as quote_identifier() writes them; a type may be quoted too, and end in []; strings double their quotes.
_NAME = r'(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")*")'
_TABLE = re.compile(rf"({_NAME})\.({_NAME})(?:, )?")
_HEAD = re.compile(rf"table ({_NAME}\.{_NAME}(?:, {_NAME}\.{_NAME})*): (INSERT|UPDATE|DELETE|TRUNCATE):")
_TYPE = r'(?:[^"\[\]]|"(?:[^"]|"")*"|\[\])*'
_COLUMN = re.compile(rf" (?:(old-key|new-tuple):|({_NAME})\[{_TYPE}\]:(?:'([^']*(?:''[^']*)*)'|([^ ]+)))")
_OPERATIONS = {operation.value: operation for operation in Operation}
_UNCHANGED = "unchanged-toast-datum"
_NO_ROW = " (no-tuple-data)"  # neither key nor replica identity


def parse_test_decoding(line: str) -> Change | None:
    """The change that test_decoding wrote; None for what is none, such as COMMIT. Raises ValueError if it is broken.

    >>> parse_test_decoding("table public.t: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 w[text]:'it''s'")
    ... # doctest: +NORMALIZE_WHITESPACE
    Change(operation=<Operation.UPDATE: 'UPDATE'>, tables=(TableName(schema='public', name='t'),),
           new={'id': '2', 'w': "it's"}, old={'id': '1'})
    """
    head = _HEAD.match(line)
    if head is None:
        if line.startswith("table "):
            raise ValueError("test_decoding wrote a change that cannot be read")
        return None
    tables = _read_tables(head[1])
    operation = _OPERATIONS[head[2]]
    if operation is Operation.TRUNCATE or line[head.end() :] == _NO_ROW:
        return Change(operation, tables, {}, {})
    new, old = _read_columns(line, head.end())
    return Change(operation, tables, {}, new) if operation is Operation.DELETE else Change(operation, tables, new, old)


@lru_cache(maxsize=4096)  # the same few, line after line
def _read_tables(names: str) -> tuple[TableName, ...]:
    return tuple(TableName(_unquote(schema), _unquote(name)) for schema, name in _TABLE.findall(names))


def _read_columns(line: str, position: int) -> tuple[Row, Row]:
    """The new columns, or all where neither is marked, and the old ones, from `position` to the end."""
    new: dict[str, str | None] = {}
    old: dict[str, str | None] = {}
    row = new
    while position < len(line):
        found = _COLUMN.match(line, position)
        if found is None:
            raise ValueError("test_decoding wrote a column that cannot be read")
        position = found.end()
        marker, name, quoted, plain = found.groups()
        if marker:
            row = old if marker == "old-key" else new
        elif quoted is not None:
            row[_unquote(name)] = quoted.replace("''", "'")
        elif plain != _UNCHANGED:
            row[_unquote(name)] = None if plain == "null" else plain
    return new, old


def _unquote(identifier: str) -> str:
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier


_table = lru_cache(maxsize=4096)(TableName)
_ACTIONS = {"I": Operation.INSERT, "U": Operation.UPDATE, "D": Operation.DELETE, "T": Operation.TRUNCATE}
# Digits stay as they were written.
_read_json: Callable[[str], Any] = json.JSONDecoder(parse_int=str, parse_float=str).decode


def parse_wal2json(line: str) -> Change | None:
    """The change that wal2json wrote in format 2; None for what is none. Raises ValueError if it is broken.

    >>> parse_wal2json('{"action":"D","schema":"public","table":"pets","identity":[{"name":"id","value":1}]}')
    ... # doctest: +NORMALIZE_WHITESPACE
    Change(operation=<Operation.DELETE: 'DELETE'>, tables=(TableName(schema='public', name='pets'),),
           new={}, old={'id': '1'})
    """
    change = _read_json(line)
    operation = _ACTIONS.get(change["action"])
    if operation is None:
        return None
    table = _table(change["schema"], change["table"])
    return Change(operation, (table,), _read_row(change.get("columns", ())), _read_row(change.get("identity", ())))


def _read_row(columns: Any) -> Row:
    return {column["name"]: _as_text(column["value"]) for column in columns}


def _as_text(value: str | bool | None) -> str | None:
    """JSON's true and false as test_decoding writes them; everything else is a string already."""
    return ("true" if value else "false") if isinstance(value, bool) else value


PARSERS: dict[str, Callable[[str], Change | None]] = {
    "wal2json": parse_wal2json,
    "test_decoding": parse_test_decoding,
}
