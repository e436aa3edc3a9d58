"""What a SELECT policy lets through, read from its expression as Postgres itself writes it out.

The expression is a choice (OR) of rules, each a list (AND) of conditions. A condition is *plain* when it only equates
columns, within subqueries and joins, with each other or with auth.uid(): nothing else is understood, and what is not
understood is never taken for an entitlement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Policy, Table, TableName

Mention = tuple[TableName, str]

_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][\w$]*|\d[\w.]*|::|[(),.\[\]]|[^\s\w(),.'"\[\]]+"""
)
_PLAIN_WORDS: Final = {"SELECT", "FROM", "WHERE", "AND", "IN", "EXISTS", "JOIN", "ON", "AS", "ANY", "ARRAY"}
_ROW_WORDS: Final = {"AND", "OR", "NOT", "IS", "NULL", "IN", "ANY", "ALL", "ARRAY", "DISTINCT", "FROM"}
_SUBJECT: Final = ("auth", "uid")
_HARMLESS: Final = {("uid",), ("uuid",), ("text",), ("bigint",), ("integer",)}  # auth.uid()'s alias; types of casts


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a rule: what it mentions if it is plain (else None), and whether it looks at the row alone."""

    text: str
    mentions: frozenset[Mention] | None
    asks_subject: bool
    row_only: bool


Rule = tuple[Condition, ...]


def read_rules(policy: Policy, table: Table) -> tuple[Rule, ...]:
    """The rules of a policy, any of which lets a row through."""
    tokens = _TOKEN.findall(policy.using or "")
    return tuple(
        tuple(_condition(part, policy, table) for part in _split(rule, "AND")) for rule in _split(tokens, "OR")
    )


def _split(tokens: list[str], word: str) -> list[list[str]]:
    """Split at a word that stands outside all parentheses, nested uses of the same word included."""
    tokens = _unwrap(tokens)
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == word and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tokens] if len(parts) == 1 else [inner for part in parts for inner in _split(part, word)]


def _unwrap(tokens: list[str]) -> list[str]:
    while tokens[:1] == ["("] and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: list[str]) -> int:
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return place
    return -1


def _condition(tokens: list[str], policy: Policy, table: Table) -> Condition:
    names = list(_chains(tokens))
    mentions = _plain_mentions(tokens, policy, table)
    return Condition(
        " ".join(tokens), mentions, any(chain == _SUBJECT for chain, _ in names), _is_row_only(tokens, names, table)
    )


def _chains(tokens: list[str]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every dotted name, unquoted, with whether a parenthesis follows; keywords (upper case) are none."""
    place = 0
    while place < len(tokens):
        if not _is_name(tokens[place]):
            place += 1
            continue
        chain = [tokens[place]]
        while tokens[place + 1 : place + 2] == ["."] and place + 2 < len(tokens):
            chain.append(tokens[place + 2])
            place += 2
        place += 1
        yield tuple(_unquote(name) for name in chain), tokens[place : place + 1] == ["("]


def _is_name(token: str) -> bool:
    return token.startswith('"') or (token[0].isalpha() and not token.isupper()) or token.startswith("_")


def _unquote(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _plain_mentions(tokens: list[str], policy: Policy, table: Table) -> frozenset[Mention] | None:
    words = {token for token in tokens if token[0].isalpha() and token.isupper()}
    signs = {token for token in tokens if not (token[0].isalnum() or token[0] in '_"')} - set("(),.")
    numbers = {token for token in tokens if token[0].isdigit()}
    if words - _PLAIN_WORDS or signs - {"=", "::"} or numbers - {"1"}:
        return None
    rest, aliases = _take_tables(tokens)
    return _resolve(list(_chains(rest)), aliases, policy, table)


def _take_tables(tokens: list[str]) -> tuple[list[str], dict[str, TableName]]:
    """The tokens without what FROM and JOIN bring in, and what that is, by alias or by name.

    An alias that is left over stands for a whole row, which hides which columns are looked at.
    """
    rest: list[str] = []
    found: dict[str, TableName] = {}
    place = 0
    while place < len(tokens):
        rest.append(tokens[place])
        place += 1
        if rest[-1] not in ("FROM", "JOIN"):
            continue
        while tokens[place : place + 1] == ["("]:
            rest.append(tokens[place])
            place += 1
        named = tokens[place : place + 4]
        if len(named) >= 3 and named[1] == "." and _is_name(named[0]) and _is_name(named[2]):
            aliased = len(named) > 3 and _is_name(named[3])
            found[_unquote(named[3] if aliased else named[2])] = TableName(_unquote(named[0]), _unquote(named[2]))
            place += 4 if aliased else 3
    return rest, found


def _resolve(
    names: list[tuple[tuple[str, ...], bool]], aliases: dict[str, TableName], policy: Policy, table: Table
) -> frozenset[Mention] | None:
    """The columns that the names are; None if one is neither a column that pg_depend lists, nor auth.uid, nor known."""
    mentions = set()
    for chain, called in names:
        mention = _mention(chain, aliases, table)
        if called and chain != _SUBJECT:
            return None
        if mention in policy.columns:
            mentions.add(mention)
        elif chain != _SUBJECT and chain not in _HARMLESS:
            return None
    return frozenset(mentions)


def _mention(chain: tuple[str, ...], aliases: dict[str, TableName], table: Table) -> Mention:
    if len(chain) == 1:
        return table.name, chain[0]
    origin = aliases.get(chain[-2], table.name if chain[-2] == table.name.name else TableName("", ""))
    return origin, chain[-1]


def _is_row_only(tokens: list[str], names: list[tuple[tuple[str, ...], bool]], table: Table) -> bool:
    """Whether the condition looks at columns of the row and constants, and at nothing else."""
    words = {token for token in tokens if token[0].isalpha() and token.isupper()}
    columns = {column.name for column in table.columns}
    types = {name for place, token in enumerate(tokens) if token == "::" for name in tokens[place + 1 : place + 3]}
    return not words - _ROW_WORDS and all(
        not called and (chain[-1] in columns or chain[0] in types | {"true", "false"}) for chain, called in names
    )
