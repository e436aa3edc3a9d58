"""How names and sizes are said in a sentence, and how names and values are written in SQL, both on one line."""

from __future__ import annotations

import re
from typing import Final

from realtime_advisor.model import TableName

_BARE: Final = re.compile(r"[a-z_][a-z0-9_]*")
# Names that are no keywords; any other is quoted. After a dot no keyword needs quotes.
_UNQUOTED: Final = frozenset({"public", "realtime", "supabase_realtime", "anon", "authenticated"})


def quoted(name: str) -> str:
    """A name as an identifier in SQL, on one line: without quotes only where that is known to be safe.

    >>> quoted("public"), quoted("order"), quoted('a"b'), quoted(chr(10))
    ('public', '"order"', '"a""b"', 'U&"\\\\+00000A"')
    """
    if name in _UNQUOTED:
        return name
    doubled = name.replace('"', '""')
    if doubled.isprintable():
        return f'"{doubled}"'
    escaped = doubled.replace("\\", "\\\\")
    return 'U&"' + "".join(c if c.isprintable() else f"\\+{ord(c):06X}" for c in escaped) + '"'


def qualified(name: TableName) -> str:
    """A table in SQL.

    >>> qualified(TableName("public", "Order Items")), qualified(TableName("public", "orders"))
    ('public."Order Items"', 'public.orders')
    """
    return f"{quoted(name.schema)}.{name.name if _BARE.fullmatch(name.name) else quoted(name.name)}"


def literal(value: str) -> str:
    """A value as a string literal in SQL, on one line.

    >>> print(literal("it's"), literal(chr(92)))
    'it''s' E'\\\\'
    """
    doubled = value.replace("'", "''")
    if "\\" not in doubled and doubled.isprintable():
        return f"'{doubled}'"
    escaped = doubled.replace("\\", "\\\\")
    return "E'" + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + "'"


def named(*names: str | TableName) -> str:
    """Names in a sentence, the first three of them, without line breaks.

    >>> named("a", TableName("public", "b")), named(*"abcde")
    ('a and public.b', 'a, b, c and 2 more')
    """
    told = ["".join(c if c.isprintable() else " " for c in str(name)) for name in names]
    if len(told) > 3:
        return f"{', '.join(told[:3])} and {len(told) - 3} more"
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def bytes_told(count: int) -> str:
    """A size as people say it.

    >>> bytes_told(900), bytes_told(150_000), bytes_told(3 << 30)
    ('900 bytes', '146 kB', '3.0 GB')
    """
    for length, unit in ((1 << 30, "GB"), (1 << 20, "MB")):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count / 1024:.0f} kB" if count >= 10_000 else f"{count:,} bytes"
