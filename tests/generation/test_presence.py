"""Members of a scope may track on its presence topic and see who does; nobody else, and nobody may send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Catalog, Decision, Option, Script
from realtime_advisor.sandbox.realtime import Access, apply_policies

from .conftest import Application, write
from .people import ANN, BLUE_THREAD, BOB, CYD, DAN, PEOPLE, RED, RED_THREAD
from .test_entitlement import keyed
from .test_install import CATALOGUE, faults
from .world import CATALOG, MESSAGES_DECISION, THREAD_SCOPE, decide, public

TOPIC = f"thread:{RED_THREAD}:presence"
BOTH, NEITHER = Access(False, False, True, True, None), Access(False, False, False, False, None)


def present(table: str = "messages", decision: Decision | None = None, catalog: Catalog = CATALOG) -> Script:
    made = decision or decide(public(table), THREAD_SCOPE, option=Option.PRESENCE)
    return generate(design(made, catalog, option=Option.PRESENCE))


def test_the_topic_is_the_scopes_own_and_no_trigger_is_made() -> None:
    script = present()
    assert script.design.presence is not None
    assert script.design.presence.topic == "thread:<id>:presence"
    assert (script.triggers, script.design.emissions) == ("", ())
    assert "Step 2 of 2" in script.policies


@pytest.mark.parametrize(
    ("topic", "members"),
    [
        (TOPIC, {ANN, CYD}),
        (f"thread:{BLUE_THREAD}:presence", {BOB, CYD}),
        (f"thread:{RED_THREAD}:messages", set()),
        (f"{TOPIC}-x", set()),
        (f"tenant:{RED}:presence", set()),
        ("thread:x:presence", set()),
        ("", set()),
    ],
)
def test_exactly_the_members_track_and_see_each_other(embedded: Application, topic: str, members: set[str]) -> None:
    embedded.run(PEOPLE)
    embedded.install(present())
    allowed = {person: embedded.access(topic, person) for person in (ANN, BOB, CYD, DAN, "user_2abc")}
    assert allowed == {person: BOTH if person in members else NEITHER for person in allowed}


def test_it_installs_twice_is_checked_and_leaves_nothing(application: Application) -> None:
    before, script = application.ask(CATALOGUE), present()
    for _ in range(2):
        application.install(script)
    assert faults(application, script.check) == []
    for _ in range(2):
        apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


def test_the_check_finds_a_policy_that_somebody_changed(embedded: Application) -> None:
    script = present()
    embedded.install(script)
    [(name,)] = embedded.ask("select policyname::text from pg_policies where tablename = 'messages' and cmd = 'INSERT'")
    embedded.change(f'alter policy "{name}" on realtime.messages to anon')
    assert [detail for _, detail in faults(embedded, script.check)] == [
        "not a permissive policy for insert to authenticated"
    ]


def test_tables_of_one_presence_topic_and_broadcast_beside_it_do_not_take_each_other_away(
    embedded: Application,
) -> None:
    embedded.run(PEOPLE)
    one, other, broadcast = present("messages"), present("notifications"), write(MESSAGES_DECISION)
    for script in (one, other, broadcast):
        embedded.install(script)
    apply_policies(embedded.admin, one.down)
    assert embedded.access(TOPIC, ANN) == BOTH
    apply_policies(embedded.admin, broadcast.down)
    assert embedded.access(TOPIC, ANN) == BOTH
    apply_policies(embedded.admin, other.down)
    assert embedded.access(TOPIC, ANN) == NEITHER


def test_a_scope_whose_readers_are_unknown_gets_no_policy_and_says_so() -> None:
    refused = replace(THREAD_SCOPE, entitlement=None, refusal="nobody is entitled.")
    made = design(decide(public("messages"), refused, option=Option.PRESENCE), CATALOG)
    assert (made.presence, made.gaps) == (None, ("public.messages gets no policy for its thread: nobody is entitled.",))


def test_text_keys_bring_their_encoding(embedded: Application) -> None:
    decision, catalog = keyed("text", "text")
    embedded.run("create table members (scope_id text, user_id text)")
    script = present(decision=decision, catalog=catalog)
    embedded.run("insert into members values ('a:b', 'me')")
    embedded.install(script)
    assert embedded.access("team:a%3Ab:presence", "me") == BOTH
    assert faults(embedded, script.check) == []
