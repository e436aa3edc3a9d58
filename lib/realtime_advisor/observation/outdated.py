"""What the catalogue that is decided by does not know of the readings beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from realtime_advisor.model import Catalog, Extent, RelationKind, TableName

from .history import History
from .recording import tell_length

_NOTABLE: Final = 60.0  # seconds that the catalogue is older than the last reading
_LONGEST_LIST: Final = 5
_COUNTED: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


def tell_outdated(history: History, taken: Extent, catalog: Catalog, counted: Collection[TableName]) -> Iterator[str]:
    """Sentences about what has changed between the catalogue and the last reading, which knows the tables `counted`.

    None where the catalogue was read when the last reading was taken, which is so after every sampling that has ended.
    """
    yield from _tell_age(history, taken)
    known = {table.name for table in catalog if table.kind in _COUNTED}
    unjudged = {name for name in counted if name not in catalog.tables}
    uncounted = {name for name in known if name not in counted}
    for before, after in _renamed(history, taken, unjudged, uncounted):
        called = "old" if before in uncounted else "new"
        yield f"{before} is {after} by now: it was judged by its {called} name, without its counts."
        unjudged -= {before, after}
        uncounted -= {before, after}
    if unjudged:
        yield f"The last reading has tables that the catalogue lacks; they were not judged: {_list(unjudged)}."
    if uncounted:
        told = _list(uncounted)
        yield f"The catalogue has tables that the last reading lacks; they were judged without counts: {told}."


def _tell_age(history: History, taken: Extent) -> Iterator[str]:
    look = history.last_look(taken.sampling.database)
    if look is None or look[0] > taken.sampling.id:  # not told by an earlier version; read anew since the window
        return
    moment = look[1]
    if (age := (taken.last - moment).total_seconds()) > _NOTABLE:
        yield (
            f"The catalogue was read at {moment:%Y-%m-%d %H:%M:%S} UTC, {tell_length(age)} before the last reading: "
            "grants, policies, columns and tables changed since then were not judged."
        )


def _renamed(
    history: History, taken: Extent, unjudged: Collection[TableName], uncounted: Collection[TableName]
) -> Iterator[tuple[TableName, TableName]]:
    """Tables that the one side knows by their earlier name and the other by their later one."""
    if not unjudged or not uncounted:
        return
    for names in history.names(taken.sampling.database).values():
        here, there = _latest(names, unjudged), _latest(names, uncounted)
        if here and there:
            yield (here, there) if names.index(here) < names.index(there) else (there, here)


def _latest(names: Sequence[TableName], among: Collection[TableName]) -> TableName | None:
    return next((name for name in reversed(names) if name in among), None)


def _list(names: Iterable[TableName]) -> str:
    told = sorted(names)
    more = f" and {len(told) - _LONGEST_LIST} more" if len(told) > _LONGEST_LIST else ""
    return f"{', '.join(map(str, told[:_LONGEST_LIST]))}{more}"
