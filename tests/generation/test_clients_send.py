"""Clients may not broadcast on our topics, unless the architect says so; then members alone may, on the table's own."""

from __future__ import annotations

import pytest

from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Migration, Script
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, plan, write
from .people import ANN, BOB, CYD, DAN, PEOPLE, RED, RED_THREAD
from .test_install import CATALOGUE, faults
from .world import DOCUMENTS_DECISION, MESSAGES_DECISION

TOPIC = f"tenant:{RED}:documents"


def senders(application: Application, topic: str) -> set[str]:
    people = {person: application.access(topic, person) for person in (ANN, BOB, CYD, DAN, "user_2abc")}
    assert [access for access in people.values() if access.error or access.presence_write] == []
    return {person for person, access in people.items() if access.broadcast_write}


def test_nobody_sends_by_default(embedded: Application) -> None:
    embedded.run(PEOPLE)
    embedded.install(write(DOCUMENTS_DECISION, feeds=()))
    assert senders(embedded, TOPIC) == set()


def test_members_send_where_the_architect_lets_them(application: Application) -> None:
    before = application.ask(CATALOGUE)
    application.run(PEOPLE)
    script = write(DOCUMENTS_DECISION, feeds=(), clients_send=True)
    for _ in range(2):
        application.install(script)
    assert senders(application, TOPIC) == {ANN, CYD}
    assert senders(application, TOPIC + "x") == set()
    assert faults(application, script.check) == []
    assert "Clients send: members of the tenant may broadcast on tenant:<id>:documents too" in script.functions
    apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


@pytest.mark.parametrize("whole", [False, True])
def test_a_feed_is_the_databases_alone(embedded: Application, whole: bool) -> None:
    embedded.run(PEOPLE)
    design = plan(MESSAGES_DECISION, clients_send=True)
    made: Script | Migration = generate_all([design]) if whole else write(MESSAGES_DECISION, clients_send=True)
    embedded.run(made.functions)
    embedded.run(made.triggers)
    apply_policies(embedded.admin, made.policies)
    assert senders(embedded, f"thread:{RED_THREAD}:messages") == {ANN, CYD}
    assert senders(embedded, f"tenant:{RED}:dashboard") == set()
    assert faults(embedded, made.check) == []
