"""The workshop after its ten minutes, read once for the tests that judge it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import Catalog, DatabaseChurn, Snapshot
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.workshop.database import WorkshopDatabase, open_workshop
from realtime_advisor.workshop.traffic import run_traffic


@dataclass(frozen=True)
class Observed:
    """A catalogue and its churn; `names` are what the tables were called, where they were renamed."""

    catalog: Catalog
    churn: DatabaseChurn
    names: dict[str, str]


@dataclass(frozen=True)
class BusyWorkshop:
    """The workshop after its traffic, and the snapshots taken meanwhile."""

    database: WorkshopDatabase
    target: Target
    snapshots: tuple[Snapshot, ...]


@pytest.fixture(scope="session")
def busy_workshop(server: RunningServer) -> Iterator[BusyWorkshop]:
    with open_workshop(server) as database:
        target = open_target(database.conninfo, clock=database.clock)
        snapshots = [take_snapshot(target)]
        for _ in range(10):
            run_traffic(database, 1)
            snapshots.append(take_snapshot(target))
        yield BusyWorkshop(database, target, tuple(snapshots))


@pytest.fixture(scope="session")
def observed(busy_workshop: BusyWorkshop) -> Observed:
    """The workshop as it is."""
    return Observed(read_catalog(busy_workshop.target), measure_churn(*busy_workshop.snapshots), {})


@pytest.fixture(scope="session")
def renamed(busy_workshop: BusyWorkshop, observed: Observed) -> Observed:
    """The same after every table was renamed to t1 ... tn. Depends on `observed`, which is read before."""
    names = {str(table.name): f"t{number}" for number, table in enumerate(observed.catalog, 1)}
    with psycopg.connect(busy_workshop.database.conninfo, autocommit=True) as connection:
        for table in observed.catalog:
            connection.execute(
                SQL("alter table {} rename to {}").format(
                    Identifier(table.name.schema, table.name.name), Identifier(names[str(table.name)])
                )
            )
    busy_workshop.database.advance_to(busy_workshop.database.clock() + timedelta(seconds=1))
    last = take_snapshot(busy_workshop.target)
    churn = measure_churn(*busy_workshop.snapshots, last)
    return Observed(read_catalog(busy_workshop.target), churn, names)
