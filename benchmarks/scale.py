"""How time and memory of the stations grow with the number of tables, beside one bare query in the same process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bars import Costs, compare_with_bars
from databases import Database, make_database
from ratios import Ratio, format_table
from stations import BARE_SELECT, STATIONS

from realtime_advisor.sandbox.postgres import RunningServer

# A transaction's tables are locked until it ends, and a server holds only so many locks.
_TABLES_AT_ONCE: Final = 250
_STATIONS_SCRIPT: Final = Path(__file__).resolve().parent / "stations.py"


def compare_sizes(server: RunningServer, sizes: Sequence[int], rounds: int) -> str:
    """The tables of ratios to the bare query and to the bars, for one database that grows from size to size."""
    results: dict[int, list[Costs]] = {}
    with make_database(server) as database:
        database.run_script("members")
        database.run_script("many_tables")
        made = 0
        for size in sorted(set(sizes)):
            _grow(database, made, size)
            made = size
            results[size] = [_pass_stations(database.conninfo) for _ in range(rounds)]
    return f"{format_table(list(_rows(results)))}\n\n{format_table(list(compare_with_bars(results)))}"


def _grow(database: Database, made: int, size: int) -> None:
    for first in range(made + 1, size + 1, _TABLES_AT_ONCE):
        last = min(first + _TABLES_AT_ONCE - 1, size)
        database.owner.execute("select benchmark.make_tables(%s, %s)", [first, last])
    # As autovacuum leaves a database that has had its tables for a while: the planner knows the system catalogues.
    database.admin.execute("vacuum analyze")


def _pass_stations(conninfo: str) -> Costs:
    """The costs of one pass, in a fresh process."""
    run = subprocess.run(
        [sys.executable, str(_STATIONS_SCRIPT), conninfo], check=True, stdout=subprocess.PIPE, text=True
    )
    costs: Costs = json.loads(run.stdout)
    return costs


def _rows(results: Mapping[int, Sequence[Costs]]) -> Iterator[list[str]]:
    smallest, largest = min(results), max(results)
    heads = [f"{size:,} tables: {measure}" for size in results for measure in ("time", "memory")]
    yield ["", *heads, f"time, {largest:,} to {smallest:,} tables"]
    for station in STATIONS:
        ratios = [_ratio(results[size], station, measure) for size in results for measure in ("seconds", "memory")]
        yield [station, *map(str, ratios), f"{_growth(results[smallest], results[largest], station):.1f}"]


def _ratio(passes: Sequence[Costs], station: str, measure: str) -> Ratio:
    """To the bare query, pass by pass."""
    return Ratio.of([costs[station][measure] for costs in passes], [costs[BARE_SELECT][measure] for costs in passes])


def _growth(small: Sequence[Costs], large: Sequence[Costs], station: str) -> float:
    """How many times as long the median pass took on the large database."""
    before, after = (median(costs[station]["seconds"] for costs in passes) for passes in (small, large))
    return after / before
