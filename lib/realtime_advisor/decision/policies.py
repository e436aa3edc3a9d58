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
# Openings of the aliases of tables that a function looks up, with its owner's rights or with its caller's. No name in
# an expression of Postgres's can hold the sign.
DEFINER: Final = "\0definer "
INVOKER: Final = "\0invoker "
_HARMLESS: Final = {("uid",), ("uuid",), ("text",), ("bigint",), ("integer",)}  # auth.uid()'s alias; types of casts


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a rule: what it mentions if it is plain (else None), and whether it looks at the row alone."""

    text: str
    mentions: frozenset[Mention] | None
    asks_subject: bool
    row_only: bool
    looks_up: frozenset[TableName] = frozenset()  # tables read with the caller's rights
    through: frozenset[str] = frozenset()  # functions that look up what is asked here


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
    looks_up: frozenset[TableName]
    row_words: bool
    types: frozenset[str]


@lru_cache(maxsize=4096)
def _read_clauses(expression: str) -> tuple[tuple[_Clause, ...], ...]:
    """The conditions of each rule. Remembered: the policies of a schema are often written alike."""
    tokens = split_tokens(expression)
    return tuple(tuple(_clause(part) for part in _split(rule, "AND")) for rule in _split(tokens, "OR"))


def split_tokens(expression: str) -> list[str]:
    """The words and signs of an expression as Postgres writes it out."""
    return _TOKEN.findall(expression)


def find_tables(tokens: list[str]) -> Mapping[str, TableName]:
    """What FROM and JOIN bring in, by alias or by name; without those aliases that mean two tables."""
    found: dict[str, set[TableName]] = {}
    for alias, table in _take_tables(tokens)[1]:
        found.setdefault(alias, set()).add(table)
    return {alias: next(iter(tables)) for alias, tables in found.items() if len(tables) == 1}


def _clause(tokens: list[str]) -> _Clause:
    words = {token for token in tokens if token[0].isalpha() and token.isupper()}
    types = {name for place, token in enumerate(tokens) if token == "::" for name in tokens[place + 1 : place + 3]}
    rest, tables = _take_tables(tokens)
    return _Clause(
        " ".join(tokens),
        tuple(_chains(tokens)),
        tuple(_chains(rest)) if _has_plain_signs(tokens) and not words - _PLAIN_WORDS else None,
        find_tables(tokens),
        frozenset(table for alias, table in tables if not alias.startswith(DEFINER)),
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
        clause.looks_up,
        frozenset(alias[len(DEFINER) :].rpartition(" ")[0] for alias in clause.aliases if alias[:1] == DEFINER[0]),
    )


def _chains(tokens: list[str]) -> Iterator[Name]:
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


def _take_tables(tokens: list[str]) -> tuple[list[str], list[tuple[str, TableName]]]:
    """The tokens without what FROM and JOIN bring in, and what that is, each with its alias or its name.

    An alias that is left over stands for a whole row, which hides which columns are looked at.
    """
    rest: list[str] = []
    found: list[tuple[str, TableName]] = []
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
        if len(named) >= 3 and named[1] == "." and is_name(named[0]) and is_name(named[2]):
            aliased = len(named) > 3 and is_name(named[3])
            alias = unquote(named[3] if aliased else named[2])
            found.append((alias, TableName(unquote(named[0]), unquote(named[2]))))
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
