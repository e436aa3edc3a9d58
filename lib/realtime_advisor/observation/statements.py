"""Rows per writing statement, from pg_stat_statements. Texts are read, turned into a table's name, and forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from realtime_advisor.errors import AdvisorError
from realtime_advisor.model import StatementRows, TableName, WritingStatements

from .statement_text import CannotTell, Written, characters_to_read, read_statement
from .supabase import is_users_own
from .target import Rows, Target

_MOST_CHARACTERS: Final = 3_000_000  # of statements, read in 10 s
_UNKNOWN: Final = "Rows per statement are not known"


def read_statements(target: Target) -> WritingStatements | None:
    """How many rows each writing statement of this database wrote, by table, since the server began to count.

    None where they cannot be read: `why_no_statements` says why. A name without a schema is read as the only table of
    that name. What is hidden from the role, or writes to several tables in one statement, is counted as unread.
    """
    try:
        return _read(target) if _why_not(target) is None else None
    except AdvisorError:
        return None


def why_no_statements(target: Target) -> str | None:
    """One sentence why statements cannot be read and what to do about it; None where they can be."""
    try:
        return _why_not(target)
    except AdvisorError as error:
        return f"{_UNKNOWN}: {error}"


def _why_not(target: Target) -> str | None:
    found = target.read("statements_readable")
    if not found:
        return (
            f"{_UNKNOWN}: this database lacks the extension pg_stat_statements; have it listed in "
            'shared_preload_libraries, and run "create extension pg_stat_statements".'
        )
    if not found[0].loaded:
        return (
            f"{_UNKNOWN}: the library pg_stat_statements is not loaded; add it to shared_preload_libraries and restart "
            "the server."
        )
    if not found[0].readable:
        return (
            f"{_UNKNOWN}: role {target.server.role} may not read {TableName(found[0].schema, 'pg_stat_statements')}; "
            "grant it usage on that schema and select on that view."
        )
    return None


def _read(target: Target) -> WritingStatements:
    _, statements, tables = target.read_together("statements_readable", "statements", "table_names")
    names = _Names(tables, target.server.is_supabase)
    found: dict[TableName, list[StatementRows]] = defaultdict(list)
    hidden = unread = 0
    budget = _MOST_CHARACTERS
    for row in statements:
        if row.text is None:
            hidden += row.kinds
            continue
        budget -= characters_to_read(row.text)
        try:
            if budget < 0:
                raise CannotTell
            table, operation = names.find(read_statement(row.text))
        except CannotTell:
            unread += 1
            continue
        if table:
            found[table].append(StatementRows(operation, row.calls, row.rows))
    return WritingStatements(_most_rows_first(found), hidden + unread, tuple(_notes(target, hidden, unread)))


class _Names:
    """The tables of the database by their bare name, those apart that are not the user's to decide about."""

    def __init__(self, tables: Rows, is_supabase: bool) -> None:
        self._own: dict[str, list[TableName]] = defaultdict(list)
        self._foreign: set[str] = set()
        for row in tables:
            if is_users_own(row.schema, is_supabase):
                self._own[row.name].append(TableName(row.schema, row.name))
            else:
                self._foreign.add(row.name)

    def find(self, written: Written | None) -> tuple[TableName | None, str]:
        """The user's table that is written to, None if it is nobody's or another's, and the operation."""
        if written is None:
            return None, ""
        own = self._own.get(written.name, [])
        if written.schema is not None:
            table = TableName(written.schema, written.name)
            return (table if table in own else None), written.operation
        if len(own) == 1:
            return own[0], written.operation
        if not own and written.name in self._foreign:
            return None, written.operation
        raise CannotTell


def _most_rows_first(
    found: Mapping[TableName, list[StatementRows]],
) -> Mapping[TableName, tuple[StatementRows, ...]]:
    return {
        table: tuple(sorted(rows, key=lambda one: (-one.rows_per_statement, -one.rows, one.operation)))
        for table, rows in found.items()
    }


def _notes(target: Target, hidden: int, unread: int) -> Iterator[str]:
    if hidden:
        texts = "text of 1 kind of statement is" if hidden == 1 else f"texts of {hidden} kinds of statements are"
        yield (
            f"The {texts} hidden from role {target.server.role}: grant it pg_read_all_stats to know which tables "
            f"{'it writes' if hidden == 1 else 'they write'} to, if any."
        )
    if unread == 1:
        yield "1 kind of statement writes to tables that its text does not tell, or to several at once."
    elif unread:
        yield f"{unread} kinds of statements write to tables that their texts do not tell, or to several at once."
