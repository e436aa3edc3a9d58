"""The tables that a history consists of, the same on SQLite and Postgres.

Counters are kept as differences. A *segment* is what one process read in a stretch of at most some hours: its first
reading holds every table, each later one only those whose counters changed. So a segment can be read, and dropped,
without any other.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    insert,
)

VERSION: Final = 1
_MOST_TIGHTLY: Final = 6  # zlib's default: a catalogue becomes a tenth


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which knows no time zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A JSON document, compressed by zlib."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, _: Dialect) -> bytes:
        return zlib.compress(dump(value).encode(), _MOST_TIGHTLY)

    def process_result_value(self, value: bytes | None, _: Dialect) -> Any:
        return None if value is None else json.loads(zlib.decompress(value))


def dump(document: Any) -> str:
    """The document's one spelling, which is hashed and kept.

    >>> dump({"b": 1, "a": "é"})
    '{"a":"é","b":1}'
    """
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


metadata: Final = MetaData()
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def _table(name: str, *columns: Column[Any] | Index, numbered: bool = True) -> Table:
    """A table whose rows are numbered in the order of their writing, unless told otherwise."""
    own = (Column("id", _NUMBER, primary_key=True),) if numbered else ()
    # A number is never given twice, and where there is none SQLite keeps the rows in the order of the key.
    return Table(f"advisor_{name}", metadata, *own, *columns, sqlite_autoincrement=numbered, sqlite_with_rowid=numbered)


def _of(table: str, **settings: Any) -> Column[Any]:
    reference = ForeignKey(f"advisor_{table}s.id")
    return Column(f"{table}_id", _NUMBER, reference, nullable=False, **settings)


formats = _table("formats", Column("version", Integer, nullable=False))

databases = _table(
    "databases",
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

samplings = _table(
    "samplings",
    _of("database", index=True),
    Column("began", Moment, nullable=False),  # by the database's clock
    Column("seconds", Float, nullable=False),
    Column("interval", Float, nullable=False),
    Column("recorded_at", Moment, nullable=False),  # by the recording machine's clock, as wherever this name is used
)

happenings = _table(
    "happenings",
    _of("sampling", index=True),
    Column("recorded_at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

segments = _table(
    "segments",
    _of("sampling", index=True),
    Column("recorded_at", Moment, nullable=False),
)

snapshots = _table(
    "snapshots",
    _of("segment", index=True),
    Column("taken_at", Moment, nullable=False),
    Column("stats_reset", Moment),
    Column("server_started_at", Moment),
    Column("in_recovery", Boolean, nullable=False),
    Column("track_counts", Boolean, nullable=False),
    Column("more", Text),  # JSON: what else a reading tells
)

relations = _table(
    "relations",
    _of("database"),
    Column("relid", BigInteger, nullable=False),
    Column("schema", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent_schema", Text),
    Column("parent_name", Text),
    Column("more", Text),  # JSON: what else is told of a relation
    Index("advisor_relations_by_oid", "database_id", "relid"),
)

counters = _table(
    "counters",
    _of("snapshot", primary_key=True),
    # Unchecked, for want of an index that would be as large as the table: a relation goes after what mentions it.
    Column("relation_id", _NUMBER, primary_key=True),
    Column("n_tup_ins", BigInteger),  # all four null: the relation is gone, or is called otherwise
    Column("n_tup_upd", BigInteger),
    Column("n_tup_hot_upd", BigInteger),
    Column("n_tup_del", BigInteger),
    numbered=False,
)

documents = _table(
    "documents",
    _of("database"),
    Column("recorded_at", Moment, nullable=False),
    Column("kind", Text, nullable=False),  # 'catalog', 'decisions' ...
    Column("hash", Text, nullable=False),
    Column("document", Document, nullable=False),
    Index("advisor_documents_by_kind", "database_id", "kind", "id"),
)


def add(connection: Connection, table: Table, row: Mapping[str, object]) -> int:
    """Write one row; its number."""
    number: int = connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return number
