"""The nouns: frozen facts and results, with no I/O and no decisions.

Raw facts keep Postgres's spelling (`n_tup_upd`, `stats_reset`); derived ones carry their unit (`updates_per_minute`).
"""

from .audit import AuditFinding, MessagesTable, ReplicationSlot, Setup, Trigger
from .catalog import Catalog, Column, ForeignKey, Policy, RelationKind, Server, Table
from .churn import Churn, DatabaseChurn, Snapshot, TableCounters
from .decision import (
    Decision,
    Decisions,
    Entitlement,
    Evidence,
    Finding,
    Flip,
    Hop,
    Option,
    Scope,
    ScopeKind,
    Source,
)
from .design import Advice, Design, Emission, Feed, Script
from .names import ByTable, TableName
from .statements import StatementRows, WritingStatements
from .wal import ScopeRows, TableWal, WalReading

__all__ = [
    "Advice",
    "AuditFinding",
    "ByTable",
    "Catalog",
    "Churn",
    "Column",
    "DatabaseChurn",
    "Decision",
    "Decisions",
    "Design",
    "Emission",
    "Entitlement",
    "Evidence",
    "Feed",
    "Finding",
    "Flip",
    "ForeignKey",
    "Hop",
    "MessagesTable",
    "Option",
    "Policy",
    "RelationKind",
    "ReplicationSlot",
    "Scope",
    "ScopeKind",
    "ScopeRows",
    "Script",
    "Server",
    "Setup",
    "Snapshot",
    "Source",
    "StatementRows",
    "Table",
    "TableCounters",
    "TableName",
    "TableWal",
    "Trigger",
    "WalReading",
    "WritingStatements",
]
