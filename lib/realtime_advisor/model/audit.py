"""Today's realtime set-up of a database: raw facts, and the findings that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from .catalog import Catalog, Policy
from .names import ByTable, TableName

SEVERITIES: Final = ("danger", "warning", "note")  # danger: leaks, loses or breaks


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that users made; `calls` are the notifying functions that its function's text calls, itself or through
    one function of the database's own."""

    name: str
    table: TableName
    operations: tuple[str, ...]  # of insert, update, delete, truncate
    per_row: bool
    function: str  # schema-qualified, quoted where needed
    calls: tuple[str, ...] = ()  # of 'realtime.send', 'realtime.broadcast_changes', 'pg_notify'
    enabled: bool = True
    as_definer: bool = True  # whether the calls run with the rights of a function's owner, not of the writer
    catches_errors: bool = False  # whether the text has an exception handler
    search_path: str | None = None  # the function's own setting
    is_public: bool = False  # whether a call says that the message is not private


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication; `tables` are those it names itself, partitioned ones included, not those of its schemas."""

    name: str
    all_tables: bool = False
    via_root: bool = False  # publish_via_partition_root
    operations: tuple[str, ...] = ("insert", "update", "delete", "truncate")
    tables: tuple[TableName, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplicationSlot:
    """A slot of this database; `lag_bytes` is the WAL that it keeps, None where it keeps none or none can be told."""

    name: str
    plugin: str | None
    active: bool
    temporary: bool
    lag_bytes: int | None
    wal_status: str | None  # 'reserved', 'extended', 'unreserved', 'lost'


@dataclass(frozen=True, slots=True)
class MessagesTable:
    """realtime.messages as it stands; the days are those of the server's clock in UTC."""

    row_security: bool
    policies: tuple[Policy, ...]
    partitions: tuple[str, ...]  # names, such as messages_2026_01_05
    today: str  # the partition that today's messages go to
    tomorrow: str = ""
    partitioned: bool = True


@dataclass(frozen=True, slots=True)
class Setup:
    """What a database has today beside its tables. `messages` is None where there is no realtime.messages."""

    triggers: tuple[Trigger, ...]
    slots: tuple[ReplicationSlot, ...] | None  # None: this role may not see them
    messages: MessagesTable | None
    max_slot_wal_keep_bytes: int | None  # None: unlimited
    wal_level: str
    column_widths: ByTable[tuple[tuple[str, int], ...]]  # average bytes by column, where pg_stats tells them
    # Average bytes a row of large values, as of the last VACUUM: pg_stats counts each as an 18-byte pointer.
    out_of_line: ByTable[int] = field(default_factory=lambda: ByTable({}))
    publications: tuple[Publication, ...] = ()
    # The columns that anon or authenticated may SELECT, of tables of which they may not SELECT all.
    partly_readable: ByTable[tuple[str, ...]] = field(default_factory=lambda: ByTable({}))


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing about today's set-up that a person should know: a sentence with its remedy."""

    rule: str  # 'published_without_primary_key'
    severity: str  # of SEVERITIES
    table: TableName | None  # None: about the whole database
    sentence: str
    remedy: str
    sql: str = ""  # the remedy as statements, where they are short and their effect is certain


@dataclass(frozen=True)
class Audit:
    """The findings about one database, worst first, with the facts that they were read from."""

    findings: tuple[AuditFinding, ...]
    setup: Setup
    catalog: Catalog

    def __iter__(self) -> Iterator[AuditFinding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        return f"Audit({', '.join(f'{severity} {self.count(severity)}' for severity in SEVERITIES)})"

    @cached_property
    def _severities(self) -> Counter[str]:
        return Counter(finding.severity for finding in self.findings)

    def of(self, table: TableName | str) -> tuple[AuditFinding, ...]:
        """What there is to say about one table."""
        name = TableName.parse(table) if isinstance(table, str) else table
        return tuple(finding for finding in self.findings if finding.table == name)

    def count(self, severity: str) -> int:
        """How many findings have this severity."""
        return self._severities[severity]
