"""The nouns: frozen facts and results, with no I/O and no decisions.

Raw facts keep Postgres's spelling (`n_tup_upd`, `stats_reset`); derived ones carry their unit (`updates_per_minute`).
"""

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

__all__ = [
    "Advice",
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
    "Option",
    "Policy",
    "RelationKind",
    "Scope",
    "ScopeKind",
    "Script",
    "Server",
    "Snapshot",
    "Source",
    "Table",
    "TableCounters",
    "TableName",
]
