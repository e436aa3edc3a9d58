"""Tried on a staging database: what is found, on rows that are there, and that nothing is left changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Column, Decision, Proof, ProofStatus, Script
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import Application, open_application, write
from ..generation.people import ANN, BLUE, BLUE_THREAD, BOB, PEOPLE, RED, RED_THREAD, uuid
from ..generation.shapes import with_table
from ..generation.world import (
    CATALOG,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    create_table,
    decide,
    make_table,
    public,
)

ROWS = PEOPLE + (
    "insert into notifications (id, user_id, title) values "
    f"('{uuid(1)}', '{ANN}', 'a'), ('{uuid(2)}', '{ANN}', 'b'), ('{uuid(3)}', '{BOB}', 'c');"
    f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{RED}', 'b');"
    "insert into messages (id, thread_id, body) values "
    f"('{uuid(1)}', '{RED_THREAD}', 'a'), ('{uuid(2)}', '{BLUE_THREAD}', 'b');"
)
EVERYTHING = (
    "select (select jsonb_agg(n order by id) from notifications n), "
    "(select jsonb_agg(d order by id) from documents d), "
    "(select jsonb_agg(m order by id) from messages m), (select jsonb_agg(m order by id) from realtime.messages m)"
)


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def staging(request: pytest.FixtureRequest) -> Iterator[Application]:
    running: RunningServer = request.getfixturevalue(request.param)
    for application in open_application(running, " ".join(create_table(table) for table in TABLES)):
        application.run(ROWS)
        application.run("select realtime.send('{}', 'somebody', 'else''s', true)")
        yield application


def target_of(application: Application) -> Target:
    return open_target(application.server.conninfo(application.name, "postgres"))


def prove_on(application: Application, script: Script) -> Proof:
    target = target_of(application)
    try:
        return prove(script, CATALOG, target=target)
    finally:
        target.close()


@pytest.mark.parametrize("decision", [NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION])
@pytest.mark.parametrize("granularity", ["statement", "transaction"])
def test_an_installed_script_is_proved_and_nothing_is_changed(
    staging: Application, decision: Decision, granularity: str
) -> None:
    script = write(decision, granularity=granularity)
    staging.install(script)
    before = staging.ask(EVERYTHING)
    proof = prove_on(staging, script)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED
    assert proof.reason.startswith("In place, on PostgreSQL ")
    assert "except for what a rollback leaves: sequences that moved on" in proof.reason
    assert {step.name: step.holds for step in proof.steps}["delete_and_insert_again"] is True
    assert any(cell.expected for cell in proof.cells)
    assert staging.ask(EVERYTHING) == before


def test_a_script_that_is_not_installed_is_not_proved(staging: Application) -> None:
    proof = prove_on(staging, write(DOCUMENTS_DECISION))
    assert proof.status is ProofStatus.NOT_PROVED
    assert "check_script_agrees" in proof.reason


def test_what_somebody_broke_is_found(staging: Application) -> None:
    script = write(DOCUMENTS_DECISION)
    staging.install(script)
    staging.change("create policy open on realtime.messages for select to authenticated using (true)")
    proof = prove_on(staging, script)
    assert {"check_script_agrees", "others_may_not_join"} <= {step.name for step in proof.failures}


def test_a_table_without_rows_proves_nothing(staging: Application) -> None:
    script = write(DOCUMENTS_DECISION)
    staging.install(script)
    staging.run("delete from documents")
    proof = prove_on(staging, script)
    assert proof.status is ProofStatus.NOT_PROVED
    assert proof.reason == "public.documents has no rows to try writes on, so nothing was proved in place."


def test_a_write_that_the_database_refuses_is_no_fault_of_the_script(staging: Application) -> None:
    script = write(DOCUMENTS_DECISION)
    staging.install(script)
    staging.change(
        "create function no() returns trigger language plpgsql as $$ begin raise 'not on my watch'; end $$;"
        "create trigger no before delete on documents for each row execute function no()"
    )
    proof = prove_on(staging, script)
    assert proof.status is ProofStatus.PROVED
    (refused,) = [step for step in proof.steps if step.name == "delete_and_insert_again"]
    assert refused.holds is None
    assert refused.observed == "P0001: not on my watch"


def test_a_scope_that_is_generated_is_read_too(server: RunningServer) -> None:
    columns = [
        Column("id", "bigint", not_null=True),
        Column("owner", "text"),
        Column("tenant_id", "uuid", generated=True),
        Column("title", "text"),
    ]
    catalog = with_table(make_table("notes", columns, references={"tenant_id": TENANTS}))
    script = write(decide(public("notes"), TENANT_SCOPE), catalog, feeds=())
    for application in open_application(server, " ".join(create_table(table) for table in TABLES)):
        application.run(
            f"{PEOPLE} create table notes (id bigint primary key, owner text, "
            "tenant_id uuid generated always as (owner::uuid) stored references tenants, title text);"
            f"insert into notes (id, owner, title) values (1, '{RED}', 'a'), (2, '{BLUE}', 'b')"
        )
        application.install(script)
        with closing(target_of(application)) as target:
            proof = prove(script, catalog, target=target)
        assert proof.failures == ()
        assert proof.status is ProofStatus.PROVED
        assert {cell.topic for cell in proof.cells if cell.expected} >= {f"tenant:{RED}:notes", f"tenant:{BLUE}:notes"}


def test_a_standby_is_refused(staging: Application) -> None:
    target = target_of(staging)
    standby = replace(target, server=replace(target.server, in_recovery=True))
    with pytest.raises(BadInput, match="The target is a standby, which takes no writes"):
        prove(write(DOCUMENTS_DECISION), CATALOG, target=standby)
    target.close()
