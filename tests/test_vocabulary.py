"""The vocabulary: the same names for people, type checkers and Python, each imported when it is first asked for."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest

import realtime_advisor as ra

HEAVY = {"pandas", "numpy", "plotly", "ipywidgets", "IPython", "papermill", "jinja2"}


def seen_by_type_checkers() -> dict[str, object]:
    """What each name of the vocabulary is to those who read the imports and do not run them."""
    found = {}
    for node in ast.walk(ast.parse(Path(str(ra.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = resolve_name(f"{ra.__name__}.{node.module}.{alias.name}")
    return found


def imported_by(*arguments: str, environ: dict[str, str] | None = None) -> set[str]:
    """The packages that a Python of its own imports with these arguments."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        env=os.environ | (environ or {}),
        capture_output=True,
        text=True,
    )
    times = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in times}


def test_each_name_is_what_a_type_checker_takes_it_for() -> None:
    assert {name: getattr(ra, name) for name in ra.__all__} == seen_by_type_checkers()


def test_editors_are_offered_the_vocabulary_and_nothing_else() -> None:
    assert dir(ra) == sorted(ra.__all__)


def test_a_name_that_is_not_there_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'realtime_advisor' has no attribute 'decied'"):
        resolve_name("realtime_advisor:decied")


def test_importing_the_package_imports_no_other() -> None:
    without = imported_by("-c", "import pkgutil, typing")
    assert imported_by("-c", "import realtime_advisor") - without == {"realtime_advisor"}


def test_a_name_brings_what_it_needs() -> None:
    assert "plotly" in imported_by("-c", "import realtime_advisor as ra; ra.figures")


@pytest.mark.parametrize(
    ("command", "environ"), [("sample", {"SECONDS": "soon"}), ("check", {"BUNDLE": ""}), ("--help", {})]
)
def test_no_command_waits_for_what_draws_figures(command: str, environ: dict[str, str]) -> None:
    imported = imported_by("-m", "realtime_advisor", command, environ=environ)
    assert "realtime_advisor" in imported
    assert imported & HEAVY == set()


def test_a_question_for_the_usage_waits_for_no_database_driver() -> None:
    assert imported_by("-m", "realtime_advisor", "--help") & {"sqlalchemy", "psycopg", "sqlglot"} == set()
