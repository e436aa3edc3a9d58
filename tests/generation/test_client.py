"""The TypeScript of a design as text. `make test-client` compiles and runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime_advisor.generation.client import events_of, generate_client
from realtime_advisor.generation.client_naming import entity_of
from realtime_advisor.generation.client_rendering import TsValue, client_template, render_client, ts_literal
from realtime_advisor.generation.quoting import quote_literal
from realtime_advisor.generation.rendering import Remark
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Option, TableName

from .client_cases import cases
from .odd_names import names
from .test_golden import compare
from .world import public

PROJECT = Path(__file__).parents[2]
GOLDEN = PROJECT / "tests" / "golden" / "client"
TEMPLATES = PROJECT / "lib" / "realtime_advisor" / "generation" / "templates" / "client"
SHARED = {path.name for path in TEMPLATES.glob("*.ts") if "ntity" not in path.name}
READ = ("notifications", "messages_changes", "presence", "none", "hostile", "organization_feed")
ABOUT = Remark(("A table.",))
IDENTIFIER = re.compile(r"[A-Z][A-Za-z0-9]*(_[0-9a-f]{8})?\Z")


def own_files(case: str) -> dict[str, str]:
    return {name: text for name, text in generate_client(cases()[case]).items() if name not in SHARED}


@pytest.mark.parametrize("case", READ)
def test_the_files_are_those_that_were_read(case: str) -> None:
    files, folder = own_files(case), GOLDEN / case
    if os.environ.get("UPDATE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.ts"):
            old.unlink()
    for name, text in files.items():
        compare(folder / name, text)
    assert {path.name for path in folder.iterdir()} == set(files)


@pytest.mark.parametrize(
    ("case", "hooks"),
    [
        ("notifications", {"useBroadcastNotifications.ts"}),
        ("dashboard", {"useBroadcastDashboardFeed.ts"}),
        ("messages_broadcast", {"useBroadcastMessages.ts", "useBroadcastDashboardFeed.ts"}),
        ("messages_changes", {"useChangesMessages.ts", "useBroadcastDashboardFeed.ts"}),
        ("presence", {"usePresenceMessages.ts"}),
        ("none", {"usePollingUsers.ts"}),
        ("refused", {"usePollingDocuments.ts"}),
        ("class", {"useBroadcastClass.ts"}),
    ],
)
def test_each_decision_has_its_hooks(case: str, hooks: set[str]) -> None:
    assert {name for name in own_files(case) if name.startswith("use")} == hooks


def test_the_shared_files_are_the_templates_themselves_and_all_are_used() -> None:
    used = {name: text for made in cases().values() for name, text in generate_client(made).items() if name in SHARED}
    assert used == {name: client_template(name.removesuffix(".ts")) for name in used}
    assert set(used) == SHARED - {"database.types.ts"}


def test_a_designs_files_are_the_same_each_time_and_in_order() -> None:
    first, second = (list(generate_client(cases()["messages_broadcast"]).items()) for _ in range(2))
    assert first == second == sorted(first)


def test_tables_of_one_feed_share_its_files() -> None:
    documents, messages = own_files("dashboard"), own_files("messages_changes")
    shared = documents.keys() & messages.keys()
    assert shared == {"dashboardFeedBroadcast.ts", "dashboardFeedMessage.ts", "useBroadcastDashboardFeed.ts"}
    assert all(documents[name] == messages[name] for name in shared)


@pytest.mark.parametrize("case", [name for name, made in cases().items() if made.emissions])
def test_topics_and_events_are_spelled_as_the_sql_spells_them(case: str) -> None:
    made, texts = cases()[case], "".join(own_files(case).values())
    functions = generate(made).functions
    for emission in made.emissions:
        for words in emission.topic.split("<id>"):
            assert not words or quote_literal(words) in functions
            assert ts_literal(words) in texts
        for word in filter(None, emission.event.split("<action>")):
            assert word in functions
        assert all(ts_literal(event) in texts for event in events_of(emission))


def test_a_refusal_is_told_where_the_channel_would_have_been() -> None:
    made = cases()["refused"]
    [text] = own_files("refused").values()
    comment = " ".join(line.removeprefix("// ") for line in text.splitlines() if line.startswith("// "))
    assert made.refusal
    assert made.refusal in comment


@pytest.mark.parametrize(
    ("rate", "interval"), [(None, "120_000"), (100.0, "60_000"), (0.5, "120_000"), (0.0, "180_000")]
)
def test_a_table_without_realtime_is_polled_as_often_as_it_changes(rate: float | None, interval: str) -> None:
    made = cases()["none"]
    assert made.option is Option.NO_REALTIME
    assert f"Interval = {interval};" in generate_client(made, changes_per_minute=rate)["usePollingUsers.ts"]


def test_a_table_without_realtime_says_why() -> None:
    made = replace(cases()["none"], reasons=("Users cannot read it.", "It is small."), gaps=())
    text = generate_client(made)["usePollingUsers.ts"]
    assert "// Users cannot read it.\n" in text
    assert "It is small" not in text


def test_row_types_come_from_the_file_that_supabase_writes_where_asked_for() -> None:
    made = cases()["messages_changes"]
    assert "Record<string, unknown>" in generate_client(made)["messagesRow.ts"]
    typed = generate_client(made, row_types=True)["messagesRow.ts"]
    assert "import type { Database } from './database.types';" in typed
    assert "'public': { Tables: { 'messages': { Row:" in typed


def test_a_topic_on_which_members_send_says_so() -> None:
    made = cases()["notifications"]
    assert "Members may broadcast" not in generate_client(made)["notificationsBroadcast.ts"]
    assert "Members may broadcast" in generate_client(replace(made, clients_send=True))["notificationsBroadcast.ts"]


@given(st.tuples(names, names), st.tuples(names, names))
@example(("public", "order-items"), ("public", "order_items"))
@example(("public", "a_1"), ("public", "a1"))
@example(("public", "dashboard_feed"), ("dashboard", "feed"))
@example(("a", "b_c"), ("a_b", "c"))
def test_two_tables_never_share_an_identifier(one: tuple[str, str], other: tuple[str, str]) -> None:
    tables = {TableName(*one), TableName(*other)}
    entities = {entity_of(table) for table in tables}
    assert len(entities) == len(tables)
    assert all(IDENTIFIER.match(entity) for entity in entities)


@settings(deadline=None)
@given(names, names)
@example("'; evil(); //", "\u2028evil()")
@example("\\", "$opening")
@example("'$closing'", "Entity")
def test_names_stay_in_their_literals(word: str, other: str) -> None:
    """Without its strings, a file is the same whatever they hold."""
    values: dict[str, TsValue] = {
        "schema": word,
        "table": other,
        "events": (word, other),
        "filterColumn": other,
        "key": (other, word),
    }
    plain: dict[str, TsValue] = {
        "schema": "a",
        "table": "b",
        "events": ("c", "d"),
        "filterColumn": "e",
        "key": ("f", "g"),
    }
    made, expected = (render_client("entityChanges", "Name", {"about": ABOUT, **given}) for given in (values, plain))
    assert strings_masked(made) == strings_masked(expected)


def strings_masked(text: str) -> str:
    return re.sub(r"'(?:[^'\\\n]|\\.)*'", "''", text)


def test_no_template_is_longer_than_a_reader_likes() -> None:
    assert [path.name for path in TEMPLATES.glob("*.ts") if len(path.read_text().splitlines()) > 300] == []


def test_the_tests_lock_file_names_versions_and_hashes_and_no_address() -> None:
    lock = json.loads((PROJECT / "tests" / "client" / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if "node_modules/" in name and not entry.get("link")]
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)
    assert "://" not in json.dumps(lock)


@pytest.mark.parametrize("values", [{}, {"about": "a comment as text", "interval": 1}])
def test_a_value_that_is_missing_or_of_another_kind_is_refused(values: dict[str, TsValue]) -> None:
    with pytest.raises((KeyError, TypeError)):
        render_client("usePollingEntity", entity_of(public("users")), values)


def test_the_client_is_compiled_and_run_where_nodejs_is() -> None:
    if not shutil.which("npm"):
        pytest.skip("Node.js not installed: the generated TypeScript is neither compiled nor run (make test-client)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    assert int(version.removeprefix("v").split(".")[0]) >= 20, f"make test-client needs Node.js 20, not {version}"
