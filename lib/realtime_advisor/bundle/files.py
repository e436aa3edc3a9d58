"""Safe file names, and single files that a reader never sees half written."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from realtime_advisor.model import TableName

INDEX: Final = "decisions.json"


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


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)
