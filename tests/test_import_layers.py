"""Who may import whom: data travels one way, so a layer knows those below it and no neighbour of its own."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "lib" / "realtime_advisor"
LAYERS = (
    {"errors"},
    {"model"},
    {"reference"},
    {"observation", "decision", "generation", "sandbox"},
    {"proof", "display", "workshop"},
    {"bundle"},
    {"targets"},
    {"journey", "sampling", "listening"},
    {"__init__", "report", "checking"},
    {"__main__"},
)
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
PURE = {"model", "decision", "generation"}
OUTSIDE_WORLD = {
    *("psycopg", "sqlalchemy", "sqlite3", "subprocess", "socket", "ssl", "urllib.request", "http", "requests"),
    *("threading", "multiprocessing", "asyncio", "tempfile", "shutil", "time", "random", "IPython", "ipywidgets"),
}


def imports(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the dotted path of everything a module imports, relative imports resolved against its package.

    Imports inside functions and under TYPE_CHECKING count: a wall is a wall.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = (*above, *(node.module or "").split(".")) if node.module else above
            yield from ((*origin, alias.name) for alias in node.names)


def station(path: Path, package: Path) -> str:
    return path.relative_to(package).with_suffix("").parts[0]


def breaches(package: Path) -> list[str]:
    """Say, for each module of the package, which of its imports break a wall."""
    found = []
    for path in sorted(package.rglob("*.py")):
        here = station(path, package)
        if here not in HEIGHT:
            found.append(f"{here}: no layer; place it in LAYERS and in docs/architecture.md")
            continue
        inside = (package.name, *path.relative_to(package).parent.parts)
        for target in imports(ast.parse(path.read_text(encoding="utf-8")), inside):
            found += (f"{path.relative_to(package)}: {fault}" for fault in faults(here, target, package))
    return found


def faults(here: str, target: tuple[str, ...], package: Path) -> Iterator[str]:
    if target[0] != package.name:
        if here in PURE and {target[0], ".".join(target[:2])} & OUTSIDE_WORLD:
            yield f"{here} is pure, so it has no use for {target[0]}"
        return
    there = target[1] if len(target) > 1 and is_module(package, target[1]) else "__init__"
    if there != here and HEIGHT.get(there, len(LAYERS)) >= HEIGHT[here]:
        yield f"{here} must not know {there}"


def is_module(package: Path, name: str) -> bool:
    return (package / name).is_dir() or (package / f"{name}.py").is_file()


def notebook_breaches(folder: Path) -> list[str]:
    """Say which notebooks import anything below the vocabulary, or import it under another name."""
    found = []
    for path in sorted(folder.rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for source in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
            for node in ast.walk(ast.parse(source)):
                line = ast.unparse(node) if isinstance(node, (ast.Import, ast.ImportFrom)) else ""
                if "realtime_advisor" in line and line != "import realtime_advisor as ra":
                    found.append(f"{path.name}: {line}")
    return found


def test_every_module_imports_only_from_below_its_own_layer() -> None:
    assert breaches(PACKAGE) == []


def test_notebooks_import_the_vocabulary_and_nothing_below_it() -> None:
    assert notebook_breaches(PROJECT / "notebooks") == []


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("model/names.py", "from ..decision import decide", "model must not know decision"),
        ("model/names.py", "import realtime_advisor.sandbox.postgres", "model must not know sandbox"),
        ("decision/churn.py", "from realtime_advisor.generation import sql", "decision must not know generation"),
        ("proof/checks.py", "def f():\n    from ..display import figures", "proof must not know display"),
        ("journey.py", "from realtime_advisor import connect", "journey must not know __init__"),
        ("errors.py", "from . import model", "errors must not know model"),
        ("decision/matrix.py", "import psycopg.rows", "decision is pure, so it has no use for psycopg"),
    ],
)
def test_an_import_through_a_wall_is_noticed(tmp_path: Path, module: str, line: str, complaint: str) -> None:
    package = tmp_path / "realtime_advisor"
    for name in ("model", "decision", "generation", "sandbox", "display", "proof"):
        (package / name).mkdir(parents=True)
    (package / "model" / "__init__.py").touch()
    (package / module).write_text(line)
    assert breaches(package) == [f"{module}: {complaint}"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("decision/churn.py", "from ..model import Churn\nfrom ..errors import BadInput\nfrom .scopes import find"),
        ("journey.py", "from .bundle import export\nfrom . import sandbox"),
        ("__init__.py", "from .journey import advise"),
    ],
)
def test_an_import_from_below_or_from_the_same_station_is_fine(tmp_path: Path, module: str, line: str) -> None:
    package = tmp_path / "realtime_advisor"
    for name in ("errors", "model", "decision", "sandbox", "bundle", "journey"):
        (package / name).mkdir(parents=True)
    (package / module).write_text(line)
    assert breaches(package) == []


def test_a_module_without_a_layer_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "realtime_advisor"
    package.mkdir()
    (package / "helpers.py").touch()
    assert "no layer" in breaches(package)[0]


def test_a_notebook_that_reaches_below_the_vocabulary_is_noticed(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": ["from realtime_advisor.decision import churn\n", "import pathlib"]}
    (tmp_path / "deep.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert notebook_breaches(tmp_path) == ["deep.ipynb: from realtime_advisor.decision import churn"]
