"""Functions that SELECT policies call, read where they only look up a membership, and written into the policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from realtime_advisor.model import ByTable, Catalog, Condition, Policy, PolicyFunction, Table, TableName

from .expressions import is_name, spell, split_tokens, unquote
from .function_bodies import LookUp, read_body
from .function_nodes import family
from .function_tokens import NotUnderstood
from .look_ups import DEFINER, INVOKER
from .policies import find_tables
from .row_tests import read_constant, spell_row_test, why_not_of

_SUBJECT: Final = "auth.uid"
_BEFORE: Final = {None, "AND", "OR", "WHERE", "ON"}  # what may stand beside a condition that a call makes
_AFTER: Final = {None, "AND", "OR"}
_Known = Mapping[str, LookUp | str]


def see_through(catalog: Catalog) -> Catalog:
    """The catalogue whose SELECT policies say in place of a call what the function looks up, where that is understood.

    A function with its owner's rights sees every row of what it looks up; the policies say so by the table's alias.
    Calls that are not understood stay.
    """
    definitions = {d.name: d for table in catalog for policy in table.policies for d in policy.definitions}
    if not definitions:
        return catalog
    known = {name: read_function(definition, catalog) for name, definition in definitions.items()}
    tables = {table.name: replace(table, policies=_policies(table, catalog, known)) for table in catalog}
    return Catalog(catalog.server, ByTable(tables))


def read_function(function: PolicyFunction, catalog: Catalog) -> LookUp | str:
    """What a function looks up; or, in the words that follow its name, why that is not understood."""
    why_not = _why_not_trusted(function)
    if why_not:
        return why_not
    try:
        look_up = read_body(function, catalog)
    except NotUnderstood as reason:
        return str(reason)
    return _why_not_whole(function, look_up, catalog) or look_up


def _why_not_trusted(function: PolicyFunction) -> str | None:
    """Why the answer may be another one than what the text says, whatever that is."""
    if function.overloads != 1:
        return "there are several functions of that name"
    if function.api_may_replace:
        return "anon or authenticated may create functions in its schema (revoke create on that schema)"
    if not function.may_execute:
        return "authenticated may not execute it"
    if function.source is None or not function.plain:
        return f"its text cannot be read (language {function.language}; a body as a quoted text could)"
    if any(not setting.startswith("search_path=") for setting in function.settings):
        return "it runs under settings of its own"
    if _shadows_catalog(function.settings):
        return "its search_path puts another schema before pg_catalog"
    if function.volatility == "immutable":
        return "it is marked immutable, so an answer may be kept for another user (mark it stable)"
    if function.strict and len(function.arguments) > 1:
        return "it is strict, and answers nothing where an argument is NULL"
    return None


def _shadows_catalog(settings: tuple[str, ...]) -> bool:
    """Whether operators of another schema go before Postgres's own."""
    paths = [setting.partition("=")[2].split(",") for setting in settings]
    named = [[name.strip().strip('"') for name in path] for path in paths]
    return any("pg_catalog" in path and path[0] != "pg_catalog" for path in named)


def _why_not_whole(function: PolicyFunction, look_up: LookUp, catalog: Catalog) -> str | None:
    """Why it may not find the rows that are there, or not compare them exactly."""
    if function.definer and look_up.table not in function.owner_reads:
        return f"its owner does not see every row of {look_up.table}"
    scope = family(catalog[look_up.table].column(look_up.scope_column).type)
    given = function.returns if look_up.argument is None else function.arguments[look_up.argument][1]
    if scope is None or family(given) != scope:
        return f"it compares {look_up.table}.{look_up.scope_column} with {given}, which may not be exact"
    answers_truth = function.returns == "boolean" and not function.returns_set
    if answers_truth is (look_up.argument is None):
        return f"it returns {function.returns}"
    return None


def _policies(table: Table, catalog: Catalog, known: _Known) -> tuple[Policy, ...]:
    return tuple(_inline(policy, table, catalog, known) if policy.definitions else policy for policy in table.policies)


def _inline(policy: Policy, table: Table, catalog: Catalog, known: _Known) -> Policy:
    tokens = split_tokens(policy.using or "")
    read: list[PolicyFunction] = []
    for function in policy.definitions:
        look_up = known[function.name]
        if isinstance(look_up, LookUp):
            call = _Call(function, look_up, table, catalog)
            tokens, changed = call.replace_all(tokens)
            read += [function] * changed
    if not read:
        return policy
    columns = {column for f in read for u in [known[f.name]] if isinstance(u, LookUp) for column in u.columns}
    left = {function.name for function in read if not _is_called(function, tokens)}
    return replace(
        policy,
        using=" ".join(tokens),
        columns=tuple(sorted({*policy.columns, *columns})),
        functions=tuple(sorted({*policy.functions, _SUBJECT} - left)),
        definitions=tuple(function for function in policy.definitions if function.name not in left),
    )


def _is_called(function: PolicyFunction, tokens: list[str]) -> bool:
    return next(_places(function, tokens), None) is not None


def _places(function: PolicyFunction, tokens: list[str]) -> Iterator[int]:
    """Where calls of the function begin, the last one first."""
    schema, _, name = function.name.partition(".")
    for place in reversed(range(len(tokens) - 3)):
        dot, opens = tokens[place + 1] == ".", tokens[place + 3] == "("
        if dot and opens and (unquote(tokens[place]), unquote(tokens[place + 2])) == (schema, name):
            yield place


class _Call:
    """The calls of one function in one expression."""

    def __init__(self, function: PolicyFunction, look_up: LookUp, table: Table, catalog: Catalog) -> None:
        self.function = function
        self.look_up = look_up
        self.table = table
        self.catalog = catalog

    def replace_all(self, tokens: list[str]) -> tuple[list[str], bool]:
        """The tokens with every call that is understood written out, and whether there was one."""
        changed = False
        for place in _places(self.function, tokens):
            end = _closing(tokens, place + 3) + 1
            arguments = _arguments(tokens[place + 4 : end - 1])
            span = None
            if self._fits(arguments, tokens):
                is_set = self.look_up.argument is None
                span = self._span_of_set(tokens, place, end) if is_set else self._span_of_truth(tokens, place, end)
            if span:
                tokens = [*tokens[: span[0]], *self._written_out(place, arguments), *tokens[span[1] :]]
                changed = True
        return tokens, changed

    def _fits(self, arguments: list[list[str]], tokens: list[str]) -> bool:
        """Whether the call gives a column of the right type, and otherwise NULL or constants, as they are asked for."""
        place, wanted = self.look_up.argument, len(self.function.arguments)
        if not wanted - self.function.null_defaults <= len(arguments) <= wanted:
            return False
        if any(other != place and self._asks(other, arguments) is None for other in range(wanted)):
            return False
        return place is None or (place < len(arguments) and self._is_column(arguments[place], tokens))

    def _asks(self, place: int, arguments: list[list[str]]) -> list[Condition] | None:
        """What the call asks of the row by an argument that is no column; None if that is not understood."""
        given = arguments[place] if place < len(arguments) else ["NULL"]
        if given[:1] == ["NULL"] and given[1:2] in ([], ["::"]):
            return [] if place in self.look_up.nulls else None
        columns = [column for column, other in self.look_up.asks if other == place]
        constant = read_constant(given)
        if not columns or constant is None:
            return None
        asked = [Condition(column, "in", (constant,), "") for column in columns]
        table, type_name = self.catalog[self.look_up.table], self.function.arguments[place][1]
        for condition in asked:
            column = table.column(condition.column)
            if why_not_of(condition, column) or not (column.type == type_name or family(column.type) == "text"):
                return None
        return asked

    def _is_column(self, argument: list[str], tokens: list[str]) -> bool:
        given = self._type_of(argument, tokens)
        return given is not None and family(given) == family(self.function.arguments[self.look_up.argument or 0][1])

    def _type_of(self, chain: list[str], tokens: list[str]) -> str | None:
        """The type of the column that a name is; None if it is no column's name."""
        if len(chain) not in (1, 3) or not all(is_name(part) for part in chain[::2]) or chain[1:2] not in ([], ["."]):
            return None
        owner: TableName | None = self.table.name
        if len(chain) == 3:
            aliases = find_tables(tokens)
            owner = aliases.get(unquote(chain[0]), owner if unquote(chain[0]) == self.table.name.name else None)
        if owner is None or owner not in self.catalog.tables:
            return None
        types = {column.name: column.type for column in self.catalog[owner].columns}
        return types.get(unquote(chain[-1]))

    def _span_of_truth(self, tokens: list[str], start: int, end: int) -> tuple[int, int] | None:
        """The call, or the subquery that is nothing else, if it is a condition of its own."""
        span = _subquery(tokens, start, end) or (start, end)
        return span if _stands_alone(tokens, *span) else None

    def _span_of_set(self, tokens: list[str], start: int, end: int) -> tuple[int, int] | None:
        """The subquery that is nothing but the call, if a column is asked to be in it, as a condition of its own."""
        span = _subquery(tokens, start, end)
        if span is None:
            return None
        before, after = span
        if tokens[before - 5 : before] == ["=", "ANY", "(", "ARRAY", "("] and tokens[after : after + 2] == [")", ")"]:
            before, after = before - 5, after + 2
        elif tokens[before - 2 : before] == ["IN", "("]:
            before, after = before - 2, after + 1
        else:
            return None
        size = 3 if tokens[before - 2 : before - 1] == ["."] else 1
        given = self._type_of(tokens[before - size : before], tokens)
        is_exact = given is not None and family(given) == family(self.function.returns)
        return span if is_exact and _stands_alone(tokens, before - size, after) else None

    def _written_out(self, place: int, arguments: list[list[str]]) -> list[str]:
        """The look-up as the expression's own: a subquery's inside, or EXISTS."""
        look_up = self.look_up
        alias = spell(f"{DEFINER if self.function.definer else INVOKER}{self.function.name} {place}")
        scope, user = [alias, ".", spell(look_up.scope_column)], [alias, ".", spell(look_up.user_column)]
        source = ["FROM", spell(look_up.table.schema), ".", spell(look_up.table.name), alias, "WHERE"]
        source += ["(", *user, "=", "auth", ".", "uid", "(", ")", ")", *self._tested(alias, arguments)]
        if look_up.argument is None:
            return ["SELECT", *scope, *source]
        same = ["AND", "(", *scope, "=", *arguments[look_up.argument], ")"]
        return ["EXISTS", "(", "SELECT", "1", *source, *same, ")"]

    def _tested(self, alias: str, arguments: list[list[str]]) -> list[str]:
        """What is asked of the row beside the user and the scope, each behind an AND."""
        places = sorted({place for _, place in self.look_up.asks})
        asked = [condition for place in places for condition in self._asks(place, arguments) or ()]
        spelled = [spell_row_test(test, alias, spell(test.column)) for test in (*self.look_up.tests, *asked)]
        return [token for test in spelled for token in ("AND", "(", *test, ")")]


def _subquery(tokens: list[str], start: int, end: int) -> tuple[int, int] | None:
    """The place of `SELECT call AS name` in parentheses of its own, around a call."""
    alone = tokens[max(start - 2, 0) : start] == ["(", "SELECT"] and tokens[end : end + 1] == ["AS"]
    return (start - 1, end + 2) if alone and tokens[end + 2 : end + 3] == [")"] else None


def _arguments(tokens: list[str]) -> list[list[str]]:
    """What stands between the commas of a call."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if parts != [[]] else []


def _closing(tokens: list[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] == "(") - (tokens[place] == ")")
        if depth == 0:
            return place
    return len(tokens) - 1


def _stands_alone(tokens: list[str], start: int, end: int) -> bool:
    """Whether AND, OR or nothing is beside these tokens and the parentheses around them."""
    before, after = start - 1, end
    while before >= 0 and tokens[before] == "(":
        before -= 1
    while after < len(tokens) and tokens[after] == ")":
        after += 1
    left = tokens[before] if before >= 0 else None
    right = tokens[after] if after < len(tokens) else None
    return left in _BEFORE and right in _AFTER
