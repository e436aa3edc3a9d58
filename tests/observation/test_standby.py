"""A standby looked at as a person does: said before anybody waits, on top of the verdicts, and in the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import realtime_advisor as ra
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import run
from .test_faults import standby_of

SAID = (
    "This server is a standby, which counts no row changes: how much a table changes stays unknown. "
    "Point DATABASE_URL at its primary.\n"
)


@pytest.fixture(scope="module")
def standby(own_server: RunningServer) -> Iterator[str]:
    """The conninfo of a database on a standby whose primary goes on writing."""
    run(own_server.conninfo(), "create database observed")
    run(own_server.conninfo("observed"), "create table t (id bigint primary key)")
    with standby_of(own_server) as running:
        yield running.conninfo("observed")


def test_it_is_said_when_connecting_and_above_the_verdicts(standby: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = ra.connect(environ={"DATABASE_URL": standby})
    assert capsys.readouterr() == ("", SAID)
    advice = ra.advise(target, 0, prove=0)
    assert advice.decisions["t"].confidence == "low"
    assert ra.show(advice).text.startswith(
        "Mind: The server was a standby, which counts nothing: connect to the primary."
    )


def test_the_primary_is_not_called_one(own_server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    ra.connect(environ={"DATABASE_URL": own_server.conninfo()}).close()
    assert capsys.readouterr() == ("", "")


def test_the_headless_run_says_so_before_it_watches(standby: str, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environ |= {"DATABASE_URL": standby, "SECONDS": "0", "OUT": str(tmp_path / "out")}
    environ.pop("REALTIME_ADVISOR_HEADLESS", None)
    done = subprocess.run(
        [sys.executable, "-m", "realtime_advisor"], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stderr == SAID
    assert "Mind: The server was a standby, which counts nothing: connect to the primary." in done.stdout
