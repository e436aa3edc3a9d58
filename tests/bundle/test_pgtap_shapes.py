"""A test in pgTAP is green for whatever shape of table, key and choice its script is sound for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.bundle.pgtap import render_test
from realtime_advisor.generation.quoting import qualified, quote_ident
from realtime_advisor.model import Catalog, Column, Entitlement, RelationKind, Table
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import Application, open_application, write
from ..generation.shapes import with_table
from ..generation.world import TENANT_SCOPE, TENANTS, USERS, create_table, decide, make_table, public
from ..proof.designs import Case
from ..proof.varied import VARIED

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def empty(server15: RunningServer) -> Iterator[Connection]:
    """A database with Realtime's schema, pgTAP and no tables."""
    for application in open_application(server15, "select 1"):
        yield _with_pgtap(application)


def _with_pgtap(application: Application) -> Connection:
    admin = application.admin
    if admin.execute("select from pg_available_extensions where name = 'pgtap'").fetchone() is None:
        pytest.skip("pgTAP not installed: the bundle's tests were not run (apt install postgresql-15-pgtap)")
    admin.execute("create extension pgtap")
    admin.execute("create extension citext")
    return admin


def _tables(catalog: Catalog) -> Iterator[str]:
    """All tables as SQL, parents first."""
    made: set[object] = set()
    while len(made) < len(catalog):
        for table in catalog:
            if table.name not in made and {key.references for key in table.foreign_keys} <= made | {table.name}:
                made.add(table.name)
                yield f"create schema if not exists {quote_ident(table.name.schema)};" + _table(table)


def _table(table: Table) -> str:
    text = create_table(replace(table, columns=tuple(_as_made(column) for column in table.columns)))
    for key in table.unique_keys:
        text += f"alter table {qualified(table.name)} add unique ({', '.join(map(quote_ident, key))});"
    if table.kind is RelationKind.PARTITIONED:
        text = text.replace("); grant", f") partition by list ({quote_ident(table.primary_key[-1])}); grant", 1)
        text += (
            f"create table {quote_ident(table.name.name + '_all')} partition of {quote_ident(table.name.name)} default;"
        )
    return text


def _as_made(column: Column) -> Column:
    """create_table() writes types as they come, so a generated column's type may say how it is generated."""
    return (
        replace(column, type=f"{column.type} generated always as (price < 100) stored") if column.generated else column
    )


def tap(connection: Connection, text: str) -> list[str]:
    """The lines that a test writes, which here runs in a transaction that is open already."""
    inside = text.replace("\nbegin;\n", "\n", 1).removesuffix("rollback;\n")
    with connection.cursor() as cursor:
        cursor.execute(inside.encode(), prepare=False)
        lines: list[str] = []
        while True:
            if cursor.description:
                lines += [str(value) for (value,) in cursor.fetchall()]
            if not cursor.nextset():
                return lines


def in_one_transaction(step: str) -> bytes:
    return re.sub(r"^(begin|commit);$", "", step, flags=re.MULTILINE).encode()


def lines_of(empty: Connection, case: Case, fault: str = "select") -> list[str]:
    """What the test of a sound script says, in a database that has its tables, the script, and then a fault."""
    with empty.transaction(force_rollback=True):
        empty.execute("set local role postgres")
        empty.execute("".join(_tables(case.catalog)).encode(), prepare=False)
        for step in (case.script.functions, case.script.triggers):
            empty.execute(in_one_transaction(step), prepare=False)
        empty.execute("reset role")
        empty.execute(in_one_transaction(case.script.policies), prepare=False)
        empty.execute("set local role postgres")
        empty.execute(fault.encode(), prepare=False)
        return tap(empty, render_test(case.script.design, case.catalog))


def assert_all_hold(lines: list[str]) -> None:
    assert [line for line in lines if not line.startswith(("ok ", "1.."))] == []
    assert [line for line in lines if "# SKIP" in line] == []
    assert len(lines) > 6


@pytest.mark.parametrize("shape", VARIED)
def test_a_sound_script_passes_its_test_and_nothing_is_left_out(shape: str, empty: Connection) -> None:
    assert_all_hold(lines_of(empty, VARIED[shape]()))


def of_members(columns: str, *unique_keys: tuple[str, ...]) -> Case:
    """The table whose rows make the members, with a key of its own and unique keys besides."""
    members = public("organization_members")
    described = make_table(members, columns, references={"tenant_id": TENANTS, "user_id": USERS})
    table = replace(described, unique_keys=unique_keys)
    entitlement = Entitlement("membership", "uuid", members, ("tenant_id",), "user_id")
    catalog = with_table(table)
    return Case(write(decide(members, replace(TENANT_SCOPE, entitlement=entitlement)), catalog), catalog)


MEMBERS = {
    "a pair": lambda: of_members("id uuid, user_id uuid, tenant_id uuid", ("user_id", "tenant_id")),
    "one each": lambda: of_members("id bigint, user_id uuid, tenant_id uuid, role text", ("user_id",), ("role",)),
    "with a role": lambda: of_members(
        "id uuid, user_id uuid, tenant_id uuid, active boolean", ("user_id", "tenant_id", "active")
    ),
}


@pytest.mark.parametrize("shape", MEMBERS)
def test_the_rows_of_a_membership_table_keep_its_unique_keys(shape: str, empty: Connection) -> None:
    assert_all_hold(lines_of(empty, MEMBERS[shape]()))
