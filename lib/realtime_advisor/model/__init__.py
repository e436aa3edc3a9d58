"""The nouns: frozen facts and results, with no I/O and no decisions.

Raw facts keep Postgres's spelling (`n_tup_upd`, `stats_reset`); derived ones carry their unit (`updates_per_minute`).
"""

from .audit import SEVERITIES, Audit, AuditFinding, MessagesTable, Publication, ReplicationSlot, Setup, Trigger
from .catalog import (
    Catalog,
    Column,
    ForeignKey,
    PartialKey,
    Policy,
    PolicyFunction,
    RelationKind,
    Server,
    Table,
    UserType,
)
from .churn import Churn, DatabaseChurn, Gap, Snapshot, TableCounters
from .client import Client
from .decision import (
    Choice,
    Condition,
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
    ScopeRates,
    Source,
)
from .design import Advice, ChangesToday, Design, Emission, Feed, FeedProposal, Migration, Script
from .history import DatabaseIdentity, Happening, RecordedDecisions, Sampling
from .names import ByTable, TableName
from .proof import Cell, Delivery, Proof, ProofStatus, Step
from .statements import StatementRows, WritingStatements
from .wal import ScopeRows, TableWal, WalReading

__all__ = [
    "SEVERITIES",
    "Advice",
    "Audit",
    "AuditFinding",
    "ByTable",
    "Catalog",
    "Cell",
    "ChangesToday",
    "Choice",
    "Churn",
    "Client",
    "Column",
    "Condition",
    "DatabaseChurn",
    "DatabaseIdentity",
    "Decision",
    "Decisions",
    "Delivery",
    "Design",
    "Emission",
    "Entitlement",
    "Evidence",
    "Feed",
    "FeedProposal",
    "Finding",
    "Flip",
    "ForeignKey",
    "Gap",
    "Happening",
    "Hop",
    "MessagesTable",
    "Migration",
    "Option",
    "PartialKey",
    "Policy",
    "PolicyFunction",
    "Proof",
    "ProofStatus",
    "Publication",
    "RecordedDecisions",
    "RelationKind",
    "ReplicationSlot",
    "Sampling",
    "Scope",
    "ScopeKind",
    "ScopeRates",
    "ScopeRows",
    "Script",
    "Server",
    "Setup",
    "Snapshot",
    "Source",
    "StatementRows",
    "Step",
    "Table",
    "TableCounters",
    "TableName",
    "TableWal",
    "Trigger",
    "UserType",
    "WalReading",
    "WritingStatements",
]
