"""The text of a function taken apart, as far as Postgres and a parser of SQL cannot read it differently."""

from __future__ import annotations

import re
from typing import Final

# Tokens on whose meaning Postgres and the parser cannot differ; any other character refuses the text.
_PIECE: Final = re.compile(
    r"""(?:[ \t\n]|--[^\n\r]*(?=\n|\Z)|/\*(?:(?!/\*|\*/).)*\*/)+"""
    r"""|(?P<token>"(?:[^"]|"")+"(?!")|'[^'\\]*'(?!')|[A-Za-z_][A-Za-z0-9_$]*(?!['"\w$])"""
    r"""|\$[0-9]+(?![\w$])|[0-9]+(?![\w$.])|::|->>|<=|>=|[=(),.;*<>\[\]])""",
    re.DOTALL,
)
_TOKEN_SUB: Final = ["auth", ".", "jwt", "(", ")", "->>", "'sub'"]
_AS_UID: Final = ["auth", ".", "uid", "(", ")", "::", "text"]
_NO_COLUMNS: Final = re.compile(
    r"user|current_(?!timestamp$)\w+|session_user|system_user|local(time|timestamp)|found", re.IGNORECASE
)


class NotUnderstood(Exception):
    """Why a function is not read: the end of a sentence that begins with its name."""


def read_tokens(source: str) -> list[str]:
    """The text's tokens without comments, the sub of the token spelled as auth.uid(). Raises NotUnderstood."""
    return _normalise(_tokens(source))


def _tokens(source: str) -> list[str]:
    text = source.replace("\r\n", "\n")
    tokens: list[str] = []
    end = 0
    while end < len(text):
        found = _PIECE.match(text, end)
        if found is None:
            raise NotUnderstood(f"its text has the sign {text[end]!r}, which no plain look-up needs")
        if found["token"]:
            tokens.append(found["token"])
        end = found.end()
    for before, token in zip(["", *tokens], tokens, strict=False):
        if before != "." and _NO_COLUMNS.fullmatch(token):
            raise NotUnderstood(f"it asks for {token}")
    return tokens


def _normalise(tokens: list[str]) -> list[str]:
    """The same with the sub of the token spelled as auth.uid()."""
    tokens = list(tokens)
    size = len(_TOKEN_SUB)
    for place in reversed(range(len(tokens) - size + 1)):
        if tokens[place : place + size] == _TOKEN_SUB:
            tokens[place : place + size] = _AS_UID
    return tokens


def take_return(tokens: list[str], returns_set: bool) -> list[str]:
    """The one statement of a plpgsql body, as a SELECT. Raises NotUnderstood."""
    words = [token.lower() for token in tokens]
    opening = ["begin", "return", "query"] if returns_set else ["begin", "return"]
    closing = [";", "end", ";"] if words[-1:] == [";"] else [";", "end"]
    inner = tokens[len(opening) : len(tokens) - len(closing)]
    framed = words[: len(opening)] == opening and words[len(words) - len(closing) :] == closing
    if not framed or not inner or ";" in inner:
        raise NotUnderstood("it is more than one RETURN")
    return inner if returns_set else ["select", *inner]
