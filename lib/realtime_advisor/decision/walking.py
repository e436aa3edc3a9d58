"""Walks along the keys, from a table to whoever its rows may lead to: nearest first, and bounded.

In a dense schema nearly every table leads to nearly every other one. What is far behind so many others is nobody's
audience, so a walk enters no more than `MOST_TABLES`, and the cost of all walks grows with the schema alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from realtime_advisor.model import Catalog, Hop, Table, TableName

from .principals import Principals
from .ways import Way

MOST_TABLES = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One way out of `holder`, which is reached by `path`, made of the ways `gone`."""

    path: tuple[Hop, ...]
    gone: tuple[Way, ...]
    way: Way
    holder: Table

    @property
    def ways(self) -> tuple[Way, ...]:
        """Those of the path, and this one."""
        return (*self.gone, self.way)


def walk(table: Table, catalog: Catalog, principals: Principals) -> Iterator[Step]:
    """The ways out reachable from the table, nearest first; each table is entered once, so cycles end.

    Of two ways to the same table the walk goes on by the better one.
    """
    queue: deque[tuple[tuple[Hop, ...], tuple[Way, ...], Table]] = deque([((), (), table)])
    seen = {table.name}
    while queue:
        path, gone, holder = queue.popleft()
        for way in principals.ways.get(holder.name, ()):
            key = way.key
            if key.references == holder.name:
                continue
            yield Step(path, gone, way, holder)
            if key.references in seen or key.references not in catalog.tables or principals.ends(key.references):
                continue
            if len(seen) < MOST_TABLES:
                seen.add(key.references)
                hop = Hop(holder.name, key.columns, key.references, key.referenced_columns)
                queue.append(((*path, hop), (*gone, way), catalog[key.references]))


def find_route(
    start: TableName, ends: Collection[TableName], catalog: Catalog, avoided: Collection[TableName]
) -> tuple[tuple[Hop, ...], TableName] | None:
    """The shortest way by foreign keys from a table to one of `ends`, and which one; None where there is none near."""
    queue: deque[tuple[tuple[Hop, ...], TableName]] = deque([((), start)])
    seen = {start}
    while queue:
        path, here = queue.popleft()
        if here in ends:
            return path, here
        for key in catalog[here].foreign_keys if here in catalog.tables else ():
            if key.references not in seen and key.references not in avoided and len(seen) < MOST_TABLES:
                seen.add(key.references)
                queue.append(((*path, Hop(here, key.columns, key.references, key.referenced_columns)), key.references))
    return None
