"""What every notebook in git must be: run from top to bottom, stored with what it shows, small, and the same each time.

Comparing outputs is nbval's part. It passes a notebook that stores nothing, hence these rules.
"""

from __future__ import annotations

import ast
import copy
import json
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PATHS = sorted(path for path in (PROJECT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
TOOL = runpy.run_path(str(PROJECT / "tools" / "notebooks.py"))
Notebook = dict[str, Any]
PLOTLY = "application/vnd.plotly.v1+json"
LARGEST = 200_000
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While)
SQL = re.compile(
    r"\b(select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|truncate\s+table|grant\s.+\bto|"
    r"(create|alter|drop)\s+(or\s+replace\s+)?(table|function|trigger|policy|schema|view|index|role))\b",
    re.IGNORECASE | re.DOTALL,
)
VARYING = {
    "an absolute path": re.compile(r"(?<![\w.:/])/(home|root|Users|tmp|var|usr|opt|work|mnt|private)/|\b[A-Z]:\\\\"),
    "a clock": re.compile(r"\b\d{1,2}:\d{2}:\d{2}\b|\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"),
    "an address in memory": re.compile(r"\b0x[0-9a-f]{6,}"),
}


def as_jupyter_writes(notebook: Notebook) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def source(cell: Notebook) -> str:
    return "".join(cell["source"])


def code_cells(notebook: Notebook) -> list[Notebook]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def statements(notebook: Notebook) -> Iterator[ast.AST]:
    for cell in code_cells(notebook):
        yield from ast.walk(ast.parse(source(cell)))


def outputs(notebook: Notebook) -> Iterator[Notebook]:
    return (output for cell in code_cells(notebook) for output in cell["outputs"])


def has_figure(cell: Notebook) -> bool:
    return any(PLOTLY in output.get("data", {}) for output in cell.get("outputs", []))


def shows_a_value(cell: Notebook) -> bool:
    """Tell whether a cell's last line is a plain value, which Jupyter always shows (a call may return None)."""
    body = ast.parse(source(cell)).body
    last = body[-1] if body else None
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Name | ast.Attribute | ast.Subscript)


def asks_a_question(notebook: Notebook) -> Iterator[str]:
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not re.match(r"# .+\?\s*(\n|$)", source(first)):
        yield "the first cell is not a title with a question mark"


def was_run_from_top_to_bottom(notebook: Notebook) -> Iterator[str]:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"cells were run as {counts}"


def stores_what_it_shows(notebook: Notebook) -> Iterator[str]:
    if not any(True for _ in outputs(notebook)):
        yield "no outputs are stored"
    for cell in code_cells(notebook):
        if shows_a_value(cell) and not cell["outputs"]:
            yield f"{source(cell)!r} shows something, but nothing is stored"


def stores_no_failure(notebook: Notebook) -> Iterator[str]:
    for output in outputs(notebook):
        if output["output_type"] == "error" or output.get("name") == "stderr":
            yield f"an error or warning is stored: {str(output)[:200]}"


def works_through_the_library(notebook: Notebook) -> Iterator[str]:
    for node in statements(notebook):
        if isinstance(node, DEFINITIONS):
            yield f"line {node.lineno}: {type(node).__name__} belongs in the library"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            yield f"line {node.lineno}: a named lambda belongs in the library"


def holds_no_sql(notebook: Notebook) -> Iterator[str]:
    for node in statements(notebook):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield f"SQL belongs in .sql files: {node.value!r}"


def shows_nothing_that_varies(notebook: Notebook) -> Iterator[str]:
    for text in (json.dumps(output, ensure_ascii=False) for output in outputs(notebook)):
        for what, pattern in VARYING.items():
            if match := pattern.search(text):
                yield f"{what}: {text[max(0, match.start() - 40) : match.end() + 40]}"


def has_a_sentence_after_each_figure(notebook: Notebook) -> Iterator[str]:
    cells = notebook["cells"]
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if has_figure(cell) and (following is None or following["cell_type"] != "markdown"):
            yield f"no sentence follows the figure of {source(cell)!r}"


def is_as_make_notebooks_stores_it(notebook: Notebook) -> Iterator[str]:
    """Widget views and state, timings, editors' metadata: whatever `make notebooks` would drop."""
    if TOOL["tidy"](copy.deepcopy(notebook)) != notebook:
        yield "it holds what `make notebooks` drops; run that"


RULES: list[Callable[[Notebook], Iterator[str]]] = [
    asks_a_question,
    was_run_from_top_to_bottom,
    stores_what_it_shows,
    stores_no_failure,
    works_through_the_library,
    holds_no_sql,
    shows_nothing_that_varies,
    has_a_sentence_after_each_figure,
    is_as_make_notebooks_stores_it,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_notebook(rule: Callable[[Notebook], Iterator[str]]) -> None:
    faults = [f"{path.name}: {fault}" for path in PATHS for fault in rule(json.loads(path.read_text("utf-8")))]
    assert faults == []


def test_every_notebook_is_small() -> None:
    assert {path.name: path.stat().st_size for path in PATHS if path.stat().st_size > LARGEST} == {}


def test_every_notebook_is_formatted_as_jupyter_does_and_ends_with_a_newline() -> None:
    texts = {path.name: path.read_text("utf-8") for path in PATHS}
    assert [name for name, text in texts.items() if text != as_jupyter_writes(json.loads(text))] == []


def markdown(text: str) -> Notebook:
    return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [text]}


def code(text: str, count: int, *shown: Notebook) -> Notebook:
    return {
        **{"cell_type": "code", "id": f"b{count}", "metadata": {}, "source": text.splitlines(keepends=True)},
        **{"execution_count": count, "outputs": list(shown)},
    }


def printed(text: str, stream: str = "stdout") -> Notebook:
    return {"output_type": "stream", "name": stream, "text": [text]}


def displayed(mime: str, **details: Any) -> Notebook:
    return {"output_type": "display_data", "data": {mime: "..."}, "metadata": {}, **details}


def notebook(*cells: Notebook, title: str = "# How loud is it?") -> Notebook:
    good = [markdown(title), *cells, code("print(1)", 1 + sum("outputs" in cell for cell in cells), printed("1"))]
    return {"cells": good, "metadata": TOOL["METADATA"], "nbformat": 4, "nbformat_minor": 5}


GOOD = notebook(
    code("import realtime_advisor as ra\n\nbox.observe(lambda change: None)", 1),
    code("ra.show('public.update_set')", 2, displayed(PLOTLY)),
    markdown("Most writes are updates from 10 users."),
)
BAD = [
    (asks_a_question, notebook(title="# Churn")),
    (was_run_from_top_to_bottom, notebook(code("print(2)", 7, printed("2")))),
    (stores_what_it_shows, notebook(code("decisions['public.messages']", 1))),
    (stores_no_failure, notebook(code("1", 1, printed("DeprecationWarning", "stderr")))),
    (works_through_the_library, notebook(code("for table in tables:\n    print(table)", 1))),
    (works_through_the_library, notebook(code("render = lambda choice: choice", 1))),
    (holds_no_sql, notebook(code("run('select * from messages')", 1))),
    (shows_nothing_that_varies, notebook(code("1", 1, printed("written to /home/me/out")))),
    (shows_nothing_that_varies, notebook(code("1", 1, printed("taken at 2026-08-21 10:11:12")))),
    (shows_nothing_that_varies, notebook(code("1", 1, printed("<object at 0x7f0012345678>")))),
    (has_a_sentence_after_each_figure, notebook(code("1", 1, displayed(PLOTLY)))),
    (is_as_make_notebooks_stores_it, notebook(code("1", 1, displayed(TOOL["WIDGET_VIEW"])))),
    (is_as_make_notebooks_stores_it, notebook() | {"metadata": {"widgets": {}}}),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule: Callable[[Notebook], Iterator[str]]) -> None:
    assert list(rule(GOOD)) == []


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_a_bad_notebook_breaks_the_rule(rule: Callable[[Notebook], Iterator[str]], bad: Notebook) -> None:
    assert len(list(rule(bad))) == 1


def test_a_stripped_notebook_breaks_the_rules() -> None:
    stripped = copy.deepcopy(GOOD)
    for cell in code_cells(stripped):
        cell |= {"outputs": [], "execution_count": None}
    assert list(stores_what_it_shows(stripped))
    assert list(was_run_from_top_to_bottom(stripped))


def test_running_a_notebook_twice_stores_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "00.ipynb"
    cells = [markdown("# Twice?"), code("import ipywidgets\n\nipywidgets.Dropdown(options=['a'])", 1), code("6 * 7", 2)]
    path.write_text(as_jupyter_writes(notebook() | {"cells": cells, "metadata": {}}))
    assert TOOL["refresh"](path) == "changed"
    first = path.read_bytes()
    assert TOOL["refresh"](path) == "same as before"
    assert path.read_bytes() == first
    assert b"42" in first
    assert b"widget-view" not in first


def test_a_notebook_that_fails_keeps_its_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "00.ipynb"
    path.write_text(as_jupyter_writes(notebook() | {"cells": [code("1 / 0", 0)]}))
    before = path.read_bytes()
    assert TOOL["main"]([str(path)]) == 1
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert path.read_bytes() == before
