"""What a function that policies call looks up: read from its text, and only if that is one plain look-up.

Understood is a SELECT over one table that equates one of its columns with the user's id and, for a yes or no, another
one with an argument. Everything else has a sentence that says why it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from realtime_advisor.model import Catalog, Condition, PolicyFunction, RelationKind, Table, TableName

from .function_nodes import (
    conditions_of,
    family,
    first_schema,
    inside,
    name_of,
    one_of,
    require_only,
    source_of,
    spell_out,
    subject_of,
    truth_of,
)
from .function_tokens import NotUnderstood, read_tokens, take_return
from .membership_columns import is_role
from .row_tests import read_row_test, typed, why_not_of


@dataclass(frozen=True, slots=True)
class LookUp:
    """Rows of `table` whose `user_column` is the user's id: `scope_column` is equal to an argument, or given back.

    `argument` is that argument's place from 0, or None. All `tests` must hold of the row, and the columns in `asks` are
    equal to an argument each; those arguments that are in `nulls` are not asked for where they are NULL.
    """

    table: TableName
    user_column: str
    scope_column: str
    argument: int | None
    nulls: frozenset[int]
    tests: tuple[Condition, ...] = ()
    asks: tuple[tuple[str, int], ...] = ()

    @property
    def columns(self) -> frozenset[tuple[TableName, str]]:
        """All that it compares."""
        tested = (test.column for test in self.tests), (column for column, _ in self.asks)
        names = {self.user_column, self.scope_column, *tested[0], *tested[1]}
        return frozenset((self.table, name) for name in names)


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


@dataclass
class _Asked:
    """What the conditions of a SELECT ask, as they are read."""

    users: list[str] = field(default_factory=list)
    scopes: list[tuple[str, int]] = field(default_factory=list)
    asks: list[tuple[str, int]] = field(default_factory=list)
    nulls: set[int] = field(default_factory=set)
    tests: list[Condition] = field(default_factory=list)


class _Reader:
    """Reads the one SELECT of a function; whatever is not expected raises NotUnderstood."""

    def __init__(self, function: PolicyFunction, catalog: Catalog) -> None:
        self.function = function
        self.catalog = catalog
        self.arguments = [name for name, _ in function.arguments]
        self.table: Table | None = None
        self.alias = ""

    def read(self, select: exp.Select) -> LookUp:
        inner = select if self.function.returns_set else truth_of(select, self.function.language == "sql")
        table = self._enter(inner)
        answered = [self._column(one_of(inner))] if self.function.returns_set else []
        found = _Asked()
        for condition in conditions_of(inner):
            test = read_row_test(condition, self._tested)
            if test is not None:
                found.tests.append(self._exact(test))
            elif isinstance(condition, exp.Or):
                column, place = self._waived(condition)
                found.asks.append((column, place))
                found.nulls.add(place)
            else:
                self._compare(condition, found)
        return self._judge(table, answered, found)

    def _compare(self, condition: exp.Expression, found: _Asked) -> None:
        column, other = self._equated(condition)
        if isinstance(other, str):
            self._require_type(column, other)
            found.users.append(column)
        elif is_role(column):
            found.asks.append((column, other))
        else:
            found.scopes.append((column, other))

    def _tested(self, node: exp.Column) -> str | None:
        found = self._resolve(node)
        return found if isinstance(found, str) else None

    def _exact(self, test: Condition) -> Condition:
        assert self.table is not None
        column = self.table.column(test.column)
        why_not = why_not_of(test, column)
        if why_not:
            raise NotUnderstood(f"{self.table.name}.{why_not}")
        return typed(test, column)

    def _judge(self, table: Table, answered: list[str], found: _Asked) -> LookUp:
        if len(found.users) != 1:
            raise NotUnderstood(f"it does not compare one column of {table.name} with the user's id")
        if len(answered) + len(found.scopes) != 1:
            raise NotUnderstood(f"it does not compare one column of {table.name} with one argument, or give one back")
        user = found.users[0]
        scope, argument = (answered[0], None) if answered else found.scopes[0]
        if scope == user:
            raise NotUnderstood(f"it takes {table.name}.{scope} for the user and for what the user belongs to")
        if any(place == argument for _, place in found.asks):
            raise NotUnderstood(f"it compares two columns of {table.name} with one argument")
        return LookUp(table.name, user, scope, argument, frozenset(found.nulls), tuple(found.tests), tuple(found.asks))

    def _enter(self, select: exp.Select) -> Table:
        """The one table of FROM, which names from now on mean."""
        require_only(select, "expressions", "from", "from_", "where")
        source = source_of(select)
        if source is None or not isinstance(source.this, exp.Table):
            raise NotUnderstood("it reads no table")
        require_only(source, "this")
        require_only(source.this, "this", "db", "alias")
        name = self._qualified(source.this)
        table = self.catalog.tables.get(name)
        if table is None or table.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED):
            raise NotUnderstood(f"it reads {name}, which is no table of the catalogue")
        self.table, self.alias = table, name.name
        alias = source.this.args.get("alias")
        if alias is not None:
            require_only(alias, "this")
            self.alias = name_of(alias.this)
        if self.alias in {*self.arguments, *self.function.outputs, self.function.name.partition(".")[2]}:
            raise NotUnderstood(f"it calls two things {self.alias}")
        return table

    def _qualified(self, table: exp.Table) -> TableName:
        name, schema = name_of(table.this), table.args.get("db")
        if schema is not None:
            return TableName(name_of(schema), name)
        first = first_schema(self.function.settings)
        if first is None or name.startswith("pg_"):
            raise NotUnderstood(f"it does not say in which schema {name} is, and its search_path is not fixed")
        return TableName(first, name)

    def _column(self, node: exp.Expression) -> str:
        found = self._resolve(node)
        if not isinstance(found, str):
            raise NotUnderstood(f"it does not give back a column: {spell_out(node)}")
        return found

    def _resolve(self, node: exp.Expression) -> str | int:
        """The column's name, or the place of the argument, that a name means; a column goes before an argument."""
        node = inside(node)
        if isinstance(node, exp.Parameter) and isinstance(node.this, exp.Literal):
            return self._place(int(node.this.name) - 1)
        if not isinstance(node, exp.Column):
            raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")
        require_only(node, "this", "table")
        assert self.table is not None
        name, qualifier = name_of(node.this), node.args.get("table")
        columns = {column.name for column in self.table.columns}
        if qualifier is not None:
            return self._resolve_qualified(name, name_of(qualifier), columns)
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
            raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")
        require_only(node, "this", "expression")
        for one, other in ((node.this, node.expression), (node.expression, node.this)):
            subject = subject_of(other)
            if subject:
                return self._column(one), subject
        left, right = self._resolve(node.this), self._resolve(node.expression)
        if isinstance(left, str) and isinstance(right, int):
            return left, right
        if isinstance(right, str) and isinstance(left, int):
            return right, left
        raise NotUnderstood(f"it does not compare a column with an argument: {spell_out(node)}")

    def _waived(self, node: exp.Or) -> tuple[str, int]:
        """A column, and an argument that it is equal to or that is NULL: `m.role = $2 or $2 is null`."""
        equal, null = inside(node.this), inside(node.expression)
        if isinstance(equal, exp.Is):
            equal, null = null, equal
        if not isinstance(null, exp.Is) or not isinstance(null.expression, exp.Null):
            raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")
        require_only(null, "this", "expression")
        place, (column, compared) = self._resolve(null.this), self._equated(equal)
        if not isinstance(place, int) or compared != place:
            raise NotUnderstood(f"it asks more than who belongs: {spell_out(node)}")
        return column, place

    def _require_type(self, column: str, subject: str) -> None:
        assert self.table is not None
        if family(self.table.column(column).type) != subject:
            raise NotUnderstood(f"{self.table.name}.{column} and the user's id are not of one type")
