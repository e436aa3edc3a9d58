"""What a table is called, and mappings by that name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Generic, TypeVar

T = TypeVar("T")
_BARE = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_ORDER = attrgetter("schema", "name")  # as TableName compares, without the calls
_SAID_WITH_CONSONANT = re.compile(r"eu|one(?![a-z])|once|uni|us[aeiu]|ut[ei]|uu|ur[ailn]|uk")
_PART = r'("(?:[^"]|"")+"|[^."]+)'


@lru_cache(maxsize=4096)
def _display(identifier: str) -> str:
    return identifier if _BARE.match(identifier) else '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A schema-qualified relation name: unquoted inside, quoted where needed when shown.

    >>> str(TableName("public", "Order Items"))
    'public."Order Items"'
    >>> TableName.parse('public."Order Items"').name
    'Order Items'
    """

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{_display(self.schema)}.{_display(self.name)}"

    @classmethod
    def parse(cls, text: str) -> TableName:
        """`schema.name` (quoted parts allowed), or a bare name in `public`. Raises ValueError on anything else."""
        found = re.fullmatch(rf"(?:{_PART}\.)?{_PART}", text)
        if not found:
            raise ValueError(f"{text!r} is not a table name such as public.orders")
        schema, name = (p[1:-1].replace('""', '"') if p and p.startswith('"') else p for p in found.groups())
        return cls(schema or "public", name or "")


def with_article(noun: str) -> str:
    """The word after 'a' or 'an', as it is said.

    >>> [with_article(noun) for noun in ("tenant", "attachment", "user", "upload", "unit", "order_item")]
    ['a tenant', 'an attachment', 'a user', 'an upload', 'a unit', 'an order_item']
    """
    said_with_vowel = noun[:1].lower() in set("aeiou") and not _SAID_WITH_CONSONANT.match(noun.lower())
    return f"{'an' if said_with_vowel else 'a'} {noun}"


class ByTable(Mapping[TableName, T], Generic[T]):
    """A read-only mapping by table, in name order, that also takes `"public.orders"` or `"orders"` as a key."""

    def __init__(self, entries: Mapping[TableName, T]) -> None:
        self._entries = {name: entries[name] for name in sorted(entries, key=_ORDER)}

    def __getitem__(self, key: TableName | str) -> T:
        name = TableName.parse(key) if isinstance(key, str) else key
        return self._entries[name]

    def __iter__(self) -> Iterator[TableName]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            try:
                key = TableName.parse(key)
            except ValueError:
                return False
        return key in self._entries

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} tables)"
