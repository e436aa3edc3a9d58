"""Decide, table by table, how a Postgres database should speak to clients in real time."""

from .bundle.export import export
from .decision.churn import measure_churn
from .decision.decide import decide
from .display import figures, widgets
from .display.picking import pick
from .display.show import show
from .generation.design import design
from .generation.sql import generate
from .journey import advise, connect, feeds_of, observe, run_traffic
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
    "feeds_of",
    "figures",
    "generate",
    "load_matrix",
    "measure_churn",
    "observe",
    "pick",
    "read_catalog",
    "run_traffic",
    "show",
    "take_snapshot",
    "widgets",
]
