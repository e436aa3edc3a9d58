"""`make check` as CI starts it: one line a finding, and a status that tells nothing, something and unknown apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_advisor.bundle.export import export
from realtime_advisor.checking import run_check
from realtime_advisor.journey import advise
from realtime_advisor.targets import connect


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check") / "out"
    export(advise(connect(environ={}), 0, prove=0), folder)
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
