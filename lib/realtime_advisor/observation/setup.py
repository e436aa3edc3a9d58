"""What a target has today for realtime beside its tables, read from the catalogues only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Row

from realtime_advisor.errors import MissingPrivilege
from realtime_advisor.model import (
    ByTable,
    MessagesTable,
    Policy,
    Publication,
    ReplicationSlot,
    Setup,
    TableName,
    Trigger,
)

from .function_text import called, calls_function, executed_text, handles_errors, sends_publicly
from .supabase import is_users_own
from .target import Rows, Target

_QUERIES: Final = (
    *("triggers", "trigger_functions", "messages", "messages_policies"),
    *("slot_settings", "widths", "out_of_line", "publication_members", "partly_readable"),
)


@dataclass(frozen=True)
class _Function:
    """A function's executed text, and what it calls."""

    name: TableName
    text: str
    calls: frozenset[str]
    as_definer: bool
    search_path: str | None
    catches_errors: bool
    is_public: bool


def read_setup(target: Target) -> Setup:
    """Today's set-up as of one moment; what this role may not see is None or missing. Raises AdvisorError."""
    try:
        slots, *results = target.read_together("slots", *_QUERIES)
        return _setup(target, results, tuple(map(_slot, slots)))
    except MissingPrivilege:  # some hosts hide the slots
        return _setup(target, target.read_together(*_QUERIES), None)


def _setup(target: Target, results: Any, slots: tuple[ReplicationSlot, ...] | None) -> Setup:
    triggers, functions, messages, policies, ((settings),), widths, out_of_line, publications, readable = results
    is_supabase = target.server.is_supabase
    return Setup(
        triggers=_triggers(triggers, functions, is_supabase),
        slots=slots,
        messages=_messages(messages, policies),
        max_slot_wal_keep_bytes=settings.max_slot_wal_keep_bytes,
        wal_level=settings.wal_level,
        column_widths=ByTable(
            {_name(row): tuple(zip(row.columns, row.widths, strict=True)) for row in _own(widths, is_supabase)}
        ),
        out_of_line=ByTable({_name(row): row.bytes for row in _own(out_of_line, is_supabase)}),
        publications=tuple(map(_publication, publications)),
        partly_readable=ByTable({_name(row): tuple(row.columns) for row in _own(readable, is_supabase)}),
    )


def _own(rows: Rows, is_supabase: bool) -> list[Row[Any]]:
    return [row for row in rows if is_users_own(row.schema, is_supabase)]


def _name(row: Row[Any]) -> TableName:
    return TableName(row.schema, row.name)


def _slot(row: Row[Any]) -> ReplicationSlot:
    return ReplicationSlot(row.name, row.plugin, row.active, row.temporary, row.lag_bytes, row.wal_status)


def _publication(row: Row[Any]) -> Publication:
    tables = tuple(TableName(schema, name) for schema, name in row.tables)
    return Publication(row.name, row.all_tables, row.via_root, tuple(row.operations), tables)


def _messages(found: Rows, policies: Rows) -> MessagesTable | None:
    for row in found:
        partitions = tuple(row.partitions)
        return MessagesTable(
            row.row_security, tuple(map(_policy, policies)), partitions, row.today, row.tomorrow, row.partitioned
        )
    return None


def _policy(row: Row[Any]) -> Policy:
    return Policy(
        name=row.name,
        command=row.command,
        permissive=row.permissive,
        roles=tuple(row.roles),
        using=row.using_expression,
        with_check=row.check_expression,
        columns=tuple((TableName(schema, table), column) for schema, table, column in row.columns),
        functions=tuple(row.functions),
    )


def _triggers(rows: Rows, functions: Rows, is_supabase: bool) -> tuple[Trigger, ...]:
    """Triggers on the users' own tables, and those on Supabase's that run a function of the users'."""
    known = _functions(functions)
    made = []
    for row in rows:
        function = known.get(row.function)
        runs_own = function is not None and is_users_own(function.name.schema, is_supabase)
        if runs_own or is_users_own(row.schema, is_supabase):
            made.append(_trigger(row, function))
    return tuple(made)


def _functions(rows: Rows) -> dict[int, _Function]:
    """The functions that triggers run, with what they call through one other function."""
    found = [(row, _function(row)) for row in rows]
    tellers = [function for row, function in found if function.calls and not row.is_trigger_function]
    return {row.function: _calling(function, tellers) for row, function in found if row.is_trigger_function}


def _function(row: Row[Any]) -> _Function:
    text = executed_text(row.body)
    calls = frozenset() if row.schema == "realtime" else called(text, row.search_path)
    return _Function(
        _name(row), text, calls, row.as_definer, row.search_path, handles_errors(text), sends_publicly(text)
    )


def _calling(function: _Function, tellers: list[_Function]) -> _Function:
    through = [teller for teller in tellers if calls_function(function.text, teller.name.schema, teller.name.name)]
    return replace(
        function,
        calls=function.calls.union(*(teller.calls for teller in through)),
        as_definer=function.as_definer or (not function.calls and bool(through) and all(t.as_definer for t in through)),
        catches_errors=function.catches_errors or any(teller.catches_errors for teller in through),
        is_public=function.is_public or any(teller.is_public for teller in through),
    )


def _trigger(row: Row[Any], function: _Function | None) -> Trigger:
    """`function` is None for one in C or of Postgres's own."""
    trigger = Trigger(
        row.name,
        TableName(row.schema, row.table_name),
        tuple(row.operations),
        row.per_row,
        function="",
        enabled=row.enabled,
    )
    if function is None:
        return trigger
    return replace(
        trigger,
        function=str(function.name),
        calls=tuple(sorted(function.calls)),
        as_definer=function.as_definer,
        catches_errors=function.catches_errors,
        search_path=function.search_path,
        is_public=function.is_public,
    )
