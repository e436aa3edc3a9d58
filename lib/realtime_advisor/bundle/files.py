"""Safe file names, and writing a set of files into a folder so that a reader never sees half a file."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from realtime_advisor.errors import ExportFailed
from realtime_advisor.model import TableName
from realtime_advisor.sandbox.reaper import Lock

INDEX = "decisions.json"


def stem(table: TableName) -> str:
    """A file name's stem for a table: readable, safe on every file system, distinct for distinct tables.

    >>> stem(TableName("public", "orders"))
    'public.orders'
    >>> stem(TableName("public", "../Orders"))
    'public._orders-c7a55188'
    """
    schema, name = (re.sub(r"[^a-z0-9_-]+", "_", part.lower())[:60] for part in (table.schema, table.name))
    if (schema, name) == (table.schema, table.name):
        return f"{schema}.{name}"
    # A look-alike differs from what the table is called, so the mark of the exact name keeps them apart.
    mark = hashlib.sha256(f"{table.schema}\0{table.name}".encode()).hexdigest()[:8]
    return f"{schema}.{name}-{mark}"


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` (relative names to texts) into `folder`, the index last, and drop those of an older bundle.

    Raises ExportFailed where the folder cannot be written, or holds something else than a bundle.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_bundle(folder)
        with Lock(folder / ".lock") as lock:
            if not lock.acquire(timeout=30):
                raise ExportFailed(f"Another run keeps writing to {folder}. Name another folder with OUT.")
            old = _listed(folder)
            for name in sorted(files, key=lambda name: (name == INDEX, name)):
                replace_file(folder / PurePosixPath(name), files[name])
            for name in old - set(files):
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise ExportFailed(_unwritable(folder, error)) from None


def require_writable(folder: Path) -> None:
    """Whether a bundle can be written to `folder`, asked before the work is done. Raises ExportFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_bundle(folder)
        with Lock(folder / ".lock") as lock:
            lock.acquire()
    except OSError as error:
        raise ExportFailed(_unwritable(folder, error)) from None


def _unwritable(folder: Path, error: OSError) -> str:
    return f"The folder {folder} cannot be written: {error.strerror}. Name another one with OUT."


def _require_bundle(folder: Path) -> None:
    others = [entry.name for entry in folder.iterdir() if entry.name != ".lock"]
    if others and INDEX not in others:
        raise ExportFailed(
            f"The folder {folder} holds other files ({sorted(others)[0]}) and no bundle. "
            "Name an empty folder or an older bundle with OUT."
        )


def _listed(folder: Path) -> set[str]:
    """The files that the bundle in the folder lists as its own; none if its index cannot be read."""
    try:
        tables = json.loads((folder / INDEX).read_text(encoding="utf-8"))["tables"]
        names = {str(name) for table in tables for name in table["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts}


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)
