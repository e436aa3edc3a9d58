"""What is quoted is read back as it was, whoever chose it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_advisor.generation.quoting import (
    RESERVED,
    comment_text,
    dollar_quote,
    quote_ident,
    quote_literal,
)
from realtime_advisor.sandbox.postgres import RunningServer

from .odd_names import ids, names

Connection = psycopg.Connection[tuple[str, ...]]
OFTEN = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection(server: RunningServer) -> Iterator[Connection]:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        yield connection


@OFTEN
@given(names)
def test_an_identifier_names_what_it_was_made_of(connection: Connection, name: str) -> None:
    cursor = connection.execute(f"select 1 as {quote_ident(name)}".encode())
    assert cursor.description is not None
    assert [column.name for column in cursor.description] == [name]


@OFTEN
@given(names.filter(lambda name: "\n" not in name and "\r" not in name))
def test_an_identifier_is_quoted_as_the_server_quotes_it(connection: Connection, name: str) -> None:
    assert connection.execute("select quote_ident(%s)", [name]).fetchone() == (quote_ident(name),)


def test_the_keywords_are_the_servers(connection: Connection) -> None:
    words = connection.execute("select word from pg_get_keywords() where catcode <> 'U'").fetchall()
    assert {word for (word,) in words} <= RESERVED


@OFTEN
@given(ids, st.sampled_from(["on", "off"]))
def test_a_literal_means_what_it_was_made_of(connection: Connection, value: str, conforming: str) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(f"set local standard_conforming_strings = {conforming}".encode())
        assert connection.execute(f"select {quote_literal(value)}".encode()).fetchone() == (value,)


@OFTEN
@given(ids)
def test_a_dollar_quoted_body_is_read_back(connection: Connection, body: str) -> None:
    assert connection.execute(f"select {dollar_quote(body)}".encode()).fetchone() == (body,)


@given(st.text())
def test_a_comment_stays_on_its_line(text: str) -> None:
    assert len(f"-- {comment_text(text)}".splitlines()) == 1


@pytest.mark.parametrize("nameless", ["", "a\0b"])
def test_what_cannot_name_anything_is_refused(nameless: str) -> None:
    with pytest.raises(ValueError, match="cannot name anything"):
        quote_ident(nameless)


def test_a_literal_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote_literal("a\0b")
