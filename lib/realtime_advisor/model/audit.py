"""Today's realtime set-up of a database: raw facts, and the findings that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Policy
from .names import ByTable, TableName


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that users made; `calls` are the notifying functions that its function's text calls."""

    name: str
    table: TableName
    operations: tuple[str, ...]  # of insert, update, delete, truncate
    per_row: bool
    function: str  # schema-qualified
    calls: tuple[str, ...] = ()  # of 'realtime.send', 'realtime.broadcast_changes', 'pg_notify'
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ReplicationSlot:
    """A slot of this database; `lag_bytes` is the WAL that it keeps, None where this role may not see it."""

    name: str
    plugin: str | None
    active: bool
    temporary: bool
    lag_bytes: int | None
    wal_status: str | None  # 'reserved', 'extended', 'unreserved', 'lost'


@dataclass(frozen=True, slots=True)
class MessagesTable:
    """realtime.messages as it stands."""

    row_security: bool
    policies: tuple[Policy, ...]
    partitions: tuple[str, ...]  # names, such as messages_2026_01_05
    today: str  # the partition that today's messages go to, by the server's clock in UTC


@dataclass(frozen=True, slots=True)
class Setup:
    """What a database has today beside its tables. `messages` is None where there is no realtime.messages."""

    triggers: tuple[Trigger, ...]
    slots: tuple[ReplicationSlot, ...] | None  # None: this role may not see them
    messages: MessagesTable | None
    max_slot_wal_keep_bytes: int | None  # None: unlimited
    wal_level: str
    column_widths: ByTable[tuple[tuple[str, int], ...]]  # average bytes by column, where pg_stats tells them


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing about today's set-up that a person should know: a sentence with its remedy."""

    rule: str  # 'published_without_primary_key'
    severity: str  # 'danger' (leaks, loses or breaks), 'warning', 'note'
    table: TableName | None  # None: about the whole database
    sentence: str
    remedy: str
