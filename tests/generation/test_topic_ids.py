"""An id as a word of a topic: spelled alike by the database, by this package and by a client, and read back."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realtime_advisor.generation.naming import LONGEST_TOPIC, encode_id, room_for_id, topic_word
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, open_application, write
from .odd_names import names
from .test_entitlement import keyed
from .world import create_table

VECTORS = json.loads(Path(__file__).parents[2].joinpath("data", "topic_vectors.json").read_text(encoding="utf-8"))
SPELLINGS = [(vector["id"], vector["encoded"]) for vector in VECTORS["vectors"]]
DECISION, CATALOG = keyed("text", "text")


@pytest.fixture(scope="module", params=["server", "server15"], ids=["embedded", "15"])
def spelling(request: pytest.FixtureRequest) -> Iterator[Application]:
    """Notes of teams whose keys are text, installed."""
    running: RunningServer = request.getfixturevalue(request.param)
    tables = " ".join(create_table(CATALOG[name]) for name in ("teams", "members", "notes"))
    for application in open_application(running, tables):
        application.install(write(DECISION, CATALOG))
        yield application


def encoded(application: Application, key: str) -> tuple[str, str]:
    """What the database makes of an id, and what it reads back."""
    question = "select realtime_advisor.encode_id(%s), realtime_advisor.decode_id(realtime_advisor.encode_id(%s))"
    [(spelled, read_back)] = application.admin.execute(question, [key, key]).fetchall()
    return spelled, read_back


@pytest.mark.parametrize(("key", "word"), SPELLINGS)
def test_the_shared_vectors_hold_here_and_in_the_database(spelling: Application, key: str, word: str) -> None:
    assert encode_id(key) == word
    assert encoded(spelling, key) == (word, key)


def test_the_vectors_hold_for_the_expression_that_clients_are_given() -> None:
    node = shutil.which("node")
    expression = VECTORS["about"].partition("In JavaScript: ")[2]
    assert expression.startswith("encodeURIComponent(id).replace(")
    if node is None:
        return  # the expression's meaning is tested where Node.js is
    program = f"console.log(JSON.stringify(JSON.parse(process.argv[1]).map(id => {expression})))"
    answer = subprocess.run([node, "-e", program, json.dumps([key for key, _ in SPELLINGS])], capture_output=True)
    assert json.loads(answer.stdout) == [word for _, word in SPELLINGS]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
@example("a%3Ab")
def test_any_id_is_spelled_alike_and_read_back(spelling: Application, key: str) -> None:
    assert encoded(spelling, key) == (encode_id(key), key)


def test_the_spelling_does_not_depend_on_the_session(spelling: Application) -> None:
    with spelling.admin.transaction(force_rollback=True):
        spelling.change("create function public.upper(text) returns text language sql as $$ select 'x' $$")
        spelling.change("set local search_path = public, pg_catalog; set local standard_conforming_strings = off")
        assert encoded(spelling, "a:é") == ("a%3A%C3%A9", "a:é")


def test_nobody_else_may_call_the_spelling(spelling: Application) -> None:
    rights = "select has_function_privilege('authenticated', 'realtime_advisor.' || name || '(text)', 'execute') "
    assert spelling.ask(rights + "from unnest(array['encode_id', 'decode_id']) as name") == [(False,), (False,)]


def test_an_id_too_long_for_a_topic_is_told_to_nobody(spelling: Application) -> None:
    room = room_for_id("team:<id>:notes")
    for key in ("x" * room, "y" * (room + 1), "é" * (room // 6), "é" * (room // 6 + 1)):
        spelling.owner.execute("insert into teams values (%s)", [key])
        spelling.owner.execute("insert into notes (id, topics) values ((select count(*) from notes), %s)", [key])
    sent = spelling.topics()
    assert len(sent) == 2
    assert max(len(topic.encode()) for topic in sent) == LONGEST_TOPIC
    assert spelling.warnings == []


@given(names, names)
def test_words_leave_room_for_an_id(label: str, entity: str) -> None:
    assert room_for_id(f"{topic_word(label)}:<id>:{topic_word(entity)}") >= 84


def test_the_spelling_stays_while_another_script_needs_it(server: RunningServer) -> None:
    tables = " ".join(create_table(CATALOG[name]) for name in ("teams", "members", "notes"))
    for application in open_application(server, tables):
        script = write(DECISION, CATALOG)
        application.install(script)
        application.run(
            "create function realtime_advisor.other() returns text language plpgsql as "
            "$$ begin return realtime_advisor.encode_id('x'); end $$"
        )
        apply_policies(application.admin, script.down)
        assert application.ask("select realtime_advisor.other()") == [("x",)]
        application.run("drop function realtime_advisor.other()")
        apply_policies(application.admin, script.down)
        with pytest.raises(psycopg.errors.InvalidSchemaName):
            application.ask("select realtime_advisor.encode_id('x')")
