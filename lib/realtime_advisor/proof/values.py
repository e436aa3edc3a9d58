"""Values made to fit a column: the text of the number-th value of a type, and keys that look alike.

All values are the text that Postgres itself writes for them (in UTC), so that Python can compare what it put in with
what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Final

from realtime_advisor.model import Column

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SPAN: Final = 100_000  # numbers that a column's family of keys may use before the next one's begin

# Ids that somebody may have chosen with bad intent, or without thinking: each is mistaken for another by LIKE, by
# case folding, by splitting at colons, or by an encoding that is not undone exactly.
HOSTILE: Final = (
    *("acme", "acme_co", "acmeXco", "%", "acme:eu", "ACME", 'it\'s "$$" \\', "é", "user_2abcDEF", "_", " acme"),
    *("a/b?c&d=e", "acme%", "auth0|abc", "ac:me", "' or true --", "%25", "null", "0"),
)


def value(type_name: str, number: int, labels: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """The text of the number-th value of a type; values differ as long as the type has enough of them.

    >>> value("integer", 7), value("boolean", 1), value("text[]", 2)
    ('7', 'true', '{"value 2"}')
    """
    if labels and type_name in labels:
        return labels[type_name][number % len(labels[type_name])]
    if type_name.endswith("[]"):
        inner = value(type_name.removesuffix("[]"), number, labels)
        return '{"' + inner.replace("\\", "\\\\").replace('"', '\\"') + '"}'
    bare = _bare(type_name)
    make = _MAKERS.get(bare)
    if make:
        return make(number)
    sized = _sized(bare, type_name, number)
    return sized if sized is not None else f"value {number}"


def another(column: Column, taken: str | None, labels: Mapping[str, tuple[str, ...]]) -> str | None:
    """A value of the column's type that is not `taken`; None where the type has no other."""
    candidates = (value(column.type, number, labels) for number in range(500, 520))
    return next((candidate for candidate in candidates if candidate != taken), None)


def keys(type_name: str, family: int, labels: Mapping[str, tuple[str, ...]], *, hostile: bool) -> Iterator[str]:
    """The keys of one family, without end: no other family has any of them, save for types with few values.

    >>> from itertools import islice
    >>> list(islice(keys("bigint", 2, {}, hostile=False), 3))
    ['200001', '200002', '200003']
    """
    if hostile and is_text(type_name):
        room = _length(type_name)
        yield from (key for key in HOSTILE if room is None or len(key) <= room)
    for number in count(1):
        yield _key(type_name, family, number, labels)


@cache  # asked for each of ten thousand keys
def is_text(type_name: str) -> bool:
    """Whether any text is a value of the type.

    >>> is_text("character varying(20)"), is_text("uuid")
    (True, False)
    """
    return bool(re.match(r"(text|character varying)(\(|\Z)", type_name))


def is_plain(type_name: str) -> bool:
    """Whether keys of the type consist of letters, digits, points and hyphens: topics show them as they are."""
    return bool(re.match(r"(uuid|bigint|integer|smallint|boolean|oid|numeric)(\(|\Z)", type_name))


def _key(type_name: str, family: int, number: int, labels: Mapping[str, tuple[str, ...]]) -> str:
    if type_name == "uuid":
        return f"{family:04x}abcd-{family:04x}-4000-8000-{number:012x}"
    if is_text(type_name):
        room = _length(type_name)
        return f"k{family}-{number}" if room is None or room > 8 else _base36(family * 1000 + number)[-room:]
    if type_name == "smallint":
        return str(family % 300 * 100 + number)
    return value(type_name, number + family * _SPAN, labels)


def _sized(bare: str, type_name: str, number: int) -> str | None:
    room = _length(type_name)
    if bare == "numeric":
        scale = re.search(r",\s*(\d+)\)", type_name)
        digits = int(scale[1]) if scale else (0 if room else 2)
        number %= 10 ** (room - digits) if room else number + 1
        return f"{number}.{5:0<{digits}}" if digits else str(number)
    if bare in ("bit", "bit varying"):
        return f"{number:b}".zfill(room or 1)[-(room or 1) :]
    if bare in ("character varying", "character"):
        return f"value {number}" if room is None or room > 11 else _base36(number)[-room:].ljust(room, "0")
    if bare.rpartition(".")[2] in _OF_EXTENSIONS:
        return _OF_EXTENSIONS[bare.rpartition(".")[2]](number)
    if bare.rpartition(".")[2] == "vector":
        return "[" + ",".join([str(number), *("0" for _ in range((room or 3) - 1))]) + "]"
    return None


@cache
def _bare(type_name: str) -> str:
    return re.sub(r"\(.*?\)", "", type_name)


@cache
def _length(type_name: str) -> int | None:
    found = re.search(r"\((\d+)", type_name)
    return int(found[1]) if found else (1 if type_name == "character" else None)


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def _moment(number: int, shape: str) -> str:
    return (_START + timedelta(seconds=number)).strftime(shape)


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


_OF_EXTENSIONS: Final[Mapping[str, Callable[[int], str]]] = {
    "hstore": lambda n: f'"a"=>"{n}"',
    "ltree": lambda n: f"a.v{n}",
    "cube": lambda n: f"({n})",
    "seg": lambda n: str(n),
}

_MAKERS: Final[Mapping[str, Callable[[int], str]]] = {
    "uuid": lambda n: f"0000cafe-0000-4000-8000-{n:012x}",
    "bigint": str,
    "integer": str,
    "smallint": lambda n: str(n % 32768),
    "oid": str,
    "real": lambda n: f"{n}.5",
    "double precision": lambda n: f"{n}.5",
    "money": lambda n: f"{n}.00",
    "text": lambda n: f"value {n}",
    "name": lambda n: f"value {n}",
    '"char"': lambda n: chr(97 + n % 26),
    "boolean": lambda n: "true" if n % 2 else "false",
    "date": lambda n: (_START + timedelta(days=n % 40_000)).strftime("%Y-%m-%d"),
    "timestamp with time zone": lambda n: _moment(n, "%Y-%m-%d %H:%M:%S+00"),
    "timestamp without time zone": lambda n: _moment(n, "%Y-%m-%d %H:%M:%S"),
    "time without time zone": lambda n: _moment(n, "%H:%M:%S"),
    "time with time zone": lambda n: _moment(n, "%H:%M:%S+00"),
    "interval": lambda n: f"{n} days",
    "json": lambda n: f'{{"a": {n}}}',
    "jsonb": lambda n: f'{{"a": {n}}}',
    "xml": lambda n: f"<a>{n}</a>",
    "bytea": lambda n: f"\\x{n:08x}",
    "inet": _address,
    "cidr": lambda n: f"{_address(n)}/32",
    "macaddr": lambda n: f"08:00:{n >> 24 & 255:02x}:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}",
    "macaddr8": lambda n: f"08:00:00:00:{n >> 24 & 255:02x}:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}",
    "point": lambda n: f"({n},2)",
    "line": lambda n: f"{{1,2,{n}}}",
    "lseg": lambda n: f"[({n},1),(0,0)]",
    "box": lambda n: f"({n + 1},1),({n},0)",
    "path": lambda n: f"((0,0),(1,{n}))",
    "polygon": lambda n: f"((0,0),(1,{n}),(2,2))",
    "circle": lambda n: f"<(0,0),{n + 1}>",
    "tsvector": lambda n: f"'w{n}'",
    "tsquery": lambda n: f"'w{n}'",
    "int4range": lambda n: f"[{n},{n + 5})",
    "int8range": lambda n: f"[{n},{n + 5})",
    "numrange": lambda n: f"[{n},{n + 5})",
    "daterange": lambda n: f"[{_moment(0, '%Y-%m-%d')},{(_START + timedelta(days=n % 40_000 + 1)).date()})",
    "tsrange": lambda n: f'["{_moment(0, "%Y-%m-%d %H:%M:%S")}","{_moment(n + 1, "%Y-%m-%d %H:%M:%S")}")',
    "tstzrange": lambda n: f'["{_moment(0, "%Y-%m-%d %H:%M:%S+00")}","{_moment(n + 1, "%Y-%m-%d %H:%M:%S+00")}")',
    "int4multirange": lambda n: f"{{[{n},{n + 5})}}",
    "pg_lsn": lambda n: f"0/{n:X}",
}
