"""Words in names that hint at what a table is for: weak evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .reading import DATA, read_toml


@dataclass(frozen=True, slots=True)
class Hints:
    """Words in names; weak evidence."""

    touch_columns: tuple[str, ...]
    author_columns: tuple[str, ...]
    user_columns: tuple[str, ...]
    member_columns: tuple[str, ...]
    membership_state_columns: tuple[str, ...]
    membership_plain_columns: tuple[str, ...]
    membership_trace_endings: tuple[str, ...]
    membership_role_columns: tuple[str, ...]
    log: tuple[str, ...]
    metadata: tuple[str, ...]
    user: tuple[str, ...]
    online: tuple[str, ...]
    active_counter: tuple[str, ...]
    typing: tuple[str, ...]
    collaboration: tuple[str, ...]


def bare(name: str) -> str:
    """A column's name without case and underscores, so that `updatedAt` is the hint `updated_at`.

    >>> bare("updatedAt") == bare("updated_at")
    True
    """
    return name.replace("_", "").lower()


@cache
def load_hints() -> Hints:
    """The words of data/naming_hints.toml. Raises BadInput."""
    found = read_toml(DATA / "naming_hints.toml")
    words = {key: value for key, value in found.items() if isinstance(value, list)} | found["tables"] | found["state"]
    return Hints(**{key: tuple(value) for key, value in words.items()})
