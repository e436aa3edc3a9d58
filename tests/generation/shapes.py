"""Catalogues and databases with a table of another shape beside the application."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.model import ByTable, Catalog, Table
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import Application, open_application
from .people import PEOPLE
from .world import (
    SERVER,
    TABLES,
    create_table,
)


def with_table(table: Table) -> Catalog:
    return Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, table)}))


def application_with(server: RunningServer, more: str) -> Iterator[Application]:
    for application in open_application(server, " ".join(map(create_table, TABLES)) + more):
        application.run(PEOPLE)
        yield application
