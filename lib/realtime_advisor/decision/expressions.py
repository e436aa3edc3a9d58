"""Expressions as Postgres writes them out, taken apart into words and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Name = tuple[tuple[str, ...], bool]  # a dotted name's parts, and whether a parenthesis follows

_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][\w$]*|\d[\w.]*|::|[(),.\[\]]|[^\s\w(),.'"\[\]]+"""
)


def split_tokens(expression: str) -> list[str]:
    """The words and signs of an expression as Postgres writes it out."""
    return _TOKEN.findall(expression)


def split(tokens: list[str], word: str) -> list[list[str]]:
    """Split at a word that stands outside all parentheses, nested uses of the same word included."""
    tokens = unwrap(tokens)
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == word and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tokens] if len(parts) == 1 else [inner for part in parts for inner in split(part, word)]


def unwrap(tokens: list[str]) -> list[str]:
    """The tokens without the parentheses around all of them."""
    while tokens[:1] == ["("] and closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def closing(tokens: list[str], opening: int = 0) -> int:
    """The place of the parenthesis that closes the one at `opening`; -1 where none does."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] == "(") - (tokens[place] == ")")
        if depth == 0:
            return place
    return -1


def find(tokens: list[str], word: str) -> int:
    """The last place of a word outside all parentheses; -1 where there is none."""
    depth, found = 0, -1
    for place, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if token == word and depth == 0:
            found = place
    return found


def names_of(tokens: list[str]) -> Iterator[Name]:
    """Every dotted name, unquoted, with whether a parenthesis follows; keywords (upper case) are none."""
    place = 0
    while place < len(tokens):
        if not is_name(tokens[place]):
            place += 1
            continue
        chain = [tokens[place]]
        while tokens[place + 1 : place + 2] == ["."] and place + 2 < len(tokens):
            chain.append(tokens[place + 2])
            place += 2
        place += 1
        yield tuple(unquote(name) for name in chain), tokens[place : place + 1] == ["("]


def is_name(token: str) -> bool:
    """Whether a token is a name; keywords are in capitals."""
    return token.startswith('"') or (token[0].isalpha() and not token.isupper()) or token.startswith("_")


def unquote(token: str) -> str:
    """The name that a token is."""
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def spell(name: str) -> str:
    """The token that a name is, quoted."""
    return '"' + name.replace('"', '""') + '"'
