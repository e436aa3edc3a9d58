"""What belongs to relations, made from the rows of the catalogue's queries: columns, keys, foreign keys, policies.

The queries give columns by number: to name them here costs a tenth of what a look-up on the server does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_advisor.model import Column, ForeignKey, PartialKey, Policy, TableName

Rows = Sequence[Any]  # of tuples, whose fields are those of the query

_NOT_KNOWN = (None, None, None)


@dataclass(frozen=True, slots=True)
class Relations:
    """Every relation with columns outside pg_catalog, by its oid: its name, and its rows of columns.sql by attnum."""

    names: Mapping[int, TableName]
    columns: Mapping[int, Mapping[int, Any]]

    def name_columns(self, relid: int, attnums: str) -> tuple[str, ...]:
        """The names of the columns with these numbers, such as "2 1", in that order."""
        columns = self.columns[relid]
        return tuple([columns[int(attnum)][2] for attnum in attnums.split()])


@dataclass(frozen=True, slots=True)
class Keys:
    """The columns of primary keys and of other unique ones, in key order, by the relation's oid."""

    primary: Mapping[int, tuple[str, ...]]
    unique: Mapping[int, list[tuple[str, ...]]]
    partial: Mapping[int, list[PartialKey]]  # unique among the rows of a predicate


def make_columns(
    relations: Relations, statistics: Rows, names: Mapping[int, TableName]
) -> dict[int, tuple[Column, ...]]:
    """The columns of the relations in `names`, in their order. Columns that are alike are one object."""
    figures = _read_figures(statistics)
    made: dict[tuple[Any, ...], Column] = {}
    columns = {}
    for relid, table in names.items():
        known = figures.get((table.schema, table.name), {})
        own = []
        for _, row in sorted(relations.columns.get(relid, {}).items()):
            facts = row[2:] + known.get(row[2], _NOT_KNOWN)
            column = made.get(facts)
            if column is None:
                column = made[facts] = Column(*facts)
            own.append(column)
        columns[relid] = tuple(own)
    return columns


def _read_figures(statistics: Rows) -> dict[tuple[str, str], dict[str, tuple[float | None, ...]]]:
    """The figures of each column, by table and column name: the table's own rather than what it inherits."""
    figures: dict[tuple[str, str], dict[str, tuple[float | None, ...]]] = defaultdict(dict)
    for schema, table, column, inherited, n_distinct, null_fraction, top_frequency in statistics:
        of_table = figures[schema, table]
        if not inherited or column not in of_table:
            of_table[column] = (n_distinct, null_fraction, top_frequency)
    return figures


def make_keys(relations: Relations, rows: Rows) -> Keys:
    """The keys of all relations."""
    primary = {}
    unique = defaultdict(list)
    partial = defaultdict(list)
    for relid, is_primary, attnums, width, predicate in rows:
        columns = relations.name_columns(relid, attnums)[:width]
        if is_primary:
            primary[relid] = columns
        elif predicate is None:
            unique[relid].append(columns)
        else:
            partial[relid].append(PartialKey(columns, predicate))
    return Keys(primary, unique, partial)


def make_foreign_keys(relations: Relations, rows: Rows) -> Iterator[tuple[int, ForeignKey]]:
    """Each foreign key with the oid of the relation that has it."""
    for relid, name, attnums, referenced, referenced_attnums, on_delete in rows:
        columns = relations.name_columns(relid, attnums)
        referenced_columns = relations.name_columns(referenced, referenced_attnums)
        yield relid, ForeignKey(name, columns, relations.names[referenced], referenced_columns, on_delete)


def make_policies(relations: Relations, rows: Rows, mentions: Rows) -> Iterator[tuple[int, Policy]]:
    """Each policy with its relation's oid; what it mentions is sorted."""
    columns: dict[int, set[tuple[int, int]]] = defaultdict(set)
    functions: dict[int, set[str]] = defaultdict(set)
    for policy, relid, attnum, function in mentions:
        if function is None:
            columns[policy].add((relid, attnum))
        else:
            functions[policy].add(function)
    for relid, policy, name, command, permissive, roles, using, with_check in rows:
        mentioned = _name_mentions(relations, columns.get(policy, ())), tuple(sorted(functions.get(policy, ())))
        yield relid, Policy(name, command, permissive, tuple(roles), using, with_check, *mentioned)


def _name_mentions(relations: Relations, columns: Iterable[tuple[int, int]]) -> tuple[tuple[TableName, str], ...]:
    named = [(relations.names[relid], relations.columns[relid][attnum][2]) for relid, attnum in columns]
    named.sort(key=lambda column: (column[0].schema, column[0].name, column[1]))
    return tuple(named)
