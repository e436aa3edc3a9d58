"""What a SELECT policy lets through, read from its expression as Postgres itself writes it out.

The expression is a choice (OR) of rules, each a list (AND) of requirements. A requirement is *plain* when it is a query
that look_ups.py understands: nothing else is ever taken for an entitlement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from realtime_advisor.model import Policy, Table, TableName

from .expressions import Name, is_name, names_of, split, split_tokens, unquote
from .look_ups import DEFINER, SUBJECT, LookUpQuery, Term, read_query

Mention = tuple[TableName, str]

_ROW_WORDS: Final = {"AND", "OR", "NOT", "IS", "NULL", "IN", "ANY", "ALL", "ARRAY", "DISTINCT", "FROM"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One part of a rule: the query that it is if it is plain (else None), and whether it looks at the row alone."""

    text: str
    query: LookUpQuery | None
    row_only: bool
    looks_up: frozenset[TableName] = frozenset()  # tables read with the caller's rights
    through: frozenset[str] = frozenset()  # functions that look up what is asked here

    @property
    def asks_subject(self) -> bool:
        """Whether it compares something with the user's id."""
        return self.query is not None and SUBJECT in self.query.terms


Rule = tuple[Requirement, ...]


def read_rules(policy: Policy, table: Table) -> tuple[Rule, ...]:
    """The rules of a policy, any of which lets a row through."""
    return tuple(
        tuple(_requirement(clause, policy, table) for clause in clauses)
        for clauses in _read_clauses(policy.using or "", table.name)
    )


@dataclass(frozen=True, slots=True)
class _Clause:
    """A requirement taken apart, before it is known which columns there are."""

    text: str
    names: tuple[Name, ...]
    query: LookUpQuery | None
    aliases: frozenset[str]
    looks_up: frozenset[TableName]
    row_words: bool
    types: frozenset[str]


@lru_cache(maxsize=8192)
def _read_clauses(expression: str, own: TableName) -> tuple[tuple[_Clause, ...], ...]:
    """The requirements of each rule. Remembered: they are asked for many times."""
    tokens = split_tokens(expression)
    return tuple(tuple(_clause(part, own) for part in split(rule, "AND")) for rule in split(tokens, "OR"))


def find_tables(tokens: list[str]) -> Mapping[str, TableName]:
    """What FROM and JOIN bring in, by alias or by name; without those aliases that mean two tables."""
    found: dict[str, set[TableName]] = {}
    for alias, table in _tables(tokens):
        found.setdefault(alias, set()).add(table)
    return {alias: next(iter(tables)) for alias, tables in found.items() if len(tables) == 1}


def _clause(tokens: list[str], own: TableName) -> _Clause:
    words = {token for token in tokens if token[0].isalpha() and token.isupper()}
    types = {name for place, token in enumerate(tokens) if token == "::" for name in tokens[place + 1 : place + 3]}
    tables, query = list(_tables(tokens)), read_query(tokens, own)
    asked = frozenset(table for alias, table in tables if not alias.startswith(DEFINER))
    return _Clause(
        " ".join(tokens),
        tuple(names_of(tokens)),
        query,
        frozenset(alias for alias, _ in tables),
        asked | query.looks_up if query else asked,
        not words - _ROW_WORDS,
        frozenset(types),
    )


def _tables(tokens: list[str]) -> Iterable[tuple[str, TableName]]:
    """What FROM and JOIN bring in, each with its alias or its name."""
    for place, token in enumerate(tokens):
        if token not in ("FROM", "JOIN"):
            continue
        first = next((at for at in range(place + 1, len(tokens)) if tokens[at] != "("), len(tokens))
        named = tokens[first : first + 4]
        if len(named) >= 3 and named[1] == "." and is_name(named[0]) and is_name(named[2]):
            aliased = len(named) > 3 and is_name(named[3])
            yield unquote(named[3] if aliased else named[2]), TableName(unquote(named[0]), unquote(named[2]))


def _requirement(clause: _Clause, policy: Policy, table: Table) -> Requirement:
    return Requirement(
        clause.text,
        clause.query if clause.query is not None and _is_known(clause.query, policy, table) else None,
        _is_row_only(clause, table),
        clause.looks_up,
        frozenset(alias[len(DEFINER) :].rpartition(" ")[0] for alias in clause.aliases if alias[:1] == DEFINER[0]),
    )


def mention_of(term: Term, own: TableName) -> Mention | None:
    """The column that a term is; None for the user's id."""
    return None if term.column is None else (term.table or own, term.column)


def _is_known(query: LookUpQuery, policy: Policy, table: Table) -> bool:
    """Whether all names are columns that pg_depend lists: a whole row, or a system column, is none."""
    mentioned = {mention_of(term, table.name) for term in query.terms}
    mentioned |= {(name or table.name, test.column) for name, test in query.tests}
    return mentioned - {None} <= set(policy.columns)


def _is_row_only(clause: _Clause, table: Table) -> bool:
    """Whether the condition looks at columns of the row and constants, and at nothing else."""
    if not clause.row_words:
        return False
    columns = {column.name for column in table.columns}
    constants = clause.types | {"true", "false"}
    return all(not called and (chain[-1] in columns or chain[0] in constants) for chain, called in clause.names)
