"""The workshop database with its bundle applied, copied for each test that plants something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor.bundle.export import export
from realtime_advisor.generation.cutover import cut_over, needs_cut_over
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies
from realtime_advisor.targets import connect
from realtime_advisor.workshop.database import open_workshop

from ..new_databases import new_database


@pytest.fixture(scope="session")
def workshop_advice() -> Advice:
    """What is decided about the workshop database, its scripts not proved."""
    return advise(connect(environ={}), prove=0)


@pytest.fixture(scope="session")
def exported(workshop_advice: Advice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the workshop's bundle, to be read only."""
    folder = tmp_path_factory.mktemp("bundle") / "out"
    export(workshop_advice, folder)
    return folder


@dataclass(frozen=True)
class Installed:
    """A database on which the bundle was applied."""

    server: RunningServer
    name: str

    def run(self, statements: str) -> None:
        """As the superuser, who may do what Supabase's postgres may do to policies."""
        with psycopg.connect(self.server.conninfo(self.name), autocommit=True) as connection:
            connection.execute(statements.encode())

    @contextmanager
    def target(self, role: str = "postgres") -> Iterator[Target]:
        target = open_target(self.server.conninfo(self.name, role))
        try:
            yield target
        finally:
            target.close()


def install(server: RunningServer, name: str, advice: Advice) -> None:
    """Apply everything: the migration of all tables, and what is left to do at the cut-over."""
    made = generate_all(advice.designs.values())
    with psycopg.connect(server.conninfo(name, "postgres"), autocommit=True) as connection:
        connection.execute(made.functions.encode())
        connection.execute(made.triggers.encode())
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        apply_policies(connection, made.policies)
        for design in advice.designs.values():
            if needs_cut_over(design):
                connection.execute(cut_over(design).encode())


@pytest.fixture(scope="session")
def applied(server: RunningServer, workshop_advice: Advice) -> Iterator[Installed]:
    """One database with the bundle applied; nobody stays connected to it, so that it can be copied."""
    with open_workshop() as workshop:
        name = str(conninfo_to_dict(workshop.conninfo)["dbname"])
        install(server, name, workshop_advice)
        yield Installed(server, name)


@pytest.fixture
def installed(applied: Installed) -> Iterator[Installed]:
    """A copy of it for one test."""
    with new_database(applied.server, applied.name, "postgres") as name:
        yield Installed(applied.server, name)
