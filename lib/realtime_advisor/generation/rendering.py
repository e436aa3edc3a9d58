"""Rendering: a template and its values to SQL, each value quoted by the kind that its place asks for.

A template is a .sql file. What stands in it is marked as psql marks its variables, with two markers of our own:

    :"name"                 an identifier
    :'name'                 a string literal
    :[name]                 a fragment: SQL that was rendered before, its further lines indented like the marker's line
    :$tag$ ... :$tag$       a dollar-quoted body; the tag gets a number where the body holds it
    --: name                a comment line, or several, each of them kept on its line

Values are put in in one pass: a value that looks like a marker stays a value.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from .quoting import comment_text, dollar_quote, quote_ident, quote_literal

_BODY = re.compile(r":\$(\w+)\$(.*?):\$\1\$", re.DOTALL)
_MARKER = re.compile(
    r"""^--: (?P<comment>\w+)$|:"(?P<name>\w+)"|:'(?P<value>\w+)'|:\[(?P<fragment>\w+)\]""", re.MULTILINE
)
_COMMENT_WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text that is SQL already: made by this package from templates and quoted names, never from a raw value."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Sentences for a comment; each starts a line, long ones are wrapped and their further lines indented."""

    sentences: tuple[str, ...]
    indent: str = ""


Value = str | Fragment | Remark


def render(template: str, values: Mapping[str, Value]) -> str:
    """The template of that name with its markers filled in, ending in a newline.

    Raises KeyError for a marker without value, TypeError for a value of the wrong kind.
    """
    return _fill(_template(template), values)


def fragment(template: str, values: Mapping[str, Value]) -> Fragment:
    """The same as a fragment, to be put into another template."""
    return Fragment(render(template, values).rstrip("\n"))


def identifiers(names: Iterable[str]) -> Fragment:
    """Identifiers separated by commas.

    >>> identifiers(["id", "Order"]).text
    'id, "Order"'
    """
    return Fragment(", ".join(quote_ident(name) for name in names))


def joined(parts: Sequence[Fragment], separator: str) -> Fragment:
    """Fragments with a separator between them."""
    return Fragment(separator.join(part.text for part in parts))


@cache
def _template(name: str) -> str:
    return resources.files(__package__).joinpath("templates", f"{name}.sql").read_text(encoding="utf-8")


def _fill(text: str, values: Mapping[str, Value]) -> str:
    """Fill in a text whose bodies are rendered first, because the tag depends on what they hold."""
    parts, end = [], 0
    for body in _BODY.finditer(text):
        parts.append(_fill_markers(text[end : body.start()], values))
        parts.append(dollar_quote(_fill_markers(body[2], values), body[1]))
        end = body.end()
    parts.append(_fill_markers(text[end:], values))
    return "".join(parts)


def _fill_markers(text: str, values: Mapping[str, Value]) -> str:
    def replacement(marker: re.Match[str]) -> str:
        kind = str(marker.lastgroup)
        line = text[text.rfind("\n", 0, marker.start()) + 1 :]
        return _written(kind, values[marker[kind]], " " * (len(line) - len(line.lstrip(" "))))

    return _MARKER.sub(replacement, text)


def _written(kind: str, value: Value, indentation: str) -> str:
    match kind, value:
        case "name", str():
            return quote_ident(value)
        case "value", str():
            return quote_literal(value)
        case "fragment", Fragment():
            return re.sub(r"\n(?=[^\n])", f"\n{indentation}", value.text)
        case "comment", Remark():
            return render_comment(value, "--", _COMMENT_WIDTH)
    raise TypeError(f"a {type(value).__name__} does not belong where the template asks for a {kind}")


def render_comment(remark: Remark, mark: str, width: int) -> str:
    """Line comments after `mark`, with nothing in them that could end one.

    >>> render_comment(Remark(("one\\ntwo",)), "//", 80)
    '// one two'
    """
    lines: list[str] = []
    for sentence in remark.sentences:
        text = comment_text(sentence)
        lines += textwrap.wrap(text, width, subsequent_indent=remark.indent, break_on_hyphens=False) or [""]
    return "\n".join(f"{mark} {line}".rstrip() for line in lines)
