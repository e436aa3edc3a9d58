"""`make bench` on a tiny scale: what it compares, the messages it counts, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.sandbox.postgres import RunningServer

PROJECT = Path(__file__).resolve().parent.parent
FRAMEWORK, CHANGES, OURS = "framework's row trigger", "broadcast_changes row trigger", "generated statement trigger"
SET_BASED, ONCE = "generated, set-based above 50 scopes", "generated, once per transaction"
STATIONS = ("read_catalog", "take_snapshot", "measure_churn", "decide", "design and generate")
BARS = (
    "catalogue and snapshot, to the bare query",
    "everything up to decisions, to the bare query",
    "one sample, to the bare query on an open connection",
    "peak of memory up to decisions, to 400 MB",
)
RATIO = r"[\d.]+  \([\d.]+-[\d.]+\)"


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The benchmark, and the application name of its connections."""
    name = f"bench-{secrets.token_hex(6)}"
    run = subprocess.Popen(
        [sys.executable, "benchmarks", *arguments],
        cwd=PROJECT,
        env=os.environ | {"PGAPPNAME": name},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield run, name
    finally:
        run.terminate()
        run.communicate(timeout=600)


def run_to_its_end(*arguments: str) -> str:
    with started(*arguments) as (run, _):
        said, complaints = run.communicate(timeout=600)
        assert (run.returncode, complaints) == (0, ""), complaints
        return said


def read_messages(said: str) -> dict[str, dict[str, int]]:
    """The messages by workload and variant."""
    found: dict[str, dict[str, int]] = {}
    workload = ""
    for line in said.splitlines():
        if row := re.fullmatch(rf"  (\S.*?) +{RATIO} +([\d,]+)", line):
            found[workload][row[1]] = int(row[2].replace(",", ""))
        elif "UPDATE" in line or "INSERT" in line:
            workload = line
            found[workload] = {}
    return found


def databases_of(server: RunningServer, name: str) -> list[str]:
    """The databases in which an application of this name works, but for the common one."""
    query = "select datname from pg_stat_activity where application_name = %s and datname <> 'postgres'"
    with psycopg.connect(server.conninfo()) as connection:
        return [found for (found,) in connection.execute(query, [name])]


def await_databases(server: RunningServer, name: str) -> list[str]:
    until = time.monotonic() + 300
    while not (found := databases_of(server, name)):
        assert time.monotonic() < until, "no database was made"
        time.sleep(0.05)
    return found


def exist(server: RunningServer, names: list[str]) -> bool:
    with psycopg.connect(server.conninfo()) as connection:
        found = connection.execute("select exists (select from pg_database where datname = any(%s))", [names])
        return found.fetchone() == (True,)


def test_row_triggers_send_a_message_for_each_row_and_ours_one_for_each_scope() -> None:
    messages = read_messages(run_to_its_end("--only", "triggers", "--rows", "200", "--rounds", "1"))
    each_row = {"no trigger": 0, FRAMEWORK: 200, CHANGES: 200}
    assert messages == {
        "200 INSERTs of one row, each its own transaction": each_row | {OURS: 200, SET_BASED: 200, ONCE: 200},
        "UPDATE of 200 rows in 10 scopes, watched column": each_row | {OURS: 10, SET_BASED: 10, ONCE: 10},
        "UPDATE of 200 rows in 10 scopes, unwatched column": each_row | {OURS: 0, SET_BASED: 0, ONCE: 0},
        "200 UPDATEs of one row in one transaction": each_row | {OURS: 200, SET_BASED: 200, ONCE: 10},
        "UPDATE of 200 rows in 100 scopes, watched column": each_row | {OURS: 100, SET_BASED: 100, ONCE: 100},
    }


def test_every_station_is_compared_with_the_bare_query_at_each_size() -> None:
    said = run_to_its_end("--only", "scale", "--rounds", "1", "--tables", "20", "12")
    assert re.search(r"^ +12 tables: time +12 tables: memory +20 tables: time +20 tables: memory", said, re.MULTILINE)
    for station in STATIONS:
        assert re.search(rf"^{station}( +{RATIO}){{4}} +[\d.]+$", said, re.MULTILINE), said


def test_every_bar_is_said_to_be_met_or_missed() -> None:
    said = run_to_its_end("--only", "scale", "--rounds", "1", "--tables", "10", "20")
    for bar in BARS:
        assert re.search(rf"^20 tables: {bar} +{RATIO} +[\d.]+ +(met|missed)$", said, re.MULTILINE), said
    assert re.search(rf"^catalogue and snapshot, 20 to 10 tables +{RATIO} +2\.4 +(met|missed)$", said, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_an_interrupted_run_drops_its_databases(server: RunningServer, number: signal.Signals) -> None:
    with started("--only", "scale", "--tables", "5000") as (run, name):
        made = await_databases(server, name)
        run.send_signal(number)
        _, complaints = run.communicate(timeout=600)
    assert (run.returncode, complaints) == (128 + number, "")
    assert not exist(server, made)


def test_the_examples_of_the_ratios_are_true() -> None:
    run = subprocess.run([sys.executable, "-m", "doctest", "benchmarks/ratios.py"], cwd=PROJECT, capture_output=True)
    assert (run.returncode, run.stdout) == (0, b"")
