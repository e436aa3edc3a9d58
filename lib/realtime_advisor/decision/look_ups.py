"""One condition of a policy as a query: which columns it equates with which, and what it asks of the rows it looks up.

Understood are equations within EXISTS, IN and inner joins, and tests of single columns there: all of them must hold, so
the query is a plain conjunction. A condition that asks anything else is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from realtime_advisor.model import Condition, TableName

from .expressions import closing, find, is_name, split, unquote, unwrap
from .row_tests import parse, read_row_test

_WORDS: Final = {
    *("SELECT", "DISTINCT", "FROM", "WHERE", "AND", "IN", "EXISTS", "JOIN", "ON", "AS", "ANY", "ARRAY"),
    *("OR", "NOT", "IS", "NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP"),
}
_SIGNS: Final = {*"(),.[]=", "::", "<", "<=", ">", ">="}
_CASTS: Final = (["uuid"], ["text"], ["bigint"], ["integer"], ["character", "varying"])
# Openings of the aliases of tables that a function looks up, with its owner's rights or with its caller's. No name in
# an expression of Postgres's can hold the sign.
DEFINER: Final = "\0definer "
INVOKER: Final = "\0invoker "
_UID: Final = ["auth", ".", "uid", "(", ")"]


@dataclass(frozen=True, slots=True)
class Term:
    """A column of a row: of one that is looked up in `table`, or of the policy's own row (no table).

    Without a column it is the user's id.
    """

    table: TableName | None
    column: str | None


SUBJECT: Final = Term(None, None)


@dataclass(frozen=True, slots=True)
class LookUpQuery:
    """Terms that must be equal, tests of rows, and the tables in which rows are looked up.

    A test without a table is of the policy's own row.
    `looks_up` are those of the tables that are read with the caller's rights.
    """

    pairs: frozenset[tuple[Term, Term]]
    tests: frozenset[tuple[TableName | None, Condition]]
    rows: frozenset[TableName]
    looks_up: frozenset[TableName]

    @property
    def terms(self) -> frozenset[Term]:
        """All that is compared."""
        return frozenset(term for pair in self.pairs for term in pair)


class _NotPlain(Exception):
    """The condition asks something else."""


def read_query(tokens: list[str], own: TableName) -> LookUpQuery | None:
    """The query that a condition on rows of `own` is; None if it asks something that is not understood."""
    if not all(map(_is_plain, tokens)):
        return None
    reader = _Reader(own)
    try:
        reader.read(tokens, {})
    except _NotPlain:
        return None
    return LookUpQuery(
        frozenset(reader.pairs), frozenset(reader.tests), frozenset(reader.rows), frozenset(reader.looks_up)
    )


def _is_plain(token: str) -> bool:
    return token in _SIGNS or token in _WORDS or token[0] in "'" or token.isdigit() or is_name(token)


_Aliases = Mapping[str, TableName]


class _Reader:
    """Collects what the parts of one condition ask; whatever is not expected raises _NotPlain."""

    def __init__(self, own: TableName) -> None:
        self.own = own
        self.pairs: set[tuple[Term, Term]] = set()
        self.tests: set[tuple[TableName | None, Condition]] = set()
        self.rows: set[TableName] = set()
        self.looks_up: set[TableName] = set()

    def read(self, tokens: list[str], aliases: _Aliases) -> None:
        parts = split(tokens, "AND")
        if len(parts) > 1:
            _require(find(unwrap(tokens), "OR") < 0)
            for part in parts:
                self.read(part, aliases)
            return
        tokens = parts[0]
        if tokens[:2] == ["EXISTS", "("]:
            _require(closing(tokens, 1) == len(tokens) - 1)
            self._select(tokens[2:-1], aliases)
        elif "SELECT" in tokens and self._is_member(tokens, aliases):
            return
        elif find(tokens, "=") >= 0 and not _has_constant(tokens):
            place = find(tokens, "=")
            self.pairs.add((self._term(tokens[:place], aliases), self._term(tokens[place + 1 :], aliases)))
        else:
            self._test(tokens, aliases)

    def _is_member(self, tokens: list[str], aliases: _Aliases) -> bool:
        """Read `x IN (SELECT y ...)` and `x = ANY (ARRAY(SELECT y ...))`."""
        for sign, opening, closed in (("IN", ["IN", "("], []), ("=", ["=", "ANY", "(", "ARRAY", "("], [")"])):
            place = find(tokens, sign)
            inner = place + len(opening)
            if place < 0 or tokens[place:inner] != opening or tokens[inner : inner + 1] != ["SELECT"]:
                continue
            end = closing(tokens, inner - 1)
            _require(tokens[end + 1 :] == closed)
            given, within = self._select(tokens[inner:end], aliases)
            self.pairs.add((self._term(tokens[:place], aliases), self._term(given, within)))
            return True
        return False

    def _select(self, tokens: list[str], aliases: _Aliases) -> tuple[list[str], _Aliases]:
        """Read FROM and WHERE; what is selected, and the tables that names mean there."""
        source, where = find(tokens, "FROM"), find(tokens, "WHERE")
        _require(tokens[:1] == ["SELECT"] and source > 0 and (where < 0 or source < where))
        end = where if where > 0 else len(tokens)
        first = 2 if tokens[1] == "DISTINCT" else 1
        given = tokens[first:source]
        _require("(" not in given)
        within = dict(aliases)
        conditions = self._from(tokens[source + 1 : end], within)
        for condition in [*conditions, *([tokens[end + 1 :]] if where > 0 else [])]:
            self.read(condition, within)
        return (given[: find(given, "AS")] if "AS" in given else given), within

    def _from(self, tokens: list[str], within: dict[str, TableName]) -> list[list[str]]:
        """Enter the tables of FROM by the names that they have there; the conditions of the joins."""
        conditions = []
        for item in split(tokens, ","):
            item = unwrap(item)
            join, on = find(item, "JOIN"), find(item, "ON")
            if join >= 0:
                _require(join < on)
                conditions += self._from(item[:join], within) + self._from(item[join + 1 : on], within)
                conditions.append(item[on + 1 :])
                continue
            _require(len(item) in (3, 4) and item[1] == "." and all(map(is_name, (item[0], *item[2:]))))
            table = TableName(unquote(item[0]), unquote(item[2]))
            alias = unquote(item[-1])
            within[alias] = table
            self.rows.add(table)
            if not alias.startswith(DEFINER):
                self.looks_up.add(table)
        return conditions

    def _term(self, tokens: list[str], aliases: _Aliases) -> Term:
        tokens = unwrap(tokens)
        cast = find(tokens, "::")
        if cast >= 0:
            _require(tokens[cast + 1 :] in _CASTS)
            return self._term(tokens[:cast], aliases)
        if tokens[:1] == ["SELECT"]:
            named = find(tokens, "AS")
            return self._term(tokens[1 : named if named > 0 else None], aliases)
        if tokens == _UID:
            return SUBJECT
        _require(len(tokens) in (1, 3) and is_name(tokens[0]) and is_name(tokens[-1]))
        if len(tokens) == 1:
            return Term(None, unquote(tokens[0]))
        _require(tokens[1] == ".")
        table = aliases.get(unquote(tokens[0]))
        _require(table is not None or unquote(tokens[0]) == self.own.name)
        return Term(table, unquote(tokens[2]))

    def _test(self, tokens: list[str], aliases: _Aliases) -> None:
        asked: set[TableName | None] = set()

        def resolve(column: exp.Column) -> str | None:
            named = column.args.get("table")
            if any(value and key not in ("this", "table") for key, value in column.args.items()):
                return None
            alias = named.name if isinstance(named, exp.Identifier) else self.own.name
            if alias not in aliases and alias != self.own.name:
                return None
            asked.add(aliases.get(alias) if named else None)
            return column.name

        node = parse(" ".join(tokens))
        test = read_row_test(node, resolve) if node is not None else None
        _require(test is not None and len(asked) == 1)
        assert test is not None
        self.tests.add((asked.pop(), test))


def _require(holds: bool) -> None:
    if not holds:
        raise _NotPlain


def _has_constant(tokens: list[str]) -> bool:
    """Whether a string, a number, true or false is compared."""
    return any(token[0] == "'" or token.isdigit() or token in ("true", "false") for token in tokens)
