"""The same through the real supabase-js, which speaks the second version of the protocol."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_advisor.sandbox.gateway import Gateway

from ...generation.conftest import Application
from ...generation.people import ANN, BLUE, BOB, RED

SCRIPT = Path(__file__).with_name("supabase_client.mjs")
PACKAGES = Path(__file__).resolve().parents[2] / "client"
RED_TOPIC, BLUE_TOPIC = f"tenant:{RED}:dashboard", f"tenant:{BLUE}:dashboard"
PRIVATE = {"private": True}
Line = dict[str, Any]


class Supabase:
    """A node process with one supabase-js client; `heard` is every line that it has written."""

    def __init__(self, gateway: Gateway, subject: str | None) -> None:
        arguments = [str(PACKAGES), gateway.url, gateway.token(), gateway.token(subject)]
        self._process = subprocess.Popen(
            ["node", str(SCRIPT), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.heard: list[Line] = []
        self._lines: queue.Queue[Line] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def do(self, **command: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()

    def join(self, topic: str, config: Line = PRIVATE, **more: object) -> Line:
        """Join a topic; what the callback of subscribe is told first."""
        self.do(join=topic, config=config, **more)
        return self.hear(lambda line: line["topic"] == topic and "status" in line)

    def hear(self, wanted: Callable[[Line], object], seconds: float = 300.0) -> Line:
        """The next line that is wanted, kept in `heard` with those before it."""
        while True:
            line = self._lines.get(timeout=seconds)
            self.heard.append(line)
            if wanted(line):
                return line

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(300)
        finally:
            self._process.kill()
            self._reader.join()
            assert self._process.stdout
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(json.loads(line))


Open = Callable[[str | None], Supabase]


@pytest.fixture
def open_client(gateway: Gateway) -> Iterator[Open]:
    if shutil.which("node") is None or not (PACKAGES / "node_modules" / "@supabase" / "supabase-js").is_dir():
        pytest.skip("no node with supabase-js: the channel server is not tested with it (npm ci in tests/client)")
    opened: list[Supabase] = []

    def open_one(subject: str | None) -> Supabase:
        opened.append(Supabase(gateway, subject))
        return opened[-1]

    yield open_one
    for supabase in opened:
        supabase.close()


def event_of(name: str) -> Callable[[Line], bool]:
    return lambda line: line.get("event") == name


def test_joins_are_answered_as_the_entitlement_says(open_client: Open) -> None:
    ann = open_client(ANN)
    assert ann.join(RED_TOPIC)["status"] == "SUBSCRIBED"
    for topic in (BLUE_TOPIC, f"{RED_TOPIC}:payroll", "tenant:%:dashboard"):
        refused = ann.join(topic)
        assert refused["status"] == "CHANNEL_ERROR"
        assert f"You do not have permissions to read from this Channel topic: {topic}" in refused["error"]


def test_a_row_that_moves_is_told_to_both(open_client: Open, application: Application) -> None:
    ann, bob = open_client(ANN), open_client(BOB)
    ann.join(RED_TOPIC)
    bob.join(BLUE_TOPIC)
    application.run(f"insert into documents (id, tenant_id, title) values (7, '{RED}', 'a')")
    created = ann.hear(event_of("stats_invalidated"))
    assert created["meta"]["id"] == created["payload"]["id"]
    application.run(f"update documents set tenant_id = '{BLUE}' where id = 7")
    ann.hear(event_of("stats_invalidated"))
    bob.hear(event_of("stats_invalidated"))
    application.run("delete from documents where id = 7")
    assert bob.hear(event_of("stats_invalidated"))["payload"]["record_id"] == "7"
    assert sum(map(event_of("stats_invalidated"), ann.heard)) == 2


def test_what_is_sent_during_a_drop_is_lost_and_the_client_joins_again(
    gateway: Gateway, open_client: Open, application: Application
) -> None:
    ann = open_client(ANN)
    ann.join(RED_TOPIC)
    gateway.faults.is_reachable = False
    gateway.drop_connections()
    ann.hear(lambda line: line.get("status") == "CHANNEL_ERROR")
    for number in range(5):
        application.change(f"select realtime.send('{{}}', 'lost {number}', '{RED_TOPIC}')")
    gateway.settle()
    gateway.faults.is_reachable = True
    ann.hear(lambda line: line.get("status") == "SUBSCRIBED")
    application.change(f"select realtime.send('{{}}', 'after', '{RED_TOPIC}')")
    ann.hear(event_of("after"))
    assert not [line for line in ann.heard if str(line.get("event")).startswith("lost")]


def test_a_thousand_messages_arrive_in_order(open_client: Open, application: Application) -> None:
    ann = open_client(ANN)
    ann.join(RED_TOPIC)
    application.change(
        "do $$ begin for n in 1..1000 loop"
        f" perform realtime.send(jsonb_build_object('n', n), 'tick', '{RED_TOPIC}'); end loop; end $$"
    )
    ann.hear(lambda line: line.get("payload", {}).get("n") == 1000)
    assert [line["payload"]["n"] for line in ann.heard if line.get("event") == "tick"] == list(range(1, 1001))


def test_broadcasts_and_presence_between_clients(open_client: Open) -> None:
    one, two = open_client(None), open_client(None)
    room = {"broadcast": {"self": False, "ack": True}, "presence": {"key": "one"}}
    one.join("room", room)
    two.join("room", {**room, "presence": {"key": "two"}})
    one.do(send=["room", "hello", {"text": "日本"}])
    assert two.hear(event_of("hello"))["payload"] == {"text": "日本"}
    assert one.hear(lambda line: "sent" in line)["sent"] == "ok"
    one.do(track=["room", {"page": 1}])
    two.do(track=["room", {"page": 2}])
    one.hear(lambda line: sorted(line.get("present", [])) == ["one", "two"])
    two.do(leave="room")
    assert two.hear(lambda line: "left" in line)["left"] == "ok"
    one.hear(lambda line: line.get("present") == ["one"])


def test_a_topic_that_is_too_long_is_joined_and_never_told(open_client: Open, application: Application) -> None:
    mine = open_client(None)
    for topic in ("x" * 247, "y" * 246):
        assert mine.join(topic, {})["status"] == "SUBSCRIBED"
        application.change(f"select realtime.send('{{}}', 'told', '{topic}', false)")
    assert mine.hear(event_of("told"))["topic"] == "y" * 246
