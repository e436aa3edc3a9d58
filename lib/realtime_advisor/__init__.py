"""Decide, table by table, how a Postgres database should speak to clients in real time."""

from .bundle.export import export
from .decision.churn import measure_churn
from .decision.decide import decide
from .generation.design import design
from .generation.sql import generate
from .journey import advise, connect, observe, run_traffic
from .model import Option, TableName
from .observation.catalog import read_catalog
from .observation.counters import take_snapshot
from .reference import load_matrix

__all__ = [
    "Option",
    "TableName",
    "advise",
    "connect",
    "decide",
    "design",
    "export",
    "generate",
    "load_matrix",
    "measure_churn",
    "observe",
    "read_catalog",
    "run_traffic",
    "take_snapshot",
]
