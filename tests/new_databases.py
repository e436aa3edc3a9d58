"""Databases of tests: empty ones, and ones with Realtime's schema, which each process installs once a server."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Identifier

from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install


@dataclass
class Templates:
    """Templates on one server, by the tables that they have beside Realtime's schema; none for what is asked once."""

    made: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


_TEMPLATES: dict[RunningServer, Templates] = {}


@contextmanager
def keep_templates(server: RunningServer) -> Iterator[None]:
    """Until the end, databases of `realtime_database` are copied on this server, rather than built each time."""
    _TEMPLATES[server] = Templates()
    try:
        yield
    finally:
        for name in _TEMPLATES.pop(server).made.values():
            _drop(server, name)


@contextmanager
def new_database(server: RunningServer, template: str = "template0", owner: str = "supabase_admin") -> Iterator[str]:
    """The name of a new database, dropped at the end whoever is still connected."""
    name = _create(server, template, owner)
    try:
        yield name
    finally:
        _drop(server, name)


@contextmanager
def realtime_database(server: RunningServer, tables: str = "") -> Iterator[str]:
    """The name of a new database with Realtime's schema and these tables of the role postgres; dropped at the end."""
    templates = _TEMPLATES.get(server)
    if templates is None:
        with new_database(server) as name:
            _install(server, name)
            _run(server, name, tables)
            yield name
        return
    if "" not in templates.made:
        templates.made[""] = _create(server, "template0")
        _install(server, templates.made[""])
    if tables in templates.asked and tables not in templates.made:
        templates.made[tables] = _create(server, templates.made[""], "postgres")
        _run(server, templates.made[tables], tables)
    templates.asked.add(tables)
    with new_database(server, templates.made.get(tables, templates.made[""]), "postgres") as name:
        if tables not in templates.made:
            _run(server, name, tables)
        yield name


def _create(server: RunningServer, template: str, owner: str = "supabase_admin") -> str:
    name = f"test_{secrets.token_hex(8)}"
    # Files are copied in half the time that their pages take to go through the WAL, which PostgreSQL 14 never does.
    strategy = SQL("strategy file_copy" if server.binaries.major >= 15 else "")
    statement = SQL("create database {} template {} owner {} {}")
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(statement.format(Identifier(name), Identifier(template), Identifier(owner), strategy))
    return name


def _drop(server: RunningServer, name: str) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def _install(server: RunningServer, name: str) -> None:
    with psycopg.connect(server.conninfo(name), autocommit=True) as admin:
        install(admin)


def _run(server: RunningServer, name: str, tables: str) -> None:
    with psycopg.connect(server.conninfo(name, "postgres"), autocommit=True) as owner:
        owner.execute(tables.encode(), prepare=False)
