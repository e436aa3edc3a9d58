"""What each trigger design costs the writer, and how many messages it leaves: side by side, round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from databases import Database, make_database
from ratios import Ratio, format_counts, format_table
from workloads import Workload, fill, fill_many_scopes, make_workloads

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Script
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

NO_TRIGGER = "no trigger"
# Written once before anything counts: plans are made, files have grown.
_WARM_UP_ROWS = 2_000


def _install_nothing(_: Database) -> None:
    pass


def _install_framework(database: Database) -> None:
    database.run_script("framework")


def _install_broadcast_changes(database: Database) -> None:
    database.run_script("broadcast_changes")


def _install_ours(database: Database, granularity: str = "statement") -> None:
    script = _generate(database, granularity)
    database.run(script.functions)
    database.run(script.triggers)
    apply_policies(database.admin, script.policies)


def _install_set_based(database: Database) -> None:
    _install_ours(database, "statement, set-based")


def _install_per_transaction(database: Database) -> None:
    _install_ours(database, "transaction")


def _generate(database: Database, granularity: str = "statement") -> Script:
    """What the project writes for public.documents, from the database alone. Raises ScriptRefused."""
    with closing(open_target(database.conninfo)) as target:
        catalog = read_catalog(target)
        decisions = decide(catalog, measure_churn(take_snapshot(target)))
    return generate(design(decisions["public.documents"], catalog, granularity=granularity))


VARIANTS: Mapping[str, Callable[[Database], None]] = {
    NO_TRIGGER: _install_nothing,
    "framework's row trigger": _install_framework,
    "broadcast_changes row trigger": _install_broadcast_changes,
    "generated statement trigger": _install_ours,
    "generated, set-based above 50 scopes": _install_set_based,
    "generated, once per transaction": _install_per_transaction,
}


@dataclass
class Measured:
    """What one variant took for one workload, by round."""

    seconds: list[float] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)


Results = Mapping[tuple[str, str], Measured]


def compare_triggers(server: RunningServer, rows: int, rounds: int) -> str:
    """The table of ratios to no trigger, for tables of so many rows."""
    workloads = make_workloads(rows)
    with ExitStack() as resources:
        databases = {name: resources.enter_context(make_database(server)) for name in VARIANTS}
        for name, database in databases.items():
            _prepare(database, rows)
            VARIANTS[name](database)
        _measure(databases, make_workloads(min(rows, _WARM_UP_ROWS)), [0])
        results = _measure(databases, workloads, range(1, rounds + 1))
    return format_table(list(_rows(results, workloads)))


def _prepare(database: Database, rows: int) -> None:
    database.run_script("members")
    database.run_script("documents")
    fill(database, rows)
    fill_many_scopes(database, rows)


def _measure(databases: Mapping[str, Database], workloads: Sequence[Workload], rounds: Iterable[int]) -> Results:
    """Every variant in turn within a workload, so that what disturbs the machine disturbs them alike."""
    results: defaultdict[tuple[str, str], Measured] = defaultdict(Measured)
    for round_number in rounds:
        for workload in workloads:
            for name, database in databases.items():
                seconds, messages = workload.measure(database, round_number)
                results[workload.title, name].seconds.append(seconds)
                results[workload.title, name].messages.append(messages)
    return results


def _rows(results: Results, workloads: Sequence[Workload]) -> Iterator[tuple[str, str, str]]:
    yield "", "time  (least-most)", "messages"
    for workload in workloads:
        baseline = results[workload.title, NO_TRIGGER].seconds
        yield workload.title, "", ""
        for name in VARIANTS:
            measured = results[workload.title, name]
            yield f"  {name}", str(Ratio.of(measured.seconds, baseline)), format_counts(measured.messages)
