"""What the output plugins write, read back: whatever names and values a database has, against real servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Composable, Identifier, Literal
from psycopg.types.json import Json

from realtime_advisor.model import TableName
from realtime_advisor.observation.wal_decoding import (
    PARSERS,
    Change,
    Operation,
    parse_test_decoding,
    parse_wal2json,
)
from realtime_advisor.sandbox.postgres import RunningServer

from ..conftest import made_database
from .world import allow_wal2json, await_no_slot

_ANY = st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")
_NAMES = [
    "old-key",
    "new-tuple:",
    "a[b]:c",
    "it's",
    'say "hi"',
    "x: INSERT: ",
    "a.b",
    "ä ö",
    "line\nbreak",
    "[]:'",
    "%s",
]
_TEXTS = ["null", "unchanged-toast-datum", "it''s", "' new-tuple: x[text]:'", "\\", "", "(no-tuple-data)"]
names = st.sampled_from(_NAMES) | st.text(_ANY, min_size=1, max_size=12)
texts = st.sampled_from(_TEXTS) | st.text(_ANY, max_size=12)
# A column's type and its value.
values = st.one_of(
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("integer"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("double precision"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("numeric"), st.decimals(allow_nan=False, allow_infinity=False, places=3)),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("text[]"), st.lists(texts, max_size=3)),
    st.tuples(st.just('"odd [type]:"'), st.just("it's")),
    st.tuples(st.just('"odd [type]:"[]'), st.just('{"it\'s"}')),
    st.tuples(st.just("json"), texts.map(lambda text: Json({text: [text, None]}))),
    st.tuples(st.just("uuid"), st.uuids()),
    st.tuples(st.just("timestamp(3) with time zone"), st.datetimes()),
    st.tuples(st.just("character varying(40)"), texts),
)


@dataclass(frozen=True)
class Decoder:
    """A database with a slot that is read with one plugin; a failure in the reader's session would end the slot."""

    writer: psycopg.Connection[Any]
    reader: psycopg.Connection[Any]
    plugin: str

    def run(self, statement: str, *parts: Composable) -> list[Any]:
        cursor = self.writer.execute(SQL(statement).format(*parts).as_bytes())
        return cursor.fetchall() if cursor.description else []

    def lines(self) -> list[str]:
        """What the plugin wrote since the last time."""
        query = "select data from pg_logical_slot_get_changes('s' || pg_backend_pid(), null, null, %s)"
        options = {
            "test_decoding": "'include-xids', 'false'",
            "wal2json": "'format-version', '2', 'include-types', 'false'",
        }
        return [line for (line,) in self.reader.execute((query % options[self.plugin]).encode())]

    def changes(self) -> list[Change]:
        return [change for change in map(PARSERS[self.plugin], self.lines()) if change]

    def texts_of(self, relation: Identifier, columns: Iterable[str]) -> dict[str, str | None]:
        """The table's only row."""
        ((row),) = self.run(
            "select {} from {}", listed(SQL("{}::text").format(Identifier(c)) for c in columns), relation
        )
        return dict(zip(columns, row, strict=True))


def listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)


@pytest.fixture(
    scope="module",
    params=[("server", "test_decoding"), ("server15", "test_decoding"), ("server15", "wal2json")],
    ids=["embedded-test_decoding", "15-test_decoding", "15-wal2json"],
)
def decoder(request: pytest.FixtureRequest) -> Iterator[Decoder]:
    fixture, plugin = request.param
    server: RunningServer = request.getfixturevalue(fixture)
    with made_database(server) as conninfo:
        if plugin == "wal2json":
            allow_wal2json(conninfo)
        connected = (psycopg.connect(conninfo, autocommit=True) for _ in range(2))
        with next(connected) as writer, next(connected) as reader:
            writer.execute("""create type "odd [type]:" as enum ('it''s')""")
            create = "select pg_create_logical_replication_slot('s' || pg_backend_pid(), %s, true)"
            reader.execute(create, [plugin])
            yield Decoder(writer, reader, plugin)
        await_no_slot(conninfo)


def fits(name: str) -> bool:
    """Whether Postgres keeps the name whole."""
    return len(name.encode()) < 64 and not name.startswith("pg_")


@settings(max_examples=60, deadline=None)
@given(
    schema=names.filter(fits),
    table=names.filter(fits),
    columns=st.dictionaries(names.filter(fits), values, min_size=1, max_size=5),
    nulls=st.sets(st.integers(0, 4)),
)
def test_whatever_is_written_is_read_back(
    decoder: Decoder, schema: str, table: str, columns: dict[str, tuple[str, Any]], nulls: set[int]
) -> None:
    row = {name: None if at in nulls else value for at, (name, (_, value)) in enumerate(columns.items())}
    relation = Identifier(schema, table)
    kinds = (SQL("{} " + kind).format(Identifier(name)) for name, (kind, _) in columns.items())
    try:
        decoder.run("create schema {}", Identifier(schema))
        decoder.run("create table {} ({})", relation, listed(kinds))
        decoder.run("alter table {} replica identity full", relation)
        decoder.run("insert into {} values ({})", relation, listed(map(Literal, row.values())))
        written = decoder.texts_of(relation, row)
        decoder.run("update {} set {}", relation, listed(SQL("{} = null").format(Identifier(name)) for name in row))
        decoder.run("delete from {}", relation)
        decoder.run("truncate {}", relation)
        inserted, updated, deleted, truncated = decoder.changes()
    finally:
        decoder.run("drop schema {} cascade", Identifier(schema))
        decoder.lines()
    tables, empty = (TableName(schema, table),), dict.fromkeys(row)
    assert inserted == Change(Operation.INSERT, tables, written, {})
    assert updated._replace(old={**empty, **updated.old}) == Change(Operation.UPDATE, tables, empty, written)
    assert deleted._replace(old={**empty, **deleted.old}) == Change(Operation.DELETE, tables, {}, empty)
    assert truncated == Change(Operation.TRUNCATE, tables, {}, {})


def test_the_old_key_is_told_where_it_changes_and_a_large_value_only_where_it_does(decoder: Decoder) -> None:
    decoder.run("create table t (id int primary key, large text)")
    decoder.run("alter table t alter large set storage external")
    decoder.run("insert into t values (1, repeat('x', 5000))")
    decoder.changes()
    decoder.run("update t set id = 2")
    decoder.run("update t set large = null")
    decoder.run("delete from t")
    decoder.run("drop table t")
    moved, emptied, deleted = decoder.changes()
    assert (moved.new, moved.old) == ({"id": "2"}, {"id": "1"})
    assert emptied.new == {"id": "2", "large": None}
    assert deleted.old == {"id": "2"}


def test_values_that_are_printed_without_quotes_are_read(decoder: Decoder) -> None:
    decoder.run('create table t (id int primary key, n numeric, b bit(3), y bytea, c "char", m money, e text[])')
    decoder.run("insert into t values (1, 1e3, B'101', '\\xdead', 'x', 3, '{{null,\"null\"}}')")
    decoder.run("drop table t")
    (change,) = decoder.changes()
    bits, data = ("B'101'", "\\xdead") if decoder.plugin == "test_decoding" else ("101", "dead")
    assert change.new == {"id": "1", "n": "1000", "b": bits, "y": data, "c": "x", "m": "$3.00", "e": '{NULL,"null"}'}


def test_a_row_without_identity_is_deleted_namelessly_or_not_told_at_all(decoder: Decoder) -> None:
    decoder.run("create table t (n int)")
    decoder.run("insert into t values (1)")
    decoder.run("delete from t")
    decoder.run("drop table t")
    changes = decoder.changes()
    if decoder.plugin == "test_decoding":
        assert changes[1:] == [Change(Operation.DELETE, (TableName("public", "t"),), {}, {})]
    else:
        assert changes[1:] == []


def test_tables_that_are_truncated_together_are_all_told(decoder: Decoder) -> None:
    decoder.run('create table t (n int); create table "a, b.c" (n int)')
    decoder.run('truncate t, "a, b.c" restart identity cascade')
    decoder.run('drop table t, "a, b.c"')
    told = [table for change in decoder.changes() for table in change.tables]
    assert told == [TableName("public", "t"), TableName("public", "a, b.c")]


def test_what_is_no_change_of_rows_is_passed_over(decoder: Decoder) -> None:
    decoder.run("select pg_logical_emit_message(true, 'table public.t: INSERT: id[integer]:1', 'hello')")
    assert decoder.lines() != []
    decoder.run("select pg_logical_emit_message(true, 'p', 'q')")
    assert decoder.changes() == []


@pytest.mark.parametrize(
    "line",
    [
        "table public.t",
        "table public.t: INSERT: id[integer]",
        "table public.t: INSERT: id[integer]:1 ",
        "table public.t: INSERT: id[integer]:'it's'",
        "table public.t: MERGE: id[integer]:1",
    ],
)
def test_a_line_that_cannot_be_read_is_refused_without_its_values(line: str) -> None:
    with pytest.raises(ValueError, match="test_decoding wrote a (change|column) that cannot be read"):
        parse_test_decoding(line)


@pytest.mark.parametrize("line", ["BEGIN", "COMMIT 7", "message: transactional: 1 prefix: p, sz: 5 content:table"])
def test_other_lines_of_test_decoding_are_no_change(line: str) -> None:
    assert parse_test_decoding(line) is None


@pytest.mark.parametrize("action", ["B", "C", "M"])
def test_other_actions_of_wal2json_are_no_change(action: str) -> None:
    assert parse_wal2json(f'{{"action":"{action}"}}') is None
