"""Nouns as JSON values and back: catalogues, what a reading tells beside its counters, what is told of a relation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import make_converter

from realtime_advisor.errors import HistoryFailed
from realtime_advisor.model import ByTable, Snapshot, StatementRows, TableCounters, TableName, WritingStatements

T = TypeVar("T")
_Kind = type[Snapshot] | type[TableCounters]
COUNTED: Final = ("n_tup_ins", "n_tup_upd", "n_tup_hot_upd", "n_tup_del")
# What has a column of its own; the rest, which later versions may add to, is kept as JSON.
COLUMNS: Final[Mapping[type, tuple[str, ...]]] = {
    Snapshot: ("taken_at", "stats_reset", "server_started_at", "in_recovery", "track_counts"),
    TableCounters: ("relid", "table", "partition_of"),
}
_ELSEWHERE: Final = ("counters", *COUNTED)
_MORE: Final[Mapping[type, Mapping[str, Field[Any]]]] = {
    kind: {field.name: field for field in fields(kind) if field.name not in (*columns, *_ELSEWHERE)}
    for kind, columns in COLUMNS.items()
}
_HINTS: Final = {kind: get_type_hints(kind) for kind in COLUMNS}

# Defaults are left out: it saves space, and a field that a later version adds is read from older documents too.
_converter = make_converter(omit_if_default=True)
_converter.register_unstructure_hook(TableName, lambda name: [name.schema, name.name])
_converter.register_structure_hook(TableName, lambda value, _: TableName(*value))


def _is_by_table(kind: Any) -> bool:
    return get_origin(kind) is ByTable


@_converter.register_unstructure_hook_factory(_is_by_table)
def _unstructure_by_table(kind: Any) -> Callable[[Any], Any]:
    (inner,) = get_args(kind)
    return lambda tables: [
        [[name.schema, name.name], _converter.unstructure(value, inner)] for name, value in tables.items()
    ]


@_converter.register_structure_hook_factory(_is_by_table)
def _structure_by_table(kind: Any) -> Callable[[Any, Any], Any]:
    (inner,) = get_args(kind)
    return lambda value, _: ByTable({TableName(*name): _converter.structure(part, inner) for name, part in value})


@_converter.register_unstructure_hook
def _unstructure_statements(statements: WritingStatements) -> dict[str, Any]:
    tables = _converter.unstructure(ByTable(dict(statements)), ByTable[tuple[StatementRows, ...]])
    return {"tables": tables, "unread": statements.unread, "notes": list(statements.notes)}


@_converter.register_structure_hook
def _structure_statements(value: Mapping[str, Any], _: type[WritingStatements]) -> WritingStatements:
    tables = _converter.structure(value["tables"], ByTable[tuple[StatementRows, ...]])
    return WritingStatements(tables, value["unread"], tuple(value["notes"]))


def write_document(noun: object) -> Any:
    """A noun, such as a catalogue, as JSON values."""
    return _converter.unstructure(noun)


def read_document(document: Any, kind: type[T]) -> T:
    """The noun that was written. Raises HistoryFailed where another version of this project wrote it otherwise."""
    try:
        return _converter.structure(document, kind)
    except (BaseValidationError, TypeError, ValueError, KeyError):
        failure = HistoryFailed(
            f"The recorded {kind.__name__.lower()} was written by another version of this project and cannot be read. "
            "Record it again with make sample."
        )
    raise failure


def write_more(noun: Snapshot | TableCounters) -> str | None:
    """What a noun tells beside what has a column, as JSON; None if that is nothing."""
    more, hints = _MORE[type(noun)], _HINTS[type(noun)]
    told = {name: getattr(noun, name) for name in more}
    told = {name: value for name, value in told.items() if value != _default(more[name])}
    return json.dumps({k: _converter.unstructure(v, hints[k]) for k, v in told.items()}) if told else None


def read_more(text: str | None, kind: _Kind) -> dict[str, Any]:
    """The keyword arguments that `write_more` wrote; what this version does not know is left out."""
    if not text:
        return {}
    known, hints = _MORE[kind], _HINTS[kind]
    return {k: _converter.structure(v, hints[k]) for k, v in json.loads(text).items() if k in known}


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
