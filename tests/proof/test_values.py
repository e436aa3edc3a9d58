"""Values are such as Postgres writes them, and differ as long as a type has enough of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import psycopg
import pytest
from psycopg.sql import SQL, Literal

from realtime_advisor.model import Column
from realtime_advisor.proof.values import HOSTILE, another, keys, value
from realtime_advisor.sandbox.postgres import RunningServer

# Types that may be keys: what was put in is compared with what comes out, letter by letter.
KEYS = (
    "uuid",
    "bigint",
    "integer",
    "smallint",
    "numeric",
    "numeric(10,3)",
    "text",
    "character varying(20)",
    "oid",
    "date",
    "timestamp with time zone",
    "timestamp without time zone",
)
OTHERS = (
    *("boolean", "json", "jsonb", "bytea", "inet", "cidr", "macaddr", "macaddr8", "point", "box", "circle", "line"),
    *("lseg", "path", "polygon", "tsvector", "tsquery", "int4range", "daterange", "tstzrange", "tsrange", "money"),
    *("interval", "real", "double precision", "bit(4)", "bit varying", "character(3)", "text[]", "integer[]", "pg_lsn"),
    *(
        "name",
        '"char"',
        "time without time zone",
        "time(3) with time zone",
        "timestamp(3) with time zone",
        "numrange",
        "numeric(5,2)",
    ),
    *("uuid[]", "jsonb[]", "int8range", "int4multirange", "character varying(2)[]", "character varying(3)"),
)


@pytest.fixture(scope="module")
def connection(server: RunningServer) -> Iterator[psycopg.Connection[tuple[str, ...]]]:
    with psycopg.connect(server.conninfo(), autocommit=True) as opened:
        yield opened


def as_text(connection: psycopg.Connection[tuple[str, ...]], type_name: str, text: str) -> str:
    found = connection.execute(SQL("select ({}::{})::text").format(Literal(text), SQL(type_name))).fetchone()
    assert found
    return found[0]


@pytest.mark.parametrize("type_name", KEYS)
def test_keys_are_written_as_postgres_writes_them(
    connection: psycopg.Connection[tuple[str, ...]], type_name: str
) -> None:
    made = list(islice(keys(type_name, 1, {}, hostile=True), 30))
    assert [as_text(connection, type_name, key) for key in made] == made
    assert len(set(made)) == 30
    assert not set(made) & set(islice(keys(type_name, 2, {}, hostile=False), 30))


@pytest.mark.parametrize("type_name", [*KEYS, *OTHERS])
def test_values_fit_their_type_and_differ(connection: psycopg.Connection[tuple[str, ...]], type_name: str) -> None:
    seen = {as_text(connection, type_name, value(type_name, number)) for number in (1, 2, 500, 10_000)}
    assert len(seen) > 1


def test_hostile_keys_keep_within_a_columns_length() -> None:
    made = list(islice(keys("character varying(5)", 1, {}, hostile=True), 20))
    assert max(map(len, made)) <= 5
    assert {"acme", "%", "ACME"} <= set(made) & set(HOSTILE)


def test_another_value_differs_from_the_one_that_is_taken() -> None:
    assert another(Column("done", "boolean"), "true", {}) == "false"
    assert another(Column("state", "public.state"), "only", {"public.state": ("only",)}) is None
