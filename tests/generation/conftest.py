"""A database with the Realtime-compatible schema and the small application of world.py, on each server at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import psycopg
import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Catalog, Decision, Design, Feed, Option, Script
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import Access, apply_policies, authorize

from ..new_databases import realtime_database
from .world import CATALOG, DASHBOARD, TABLES, create_table

Rows = list[tuple[Any, ...]]


@dataclass
class Application:
    """The application's database: `admin` is the superuser, `owner` the role postgres, to whom the tables belong."""

    server: RunningServer
    name: str
    admin: psycopg.Connection[tuple[Any, ...]]
    owner: psycopg.Connection[tuple[Any, ...]]
    warnings: list[str] = field(default_factory=list)

    def run(self, sql: str) -> None:
        """Run SQL as the owner of the tables."""
        self.owner.execute(sql.encode(), prepare=False)

    def ask(self, sql: str) -> Rows:
        """The superuser's rows of a query."""
        return self.admin.execute(sql.encode(), prepare=False).fetchall()

    def change(self, sql: str) -> None:
        """Run SQL as the superuser."""
        self.admin.execute(sql.encode(), prepare=False)

    def install(self, script: Script) -> None:
        self.run(script.functions)
        self.run(script.triggers)
        apply_policies(self.admin, script.policies)

    def messages(self) -> Rows:
        """Topic, event and payload without its message id of what was sent, in order of topic; then forget it."""
        sent = self.ask(
            "select topic, event, payload - 'id' from realtime.messages where extension = 'broadcast' and private "
            "order by topic, event"
        )
        self.change("delete from realtime.messages")
        return sent

    def topics(self) -> list[str]:
        return [topic for topic, _, _ in self.messages()]

    def may_join(self, topic: str, subject: object) -> bool:
        access = self.access(topic, subject)
        assert access.error is None
        return access.broadcast_read

    def access(self, topic: str, subject: object) -> Access:
        return authorize(self.admin, topic, {"role": "authenticated", "sub": subject})


class Choices(TypedDict, total=False):
    """What the architect may choose."""

    watched: Sequence[str] | None
    granularity: str | None
    most_topics: int | None
    operations: Sequence[str]
    topic: str
    event: str
    columns: Sequence[str]
    clients_send: bool


def write(
    decision: Decision,
    catalog: Catalog = CATALOG,
    feeds: Sequence[Feed] = (DASHBOARD,),
    **choices: Unpack[Choices],
) -> Script:
    """The script of a decision, with Broadcast as the architect's choice."""
    return generate(plan(decision, catalog, feeds, **choices))


def plan(
    decision: Decision,
    catalog: Catalog = CATALOG,
    feeds: Sequence[Feed] = (DASHBOARD,),
    **choices: Unpack[Choices],
) -> Design:
    return design(decision, catalog, feeds=feeds, option=Option.BROADCAST, **choices)


def open_application(server: RunningServer, tables: str) -> Iterator[Application]:
    """A database of its own with these tables, dropped at the end."""
    with (
        realtime_database(server, tables) as name,
        psycopg.connect(server.conninfo(name), autocommit=True) as admin,
        psycopg.connect(server.conninfo(name, "postgres"), autocommit=True) as owner,
    ):
        application = Application(server, name, admin, owner)
        owner.add_notice_handler(lambda notice: _remember(application, notice))
        yield application


def _remember(application: Application, notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity == "WARNING":
        application.warnings.append(str(notice.message_primary))


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def application(request: pytest.FixtureRequest) -> Iterator[Application]:
    """The application on the embedded server, then on PostgreSQL 15."""
    running: RunningServer = request.getfixturevalue(request.param)
    yield from open_application(running, " ".join(create_table(table) for table in TABLES))


@pytest.fixture
def embedded(server: RunningServer) -> Iterator[Application]:
    """The application on the embedded server only."""
    yield from open_application(server, " ".join(create_table(table) for table in TABLES))
