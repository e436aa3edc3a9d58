"""`make check` as CI starts it: one line a finding, and a status that tells nothing, something and unknown apart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_advisor.bundle.export import export
from realtime_advisor.checking import run_check
from realtime_advisor.journey import advise
from realtime_advisor.model import Drift, DriftFinding
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.targets import connect
from tests.bundle.world import fresh_workshop


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check") / "out"
    export(advise(connect(environ={}), 60, prove=0), folder)
    return folder


@pytest.fixture(scope="module")
def real(bundle: Path) -> Path:
    """The same bundle, had it been made of a database of somebody's own."""
    folder = shutil.copytree(bundle, bundle.parent / "real")
    decisions = json.loads((folder / "decisions.json").read_text())
    decisions["window"]["source"] = "measured"
    (folder / "decisions.json").write_text(json.dumps(decisions))
    return folder


def start(**environ: str) -> subprocess.CompletedProcess[str]:
    settings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and name[:2] != "PG"}
    command = [sys.executable, "-m", "realtime_advisor", "check"]
    return subprocess.run(command, env=settings | environ, capture_output=True, text=True, check=False)


def test_what_is_not_installed_is_a_finding_with_status_1(bundle: Path) -> None:
    done = start(BUNDLE=str(bundle))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == (
        "Nothing of the bundle is installed: there is no schema realtime_advisor. Apply the bundle's SQL, as its "
        "README.md says."
    )
    assert done.stdout.splitlines()[-1] == f"Findings about the bundle in {bundle}, on the workshop database: 1."


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": " "}, {"PGUSER": "ada", "PGPASSWORD": "hunter2"}])
def test_a_real_database_s_bundle_is_not_checked_against_the_workshop(real: Path, environ: dict[str, str]) -> None:
    done = start(BUNDLE=str(real), **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"The bundle in {real} was not decided by the workshop's traffic, and neither DATABASE_URL nor PGHOST and its "
        "like say which database to check: set DATABASE_URL, in CI from a secret that is there and not empty.\n"
    )


def test_the_last_line_names_the_bundle_and_the_database_only(
    real: Path, server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh_workshop(server) as connection:
        name = connection.info.dbname
        status = run_check({"BUNDLE": str(real), "DATABASE_URL": server.conninfo(name, "postgres")})
    last = capsys.readouterr().out.splitlines()[-1]
    assert (status, last) == (1, f"Findings about the bundle in {real}, on database {name}: 1.")


@pytest.mark.parametrize(
    ("drift", "sentence"),
    [
        (Drift(()), "Nothing has drifted from {}: what was decided is installed, unchanged and right."),
        (Drift((), ("this.",)), "Not all could be checked of {}; nothing was found in the rest."),
        (Drift((DriftFinding("table", None, "This.", "Do that."),), ("that.",)), "Findings about {}: 1."),
    ],
)
def test_the_last_line_says_how_it_stands(
    bundle: Path, drift: Drift, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("realtime_advisor.checking.check", lambda *_: drift)
    assert run_check({"BUNDLE": str(bundle)}) == drift.status
    what = f"the bundle in {bundle}, on the workshop database"
    assert capsys.readouterr().out.splitlines()[-1] == sentence.format(what)


def test_a_server_that_cannot_be_reached_is_unknown_with_status_2(bundle: Path) -> None:
    done = start(BUNDLE=str(bundle), DATABASE_URL="postgresql://nobody:hunter2@localhost:9/app")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No server listens at localhost:9" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "No bundle is named, so there is nothing to check against. Name its folder: BUNDLE=out."),
        ({"BUNDLE": "nowhere"}, "cannot be read: No such file or directory. Name a bundle, or its decisions.json."),
        ({"BUNDLE": "out", "SECONDS": "soon"}, "SECONDS is 'soon'; it says how long to watch the database: a number"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(
    environ: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_check(environ) == 2
    assert sentence in capsys.readouterr().err
