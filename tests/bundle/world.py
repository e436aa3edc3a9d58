"""A bundle of the workshop database, a fresh copy to apply it to, and the Supabase CLI's way of applying."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import psycopg

from realtime_advisor.bundle.export import Bundle, export
from realtime_advisor.bundle.manifest import MANIFEST
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.targets import connect
from realtime_advisor.workshop.database import open_workshop

# Where the CLI's parser stands inside something that a semicolon does not end: a comment, a quoted text, a body.
_STATEMENT = re.compile(r"""(?:--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|[^;])+""", re.DOTALL)


@cache
def workshop_advice() -> Advice:
    """What is decided about the workshop database by its counters; nothing was tried in the sandbox."""
    return advise(connect(environ={}), 0, prove=0)


@cache
def workshop_bundle() -> Bundle:
    return export(workshop_advice())


def migrations(bundle: Mapping[str, str]) -> list[str]:
    """The texts of the migrations, in order."""
    return [bundle[name] for name in json.loads(bundle[MANIFEST])["migrations"]]


@contextmanager
def fresh_workshop(server: RunningServer) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser's connection to a new copy of the workshop database."""
    with open_workshop(server) as workshop:
        name = str(psycopg.conninfo.conninfo_to_dict(workshop.conninfo)["dbname"])
        with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
            yield connection


def apply_as_the_cli_does(connection: psycopg.Connection[tuple[object, ...]], text: str) -> None:
    """All statements of a file in one pipeline, then the one that notes the version; as the role postgres.

    The policies are an exception: on Supabase an extension lets postgres make them, here the superuser does.
    """
    if "create policy" not in text:
        connection.execute("set role postgres")
    try:
        with connection.pipeline():
            for statement in _STATEMENT.finditer(text):
                if statement[0].strip():
                    connection.execute(statement[0].strip().encode(), prepare=False)
            connection.execute("create temporary table if not exists schema_migrations (version text)")
    finally:
        connection.rollback()
        connection.execute("reset role")
