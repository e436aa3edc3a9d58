"""Decide, table by table, how a Postgres database should speak to clients in real time."""

from .bundle.compare import compare
from .bundle.drift.check import check
from .bundle.export import export
from .bundle.kept_answers import keep_answer, load_answers
from .decision.churn import measure_churn
from .decision.decide import decide
from .display import figures, widgets
from .display.picking import pick
from .display.show import show
from .generation.client import generate_client
from .generation.design import design
from .generation.sql import generate
from .journey import advise, audit, observe, read_wal
from .model import Option, TableName
from .observation.catalog import read_catalog
from .observation.counters import take_snapshot
from .observation.history import open_history
from .observation.statements import read_statements
from .proof import framework as museum
from .proof.prove import prove
from .reference import load_matrix
from .targets import connect, feeds_of, run_traffic

__all__ = [
    "Option",
    "TableName",
    "advise",
    "audit",
    "check",
    "compare",
    "connect",
    "decide",
    "design",
    "export",
    "feeds_of",
    "figures",
    "generate",
    "generate_client",
    "keep_answer",
    "load_answers",
    "load_matrix",
    "measure_churn",
    "museum",
    "observe",
    "open_history",
    "pick",
    "prove",
    "read_catalog",
    "read_statements",
    "read_wal",
    "run_traffic",
    "show",
    "take_snapshot",
    "widgets",
]
