"""Run notebooks from top to bottom in clean kernels and store what they show, small and the same each time.

    python tools/notebooks.py [notebook ...]

Without arguments all of notebooks/, in order. A notebook whose run fails is left as it was. What varies between runs or
editors is dropped: timings, widget state, widget views (their text stays), and metadata other than the cells' tags.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from realtime_advisor.report import kernel_channels

PROJECT = Path(__file__).resolve().parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS_PER_CELL = 300


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run every cell in a fresh kernel of this Python, in the notebook's own folder; raises CellExecutionError."""
    with TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            config=Config({"KernelManager": kernel_channels(Path(sockets))}),
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute()
    return notebook


def tidy(notebook: dict[str, Any]) -> dict[str, Any]:
    """Drop, in place, what is not worth keeping in git; what a reader sees stays.

    >>> widget = {"data": {WIDGET_VIEW: {}, "text/plain": "Dropdown()"}}
    >>> cell = {"metadata": {"execution": {}, "tags": ["parameters"]}, "outputs": [widget]}
    >>> tidy({"cells": [cell]})["cells"]
    [{'metadata': {'tags': ['parameters']}, 'outputs': [{'data': {'text/plain': 'Dropdown()'}}]}]
    """
    notebook |= {"metadata": copy.deepcopy(METADATA), "nbformat": 4, "nbformat_minor": 5}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if "metadata" in output:
                output["metadata"] = {}
    return notebook


def text_of(notebook: dict[str, Any]) -> str:
    return str(nbformat.writes(nbformat.from_dict(notebook))).rstrip("\n") + "\n"


def refresh(path: Path) -> str:
    """Run one notebook and store it; return what happened to its file. Raises CellExecutionError, file untouched."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    after = text_of(tidy(execute(notebook, path.parent)))
    if after == before:
        return "same as before"
    fresh = path.with_suffix(".new")
    fresh.write_text(after, encoding="utf-8")
    fresh.replace(path)
    return "changed"


def all_notebooks() -> list[Path]:
    found = (PROJECT / "notebooks").rglob("*.ipynb")
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(PROJECT).parts))


def main(arguments: list[str]) -> int:
    os.environ["REALTIME_ADVISOR_HEADLESS"] = "1"  # no progress bars: stored, they would stand still
    failed = 0
    for path in [Path(argument).resolve() for argument in arguments] or all_notebooks():
        try:
            print(f"{path.name}: {refresh(path)}", flush=True)
        except CellExecutionError as failure:
            print(f"{path.name}: not stored, a cell failed\n{failure}", file=sys.stderr)
            failed += 1
        except FileNotFoundError:
            print(f"{path.name}: no such notebook; name one of notebooks/", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
