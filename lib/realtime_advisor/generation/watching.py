"""Which tables a design's triggers stand on: its own, and every parent on the way to a scope behind a foreign key.

Moving or deleting a parent changes no row of the table itself, or removes the way to the scope, so it is told from the
parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Design, Emission, Hop, TableName

from .naming import object_name
from .topics import ACTION

SCHEMA: Final = "realtime_advisor"


@dataclass(frozen=True, slots=True)
class Telling:
    """One emission, told from a table from which `path` leads on to the scope."""

    emission: Emission
    path: tuple[Hop, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table told from that lead to the scope, or are it."""
        return self.path[0].columns if self.path else self.emission.scope.columns


@dataclass(frozen=True, slots=True)
class Watched:
    """A table with triggers: what an UPDATE compares, which function tells, in which statements."""

    table: TableName
    function: str
    triggers: tuple[tuple[str, str], ...]  # operation and trigger name
    compared: tuple[str, ...]
    record_column: str | None
    tellings: tuple[Telling, ...]
    is_parent: bool = False
    carried: tuple[str, ...] = ()  # columns that a payload has when one row changed

    @property
    def leading(self) -> tuple[str, ...]:
        """The table's columns that lead to any of its scopes."""
        return _unique(column for telling in self.tellings for column in telling.columns)

    @property
    def row_triggers(self) -> tuple[tuple[str, str], ...]:
        """Those of the triggers that tell of rows, by transition tables."""
        return tuple((operation, name) for operation, name in self.triggers if operation != "truncate")

    @property
    def names_action(self) -> bool:
        """Whether an event says what happened: created, updated, deleted."""
        return any(ACTION in telling.emission.event for telling in self.tellings)

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(operation for operation, _ in self.triggers)


def watched_tables(design: Design) -> tuple[Watched, ...]:
    """The design's own table, then the parents, nearest first."""
    return _own(design), *_parents(design)


def _own(design: Design) -> Watched:
    tellings = tuple(Telling(emission, emission.scope.path) for emission in design.emissions)
    operations = _unique(operation for emission in design.emissions for operation in emission.operations)
    leading = (column for telling in tellings for column in telling.columns)
    watched = (column for emission in design.emissions for column in emission.watched)
    return Watched(
        table=design.table,
        function=object_name("broadcast", design.table),
        triggers=tuple((operation, f"{SCHEMA}_{operation}") for operation in operations),
        compared=_unique((*design.primary_key, *leading, *watched)),
        record_column=design.primary_key[0] if _names_record(design) else None,
        tellings=tellings,
        carried=_unique(column for emission in design.emissions for column in emission.columns),
    )


def _names_record(design: Design) -> bool:
    """A transaction's message stands for several statements, and a key of several columns is no single id."""
    return len(design.primary_key) == 1 and design.granularity not in ("transaction", "row")


def _parents(design: Design) -> tuple[Watched, ...]:
    tellings: dict[TableName, list[Telling]] = {}
    keys: dict[TableName, list[str]] = {}
    for emission in design.emissions:
        for position, hop in enumerate(emission.scope.path):
            telling = Telling(emission, emission.scope.path[position + 1 :])
            tellings.setdefault(hop.references, []).append(telling)
            keys.setdefault(hop.references, []).extend((*hop.referenced_columns, *telling.columns))
    return tuple(_parent(design.table, parent, tuple(tellings[parent]), _unique(keys[parent])) for parent in tellings)


def _parent(child: TableName, parent: TableName, tellings: tuple[Telling, ...], compared: tuple[str, ...]) -> Watched:
    triggers = tuple((operation, object_name(f"{SCHEMA}_{operation}", child)) for operation in ("update", "delete"))
    return Watched(parent, object_name("follow", child, parent), triggers, compared, None, tellings, is_parent=True)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
