"""What is asked of a membership's row beside who and where: a whitelist of plain tests, read, spelled and told.

Understood is a column that is one of some constants, NULL or not, true or false, before or after now(). A test of which
anything else is asked is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from realtime_advisor.model import Column, Condition

Resolve = Callable[[exp.Column], str | None]  # the column that a name is; None: a name that is no column here

_TEXT: Final = re.compile(r"(text|character varying)(\(\d+\))?\Z")
_INTEGER: Final = ("smallint", "integer", "bigint")
_INSTANT: Final = re.compile(r"timestamp(\(\d\))? with time zone\Z")
_OWN_TYPE: Final = re.compile(r'("([^"]|"")+"|[a-z_][a-z0-9_$]*)\.("([^"]|"")+"|[a-z_][a-z0-9_$]*)\Z')
_VALUE: Final = re.compile(r"[^\\\x00-\x1f\x7f]*\Z")
_FLAT_ARRAY: Final = re.compile(r"\{([A-Za-z0-9_-]+(?:,[A-Za-z0-9_-]+)*)\}\Z")
_AFTER: Final[dict[type[exp.Expression], str]] = {exp.GT: "future", exp.GTE: "future", exp.LT: "past", exp.LTE: "past"}
_MIRRORED: Final = {"future": "past", "past": "future"}
_WRITTEN: Final = {
    "TEXT": "text",
    "VARCHAR": "character varying",
    "SMALLINT": "smallint",
    "INT": "integer",
    "BIGINT": "bigint",
}


def read_row_test(node: exp.Expression, resolve: Resolve) -> Condition | None:
    """The test of one column that an expression is; its type is the one that constants are written with, or ''."""
    node = _inside(node)
    if isinstance(node, exp.Column):
        return _of_column(node, "true", resolve)
    if isinstance(node, exp.Not):
        return _of_column(_inside(node.this), "false", resolve)
    if isinstance(node, exp.Is):
        return _is(node, resolve)
    if isinstance(node, exp.Or):
        return _either(node, resolve)
    if isinstance(node, (exp.EQ, exp.In)):
        return _one_of(node, resolve)
    return _time(node, resolve) if type(node) in _AFTER else None


def why_not_of(condition: Condition, column: Column) -> str | None:
    """Why a column of that type cannot be tested so, exactly; None if it can."""
    kind = column.type
    if condition.test in ("null", "not null"):
        return None
    if condition.test in ("true", "false"):
        return None if kind == "boolean" else f"{column.name} is {kind}, not boolean"
    if condition.test in ("past", "future"):
        return None if _INSTANT.match(kind) else f"{column.name} is {kind}, which the time zone moves against now()"
    return None if _fits(condition, kind) else f"{column.name} is {kind}, which is not compared exactly"


def typed(condition: Condition, column: Column) -> Condition:
    """The condition with its column's type. Ask `why_not_of` first."""
    return replace(condition, type_name=column.type.partition("(")[0] if _TEXT.match(column.type) else column.type)


def together(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions that hold where all of these do, as few as that takes.

    >>> both = Condition("role", "in", ("owner", "admin")), Condition("role", "in", ("admin", "guest"))
    >>> say_row_tests(together((*both, Condition("role", "not null"))))
    'role is admin'
    """
    found: list[Condition] = []
    for each in dict.fromkeys(conditions):
        like = next(
            (one for one in found if (one.column, one.test) == (each.column, "in") == (one.column, each.test)), None
        )
        shared = tuple(value for value in like.values if value in each.values) if like else ()
        if like and shared:
            found[found.index(like)] = replace(like, values=shared)
        else:
            found.append(each)
    filled = {each.column for each in found if each.test not in ("null", "not null")}
    return tuple(each for each in found if each.test != "not null" or each.column not in filled)


def spell_row_test(condition: Condition, alias: str, column: str) -> list[str]:
    """The tokens that `read_row_test` reads as the condition."""
    name = [alias, ".", column]
    match condition.test:
        case "in":
            given = [token for value in condition.values for token in (",", _literal(value))][1:]
            return [*name, "IN", "(", *given, ")"]
        case "null":
            return [*name, "IS", "NULL"]
        case "not null":
            return [*name, "IS", "NOT", "NULL"]
        case "true":
            return name
        case "false":
            return ["NOT", *name]
    return [*name, "<" if condition.test == "past" else ">", "now", "(", ")"]


def read_constant(tokens: list[str]) -> str | None:
    """The string that a constant is, with its type behind it or not; None for anything else."""
    node = parse(" ".join(tokens))
    literal, type_name = _cast(node) if node is not None else (None, "?")
    if not isinstance(literal, exp.Literal) or not literal.is_string or type_name == "?":
        return None
    return str(literal.this)


def say_row_tests(conditions: tuple[Condition, ...]) -> str:
    """What the conditions ask, in words.

    >>> say_row_tests((Condition("status", "in", ("active",)), Condition("left_at", "null")))
    'status is active and left_at is null'
    """
    return " and ".join(f"{condition.column} {_say(condition)}" for condition in conditions)


def parse(text: str) -> exp.Expression | None:
    """The one expression that a text is, in Postgres's dialect as far as it is understood; else None."""
    try:
        found = sqlglot.parse(text, read="postgres")
    except SqlglotError:
        return None
    node = found[0] if len(found) == 1 else None
    return node if isinstance(node, exp.Expression) else None


def _say(condition: Condition) -> str:
    match condition.test:
        case "in":
            return f"is {' or '.join(condition.values)}"
        case "past" | "future":
            return f"is in the {condition.test}"
    return f"is {condition.test}"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _fits(condition: Condition, kind: str) -> bool:
    written = condition.type_name
    if kind in _INTEGER:
        return written in ("", *_INTEGER) and all(value.isascii() and value.isdigit() for value in condition.values)
    if _TEXT.match(kind):
        return written in ("", "text", "character varying") and all(map(_VALUE.match, condition.values))
    # A function's text need not say in which schema the type is.
    same = written in ("", kind, "text") or kind.endswith(f".{written}")
    return same and _OWN_TYPE.match(kind) is not None and all(map(_VALUE.match, condition.values))


def _of_column(node: exp.Expression, test: str, resolve: Resolve) -> Condition | None:
    name = resolve(node) if isinstance(node, exp.Column) else None
    return Condition(name, test, (), "") if name else None


def _is(node: exp.Is, resolve: Resolve) -> Condition | None:
    if not _only(node, "this", "expression", "negate"):
        return None
    negated = bool(node.args.get("negate"))
    if isinstance(node.expression, exp.Null):
        return _of_column(_inside(node.this), "not null" if negated else "null", resolve)
    if isinstance(node.expression, exp.Boolean) and not negated:
        return _of_column(_inside(node.this), "true" if node.expression.this else "false", resolve)
    return None


def _either(node: exp.Or, resolve: Resolve) -> Condition | None:
    """A choice between constants for one column."""
    one, other = (read_row_test(side, resolve) for side in (node.this, node.expression))
    if one is None or other is None or {one.test, other.test} != {"in"} or one.column != other.column:
        return None
    same_type = one.type_name == other.type_name
    return replace(one, values=tuple(dict.fromkeys((*one.values, *other.values)))) if same_type else None


def _one_of(node: exp.EQ | exp.In, resolve: Resolve) -> Condition | None:
    if isinstance(node, exp.In):
        return _constants(node.this, list(node.expressions), resolve) if _only(node, "this", "expressions") else None
    if not _only(node, "this", "expression"):
        return None
    for one, other in ((node.this, node.expression), (node.expression, node.this)):
        if isinstance(_inside(one), exp.Column) and isinstance(_inside(other), exp.Boolean):
            return _of_column(_inside(one), "true" if _inside(other).this else "false", resolve)
        given = _elements(other) if one is node.this and isinstance(other, exp.Any) else [other]
        found = _constants(one, given, resolve) if given else None
        if found:
            return found
    return None


def _elements(node: exp.Any) -> list[exp.Expression]:
    """The constants of ANY (ARRAY[...]), or of ANY ('{...}')."""
    array = _inside(node.this)
    if isinstance(array, exp.Cast):
        if not _only(array, "this", "to") or array.to.this is not exp.DataType.Type.ARRAY:
            return []
        element = array.to.expressions[0] if len(array.to.expressions) == 1 else None
        return [exp.Cast(this=each, to=element) for each in _listed(_inside(array.this))] if element else []
    return list(array.expressions) if isinstance(array, exp.Array) else []


def _listed(array: exp.Expression) -> list[exp.Expression]:
    """The constants of an array that is cast as a whole, without the casts to varying of each."""
    if isinstance(array, exp.Array):
        pairs = [_cast(each) for each in array.expressions]
        return [each for each, _ in pairs] if all(kind in ("", "character varying") for _, kind in pairs) else []
    flat = _FLAT_ARRAY.match(array.name) if isinstance(array, exp.Literal) and array.is_string else None
    values = flat[1].split(",") if flat else []
    return [] if "null" in map(str.lower, values) else [exp.Literal.string(value) for value in values]


def _constants(node: exp.Expression, given: list[exp.Expression], resolve: Resolve) -> Condition | None:
    column, compared_as = _cast(node)
    if not isinstance(column, exp.Column) or compared_as not in ("", "text") or not given:
        return None
    values, types = [], set()
    for each in given:
        literal, type_name = _cast(each)
        if not isinstance(literal, exp.Literal) or (type_name in _INTEGER if literal.is_string else type_name):
            return None
        values.append(str(literal.this))
        types.add(type_name if literal.is_string else "integer")
    name = resolve(column)
    if name is None or len(types) != 1:
        return None
    return Condition(name, "in", tuple(dict.fromkeys(values)), types.pop())


def _time(node: exp.Expression, resolve: Resolve) -> Condition | None:
    if not _only(node, "this", "expression"):
        return None
    test, one, other = _AFTER[type(node)], _inside(node.this), _inside(node.expression)
    if _is_now(other):
        return _of_column(one, test, resolve)
    return _of_column(other, _MIRRORED[test], resolve) if _is_now(one) else None


def _is_now(node: exp.Expression) -> bool:
    if isinstance(node, exp.Select) and _only(node, "expressions") and len(node.expressions) == 1:
        node = _inside(node.expressions[0])
    return isinstance(node, exp.CurrentTimestamp) and not any(node.args.values())


def _cast(node: exp.Expression) -> tuple[exp.Expression, str]:
    """What is cast, and the type, as format_type() writes it; '' where it is not cast, '?' for types not understood."""
    node = _inside(node)
    if not isinstance(node, exp.Cast):
        return node, ""
    return _inside(node.this), _type(node.to) if _only(node, "this", "to") else "?"


def _type(node: exp.DataType) -> str:
    if node.this is exp.DataType.Type.USERDEFINED:
        return node.sql("postgres")
    return "?" if node.expressions else _WRITTEN.get(node.this.name, "?")


def _inside(node: exp.Expression) -> exp.Expression:
    """The expression without parentheses and without the name that a result has."""
    while isinstance(node, (exp.Paren, exp.Alias, exp.Subquery)):
        if not _only(node, "this", "alias"):
            break
        node = node.this
    return node


def _only(node: exp.Expression, *expected: str) -> bool:
    return not any(value and key not in expected for key, value in node.args.items())


def each_row_test(text: str, resolve: Resolve) -> Iterator[Condition | str]:
    """The tests that a text asks together, joined by AND; a part that is none as its own text."""
    waiting = [parse(text)]
    while waiting:
        node = waiting.pop()
        bare = _inside(node) if node is not None else None
        if isinstance(bare, exp.And):
            waiting += [bare.expression, bare.this]
        else:
            found = read_row_test(bare, resolve) if bare is not None else None
            yield found or (bare.sql("postgres") if bare is not None else text)
