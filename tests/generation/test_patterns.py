"""Topics and events of another pattern: what may be one, and that triggers, helpers and policies agree on it."""

from __future__ import annotations

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.generation.design import design
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Decision, Option
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, Choices, plan, write
from .people import ANN, BOB, CYD, DAN, PEOPLE, RED, uuid
from .test_entitlement import keyed
from .test_install import CATALOGUE, faults
from .world import CATALOG, DOCUMENTS_DECISION, NOTIFICATIONS_DECISION, create_table

PATTERNS = {
    "app:{entity}:{scope}:{id}": f"app:documents:tenant:{RED}",
    "{id}:{entity}:{scope}": f"{RED}:documents:tenant",
    "{scope}:{entity}:{id}:v1": f"tenant:documents:{RED}:v1",
}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("{scope}:{id}", "needs {scope}, {id} and {entity} once each"),
        ("{id}:{id}:{scope}:{entity}", "needs {scope}, {id} and {entity} once each"),
        ("{scope}-{id}:{entity}", "needs {scope}, {id} and {entity} once each"),
        ("{scope}:{id}:{entity}:{user}", "has a word that is neither a placeholder nor made of letters"),
        ("{scope}:{id}:{entity}:", "has a word that is neither a placeholder nor made of letters"),
        ("{scope}:{id}:{entity}:it's", "has a word that is neither a placeholder nor made of letters"),
        (f"{'x' * 200}:{{scope}}:{{id}}:{{entity}}", "leaves no room for an id within 246 bytes"),
    ],
)
def test_a_pattern_of_topics_that_could_be_misread_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        plan(DOCUMENTS_DECISION, topic=pattern)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "pattern", ["changed", "{entity}_{entity}", "{entity} {action}", "{action}'", "{scope}_{action}"]
)
def test_a_pattern_of_events_that_says_nothing_or_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(BadInput, match=r"needs \{entity\}, \{action\} or both"):
        plan(DOCUMENTS_DECISION, event=pattern)


def test_an_event_longer_than_a_frame_tells_is_refused() -> None:
    with pytest.raises(BadInput, match="is longer than 255 bytes"):
        plan(DOCUMENTS_DECISION, feeds=(), event="x" * 250 + "{action}")


@pytest.mark.parametrize("granularity", ["statement", "statement, set-based", "transaction"])
@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        ("{entity}_{action}", "documents_created"),
        ("{action}", "created"),
        ("on.{action}:{entity}", "on.created:documents"),
    ],
)
def test_events_are_named_by_their_pattern(embedded: Application, granularity: str, pattern: str, event: str) -> None:
    embedded.run(PEOPLE)
    embedded.install(write(DOCUMENTS_DECISION, feeds=(), event=pattern, granularity=granularity))
    embedded.run(f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
    [(_, sent, payload)] = embedded.messages()
    assert (sent, payload["type"]) == (event, event)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_triggers_policies_and_check_agree_on_the_pattern(application: Application, pattern: str) -> None:
    before, topic = application.ask(CATALOGUE), PATTERNS[pattern]
    application.run(PEOPLE)
    script = write(DOCUMENTS_DECISION, feeds=(), topic=pattern)
    for _ in range(2):
        application.install(script)
    application.run(f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
    assert application.topics() == [topic]
    assert {person for person in (ANN, BOB, CYD, DAN) if application.may_join(topic, person)} == {ANN, CYD}
    for odd in (f"tenant:{RED}:documents", topic + ":x", "x:" + topic, topic.upper(), topic.replace(RED, "")):
        assert not application.may_join(odd, ANN)
    assert faults(application, script.check) == []
    apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


@pytest.mark.parametrize("key", ["a", "documents", "notes", "a:b", "50%", ""])
def test_ids_of_text_are_read_back_from_any_place(embedded: Application, key: str) -> None:
    decision, catalog = keyed("text", "text")
    embedded.run(" ".join(create_table(catalog[name]) for name in ("teams", "members", "notes")))
    embedded.install(write(decision, catalog, topic="{entity}:{id}:{scope}:notes"))
    [topic] = [emission.topic for emission in plan(decision, catalog, topic="{entity}:{id}:{scope}:notes").emissions]
    assert topic.startswith("notes:<id>:")
    embedded.owner.execute("insert into teams values (%s)", [key])
    embedded.owner.execute("insert into members values (%s, %s)", [key, "ann"])
    embedded.owner.execute("insert into notes values (1, %s, 'x')", [key])
    [sent] = embedded.topics()
    assert embedded.may_join(sent, "ann")
    assert not embedded.may_join(sent, "bob")


def test_a_whole_schema_reads_the_entity_from_its_place(embedded: Application) -> None:
    pattern = "{entity}:{scope}:{id}"
    decisions: tuple[Decision, ...] = (DOCUMENTS_DECISION, NOTIFICATIONS_DECISION)
    made = generate_all(plan(decision, feeds=(), topic=pattern) for decision in decisions)
    embedded.run(PEOPLE + made.functions)
    embedded.run(made.triggers)
    apply_policies(embedded.admin, made.policies)
    joined = {
        topic: embedded.may_join(topic, ANN) for topic in (f"documents:tenant:{RED}", f"notifications:user:{ANN}")
    }
    assert set(joined.values()) == {True}
    assert not embedded.may_join(f"others:tenant:{RED}", ANN)
    assert faults(embedded, made.check) == []


def test_two_patterns_in_one_schema_are_not_mixed() -> None:
    odd: Choices = {"topic": "{entity}:{scope}:{id}"}
    made = generate_all([plan(DOCUMENTS_DECISION, feeds=()), plan(NOTIFICATIONS_DECISION, **odd)])
    assert [design.table.name for design in made.designs] == ["documents"]
    assert "Use one pattern for all tables." in dict(made.left_out)[NOTIFICATIONS_DECISION.table]


def test_presence_is_tracked_on_a_topic_of_the_same_pattern() -> None:
    made = design(DOCUMENTS_DECISION, CATALOG, option=Option.PRESENCE, topic="{entity}:{scope}:{id}")
    assert made.presence is not None
    assert made.presence.topic == "presence:tenant:<id>"


def test_a_clients_id_cannot_reach_another_pattern_of_words(embedded: Application) -> None:
    embedded.run(PEOPLE)
    embedded.install(write(DOCUMENTS_DECISION, feeds=(), topic="{id}:{entity}:{scope}"))
    assert not embedded.may_join(f"{RED}:{uuid(9)}:documents:tenant", ANN)
