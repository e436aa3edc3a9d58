"""A script as the report lists it: its comments apart from what runs."""

from __future__ import annotations

from itertools import groupby

from .report_views import CodePart, Listing


def list_code(title: str, text: str) -> Listing:
    """The listing of a script, its length told beside the title."""
    lines = text.rstrip("\n").split("\n")
    parts = (CodePart("\n".join(run) + "\n", comment) for comment, run in groupby(lines, _is_comment))
    return Listing(title, tuple(parts), f"{len(lines):,} lines")


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("--")
