"""Which scripts are proved, in which order, on which server; and what is left behind: nothing."""

from __future__ import annotations

import signal
from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import ProofStatus, Script, TableName
from realtime_advisor.proof.copies import Copies, fingerprint
from realtime_advisor.proof.prove import prove, prove_all
from realtime_advisor.proof.scene import Outcome, Scene, not_tried
from realtime_advisor.proof.whole import prove_whole
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.conftest import write
from ..generation.shapes import with_table
from ..generation.world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES,
    MESSAGES_DECISION,
    NOTIFICATIONS,
    NOTIFICATIONS_DECISION,
)

SCRIPTS = {
    DOCUMENTS: write(DOCUMENTS_DECISION),
    MESSAGES: write(MESSAGES_DECISION),
    NOTIFICATIONS: write(NOTIFICATIONS_DECISION),
}


def databases(server: RunningServer) -> set[str]:
    with psycopg.connect(server.conninfo()) as connection:
        found = connection.execute("select datname from pg_database where datname ~ '^proof_[0-9a-f]{12}$'")
        return {name for (name,) in found}


def test_the_busiest_are_proved_first_and_the_rest_says_that_it_is_not(server: RunningServer) -> None:
    heard: list[tuple[int, int, TableName]] = []
    proofs = prove_all(
        SCRIPTS,
        CATALOG,
        busiest=[NOTIFICATIONS, MESSAGES],
        most=1,
        progress=lambda done, all_of_them, name: heard.append((done, all_of_them, name)),
        server=server,
    )
    assert heard == [(0, 1, NOTIFICATIONS)]
    assert {name.name: proof.status.value for name, proof in proofs.items()} == {
        "documents": "not proved",
        "messages": "not proved",
        "notifications": "proved",
    }
    reason = "Only the 1 busiest tables are proved: prove public.messages by itself."
    assert proofs[MESSAGES].reason == reason
    assert proofs[MESSAGES].server_version is None


def test_interrupted_it_keeps_what_is_proved(server: RunningServer) -> None:
    def interrupt(done: int, _: int, __: TableName) -> None:
        if done == 1:
            raise KeyboardInterrupt

    proofs = prove_all(SCRIPTS, CATALOG, progress=interrupt, server=server)
    assert [proof.status for proof in proofs.values()] == [
        ProofStatus.PROVED,
        ProofStatus.NOT_PROVED,
        ProofStatus.NOT_PROVED,
    ]
    assert proofs[MESSAGES].reason == "The proof of public.messages was interrupted: run it again."


def test_interrupted_within_a_statement_it_keeps_what_is_proved(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    def strike(scene: Scene) -> Outcome:
        """As Ctrl-C does where it comes between sending a statement and waiting for it."""
        if scene.table == MESSAGES:
            left.append(scene.stage.connection.info.dbname)
            scene.stage.connection.pgconn.send_query(b"select pg_sleep(60)")
            raise KeyboardInterrupt
        return not_tried("it is not its turn")

    monkeypatch.setattr("realtime_advisor.proof.prove.BETWEEN", (strike,))
    proofs = prove_all(SCRIPTS, CATALOG, server=server)
    assert [proof.status.value for proof in proofs.values()] == ["proved", "not proved", "not proved"]
    assert proofs[NOTIFICATIONS].reason == f"The proof of {NOTIFICATIONS} was interrupted: run it again."
    assert databases(server).isdisjoint(left)


def test_a_check_ends_before_an_interrupt_takes_effect(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[TableName] = []

    def strike(scene: Scene) -> Outcome:
        """As Ctrl-C does."""
        signal.raise_signal(signal.SIGINT)
        scene.stage.connection.execute("select 1")
        ended.append(scene.table)
        return not_tried("it ends")

    monkeypatch.setattr("realtime_advisor.proof.prove.BETWEEN", (strike,))
    proofs = prove_all({MESSAGES: SCRIPTS[MESSAGES]}, CATALOG, server=server)
    assert proofs[MESSAGES].reason == "The proof of public.messages was interrupted: run it again."
    assert ended == [MESSAGES]


def test_two_runs_say_the_same(server: RunningServer) -> None:
    assert prove(SCRIPTS[MESSAGES], CATALOG, server=server) == prove(SCRIPTS[MESSAGES], CATALOG, server=server)


def test_a_server_of_another_version_is_named(server15: RunningServer) -> None:
    proof = prove(SCRIPTS[DOCUMENTS], CATALOG, server=server15)
    assert proof.status is ProofStatus.PROVED
    assert proof.server_version == server15.binaries.version
    assert proof.reason.endswith("; PostgreSQL 18, which the target has, is not at hand.")


def test_the_first_failing_step_is_the_reason(server: RunningServer) -> None:
    script = SCRIPTS[DOCUMENTS]
    broken = Script(script.design, script.functions, "", script.policies, script.down, script.check)
    proof = prove(broken, CATALOG, server=server)
    assert proof.status is ProofStatus.NOT_PROVED
    assert proof.reason.startswith("The check script finds all as it was generated: not so, check_script_agrees saw ")


def test_a_table_that_cannot_be_imitated_is_not_proved(server: RunningServer) -> None:
    script = SCRIPTS[DOCUMENTS]
    broken = Script(script.design, "select 1 / 0", script.triggers, script.policies, script.down, script.check)
    proof = prove(broken, CATALOG, server=server)
    assert [step.name for step in proof.failures] == ["weak_owner", "installs"]
    assert "22012: division by zero" in proof.failures[-1].observed


def test_a_copy_is_taken_again_where_it_is_clean_and_dropped_at_the_end(server: RunningServer) -> None:
    with Copies(server) as copies:
        first = copies.take()
        first.execute(
            "create table public.left_behind (id int); create schema left_behind; create type mood as enum ()"
        )
        second = copies.take()
        assert second is first
        assert not any("left_behind" in line for line in fingerprint(second))
        second.execute("create policy left_behind on realtime.messages for select using (true)")
        third = copies.take()
        assert third is not second
        assert second.closed
        assert not any("left_behind" in line for line in fingerprint(third))
        name = third.info.dbname
    assert name not in databases(server)


@pytest.mark.parametrize("busy", [True, False])
def test_copies_of_the_dead_are_dropped_by_the_next_and_others_stay(server: RunningServer, busy: bool) -> None:
    name = "proof_0123456789ab" if busy else "proof_ba9876543210"
    with psycopg.connect(server.conninfo(), autocommit=True) as owner:
        owner.execute(f"drop database if exists {name}".encode())
        owner.execute(f"create database {name} template template0".encode())
        if busy:
            owner.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        with Copies(server) as copies:
            copies.take()
        assert (name in databases(server)) is busy
        owner.execute(f"drop database if exists {name}".encode())


def test_a_script_that_does_nothing_has_nothing_to_prove(server: RunningServer) -> None:
    script = SCRIPTS[DOCUMENTS]
    silent = Script(replace(script.design, emissions=()), "", "", "", "", "")
    proof = prove(silent, CATALOG, server=server)
    assert proof.status is ProofStatus.NOT_PROVED
    assert proof.reason == (
        "The script for public.documents sends nothing and lets nobody in, so there is nothing to prove."
    )


def test_a_design_that_the_catalogue_does_not_know_ends_no_run(server: RunningServer) -> None:
    elsewhere = replace(SCRIPTS[DOCUMENTS].design, table=TableName("public", "gone"))
    gone = replace(SCRIPTS[DOCUMENTS], design=elsewhere)
    proofs = prove_all({elsewhere.table: gone, MESSAGES: SCRIPTS[MESSAGES]}, CATALOG, server=server)
    assert proofs["gone"].reason.startswith("The tables of public.gone could not be imitated: ")
    assert proofs[MESSAGES].status is ProofStatus.PROVED


def test_why_tables_cannot_be_imitated_is_said_without_a_code(server: RunningServer) -> None:
    documents = CATALOG[DOCUMENTS]
    odd = with_table(replace(documents, columns=documents.columns * 2))
    why = 'could not be imitated: column "id" specified more than once.'
    assert prove(SCRIPTS[DOCUMENTS], odd, server=server).reason == f"The tables of public.documents {why}"
    whole = prove_whole(generate_all([SCRIPTS[DOCUMENTS].design]), odd, server=server)
    assert whole is not None
    assert whole.reason == f"All tables together {why}"
