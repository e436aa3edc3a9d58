"""What belongs to relations, made from the rows of the catalogue's queries: columns, keys, foreign keys, policies.

The queries give columns by number: to name them here costs a tenth of what a look-up on the server does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_advisor.model import Column, ForeignKey, PartialKey, Policy, PolicyFunction, TableName, UserType

Rows = Sequence[Any]  # of tuples, whose fields are those of the query

_NOT_KNOWN = (None, None, None)
_NULLS = re.compile(r"\bNULL::[a-z_][\w.]*(?: varying)?")


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
            facts = row[2:7] + known.get(row[2], _NOT_KNOWN) + row[7:]
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


def make_types(rows: Rows) -> tuple[UserType, ...]:
    """The types that somebody has made."""
    return tuple(
        UserType(name, kind, tuple(labels), base, checked, tuple(zip(facts[::2], facts[1::2], strict=True)))
        for name, kind, labels, base, checked, facts in rows
    )


def make_foreign_keys(relations: Relations, rows: Rows) -> Iterator[tuple[int, ForeignKey]]:
    """Each foreign key with the oid of the relation that has it."""
    for relid, name, attnums, referenced, referenced_attnums, on_delete in rows:
        columns = relations.name_columns(relid, attnums)
        referenced_columns = relations.name_columns(referenced, referenced_attnums)
        yield relid, ForeignKey(name, columns, relations.names[referenced], referenced_columns, on_delete)


def make_policies(relations: Relations, rows: Rows, mentions: Rows, definitions: Rows) -> Iterator[tuple[int, Policy]]:
    """Each policy with its relation's oid; what it mentions is sorted."""
    defined = _make_definitions(relations, definitions)
    columns: dict[int, set[tuple[int, int]]] = defaultdict(set)
    functions: dict[int, set[str]] = defaultdict(set)
    for policy, relid, attnum, function in mentions:
        if function is None:
            columns[policy].add((relid, attnum))
        else:
            functions[policy].add(function)
    for relid, policy, name, command, permissive, roles, using, with_check in rows:
        mentioned = _name_mentions(relations, columns.get(policy, ())), tuple(sorted(functions.get(policy, ())))
        definition = tuple(defined.get(policy, ()))
        yield relid, Policy(name, command, permissive, tuple(roles), using, with_check, *mentioned, definition)


def _make_definitions(relations: Relations, rows: Rows) -> dict[int, list[PolicyFunction]]:
    """The functions that each policy calls, by the policy's oid."""
    defined: dict[int, list[PolicyFunction]] = defaultdict(list)
    for row in rows:
        function = _make_function(relations, row)
        for policy in row.policies:
            defined[policy].append(function)
    return defined


def _make_function(relations: Relations, row: Any) -> PolicyFunction:
    modes = row.modes or ["i"] * len(row.types)
    names = row.names or [""] * len(modes)
    going_in = [name for name, mode in zip(names, modes, strict=True) if mode in "ibv"]
    return PolicyFunction(
        name=row.name,
        language=row.language,
        source=row.source,
        definer=row.definer,
        settings=tuple(row.settings),
        volatility=row.volatility,
        strict=row.strict,
        arguments=tuple(zip(going_in, row.types, strict=True)),
        outputs=tuple(name for name, mode in zip(names, modes, strict=True) if mode in "obt"),
        null_defaults=_count_null_defaults(row.defaults, row.default_expressions),
        returns=row.returns,
        returns_set=row.returns_set,
        plain=row.plain,
        overloads=row.overloads,
        may_execute=row.may_execute,
        api_may_replace=row.api_may_replace,
        owner_reads=tuple(sorted(relations.names[relid] for relid in row.owner_reads if relid in relations.names)),
    )


def _count_null_defaults(defaults: int, expressions: str | None) -> int:
    """How many arguments default to NULL; none, where one of them has another default.

    >>> _count_null_defaults(2, "NULL::text, NULL::app.role"), _count_null_defaults(2, "NULL::text, 1")
    (2, 0)
    """
    are_null = (
        len(_NULLS.findall(expressions or "")) == defaults and _NULLS.sub("", expressions or "").strip(", ") == ""
    )
    return defaults if are_null else 0


def _name_mentions(relations: Relations, columns: Iterable[tuple[int, int]]) -> tuple[tuple[TableName, str], ...]:
    named = [(relations.names[relid], relations.columns[relid][attnum][2]) for relid, attnum in columns]
    named.sort(key=lambda column: (column[0].schema, column[0].name, column[1]))
    return tuple(named)
