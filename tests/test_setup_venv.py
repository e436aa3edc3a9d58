"""`make` as the first command: which Python it takes, what it builds or leaves alone, what it hands to the report."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of tools/setup_venv.py."""
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return runpy.run_path(str(PROJECT / "tools" / "setup_venv.py"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make` needs of this project, in a folder with a space in its name."""
    folder = tmp_path / "a clone"
    shutil.copytree(PROJECT / "tools", folder / "tools")
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    return folder


def find_python(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(PROJECT / "tools" / "find-python")]
    return subprocess.run(command, env={"PATH": str(path)} | variables, capture_output=True, text=True, check=False)


def make(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ignored = ("MAKE", "MFLAGS", "PYTHON", "PG", "DATABASE_URL", "SECONDS", "OUT", "ARGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ignored)} | variables
    return subprocess.run(
        ["make", *arguments],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_name_on_path_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    executable(tmp_path / "python3.12", 'echo "python3.12: command not found" >&2; exit 127')
    good = executable(tmp_path / "python3", f'exec "{sys.executable}" "$@"')
    assert find_python(tmp_path).stdout.strip() == str(good)


def test_python_names_the_only_candidate(tmp_path: Path) -> None:
    executable(tmp_path / "python3", f'exec "{sys.executable}" "$@"')
    found = find_python(tmp_path, PYTHON="/nowhere/python3.12")
    assert found.returncode == 1
    assert found.stderr.startswith("Set-up: PYTHON=/nowhere/python3.12 is not a working Python 3.11, 3.12 or 3.13")


def test_a_machine_without_a_supported_python_is_told_so_in_one_line(tmp_path: Path) -> None:
    executable(tmp_path / "python3", "exit 1")
    found = find_python(tmp_path)
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert "no Python 3.11, 3.12 or 3.13 was found" in found.stderr


def test_a_python_without_venv_is_told_apart(tmp_path: Path) -> None:
    executable(tmp_path / "python3", f'case "$*" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    assert "python3-venv" in find_python(tmp_path).stderr


def test_the_stamp_is_that_of_one_lock_one_python_and_one_folder(tool: dict[str, Any], clone: Path) -> None:
    key = tool["key_of"](clone, (3, 12))
    moved = clone.rename(clone.with_name("moved"))
    assert key == tool["key_of"](moved.rename(clone), (3, 12))
    assert key != tool["key_of"](clone, (3, 13))
    (clone / "requirements.lock").write_text("other==1\n")
    assert key != tool["key_of"](clone, (3, 12))


def test_nothing_is_done_only_when_the_stamp_fits_and_python_is_there(tool: dict[str, Any], tmp_path: Path) -> None:
    assert not tool["is_current"](tmp_path, "key")
    tool["stamp_of"](tmp_path).write_text("key")
    assert not tool["is_current"](tmp_path, "key")
    executable(tmp_path / "bin" / "python", "")
    assert tool["is_current"](tmp_path, "key")
    assert not tool["is_current"](tmp_path, "another key")


def test_a_half_made_environment_is_removed_and_a_finished_one_kept(tool: dict[str, Any], tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    executable(venv / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (venv / ".gitignore").write_text(tool["OURS"])
    tool["stamp_of"](venv).write_text("of an older lock file")
    tool["make_room"](venv)
    assert venv.exists()
    tool["stamp_of"](venv).unlink()
    tool["make_room"](venv)
    assert not venv.exists()


def test_a_folder_of_somebody_else_is_left_alone(tool: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.txt").touch()
    with pytest.raises(tool["SetUpFailed"], match="move it away"):
        tool["make_room"](tmp_path / ".venv")
    assert (tmp_path / ".venv" / "thesis.txt").exists()


def test_an_unreachable_index_is_said_in_a_sentence(tool: dict[str, Any]) -> None:
    words = "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution"
    assert tool["explain"](words, Path("log")).startswith("no package index could be reached; check the network")


def test_any_other_failure_is_said_with_its_last_line_and_the_log(tool: dict[str, Any]) -> None:
    assert tool["explain"]("long\nstory\nhash mismatch\n", Path("log")).startswith("hash mismatch (all of it is in log")


def test_the_report_gets_its_settings_as_they_were_typed_and_shows_none(clone: Path) -> None:
    seen = 'printf "%s\\n" "$*" "$DATABASE_URL" "$SECONDS" "${OUT-unset}" >> seen'
    executable(clone / "ready" / "bin" / "python", seen)
    password = "p$x#$(shell id)y'z%20"
    made = make(clone, "report", "VENV=ready", "SECONDS=10", f"DATABASE_URL=postgresql://me:{password}@host/db")
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    expected = ["-m realtime_advisor", f"postgresql://me:{password}@host/db", "10", "unset"]
    assert (clone / "seen").read_text().splitlines()[-4:] == expected


def test_settings_in_the_environment_reach_the_report_too(clone: Path) -> None:
    executable(clone / "ready" / "bin" / "python", 'printf "%s\\n" "$DATABASE_URL" "$SECONDS" "$OUT" > seen')
    made = make(clone, "report", "VENV=ready", DATABASE_URL="postgresql://me:a$b@host/db", SECONDS="7", OUT="my out")
    assert made.returncode == 0
    assert (clone / "seen").read_text().splitlines() == ["postgresql://me:a$b@host/db", "7", "my out"]


def test_an_empty_address_reaches_the_report_as_one_and_none_as_none(clone: Path) -> None:
    executable(clone / "ready" / "bin" / "python", 'printf "%s\n" "${DATABASE_URL-unset}" "${SECONDS-unset}" >> seen')
    assert make(clone, "report", "VENV=ready", DATABASE_URL="", SECONDS="").returncode == 0
    assert make(clone, "report", "VENV=ready", "DATABASE_URL=").returncode == 0
    assert make(clone, "report", "VENV=ready").returncode == 0
    said = (clone / "seen").read_text().splitlines()
    assert (said[2::4], said[3::4]) == (["", "", "unset"], ["unset"] * 3)


def test_tests_never_see_the_callers_database(clone: Path) -> None:
    executable(
        clone / "ready" / "bin" / "python", 'env | grep -E "^(PG|DATABASE_URL|VIRTUAL_ENV|PYTHONPATH)" > seen; true'
    )
    outer = {"DATABASE_URL": "postgresql://host", "PGHOST": "host", "VIRTUAL_ENV": "/x", "PYTHONPATH": "/x"}
    assert make(clone, "test", "VENV=ready", **outer).returncode == 0
    assert (clone / "seen").read_text() == ""


def test_make_alone_lists_the_targets(clone: Path) -> None:
    listed = make(clone).stdout
    assert all(
        f"make {target} " in listed for target in ("lab", "report", "test", "bench", "notebooks", "lock", "clean")
    )
