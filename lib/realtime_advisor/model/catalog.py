"""Facts of the catalogue, as Postgres spells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from .names import ByTable, TableName


class RelationKind(StrEnum):
    """What pg_class.relkind says."""

    TABLE = "table"
    PARTITIONED = "partitioned table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    FOREIGN_TABLE = "foreign table"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `type` is format_type()'s text; the statistics are None where pg_stats hides or lacks them."""

    name: str
    type: str
    not_null: bool = False
    generated: bool = False
    comment: str | None = None
    n_distinct: float | None = None  # pg_stats: positive a count, negative a fraction of the rows
    null_fraction: float | None = None
    top_frequency: float | None = None  # share of the rows that the most common value has
    has_default: bool = False  # a row need not name it: a default, an identity, a generated column
    lenient: bool = False  # its collation is nondeterministic: texts that differ may be equal


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key, columns in key order."""

    name: str
    columns: tuple[str, ...]
    references: TableName
    referenced_columns: tuple[str, ...]
    on_delete: str = "no action"


@dataclass(frozen=True, slots=True)
class PolicyFunction:
    """A function that SELECT policies call, and what its answer rests on.

    `source` is None where it cannot be read here: another language than sql and plpgsql, a body in the SQL standard's
    form, or a very long one. `arguments` are the names and types of those that go in; a name is '' where there is none.
    """

    name: str  # schema-qualified: 'app.is_member'
    language: str
    source: str | None
    definer: bool  # SECURITY DEFINER: runs with its owner's rights
    settings: tuple[str, ...]  # 'search_path=""'
    volatility: str  # 'immutable', 'stable', 'volatile'
    strict: bool
    arguments: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]  # names of OUT, INOUT and TABLE columns
    null_defaults: int  # how many of the last arguments are NULL where a call leaves them out
    returns: str
    returns_set: bool
    plain: bool  # an ordinary function, neither an aggregate nor variadic
    overloads: int  # functions of this name in its schema, itself included
    may_execute: bool  # the role authenticated may call it
    api_may_replace: bool  # anon or authenticated may create functions in its schema, or act as its owner
    owner_reads: tuple[TableName, ...] = ()  # tables it may mean, of which its owner sees every row


@dataclass(frozen=True, slots=True)
class PartialKey:
    """Columns that are unique among the rows for which `predicate` holds, in key order; as pg_get_expr() writes it."""

    columns: tuple[str, ...]
    predicate: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A row level security policy; `columns` and `functions` are what pg_depend says its expressions mention."""

    name: str
    command: str  # 'all', 'select', 'insert', 'update', 'delete'
    permissive: bool
    roles: tuple[str, ...]  # 'public' for PUBLIC
    using: str | None
    with_check: str | None = None
    columns: tuple[tuple[TableName, str], ...] = ()
    functions: tuple[str, ...] = ()  # schema-qualified, without arguments: 'auth.uid'
    definitions: tuple[PolicyFunction, ...] = ()  # of those functions, in SELECT policies; none of Supabase's own


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the catalogue says about one relation."""

    name: TableName
    kind: RelationKind = RelationKind.TABLE
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    row_security: bool = False
    policies: tuple[Policy, ...] = ()
    select_roles: tuple[str, ...] | None = None  # of anon, authenticated: who may SELECT; None: no such roles here
    exposed_by: tuple[TableName, ...] = ()  # views those roles may SELECT that read this table
    publications: tuple[str, ...] = ()
    replica_identity: str = "default"  # 'default', 'full', 'nothing', 'index'
    partition_of: TableName | None = None
    partitions: tuple[TableName, ...] = ()
    estimated_rows: int | None = None  # pg_class.reltuples; None: never analysed
    comment: str | None = None
    partial_keys: tuple[PartialKey, ...] = ()  # of unique indexes over some of the rows
    inherits: tuple[TableName, ...] = ()  # tables whose child it is without being a partition: INHERITS
    withheld_columns: tuple[str, ...] = ()  # that authenticated may not SELECT, of a table of which it may others

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class UserType:
    """A type that somebody has made; `name` is written as the columns of that type write it."""

    name: str
    kind: str  # 'enum', 'domain', 'composite'
    labels: tuple[str, ...] = ()  # of an enum
    base: str | None = None  # of a domain
    checked: bool = False  # a domain whose values are restricted
    attributes: tuple[tuple[str, str], ...] = ()  # of a composite type: name and type


@dataclass(frozen=True, slots=True)
class Server:
    """What this server and this role are; read once by connect()."""

    version_num: int  # 180006
    version: str  # '18.6'
    role: str
    is_supabase: bool  # the roles and the schema realtime are there
    has_realtime: bool  # realtime.messages and realtime.send exist
    wal_level: str
    in_recovery: bool
    track_counts: bool
    sees_all_statistics: bool  # superuser, or member of pg_read_all_data / BYPASSRLS owner: pg_stats is not hidden

    @property
    def major(self) -> int:
        return self.version_num // 10000


@dataclass(frozen=True)
class Catalog:
    """The user relations of one database at one moment, by name."""

    server: Server
    tables: ByTable[Table]
    types: tuple[UserType, ...] = ()

    def __getitem__(self, key: TableName | str) -> Table:
        return self.tables[key]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __len__(self) -> int:
        return len(self.tables)

    @cached_property
    def inherited(self) -> frozenset[TableName]:
        """The tables that others inherit from without being their partitions."""
        return frozenset(parent for table in self for parent in table.inherits)

    @cached_property
    def withholds_columns(self) -> bool:
        """Whether there is a table of which authenticated may SELECT only some columns."""
        return any(table.withheld_columns for table in self)

    @cached_property
    def namesakes(self) -> Mapping[str, tuple[TableName, ...]]:
        """The relations by their names without the schema."""
        found: dict[str, tuple[TableName, ...]] = {}
        for name in self.tables:
            found[name.name] = (*found.get(name.name, ()), name)
        return found

    def __repr__(self) -> str:
        return f"Catalog({len(self)} relations, PostgreSQL {self.server.major})"
