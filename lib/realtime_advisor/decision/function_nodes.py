"""The nodes of a function's parsed text, looked at one by one; whatever is not expected raises NotUnderstood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from .function_tokens import NotUnderstood

_TEXTS: Final = (exp.ByteString, exp.HexString, exp.National, exp.RawString, exp.UnicodeString)
_TYPES: Final = {"UUID": "uuid", "TEXT": "text", "VARCHAR": "text", "BIGINT": "integer", "INT": "integer"}


def family(type_name: str) -> str | None:
    """What a type is compared as, exactly; None for types whose values may be equal without being the same.

    >>> family("bigint"), family("character varying(20)"), family("public.citext")
    ('integer', 'text', None)
    """
    if re.fullmatch(r"text|character varying(\(\d+\))?", type_name):
        return "text"
    return {"uuid": "uuid", "bigint": "integer", "integer": "integer", "smallint": "integer"}.get(type_name)


def truth_of(select: exp.Select, takes_first: bool) -> exp.Select:
    """The SELECT whose rows make the answer true; `takes_first`: of several rows the first one is the answer."""
    answer = one_of(select)
    if source_of(select) is not None:
        if not (takes_first and isinstance(answer, exp.Boolean) and answer.this is True):
            raise NotUnderstood("what it answers is not whether a row is there")
        return select
    require_only(select, "expressions")
    if isinstance(answer, exp.Select):
        return truth_of(answer, takes_first=False)  # where two rows are an error
    if not isinstance(answer, exp.Exists) or not isinstance(answer.this, exp.Select):
        raise NotUnderstood(f"what it answers is not whether a row is there: {spell_out(answer)}")
    require_only(answer, "this")
    for given in answer.this.expressions:
        if not isinstance(inside(given), (exp.Literal, exp.Star, exp.Column, exp.Boolean, exp.Null)):
            raise NotUnderstood(f"what it answers is not whether a row is there: {spell_out(given)}")
    return answer.this


def source_of(select: exp.Select) -> exp.From | None:
    found = select.args.get("from_") or select.args.get("from")
    return found if isinstance(found, exp.From) else None


def one_of(select: exp.Select) -> exp.Expression:
    """What the SELECT gives back, if that is one thing."""
    if len(select.expressions) != 1:
        raise NotUnderstood("it does not give back one thing")
    return inside(select.expressions[0])


def conditions_of(select: exp.Select) -> Iterator[exp.Expression]:
    where = select.args.get("where")
    waiting = [where.this] if isinstance(where, exp.Where) else []
    while waiting:
        node = inside(waiting.pop())
        if isinstance(node, exp.And):
            waiting += [node.this, node.expression]
        else:
            yield node


def inside(node: exp.Expression) -> exp.Expression:
    """The expression without parentheses, and without the name that a result has."""
    while isinstance(node, (exp.Paren, exp.Alias, exp.Subquery)):
        require_only(node, "this", "alias")
        node = node.this
    return node


def subject_of(node: exp.Expression) -> str | None:
    """The family of the type in which the user's id stands here; None if it is something else."""
    node = inside(node)
    if isinstance(node, exp.Cast):
        require_only(node, "this", "to")
        require_only(node.to, "this", "nested")
        kind = _TYPES.get(node.to.this.name)
        return kind if subject_of(node.this) else None
    if isinstance(node, exp.Select):
        require_only(node, "expressions")
        return subject_of(one_of(node))
    is_uid = isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous)
    if not is_uid or node.expression.expressions:
        return None
    return "uuid" if (spell_out(node.this), node.expression.this) == ("auth", "uid") else None


def require_only(node: exp.Expression, *expected: str) -> None:
    """Raise NotUnderstood if the node says anything else than what is expected here."""
    more = [key for key, value in node.args.items() if value and key not in expected]
    if more:
        raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")


def name_of(node: exp.Expression) -> str:
    """A name as Postgres keeps it: folded to lower case unless it is quoted."""
    if not isinstance(node, exp.Identifier):
        raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")
    return node.name if node.args.get("quoted") else node.name.lower()


def spell_out(node: exp.Expression) -> str:
    """As Postgres writes it, without the texts in it: a function may hold what no report should show.

    >>> from sqlglot import parse_one
    >>> spell_out(parse_one("who = 'hunter2' /* or 'hunter3' */ or claims ->> 'role' = 'admin'", dialect="postgres"))
    "who = '...' OR claims ->> 'role' = '...'"
    """
    return node.transform(_without_text).sql("postgres", comments=False)


def _without_text(node: exp.Expression) -> exp.Expression:
    is_text = isinstance(node, _TEXTS) or (isinstance(node, exp.Literal) and node.is_string)
    is_key = isinstance(node.parent, exp.JSONExtract | exp.JSONExtractScalar)
    return exp.Literal.string("...") if is_text and not is_key else node


def first_schema(settings: tuple[str, ...]) -> str | None:
    """The schema in which a table without one is looked for first, if the function itself sets its search_path."""
    path = next((setting.partition("=")[2] for setting in settings if setting.startswith("search_path=")), "")
    schemas = [name.strip() for name in path.split(",")]
    named = [name[1:-1] if name.startswith('"') else name for name in schemas]
    first = next((name for name in named if name not in ("pg_catalog", "pg_temp")), "")
    return first if first and first != "$user" and '"' not in first else None
