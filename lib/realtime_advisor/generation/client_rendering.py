"""Rendering TypeScript: a template that compiles as it stands, and its values, each written by its place's kind.

A template is a .ts file in templates/client. What stands in it:

    Entity, entityName      a part of an identifier or of an import's path
    '$name'                 a string literal, several with commas between them, or null; an `as '...'` behind it goes
    = '$name';              a type: one of these strings
    = '$name';              a type: a string literal, or a union of several
    0; // $name             a number
    // $name                a comment line, or several

Values are put in in one pass: a value that looks like a marker stays a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from .client_naming import camel
from .rendering import Remark, render_comment

_MARKER = re.compile(
    r"""^//\ \$(?P<comment>\w+)$
      | [\d_]+;\ //\ \$(?P<number>\w+)$
      | (?<==\ )'\$(?P<union>\w+)'(?=;)
      | '\$(?P<literal>\w+)'(?:\ as\ '\w+')?
      | (?P<entity>Entity|\bentity(?=[A-Z]))""",
    re.MULTILINE | re.VERBOSE,
)
_COMMENT_WIDTH: Final = 110

TsValue = str | tuple[str, ...] | int | Remark | None


def render_client(template: str, entity: str, values: Mapping[str, TsValue]) -> str:
    """The template of that name for one entity, with its markers filled in.

    Raises KeyError for a marker without value, TypeError for a value of the wrong kind.
    """

    def replacement(marker: re.Match[str]) -> str:
        kind = str(marker.lastgroup)
        if kind == "entity":
            return entity if marker[0] == "Entity" else camel(entity)
        return _written(kind, values[marker[kind]])

    return _MARKER.sub(replacement, client_template(template))


@cache
def client_template(name: str) -> str:
    """The text of a template. Raises FileNotFoundError."""
    return resources.files(__package__).joinpath("templates", "client", f"{name}.ts").read_text(encoding="utf-8")


def ts_literal(value: str) -> str:
    """A string literal, in ASCII, that means this text.

    >>> print(ts_literal("it's"), ts_literal('"'), ts_literal("é" + chr(10)))
    'it\\'s' '"' '\\u00e9\\n'
    """
    inside = json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inside}'"


def _written(kind: str, value: TsValue) -> str:
    match kind, value:
        case "literal", None:
            return "null"
        case "literal", str():
            return ts_literal(value)
        case "literal", tuple():
            return ", ".join(map(ts_literal, value))
        case "union", tuple():
            return " | ".join(map(ts_literal, value)) or "never"
        case "number", int():
            return f"{value:_};"
        case "comment", Remark():
            return render_comment(value, "//", _COMMENT_WIDTH)
    raise TypeError(f"a {type(value).__name__} does not belong where the template asks for a {kind}")
