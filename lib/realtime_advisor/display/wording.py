"""How names, numbers and lists are said: short, and never more exact than they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, TypeGuard

from realtime_advisor.model import TableName

UNKNOWN: Final = "unknown"


def say_table(name: TableName) -> str:
    """The table as people call it: without `public`.

    >>> say_table(TableName("public", "orders")), say_table(TableName("billing", "orders"))
    ('orders', 'billing.orders')
    """
    return str(name).removeprefix("public.")


def say_number(value: float | None) -> str:
    """A number with no more digits than matter; None is unknown.

    >>> [say_number(value) for value in (5030.4, 39.736, 99.987, 0.0534, 3, None)]
    ['5,030', '39.7', '100', '0.053', '3', 'unknown']
    """
    if value is None:
        return UNKNOWN
    if math.isinf(value):
        return "without limit"
    if abs(value) < 10 and value != int(value):
        return f"{value:.2g}"
    return f"{value:,.1f}".removesuffix(".0") if abs(value) < 1000 else f"{value:,.0f}"


def say_share(value: float | None) -> str:
    """A share, 0 to 1, in percent; what is there is never said to be nothing, nor a part to be all.

    >>> [say_share(value) for value in (0.2249, 0.0004, 0.9996, 0, 1, None)]
    ['22 %', 'under 1 %', 'over 99 %', '0 %', '100 %', 'unknown']
    """
    if value is None:
        return UNKNOWN
    if 0 < value < 0.01:
        return "under 1 %"
    if 0.99 < value < 1:
        return "over 99 %"
    return f"{value * 100:.0f} %"


def say_value(value: float | bool | str | None, unit: str = "") -> str:
    """A metric's value or threshold with its unit.

    >>> say_value(True, "yes/no"), say_value(39.736, "events/minute"), say_value(0.9268, "share of row changes")
    ('yes', '39.7 events/minute', '93 % of row changes')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if unit.startswith("share "):
        return f"{say_share(value)} {unit.removeprefix('share ')}"
    return f"{say_number(value)} {unit}".strip()


def say_bare(value: float | bool | str | None, unit: str) -> str:
    """A value where its unit has been said already.

    >>> say_bare(0.5, "share of row changes"), say_bare(100, "events/minute")
    ('50 %', '100')
    """
    return say_value(value, "share " if unit.startswith("share ") else "").strip()


def say_list(words: Iterable[str], most: int = 5) -> str:
    """Words in a row, the first few of them.

    >>> say_list(["a", "b", "c"]), say_list("abcdefg", most=3)
    ('a, b and c', 'a, b, c and 4 more')
    """
    told: Sequence[str] = list(words)
    if len(told) > most:
        return f"{', '.join(told[:most])} and {len(told) - most} more"
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def say_count(count: int, one: str, many: str | None = None) -> str:
    """A number of things.

    >>> say_count(1, "table"), say_count(14, "table"), say_count(2, "query", "queries")
    ('1 table', '14 tables', '2 queries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def say_minutes(seconds: float) -> str:
    """A length of time in the unit that fits.

    >>> say_minutes(600), say_minutes(60), say_minutes(45.2), say_minutes(5 * 86400)
    ('10 minutes', '1 minute', '45 seconds', '5 days')
    """
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * length or seconds == length:
            return say_count(round(seconds / length), word)
    return say_count(round(seconds), "second")


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number, and not a yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)
