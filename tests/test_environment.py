"""One set of versions: what pyproject.toml asks for, requirements.lock pins, and environment.yml repeats for conda."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parent.parent
LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
DECLARED: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA: dict[str, Any] = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0].lower()


def pip_section() -> list[str]:
    sections: list[list[str]] = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert len(sections) == 1
    return sections[0]


def test_environment_yml_pins_what_the_lock_pins() -> None:
    pins = [line for line in pip_section() if line != "-e ."]
    for pin in pins:
        name, version = re.sub(r"\[.*\]", "", pin).split("==")
        assert re.search(rf"^{re.escape(name)}=={re.escape(version)} ", LOCK, flags=re.MULTILINE), pin


def test_environment_yml_lists_every_dependency_of_the_project_and_the_project() -> None:
    declared = [name_of(line) for line in DECLARED["project"]["dependencies"]]
    assert [name_of(line) for line in pip_section()] == [*declared, "-e"]


def test_environment_yml_uses_a_supported_python_and_has_pip() -> None:
    python = next(entry for entry in CONDA["dependencies"] if str(entry).startswith("python="))
    assert python.partition("=")[2] in ("3.11", "3.12", "3.13")
    assert "pip" in CONDA["dependencies"]


def test_environment_yml_is_what_make_lock_writes() -> None:
    written = runpy.run_path(str(PROJECT / "tools" / "environment.py"))["environment"](PROJECT)
    assert (PROJECT / "environment.yml").read_text(encoding="utf-8") == written


def test_the_lock_pins_every_declared_dependency() -> None:
    declared = [*DECLARED["project"]["dependencies"], *DECLARED["dependency-groups"]["dev"]]
    locked = {name.lower() for name in re.findall(r"^([\w.-]+)==", LOCK, flags=re.MULTILINE)}
    assert {name_of(line) for line in declared} - locked == set()


def test_every_locked_package_has_hashes_and_none_an_address() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


@pytest.mark.parametrize("name", ["environment.yml", "pyproject.toml", "requirements.lock", "Makefile", ".ci/run"])
def test_no_file_of_the_set_up_names_a_package_index(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    # Any address, any option that names an index, any host name: a stricter net than the names of known registries.
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links|\b[\w-]+\.(org|com|net|io|dev)\b", text)
