"""The tests of a bundle in a real pgTAP: green where its migrations are applied, red where something is amiss."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import psycopg
import pytest

from realtime_advisor.sandbox.postgres import Binaries, RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .world import fresh_workshop, migrations, workshop_bundle

Connection = psycopg.Connection[tuple[object, ...]]
FOLDER = "supabase/tests/database/"


@pytest.fixture(scope="module")
def applied(server15: RunningServer) -> Iterator[Connection]:
    """A workshop database on PostgreSQL 15 with the bundle's migrations and pgTAP."""
    with fresh_workshop(server15) as connection:
        found = connection.execute("select from pg_available_extensions where name = 'pgtap'").fetchone()
        if found is None:
            pytest.skip("pgTAP not installed: the bundle's tests were not run (apt install postgresql-15-pgtap)")
        connection.execute("create extension pgtap")
        functions, triggers, policies = migrations(workshop_bundle())
        connection.execute("set role postgres")
        for text in (functions, triggers):
            connection.execute(text.encode(), prepare=False)
        connection.execute("reset role")
        apply_policies(connection, policies)
        yield connection


def run(server: RunningServer, binaries: Binaries, applied: Connection, text: str, user: str = "postgres") -> list[str]:
    """The lines of TAP that a test file writes, run by psql as pg_prove runs it."""
    where = ["-h", server.host, "-p", str(server.port), "-U", user, "-d", applied.info.dbname]
    made = subprocess.run(
        [binaries.program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", *where, "-f", "-"],
        env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return [line for line in made.stdout.splitlines() if line]


def failures(lines: list[str]) -> list[str]:
    """What does not hold, in the test's own words; all of the plan has to have run."""
    ran = [line for line in lines if re.match(r"(not )?ok \d", line)]
    assert lines[0] == f"1..{len(ran)}"
    return [line.partition(" - ")[2] for line in ran if line.startswith("not ok")]


def with_fault(text: str, fault: str) -> str:
    """The test, after a superuser has done something to the database that the test's end takes back."""
    return text.replace("begin;\n", f"begin;\n{fault};\nset local role postgres;\n", 1)


@pytest.fixture
def faulty(server15: RunningServer, binaries15: Binaries, applied: Connection) -> Callable[[str, str], list[str]]:
    """What a table's test says does not hold after a fault."""

    def failing(table: str, fault: str) -> list[str]:
        text = with_fault(workshop_bundle()[f"{FOLDER}{table}.test.sql"], fault)
        return failures(run(server15, binaries15, applied, text, user=applied.info.user))

    return failing


def test_every_table_with_a_script_has_a_test() -> None:
    scripted = {name.split("/")[1] for name in workshop_bundle() if name.endswith(".up.sql")}
    tests = sorted(name for name in workshop_bundle() if name.startswith(FOLDER))
    assert [name.removeprefix(FOLDER) for name in tests] == sorted(
        name.replace(".up.sql", ".test.sql") for name in scripted
    )


def test_all_hold_after_the_migrations_and_none_is_left_out(
    server15: RunningServer, binaries15: Binaries, applied: Connection
) -> None:
    for name in (name for name in workshop_bundle() if name.startswith(FOLDER)):
        lines = run(server15, binaries15, applied, workshop_bundle()[name])
        assert failures(lines) == [], name
        assert [line for line in lines if "# SKIP" in line] == [], name


def test_nothing_of_a_test_stays(server15: RunningServer, binaries15: Binaries, applied: Connection) -> None:
    counts = "select (select count(*) from public.tenants), (select count(*) from realtime.messages)"
    before = applied.execute(counts).fetchone()
    run(server15, binaries15, applied, workshop_bundle()[f"{FOLDER}public.messages.test.sql"])
    assert applied.execute(counts).fetchone() == before


FAULTS = {
    "drop trigger realtime_advisor_insert on public.notifications": "an inserted row is told on",
    "alter table public.notifications disable trigger realtime_advisor_update": "an update of read_at is told on",
    "alter function realtime_advisor.broadcast_notifications() reset search_path": "and an empty search_path",
    "alter function realtime_advisor.broadcast_notifications() security invoker": "runs with its owner's rights",
    "create policy p on realtime.messages for select to authenticated using (true)": "a stranger may not listen to",
    "create policy p on realtime.messages for select to anon using (true)": "a visitor without a token may not",
    "create policy p on realtime.messages for insert to authenticated with check (true)": "the user may not send on",
    "create policy p on realtime.messages for select using (1 / (random() * 0)::int = 1)": "a stranger may not listen",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(faulty: Callable[[str, str], list[str]], fault: str) -> None:
    found = faulty("public.notifications", fault)
    assert [line for line in found if FAULTS[fault] in line], found


def test_a_dropped_policy_is_found(faulty: Callable[[str, str], list[str]], applied: Connection) -> None:
    names = applied.execute("select polname from pg_policy where polname like '%may_read_user%'").fetchall()
    drops = "; ".join(f'drop policy "{name}" on realtime.messages' for (name,) in names)
    found = faulty("public.notifications", drops)
    assert [line.split(" user:")[0] for line in found] == ["the user may listen to"]


def test_rows_that_the_database_refuses_are_said_to_be_so_and_everything_else_is_tested(
    server15: RunningServer, binaries15: Binaries, applied: Connection
) -> None:
    fault = "alter table public.tenants add constraint odd check (name ~ '^[A-Z]') not valid"
    text = with_fault(workshop_bundle()[f"{FOLDER}public.documents.test.sql"], fault)
    lines = run(server15, binaries15, applied, text, user=applied.info.user)
    assert failures(lines) == []
    skipped = [line for line in lines if "# SKIP" in line]
    assert len(skipped) == 4
    assert 'violates check constraint "odd"' in skipped[0]
    assert any("a stranger may not listen" in line for line in lines)


def test_a_write_that_a_trigger_of_the_application_refuses_was_not_tested(
    server15: RunningServer, binaries15: Binaries, applied: Connection
) -> None:
    fault = (
        "create function public.closed() returns trigger language plpgsql as "
        "$$begin raise exception 'closed on Sundays'; end$$; "
        "create trigger closed before insert on public.documents for each row execute function public.closed()"
    )
    text = with_fault(workshop_bundle()[f"{FOLDER}public.documents.test.sql"], fault)
    lines = run(server15, binaries15, applied, text, user=applied.info.user)
    assert failures(lines) == []
    assert "the write itself was refused: closed on Sundays" in next(line for line in lines if "# SKIP" in line)


MOVED = {
    "alter table public.documents rename title to heading": "(42703)",
    "alter table public.documents rename to papers": "(42P01)",
    "alter table public.tenants rename name to title": "(42703)",
}


@pytest.mark.parametrize("fault", MOVED)
def test_writes_to_a_schema_that_has_moved_on_fail_rather_than_go_untested(
    server15: RunningServer, binaries15: Binaries, applied: Connection, fault: str
) -> None:
    text = with_fault(workshop_bundle()[f"{FOLDER}public.documents.test.sql"], fault)
    lines = run(server15, binaries15, applied, text, user=applied.info.user)
    found = failures(lines)
    assert any("an inserted row is told on" in line and MOVED[fault] in line for line in found), found
