"""The small application of the generated SQL's tests, and a channel server before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from realtime_advisor.sandbox.gateway import Gateway
from realtime_advisor.sandbox.postgres import RunningServer

from ...generation.conftest import Application, open_application, write
from ...generation.people import PEOPLE, RED
from ...generation.test_entitlement import keyed
from ...generation.world import DOCUMENTS_DECISION, TABLES, create_table

TEXT_KEYS = keyed("text", "text")


@pytest.fixture(scope="session")
def application(server: RunningServer) -> Iterator[Application]:
    """Documents speak to their tenant's dashboard, notes to their team, whose key is any text."""
    decision, catalog = TEXT_KEYS
    tables = (*TABLES, *(catalog[name] for name in ("teams", "members", "notes")))
    for application in open_application(server, " ".join(map(create_table, tables))):
        application.run(PEOPLE + f"insert into documents (id, tenant_id, title) values (0, '{RED}', 'first')")
        application.install(write(DOCUMENTS_DECISION))
        application.install(write(decision, catalog))
        yield application


@pytest.fixture(scope="session")
def conninfo(application: Application) -> str:
    return application.server.conninfo(application.name)


@pytest.fixture(scope="session")
def running(conninfo: str) -> Iterator[Gateway]:
    """One for all: making its slot waits for whoever is writing anywhere on the server."""
    with Gateway(conninfo) as gateway:
        yield gateway


@pytest.fixture
def gateway(running: Gateway) -> Iterator[Gateway]:
    """The channel server, without faults and without clients of another test."""
    yield running
    running.faults.reset()
    running.drop_connections()
