"""Columns of a row as a trigger function compares and keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from realtime_advisor.model import Design

from .entitlement import is_exact, is_text, variable_type
from .quoting import quote_ident
from .rendering import Fragment
from .watching import Watched

_LINE_WIDTH: Final = 88


def comparable(row: str, column: str, type_name: str) -> str:
    """A column such that equal means unchanged: citext, numeric scale, json and the like are compared as text."""
    name = quote_ident(column)
    if is_exact(type_name):
        return f"{row}.{name}"
    return f'{row}.{name}{"" if is_text(type_name) else "::text"} collate "C"'


def key_value(design: Design, watched: Watched, row: str, column: str) -> str:
    """A key as its variable holds it."""
    type_name = design.type_of(watched.table, column)
    return f"{row}.{quote_ident(column)}{'' if variable_type(type_name) == type_name else '::text'}"


def listed(items: Iterable[str]) -> Fragment:
    """Items separated by commas, on as few lines as their width allows."""
    lines: list[str] = []
    for item in items:
        if lines and "\n" not in lines[-1] + item and len(lines[-1]) + len(item) + 2 <= _LINE_WIDTH:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return Fragment(",\n".join(lines))
