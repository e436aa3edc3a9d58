"""What the output plugin pgoutput writes, version 1 of its protocol, turned into row changes. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

Row = dict[str, str | None]

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_KEY_FLAG: Final = 1


class Operation(StrEnum):
    """What was done to a row."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Column:
    """A published column; `type_oid` as pg_type has it."""

    name: str
    type_oid: int
    in_identity: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A published table; a partition goes by its own name."""

    schema: str
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One row, as text; `new` lacks large values that did not change, `old` has what the replica identity keeps."""

    relation: Relation
    operation: Operation
    new: Row
    old: Row
    committed_at: datetime


class Decoder:
    """Reads one message after the other; it remembers the relations that the plugin has described."""

    def __init__(self) -> None:
        self._relations: dict[int, Relation] = {}
        self._committed_at = _EPOCH

    def read(self, message: bytes) -> Change | None:
        """The change that a message tells, None for what is none. Raises ValueError for what it cannot read."""
        reader = _Reader(message)
        kind = reader.take(1)
        if kind == b"B":
            reader.take(8)
            self._committed_at = _EPOCH + timedelta(microseconds=reader.number(8))
        elif kind == b"R":
            self._describe(reader)
        elif kind in _OPERATIONS:
            return self._change(_OPERATIONS[kind], reader)
        return None  # commits, types, origins; TRUNCATE, which Realtime passes over too

    def _describe(self, reader: _Reader) -> None:
        oid, schema, name = reader.number(4), reader.text(), reader.text()
        reader.take(1)  # the replica identity, which each column's flag tells too
        self._relations[oid] = Relation(schema, name, tuple(reader.column() for _ in range(reader.number(2))))

    def _change(self, operation: Operation, reader: _Reader) -> Change:
        relation = self._relations[reader.number(4)]
        new: Row = {}
        old: Row = {}
        while (marker := reader.take(1)) in _TUPLES:
            row = reader.row(relation, only_identity=marker == b"K")
            if marker == b"N":
                new = row
            else:
                old = row
        return Change(relation, operation, new, old, self._committed_at)


class _Reader:
    """A message and how far it is read."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._at = 0

    def take(self, size: int) -> bytes:
        taken = self._message[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), signed=size == 8)

    def text(self) -> str:
        end = self._message.index(0, self._at)
        taken = self.take(end - self._at).decode()
        self._at += 1
        return taken

    def column(self) -> Column:
        in_identity = bool(self.number(1) & _KEY_FLAG)
        name, type_oid = self.text(), self.number(4)
        self.take(4)  # the type's modifier
        return Column(name, type_oid, in_identity)

    def row(self, relation: Relation, *, only_identity: bool) -> Row:
        """A row's values; where only the identity was kept, the nulls of other columns mean nothing."""
        values: Row = {}
        for column, _ in zip(relation.columns, range(self.number(2)), strict=True):
            kind = self.take(1)
            if kind == b"t":
                values[column.name] = self.take(self.number(4)).decode()
            elif kind == b"n" and (column.in_identity or not only_identity):
                values[column.name] = None
        return values


_OPERATIONS: Final = {b"I": Operation.INSERT, b"U": Operation.UPDATE, b"D": Operation.DELETE}
_TUPLES: Final = (b"K", b"O", b"N")
