"""What a function that policies call looks up: read from its text, and only if that is one plain look-up.

Understood is a SELECT over one table that equates one of its columns with the user's id and, for a yes or no, another
one with an argument. Everything else has a sentence that says why it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from realtime_advisor.model import Catalog, PolicyFunction, RelationKind, Table, TableName

from .function_tokens import NotUnderstood, read_tokens, take_return

_TYPES: Final = {"UUID": "uuid", "TEXT": "text", "VARCHAR": "text", "BIGINT": "integer", "INT": "integer"}


@dataclass(frozen=True, slots=True)
class LookUp:
    """Rows of `table` whose `user_column` is the user's id: `scope_column` is equal to an argument, or given back.

    `argument` is that argument's place from 0, or None. What the function asks of the arguments in `nulls` it does not
    ask where they are NULL.
    """

    table: TableName
    user_column: str
    scope_column: str
    argument: int | None
    nulls: frozenset[int]


def read_body(function: PolicyFunction, catalog: Catalog) -> LookUp:
    """The look-up that a function's text is. Raises NotUnderstood."""
    tokens = read_tokens(function.source or "")
    if function.language == "plpgsql":
        tokens = take_return(tokens, function.returns_set)
    try:
        statements = [s for s in sqlglot.parse(" ".join(tokens), read="postgres") if s is not None]
    except SqlglotError as error:
        raise NotUnderstood("its text is not understood") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise NotUnderstood("it is more than one SELECT")
    return _Reader(function, catalog).read(statements[0])


class _Reader:
    """Reads the one SELECT of a function; whatever is not expected raises NotUnderstood."""

    def __init__(self, function: PolicyFunction, catalog: Catalog) -> None:
        self.function = function
        self.catalog = catalog
        self.arguments = [name for name, _ in function.arguments]
        self.table: Table | None = None
        self.alias = ""

    def read(self, select: exp.Select) -> LookUp:
        inner = select if self.function.returns_set else _truth(select, self.function.language == "sql")
        table = self._enter(inner)
        answered = [self._column(_one_of(inner))] if self.function.returns_set else []
        users, scopes, nulls = [], [], set()
        for condition in _conditions(inner):
            if isinstance(condition, exp.Or):
                nulls.add(self._waived(condition))
                continue
            column, other = self._equated(condition)
            if isinstance(other, int):
                scopes.append((column, other))
            else:
                self._require_type(column, other)
                users.append(column)
        return self._judge(table, users, answered, scopes, nulls)

    def _judge(
        self, table: Table, users: list[str], answered: list[str], scopes: list[tuple[str, int]], nulls: set[int]
    ) -> LookUp:
        if len(users) != 1:
            raise NotUnderstood(f"it does not compare one column of {table.name} with the user's id")
        if len(answered) + len(scopes) != 1:
            raise NotUnderstood(f"it does not compare one column of {table.name} with one argument, or give one back")
        scope, argument = (answered[0], None) if answered else scopes[0]
        if scope == users[0]:
            raise NotUnderstood(f"it takes {table.name}.{scope} for the user and for what the user belongs to")
        return LookUp(table.name, users[0], scope, argument, frozenset(nulls))

    def _enter(self, select: exp.Select) -> Table:
        """The one table of FROM, which names from now on mean."""
        _only(select, "expressions", "from", "from_", "where")
        source = _from(select)
        if source is None or not isinstance(source.this, exp.Table):
            raise NotUnderstood("it reads no table")
        _only(source, "this")
        _only(source.this, "this", "db", "alias")
        name = self._qualified(source.this)
        table = self.catalog.tables.get(name)
        if table is None or table.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED):
            raise NotUnderstood(f"it reads {name}, which is no table of the catalogue")
        self.table, self.alias = table, name.name
        alias = source.this.args.get("alias")
        if alias is not None:
            _only(alias, "this")
            self.alias = _name(alias.this)
        if self.alias in {*self.arguments, *self.function.outputs, self.function.name.partition(".")[2]}:
            raise NotUnderstood(f"it calls two things {self.alias}")
        return table

    def _qualified(self, table: exp.Table) -> TableName:
        name, schema = _name(table.this), table.args.get("db")
        if schema is not None:
            return TableName(_name(schema), name)
        first = _first_schema(self.function.settings)
        if first is None or name.startswith("pg_"):
            raise NotUnderstood(f"it does not say in which schema {name} is, and its search_path is not fixed")
        return TableName(first, name)

    def _column(self, node: exp.Expression) -> str:
        found = self._resolve(node)
        if not isinstance(found, str):
            raise NotUnderstood(f"it does not give back a column: {_spell(node)}")
        return found

    def _resolve(self, node: exp.Expression) -> str | int:
        """The column's name, or the place of the argument, that a name means; a column goes before an argument."""
        node = _bare(node)
        if isinstance(node, exp.Parameter) and isinstance(node.this, exp.Literal):
            return self._place(int(node.this.name) - 1)
        if not isinstance(node, exp.Column):
            raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")
        _only(node, "this", "table")
        assert self.table is not None
        name, qualifier = _name(node.this), node.args.get("table")
        columns = {column.name for column in self.table.columns}
        if qualifier is not None:
            return self._resolve_qualified(name, _name(qualifier), columns)
        if self.function.language == "plpgsql" and name in columns & {*self.arguments, *self.function.outputs}:
            raise NotUnderstood(f"{name} is a column and a variable, which Postgres refuses to tell apart")
        return name if name in columns else self._argument(name)

    def _resolve_qualified(self, name: str, qualifier: str, columns: set[str]) -> str | int:
        if qualifier == self.alias and name in columns:
            return name
        if qualifier != self.function.name.partition(".")[2]:
            raise NotUnderstood(f"it does not say whose {qualifier}.{name} is")
        return self._argument(name)

    def _argument(self, name: str) -> int:
        if self.arguments.count(name) != 1:
            raise NotUnderstood(f"{name} is neither a column nor an argument")
        return self._place(self.arguments.index(name))

    def _place(self, place: int) -> int:
        if not 0 <= place < len(self.arguments):
            raise NotUnderstood(f"it has no argument {place + 1}")
        return place

    def _equated(self, node: exp.Expression) -> tuple[str, int | str]:
        """A column, and what it is equal to: an argument's place, or the family of the user id's type."""
        if not isinstance(node, exp.EQ):
            raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")
        _only(node, "this", "expression")
        for one, other in ((node.this, node.expression), (node.expression, node.this)):
            subject = _subject(other)
            if subject:
                return self._column(one), subject
        left, right = self._resolve(node.this), self._resolve(node.expression)
        if isinstance(left, str) and isinstance(right, int):
            return left, right
        if isinstance(right, str) and isinstance(left, int):
            return right, left
        raise NotUnderstood(f"it does not compare a column with an argument: {_spell(node)}")

    def _waived(self, node: exp.Or) -> int:
        """The argument that makes a choice true where it is NULL: `m.role = $2 or $2 is null`."""
        equal, null = _bare(node.this), _bare(node.expression)
        if isinstance(equal, exp.Is):
            equal, null = null, equal
        if not isinstance(null, exp.Is) or not isinstance(null.expression, exp.Null):
            raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")
        _only(null, "this", "expression")
        place, (_, compared) = self._resolve(null.this), self._equated(equal)
        if not isinstance(place, int) or compared != place:
            raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")
        return place

    def _require_type(self, column: str, subject: str) -> None:
        assert self.table is not None
        if family(self.table.column(column).type) != subject:
            raise NotUnderstood(f"{self.table.name}.{column} and the user's id are not of one type")


def family(type_name: str) -> str | None:
    """What a type is compared as, exactly; None for types whose values may be equal without being the same.

    >>> family("bigint"), family("character varying(20)"), family("public.citext")
    ('integer', 'text', None)
    """
    if re.fullmatch(r"text|character varying(\(\d+\))?", type_name):
        return "text"
    return {"uuid": "uuid", "bigint": "integer", "integer": "integer", "smallint": "integer"}.get(type_name)


def _truth(select: exp.Select, takes_first: bool) -> exp.Select:
    """The SELECT whose rows make the answer true; `takes_first`: of several rows the first one is the answer."""
    answer = _one_of(select)
    if _from(select) is not None:
        if not (takes_first and isinstance(answer, exp.Boolean) and answer.this is True):
            raise NotUnderstood("what it answers is not whether a row is there")
        return select
    _only(select, "expressions")
    if isinstance(answer, exp.Select):
        return _truth(answer, takes_first=False)  # where two rows are an error
    if not isinstance(answer, exp.Exists) or not isinstance(answer.this, exp.Select):
        raise NotUnderstood(f"what it answers is not whether a row is there: {_spell(answer)}")
    _only(answer, "this")
    for given in answer.this.expressions:
        if not isinstance(_bare(given), (exp.Literal, exp.Star, exp.Column, exp.Boolean, exp.Null)):
            raise NotUnderstood(f"what it answers is not whether a row is there: {_spell(given)}")
    return answer.this


def _from(select: exp.Select) -> exp.From | None:
    found = select.args.get("from_") or select.args.get("from")
    return found if isinstance(found, exp.From) else None


def _one_of(select: exp.Select) -> exp.Expression:
    """What the SELECT gives back, if that is one thing."""
    if len(select.expressions) != 1:
        raise NotUnderstood("it does not give back one thing")
    return _bare(select.expressions[0])


def _conditions(select: exp.Select) -> Iterator[exp.Expression]:
    where = select.args.get("where")
    waiting = [where.this] if isinstance(where, exp.Where) else []
    while waiting:
        node = _bare(waiting.pop())
        if isinstance(node, exp.And):
            waiting += [node.this, node.expression]
        else:
            yield node


def _bare(node: exp.Expression) -> exp.Expression:
    """The expression without parentheses, and without the name that a result has."""
    while isinstance(node, (exp.Paren, exp.Alias, exp.Subquery)):
        _only(node, "this", "alias")
        node = node.this
    return node


def _subject(node: exp.Expression) -> str | None:
    """The family of the type in which the user's id stands here; None if it is something else."""
    node = _bare(node)
    if isinstance(node, exp.Cast):
        _only(node, "this", "to")
        _only(node.to, "this", "nested")
        kind = _TYPES.get(node.to.this.name)
        return kind if _subject(node.this) else None
    if isinstance(node, exp.Select):
        _only(node, "expressions")
        return _subject(_one_of(node))
    is_uid = isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous)
    if not is_uid or node.expression.expressions:
        return None
    return "uuid" if (_spell(node.this), node.expression.this) == ("auth", "uid") else None


def _only(node: exp.Expression, *expected: str) -> None:
    """Raise NotUnderstood if the node says anything else than what is expected here."""
    more = [key for key, value in node.args.items() if value and key not in expected]
    if more:
        raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")


def _name(node: exp.Expression) -> str:
    """A name as Postgres keeps it: folded to lower case unless it is quoted."""
    if not isinstance(node, exp.Identifier):
        raise NotUnderstood(f"it asks more than who belongs: {_spell(node)}")
    return node.name if node.args.get("quoted") else node.name.lower()


def _spell(node: exp.Expression) -> str:
    return node.sql("postgres")


def _first_schema(settings: tuple[str, ...]) -> str | None:
    """The schema in which a table without one is looked for first, if the function itself sets its search_path."""
    path = next((setting.partition("=")[2] for setting in settings if setting.startswith("search_path=")), "")
    schemas = [name.strip() for name in path.split(",")]
    named = [name[1:-1] if name.startswith('"') else name for name in schemas]
    first = next((name for name in named if name not in ("pg_catalog", "pg_temp")), "")
    return first if first and first != "$user" and '"' not in first else None
