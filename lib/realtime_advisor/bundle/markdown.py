"""Text and lists as Markdown, in which a name stays a name whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .visible import make_visible

_MEANS_SOMETHING: Final = re.compile(r"([\\`*\[\]~|]|(?<!\w)_|_(?!\w))")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY: Final = re.compile(r"&(?=#?\w)")


def plain(text: str) -> str:
    r"""Text on one line that is read as it is written: no tag, link, emphasis or code of somebody's naming.

    >>> plain("a <b>, see [x](y)"), plain("*orders*\n# line_items < 2"), plain("at https://a.b")
    ('a &lt;b>, see \\[x\\](y)', '\\*orders\\* # line_items < 2', 'at https:&#47;/a.b')
    """
    said = _TAG.sub("&lt;", _ENTITY.sub("&amp;", _line(text)))
    # Some readers make links of bare addresses.
    return _MEANS_SOMETHING.sub(r"\\\1", said).replace("://", ":&#47;/").replace("www.", "www&#46;")


def code(text: str) -> str:
    """Text on one line as code, whatever it holds.

    >>> code("user:<id>:orders"), code("a`b")
    ('`user:<id>:orders`', '`` a`b ``')
    """
    said = _line(text)
    longest = max((len(run) for run in re.findall("`+", said)), default=0)
    return f"`{said}`" if not longest else f"{'`' * (longest + 1)} {said} {'`' * (longest + 1)}"


def _line(text: str) -> str:
    return make_visible(" ".join(text.split()))


def items(sentences: Iterable[str]) -> list[str]:
    """A list, one line an item."""
    return [f"* {sentence}" for sentence in sentences]


def section(title: str, *paragraphs: str | list[str], level: int = 2) -> list[str]:
    """A heading and what stands below it, apart by empty lines; empty lists leave nothing."""
    lines = [f"{'#' * level} {title}", ""]
    for paragraph in paragraphs:
        if paragraph:
            lines += [*([paragraph] if isinstance(paragraph, str) else paragraph), ""]
    return lines
