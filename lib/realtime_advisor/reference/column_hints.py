"""Words in column names that hint at what a column holds: weak evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from .reading import DATA, read_toml


@dataclass(frozen=True, slots=True)
class ColumnHints:
    """The words of [columns] in data/naming_hints.toml."""

    secret: tuple[str, ...]
    not_secret: tuple[str, ...]
    embedding: tuple[str, ...]
    owner: tuple[str, ...]
    personal: tuple[str, ...]


def has_word(column: str, words: Iterable[str]) -> bool:
    """Whether one of the words is a run of whole parts of the column's name, in snake or in camel case.

    >>> has_word("clientSecret", ["secret"]), has_word("secretary", ["secret"]), has_word("OPENAI_API_KEY", ["api_key"])
    (True, False, True)
    """
    name = f"_{_snake(column)}_"
    return any(f"_{word}_" in name for word in words)


def ends_with(column: str, word: str) -> bool:
    """Whether the column's last whole parts are the word.

    >>> ends_with("lastViewedAt", "viewed_at"), ends_with("reviewed_at", "viewed_at")
    (True, False)
    """
    return f"_{_snake(column)}".endswith(f"_{word}")


def is_word(column: str, words: Collection[str]) -> bool:
    """Whether the column's whole name is one of the words.

    >>> is_word("companyId", ["company_id"]), is_word("created_by_user_id", ["user_id"])
    (True, False)
    """
    return _snake(column) in words


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def load_column_hints() -> ColumnHints:
    """The words of data/naming_hints.toml about columns. Raises BadInput."""
    found = read_toml(DATA / "naming_hints.toml")["columns"]
    return ColumnHints(**{key: tuple(value) for key, value in found.items()})
