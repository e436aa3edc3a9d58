"""One pass through the stations on one database, in a process of its own: what each took, as JSON on stdout.

    python benchmarks/stations.py CONNINFO

A process of its own, because the peak of its memory can only rise.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import psycopg

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import ScriptRefused
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Catalog, Decisions
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import QUERIES, Target, open_target
from realtime_advisor.reference import load_matrix

T = TypeVar("T")

BARE_SELECT = "select * from pg_stat_user_tables"
STATIONS = (BARE_SELECT, "read_catalog", "take_snapshot", "measure_churn", "decide", "design and generate")
ONE_SAMPLE = "one sample"
_SAMPLES = 9


class Stopwatch:
    """Seconds of each step, and the peak of the process's memory by its end."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    def measure(self, name: str, step: Callable[[], T]) -> T:
        """What the step gives, its cost noted under its name."""
        started = perf_counter()
        result = step()
        self.steps[name] = {"seconds": perf_counter() - started, "memory": _peak()}
        return result


def _peak() -> float:
    """The most bytes of memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def pass_stations(conninfo: str) -> dict[str, dict[str, float]]:
    """The cost of each of STATIONS; a tenth of the tables is written to between the two snapshots."""
    watch = Stopwatch()
    watch.measure(BARE_SELECT, lambda: _select_bare(conninfo))
    watch.steps[ONE_SAMPLE] = _compare_samples(conninfo)
    with closing(open_target(conninfo)) as target:
        _pass(watch, target, conninfo)
    return watch.steps


def _pass(watch: Stopwatch, target: Target, conninfo: str) -> None:
    catalog = watch.measure("read_catalog", lambda: read_catalog(target))
    before = take_snapshot(target)
    _write(conninfo)
    after = watch.measure("take_snapshot", lambda: take_snapshot(target))
    churn = watch.measure("measure_churn", lambda: measure_churn(before, after))
    matrix = load_matrix()
    decisions = watch.measure("decide", lambda: decide(catalog, churn, matrix=matrix))
    watch.measure("design and generate", lambda: _generate(catalog, decisions))


def _select_bare(conninfo: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(BARE_SELECT).fetchall()


def _compare_samples(conninfo: str) -> dict[str, float]:
    """What the server takes for one reading of the counters and for the bare query, by turns on one open connection.

    The clock runs from sending to the last row received; no row is made into an object.
    """
    sample = [QUERIES.joinpath(f"{name}.sql").read_bytes() for name in ("limits", "clock", "counters")]
    with psycopg.connect(conninfo, prepare_threshold=None) as connection:
        taken = [(_clock(connection, sample), _clock(connection, [BARE_SELECT.encode()])) for _ in range(_SAMPLES)]
    seconds, bare = (median(column) for column in zip(*taken[1:], strict=True))  # the first one fills caches
    return {"seconds": seconds, "bare": bare}


def _clock(connection: psycopg.Connection[tuple[Any, ...]], statements: list[bytes]) -> float:
    """Seconds for the statements in one transaction."""
    started = perf_counter()
    for statement in statements:
        connection.execute(statement)
    connection.rollback()
    return perf_counter() - started


def _write(conninfo: str) -> None:
    """Through a connection of its own: a server counts what a session wrote when the session ends, if not before."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("call benchmark.write_tables()")


def _generate(catalog: Catalog, decisions: Decisions) -> list[str]:
    scripts = []
    for decision in decisions.values():
        with suppress(ScriptRefused):
            scripts.append(generate(design(decision, catalog)).up)
    return scripts


if __name__ == "__main__":
    try:
        json.dump(pass_stations(sys.argv[1]), sys.stdout)
    except KeyboardInterrupt:
        sys.exit(130)
