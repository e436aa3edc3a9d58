"""Loads data/: the decision matrix, the naming hints and the platform's limits, checked and frozen."""

from .hints import Hints, bare, load_hints
from .limits import (
    Benchmark,
    CountingRule,
    Limits,
    MeasuredPoller,
    Plan,
    Price,
    Quota,
    Throughput,
    load_limits,
)
from .matrix import GROUPS, Case, Criterion, Matrix, Threshold, Value, load_matrix, thresholds_of
from .reading import DATA

__all__ = [
    "DATA",
    "GROUPS",
    "Benchmark",
    "Case",
    "CountingRule",
    "Criterion",
    "Hints",
    "Limits",
    "Matrix",
    "MeasuredPoller",
    "Plan",
    "Price",
    "Quota",
    "Threshold",
    "Throughput",
    "Value",
    "bare",
    "load_hints",
    "load_limits",
    "load_matrix",
    "thresholds_of",
]
