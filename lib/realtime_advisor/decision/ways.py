"""The ways out of a table: its foreign keys, what composite keys make equal, and columns that only look like keys."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from realtime_advisor.model import Catalog, Column, ForeignKey, Hop, RelationKind, Table, TableName

_KEY_NAME: Final = re.compile(r"(?P<stem>.+?)(?:_id|id|Id|ID|_uuid)")
_PAIR_WORDS: Final = ("type", "kind", "class")  # beside X_id, X_type says of which table it is: a polymorphic pair
_GOES_ON: Final = {"cascade": 0, "no action": 1, "restrict": 1}  # the others leave the row without its parent
_DECIDED_BY_ROWS: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


class How(StrEnum):
    """How it is known that the columns name a row of the other table."""

    FOREIGN_KEY = "foreign key"
    EQUAL = "equal"  # a composite foreign key makes the column equal to one that is a foreign key itself
    LOOKS_ALIKE = "looks alike"  # by name and type alone


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a table; `by` is the table whose key makes an EQUAL column what it is.

    `nullable`: a row may have none. `leads`: the column opens a key of several columns. `lasting`: 0 where the row goes
    with what it refers to, 1 where that cannot go before it, 2 where the row stays without it.
    """

    key: ForeignKey
    how: How
    nullable: bool
    leads: bool
    lasting: int
    by: TableName | None = None

    @property
    def optional(self) -> bool:
        """Whether the row outlives what it refers to: a parent of the last resort."""
        return self.lasting == 2

    @property
    def weakness(self) -> tuple[bool, bool, bool, int, bool, bool]:
        """The better evidence that the row belongs to what it refers to is the smaller."""
        alike = self.how is How.LOOKS_ALIKE
        return (alike, self.optional, self.nullable, self.lasting, len(self.key.columns) > 1, not self.leads)


Ways = Mapping[TableName, tuple[Way, ...]]


def find_ways(catalog: Catalog) -> dict[TableName, tuple[Way, ...]]:
    """The ways that foreign keys give each table, the best evidence first; equal ones in the keys' order."""
    found: dict[TableName, tuple[Way, ...]] = {}
    for table in catalog:
        _find_ways_of(table, catalog, found)
    return found


def _find_ways_of(table: Table, catalog: Catalog, found: dict[TableName, tuple[Way, ...]]) -> tuple[Way, ...]:
    if table.name in found:
        return found[table.name]
    filled = _filled(table)
    own = [_way(table, key, How.FOREIGN_KEY, filled) for key in table.foreign_keys]
    found[table.name] = tuple(own)  # what a cycle of composite keys finds
    known = {(way.key.columns, way.key.references) for way in own}
    for way in _equal_ways(table, catalog, found, filled):
        if (way.key.columns, way.key.references) not in known:
            known.add((way.key.columns, way.key.references))
            own.append(way)
    found[table.name] = tuple(sorted(own, key=lambda way: way.weakness))
    return found[table.name]


def _equal_ways(
    table: Table, catalog: Catalog, found: dict[TableName, tuple[Way, ...]], filled: frozenset[str]
) -> Iterator[Way]:
    """What single columns of composite keys are: with (dataset_id, project_id) -> datasets, the dataset's project.

    Only where none of them may be null: Postgres does not check a composite key of which a column is.
    """
    for key in table.foreign_keys:
        other = catalog.tables.get(key.references)
        if len(key.columns) < 2 or other is None or other is table or not filled.issuperset(key.columns):
            continue
        for onward in _find_ways_of(other, catalog, found):
            ends = onward.key.columns
            if len(ends) == 1 and ends[0] in key.referenced_columns:
                column = key.columns[key.referenced_columns.index(ends[0])]
                same = ForeignKey(
                    key.name, (column,), onward.key.references, onward.key.referenced_columns, key.on_delete
                )
                yield _way(table, same, How.EQUAL, filled, key.references)


def find_look_alikes(
    catalog: Catalog, tables: Collection[TableName], users: Collection[TableName] = ()
) -> dict[TableName, tuple[Way, ...]]:
    """For each of `tables`, the columns that look like keys of other tables of its schema, though nothing says so.

    A column is `<table>_id`, in the singular or as the table is called; its type is that of the table's one-column
    primary key, but for a length; no other table fits. The table's own primary key may look like that of `users` alone.
    """
    named = _by_name(catalog) if tables else {}
    found = {}
    for name in tables:
        ways = tuple(_look_alikes_of(catalog[name], named, users))
        if ways:
            found[name] = ways
    return found


def _by_name(catalog: Catalog) -> dict[tuple[str, str], list[Table]]:
    named: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for table in catalog:
        if len(table.primary_key) == 1 and table.kind in _DECIDED_BY_ROWS and table.partition_of is None:
            for word in singulars(table.name.name):
                named[table.name.schema, word].append(table)
    return named


def singulars(name: str) -> frozenset[str]:
    """A table's name as a column may have it, without underscores: as it is, and in the singular.

    >>> sorted(singulars("categories"))
    ['categorie', 'categories', 'category']
    """
    bare = name.replace("_", "").lower()
    found = {bare}
    if bare.endswith("s") and not bare.endswith("ss"):
        found.add(bare[:-1])
    if bare.endswith(("xes", "ches", "shes", "sses")):
        found.add(bare[:-2])
    if bare.endswith("ies"):
        found.add(f"{bare[:-3]}y")
    return frozenset(found)


def _look_alikes_of(
    table: Table, named: Mapping[tuple[str, str], list[Table]], users: Collection[TableName]
) -> Iterator[Way]:
    keyed = {column for key in table.foreign_keys for column in key.columns}
    names = {column.name.replace("_", "").lower() for column in table.columns}
    filled = _filled(table)
    for column in table.columns:
        match = _KEY_NAME.fullmatch(column.name)
        stem = match["stem"].replace("_", "").lower() if match else ""
        if not stem or column.name in keyed:
            continue
        fits = [t for t in named.get((table.name.schema, stem), ()) if t is not table and _same_type(t, column)]
        if table.primary_key == (column.name,):
            fits = [t for t in fits if t.name in users]
        if len(fits) == 1 and not any(f"{stem}{word}" in names for word in _PAIR_WORDS):
            key = ForeignKey("", (column.name,), fits[0].name, fits[0].primary_key)
            yield _way(table, key, How.LOOKS_ALIKE, filled)


def _same_type(other: Table, column: Column) -> bool:
    theirs = other.column(other.primary_key[0]).type
    return theirs.partition("(")[0] == column.type.partition("(")[0]


def make_way(table: Table, key: ForeignKey, how: How) -> Way:
    """The way that a key of the table is."""
    return _way(table, key, how, _filled(table))


def _way(table: Table, key: ForeignKey, how: How, filled: frozenset[str], by: TableName | None = None) -> Way:
    leads = any(len(unique) > 1 and unique[:1] == key.columns for unique in (table.primary_key, *table.unique_keys))
    nullable = not filled.issuperset(key.columns)
    return Way(key, how, nullable, leads, _GOES_ON.get(key.on_delete, 2), by)


def _filled(table: Table) -> frozenset[str]:
    """The columns that every row fills."""
    return frozenset(table.primary_key) | {column.name for column in table.columns if column.not_null}


def tell_way(path: tuple[Hop, ...], holder: Table, way: Way) -> str:
    """How it is known that the rows lead there, as a scope's reason."""
    says = {
        How.FOREIGN_KEY: "refers to",
        How.EQUAL: f"is by a key of several columns that of {way.by}, which refers to",
        How.LOOKS_ALIKE: "has the name and the type of, but no foreign key makes it, a key of",
    }[way.how]
    told = f"{holder.name}.{', '.join(way.key.columns)} {says} {way.key.references}"
    return f"{told}, {len(path)} foreign key{'s' if len(path) > 1 else ''} away" if path else told
