"""What must not leave the database does not: secrets are planted, and the bundle is searched for them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import md5
from pathlib import Path

import jsonschema
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.bundle.adr import WHOLE
from realtime_advisor.bundle.compare import compare
from realtime_advisor.bundle.decisions import describe
from realtime_advisor.bundle.export import export
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.readme import SCHEMA
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice, Place
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.targets import connect

from ..generation.conftest import open_application

PLANTED = Path(__file__).with_name("planted.sql")
PASSWORD = f"pw-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Searched:
    """A bundle, and what of the connection must not be in it."""

    files: Mapping[str, str]
    connection: tuple[str, ...]
    advice: Advice

    def find(self, word: str) -> list[str]:
        """The lines that have the word."""
        return [
            f"{name}: {line.strip()[:200]}"
            for name, text in self.files.items()
            for line in text.splitlines()
            if word in line
        ]


@pytest.fixture(scope="module")
def searched(server: RunningServer) -> Iterator[Searched]:
    """The bundle of a database with planted secrets, reached by a URL with a password, by a role that sees all."""
    role = f"planted_role_{secrets.token_hex(4)}"
    for application in open_application(server, PLANTED.read_text(encoding="utf-8")):
        admin = application.admin
        admin.execute("analyze")
        admin.execute(SQL("create role {} login superuser password {}").format(Identifier(role), Literal(PASSWORD)))
        conninfo = make_conninfo(server.conninfo(application.name), user=role, password=PASSWORD)
        try:
            advice = advise(connect(conninfo), 0, prove=2)
            yield Searched(export(advice), (PASSWORD, server.host, role, application.name), advice)
        finally:
            with psycopg.connect(server.conninfo(application.name), autocommit=True) as connection:
                connection.execute(SQL("drop role {}").format(Identifier(role)))


def test_the_tables_are_decided_and_have_scripts(searched: Searched) -> None:
    """So that there is something to search."""
    assert "tables/public.orders.up.sql" in searched.files
    assert "| public.letters |" in searched.files["README.md"]
    assert len(searched.files) > 30


def test_no_password_host_role_or_database_is_in_it(searched: Searched) -> None:
    assert len(set(searched.connection)) == 4
    assert [searched.find(word) for word in searched.connection] == [[]] * 4


def test_host_and_database_are_told_where_that_is_asked_for(searched: Searched) -> None:
    password, folder, role, database = searched.connection
    asked = replace(searched, files=export(searched.advice, show_host=True))
    telling = {name for name, text in asked.files.items() if f"database {database} on a local socket" in text}
    assert telling == {"README.md", "report.html", WHOLE}
    assert json.loads(asked.files[INDEX])["target"].items() >= {"database": database, "host": "a local socket"}.items()
    jsonschema.validate(json.loads(asked.files[INDEX]), json.loads(asked.files[SCHEMA]))
    assert [asked.find(word) for word in (password, folder, role)] == [[]] * 3


def test_a_host_is_told_as_it_was_named_and_spelled_safely(searched: Searched) -> None:
    away = replace(searched.advice, place=Place("<b>app", "db.example.com:6543"))
    told = export(away, show_host=True)
    assert "database &lt;b>app on db.example.com:6543, " in told["README.md"]
    assert "database &lt;b&gt;app on db.example.com:6543, " in told["report.html"]
    assert export(away) == searched.files


def test_a_comparison_and_a_history_know_no_host(searched: Searched) -> None:
    away = replace(searched.advice, place=Place("app", "db.example.com:6543"))
    assert "db.example.com" not in json.dumps(describe(away, {}))
    assert not compare(json.loads(export(away, show_host=True)[INDEX]), away)


def test_no_value_of_a_row_default_check_or_function_is_in_it(searched: Searched) -> None:
    assert searched.find("planted") == []
    for user in ("planted-user", "planted-tenant-1"):
        assert searched.find(md5(user.encode()).hexdigest()[:8]) == []


def test_of_a_policy_a_reason_quotes_what_it_cannot_read(searched: Searched) -> None:
    assert any("README.md" in line for line in searched.find("also test body <> 'quoted-from-a-policy'"))
