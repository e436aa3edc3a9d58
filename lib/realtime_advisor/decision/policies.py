"""What a SELECT policy lets through, read from its expression as Postgres itself writes it out.

The expression is a choice (OR) of rules, each a list (AND) of conditions. A condition is *plain* when it only equates
columns, within subqueries and joins, with each other or with auth.uid(): nothing else is understood, and what is not
understood is never taken for an entitlement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from realtime_advisor.model import Policy, Table, TableName

Mention = tuple[TableName, str]
Name = tuple[tuple[str, ...], bool]  # a dotted name's parts, and whether a parenthesis follows

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
    return tuple(
        tuple(_condition(clause, policy, table) for clause in clauses) for clauses in _read_clauses(policy.using or "")
    )


@dataclass(frozen=True, slots=True)
class _Clause:
    """A condition's text taken apart, before it is known whose columns the names are."""

    text: str
    names: tuple[Name, ...]
    plain: tuple[Name, ...] | None  # outside of FROM and JOIN; None where a word or a sign is not a plain one's
    aliases: Mapping[str, TableName]
    row_words: bool
    types: frozenset[str]


@lru_cache(maxsize=4096)
def _read_clauses(expression: str) -> tuple[tuple[_Clause, ...], ...]:
    """The conditions of each rule. Remembered: the policies of a schema are often written alike."""
    tokens = _TOKEN.findall(expression)
    return tuple(tuple(_clause(part) for part in _split(rule, "AND")) for rule in _split(tokens, "OR"))


def _clause(tokens: list[str]) -> _Clause:
    words = {token for token in tokens if token[0].isalpha() and token.isupper()}
    types = {name for place, token in enumerate(tokens) if token == "::" for name in tokens[place + 1 : place + 3]}
    rest, aliases = _take_tables(tokens)
    return _Clause(
        " ".join(tokens),
        tuple(_chains(tokens)),
        tuple(_chains(rest)) if _has_plain_signs(tokens) and not words - _PLAIN_WORDS else None,
        aliases,
        not words - _ROW_WORDS,
        frozenset(types),
    )


def _has_plain_signs(tokens: list[str]) -> bool:
    signs = {token for token in tokens if not (token[0].isalnum() or token[0] in '_"')} - set("(),.")
    numbers = {token for token in tokens if token[0].isdigit()}
    return not (signs - {"=", "::"} or numbers - {"1"})


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


def _condition(clause: _Clause, policy: Policy, table: Table) -> Condition:
    return Condition(
        clause.text,
        None if clause.plain is None else _resolve(clause.plain, clause.aliases, policy, table),
        any(chain == _SUBJECT for chain, _ in clause.names),
        _is_row_only(clause, table),
    )


def _chains(tokens: list[str]) -> Iterator[Name]:
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
    names: Iterable[Name], aliases: Mapping[str, TableName], policy: Policy, table: Table
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


def _mention(chain: tuple[str, ...], aliases: Mapping[str, TableName], table: Table) -> Mention:
    if len(chain) == 1:
        return table.name, chain[0]
    origin = aliases.get(chain[-2], table.name if chain[-2] == table.name.name else TableName("", ""))
    return origin, chain[-1]


def _is_row_only(clause: _Clause, table: Table) -> bool:
    """Whether the condition looks at columns of the row and constants, and at nothing else."""
    if not clause.row_words:
        return False
    columns = {column.name for column in table.columns}
    constants = clause.types | {"true", "false"}
    return all(not called and (chain[-1] in columns or chain[0] in constants) for chain, called in clause.names)
