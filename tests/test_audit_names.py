"""Hostile names: each finding stays one line, and its SQL does what it says to that object and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from realtime_advisor.decision.audit import audit
from realtime_advisor.decision.audit.wording import literal, named, qualified, quoted
from realtime_advisor.model import AuditFinding, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.setup import read_setup
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from .conftest import fresh_database

TEXTS = st.text(
    st.one_of(
        st.sampled_from(list("\"'\\;-$.%: \n\r\t\u2028\x7f\u202e{}")),
        st.characters(codec="utf-8", exclude_characters="\0"),
    ),
    min_size=1,
    max_size=12,
)
WORDS = st.sampled_from(["order", "select", "Table", "user", "_a", "a$b", "public"])
NAMES = st.one_of(WORDS, TEXTS)


@pytest.fixture(scope="module")
def conninfo(server: RunningServer) -> Iterator[str]:
    with fresh_database(server) as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def connection(conninfo: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        install(connection)
        yield connection


@given(name=NAMES)
def test_a_name_in_a_sentence_is_one_line(name: str) -> None:
    said = named(TableName(name, name))
    assert said.isprintable()
    assert said.replace(" ", "") != ""


@given(schema=NAMES, name=NAMES, value=NAMES)
@example(schema='a"b', name="order", value="it's")
@example(schema="a\nb", name='\\"\t', value="\\'\n")
@settings(deadline=None)
def test_postgres_reads_back_the_name_and_the_value(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, name: str, value: str
) -> None:
    sql = f"select {literal(value)} from (select 1 as {quoted(name)}) as {quoted(schema)}"
    assert sql.isprintable()
    reading = connection.execute(f"{sql} where {qualified(TableName(schema, name))} = 1".encode())
    assert reading.fetchone() == (value,)


# {schema}, {name}: the same hostile name everywhere. Each rule whose remedy is SQL and names something of the users'.
PLANTED: tuple[LiteralString, ...] = (
    "create schema {schema}",
    "create table {schema}.{name} ({name} int not null unique, tenant_id int)",
    "alter publication supabase_realtime add table {schema}.{name}",
    "grant usage on schema {schema} to anon, authenticated",
    "grant select on {schema}.{name} to anon",
    "create table {schema}.b (id int primary key, tenant_id int)",
    "alter table {schema}.b enable row level security",
    "create policy {name} on {schema}.b for select using (true)",
    "create policy other on {schema}.b for select using (tenant_id = 1)",
    "grant select on {schema}.b to anon",
    "create function {schema}.{name}() returns trigger language plpgsql as"
    " $$ begin perform realtime.send('{{}}', 'e', 't'); return null; end $$",
    "create trigger {name} after insert on {schema}.{name} for each statement execute function {schema}.{name}()",
    "create trigger {name} after insert on {schema}.b for each statement execute function {schema}.{name}()",
    "alter table {schema}.b disable trigger {name}",
    "create policy {name} on realtime.messages for select using (true)",
)
REMEDIED = {
    *("published_without_identity", "published_without_row_security", "policy_shows_all_rows"),
    *("trigger_sends_as_writer", "telling_trigger_disabled", "messages_policy_is_true"),
}


@given(name=NAMES)
@example(name='"; drop')
@example(name="order")
@example(name="\\\n$$")
@settings(max_examples=12, deadline=None)
def test_remedies_reach_exactly_what_bears_the_name(
    connection: psycopg.Connection[tuple[object, ...]], conninfo: str, name: str
) -> None:
    names = {"schema": Identifier(f"s{name}"), "name": Identifier(name)}
    try:
        for statement in PLANTED:
            connection.execute(SQL(statement).format(**names))
        before = findings(conninfo)
        assert {finding.rule for finding in before if finding.sql} == REMEDIED
        assert all((finding.sentence + finding.remedy + finding.sql).isprintable() for finding in before)
        for finding in before:
            connection.execute(finding.sql.encode())
        assert not REMEDIED & {finding.rule for finding in findings(conninfo)}
    finally:
        connection.execute(SQL("drop schema if exists {schema} cascade").format(**names))
        connection.execute(SQL("drop policy if exists {name} on realtime.messages").format(**names))


def findings(conninfo: str) -> tuple[AuditFinding, ...]:
    target = open_target(conninfo)
    try:
        return audit(read_catalog(target), read_setup(target))
    finally:
        target.close()
