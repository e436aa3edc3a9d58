"""The channel server as a program: one line of JSON a command, one line an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import psycopg

from realtime_advisor.sandbox.postgres import RunningServer


def converse(*commands: object) -> list[Any]:
    """The greeting and the answers of one run."""
    lines = "".join(f"{command if isinstance(command, str) else json.dumps(command)}\n" for command in commands)
    program = [sys.executable, "-m", "realtime_advisor.sandbox.gateway"]
    done = subprocess.run(program, input=lines, capture_output=True, text=True, timeout=600, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_command_has_one_answer(server: RunningServer) -> None:
    greeting, *answers = converse(
        {"sql": "create table pets (name text); insert into pets values ('Rex'); select name from pets"},
        {"sql": "insert into pets values ('Tom')"},
        {"token": {"sub": "7", "seconds": 9, "org": "acme"}},
        {"faults": {"delay_seconds": 0.2, "refusal": None}},
        {"drop": True},
        {"settle": True},
        {"joined": "room"},
        {"sql": "select current_database() as name"},
    )
    (database,) = answers.pop()["rows"]
    assert greeting.keys() == {"url", "realtime_url", "anon"}
    token = answers.pop(2)
    assert token["token"].count(".") == 2
    assert answers == [{"rows": [{"name": "Rex"}]}, {"rows": []}, {}, {}, {}, {"joined": 0}]
    with psycopg.connect(server.conninfo()) as connection:
        left = connection.execute("select 1 from pg_database where datname = %s", [database["name"]]).fetchall()
    assert left == []


def test_what_fails_says_why_and_the_next_command_works() -> None:
    _, *answers = converse(
        {"sql": "select nothing"}, "nonsense", {"faults": {"nope": 1}}, {"dance": True}, "7", {"joined": "room"}
    )
    assert [list(answer) for answer in answers] == [["error"]] * 5 + [["joined"]]
    assert 'column "nothing" does not exist' in answers[0]["error"]
