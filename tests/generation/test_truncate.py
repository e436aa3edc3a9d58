"""TRUNCATE is told where it was asked for, and is silent elsewhere."""

from __future__ import annotations

import pytest

from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, write
from .people import BLUE, PEOPLE, RED, RED_THREAD, uuid
from .test_install import faults
from .world import (
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
)

TWO_DOCUMENTS = f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{BLUE}', 'b')"


@pytest.mark.parametrize("cascade", ["documents", "tenants cascade"])
def test_truncate_is_told_to_every_scope_where_asked(application: Application, cascade: str) -> None:
    decision, operations = DOCUMENTS_DECISION, ("insert", "update", "delete", "truncate")
    application.run(PEOPLE + TWO_DOCUMENTS)
    script = write(decision, feeds=(), operations=operations)
    application.install(script)
    application.run(f"truncate {cascade}")
    payload = {"type": "documents_deleted", "table": "documents", "operation": "TRUNCATE"}
    assert application.messages() == [
        (f"tenant:{tenant}:documents", "documents_deleted", payload) for tenant in (RED, BLUE)
    ]
    assert faults(application, script.check) == []
    assert "TRUNCATE tells nobody: clients see it at their next catch-up." not in script.design.gaps
    apply_policies(application.admin, script.down)
    assert application.ask("select count(*) from pg_trigger where tgname like 'realtime_advisor%'") == [(0,)]


def test_truncate_of_many_scopes_tells_nobody(embedded: Application) -> None:
    embedded.run(PEOPLE + TWO_DOCUMENTS)
    embedded.install(write(DOCUMENTS_DECISION, operations=("truncate",), most_topics=1))
    embedded.run("truncate documents")
    assert embedded.topics() == []
    assert embedded.warnings == []


def test_truncate_reaches_scopes_behind_a_foreign_key(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into messages (id, thread_id, body) values ('{uuid(1)}', '{RED_THREAD}', 'x')")
    embedded.install(write(MESSAGES_DECISION, operations=("insert", "update", "delete", "truncate")))
    embedded.run("truncate message_threads cascade")
    assert embedded.topics() == [f"tenant:{RED}:dashboard", f"thread:{RED_THREAD}:messages"]


def test_truncate_is_silent_where_not_asked(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
    embedded.install(write(DOCUMENTS_DECISION))
    embedded.run("truncate documents")
    assert embedded.messages() == []
