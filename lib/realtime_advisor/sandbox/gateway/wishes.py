"""What a client's subscription to Postgres Changes asks for. Pure: no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, LiteralString

from .frames import Payload
from .pgoutput import Change

# As SQL; `in` compares with an array. Realtime knows more (like, is, match, not.), which nothing generates here.
OPERATORS: Final[dict[str, LiteralString]] = {
    "eq": "=",
    "neq": "!=",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "in": "= any",
}
_EVENTS: Final = ("INSERT", "UPDATE", "DELETE")
_CONDITION: Final = re.compile(r"([^=]+)=(\w+)\.(.*)", re.DOTALL)


class WishRefused(Exception):
    """A subscription that Realtime refuses with a system message; the text is that message."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one column with a literal; `operator` is one of OPERATORS, `value` an array for `in`."""

    column: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription: `number` is what its client knows it by, '*' in `schema`, `table` or `event` means any."""

    number: int
    schema: str
    table: str
    event: str
    conditions: tuple[Condition, ...]

    def concerns(self, change: Change) -> bool:
        """Whether it asks for such a change, as far as the table and the kind of change tell."""
        asked = (self.schema, self.table, self.event)
        given = (change.relation.schema, change.relation.name, change.operation.value)
        return all(mine in ("*", theirs) for mine, theirs in zip(asked, given, strict=True))


def read_wish(number: int, asked: Payload) -> Wish:
    """The subscription that a join asks for. Raises WishRefused."""
    schema, table, text = asked.get("schema", "public"), asked.get("table", "*"), asked.get("filter") or ""
    if not all(isinstance(part, str) for part in (schema, table, text)) or not {"schema", "table"} & asked.keys():
        raise WishRefused(
            "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: <redacted>"
        )
    event = str(asked.get("event", "*")).upper()
    conditions = tuple(map(_read_condition, _split(text.strip()))) if text.strip() else ()
    return Wish(number, schema, table, event if event in _EVENTS else "*", conditions)


def _split(text: str) -> list[str]:
    """The conditions of a filter, which commas join outside of parentheses.

    >>> _split("id=in.(1,2),team=eq.a")
    ['id=in.(1,2)', 'team=eq.a']
    """
    return re.split(r",(?![^(]*\))", text)


def _read_condition(text: str) -> Condition:
    """One condition of a filter.

    >>> _read_condition("id=in.(1,2)")
    Condition(column='id', operator='in', value='{1,2}')
    """
    found = _CONDITION.fullmatch(text)
    if found is None or found[2] not in OPERATORS:
        raise WishRefused(f"Error parsing `filter` params: {text}")
    column, operator, value = found.groups()
    if operator == "in":
        value = f"{{{value.removeprefix('(').removesuffix(')')}}}"
    return Condition(column, operator, value)
