"""Where writes are tried: one connection to a copy, one attempt after the other, each taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.model import Delivery, TableName

from .entitled import Row
from .expected import Change, written
from .skeleton import Skeleton, Statement

Connection = psycopg.Connection[tuple[Any, ...]]
DELIVERIES: Final = resources.files(__package__).joinpath("deliveries.sql").read_bytes()


@dataclass
class Stage:
    """A superuser's connection in autocommit mode, and the warnings that came while an attempt ran."""

    connection: Connection
    skeleton: Skeleton
    writer: str | None = "postgres"  # None: whose session it is
    is_alone: bool = True  # whether nobody else sends messages in this database
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection.add_notice_handler(self._hear)

    def close(self) -> None:
        """Hear no more."""
        self.connection.remove_notice_handler(self._hear)

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self.warnings.append(notice.message_primary or "")

    @contextmanager
    def attempt(self, prepare: Sequence[Statement] = ()) -> Iterator[None]:
        """Whatever is done inside is taken back. `prepare` is run as the superuser, the rest as the writer."""
        with self.connection.transaction(force_rollback=True):
            for statement in prepare:
                self.connection.execute(statement)
            self.become(self.writer)
            self.warnings.clear()
            yield
            self.become(None)

    def become(self, role: str | None) -> None:
        """Write with the rights of that role from here on; None: of the superuser."""
        statement = SQL("set local role {}").format(Identifier(role)) if role else SQL("reset role")
        self.connection.execute(statement)

    def run(self, statement: Statement) -> None:
        """Run one statement as the present role. Values stand in it as literals: a name may hold a %."""
        self.connection.execute(statement)

    def ask(self, statement: Statement) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        return self.connection.execute(statement).fetchall()

    def settle(self) -> None:
        """Have all that waits for the end of the transaction happen now."""
        self.connection.execute("set constraints all immediate")

    def deliveries(self, step: str) -> list[tuple[Delivery, str]]:
        """What the attempt has sent so far, each with what is wrong with it, if anything."""
        self.settle()
        self.become(None)
        found = self.connection.execute(DELIVERIES, [not self.is_alone]).fetchall()
        return [
            (Delivery(step, topic, event, written(payload), private), faults)
            for topic, event, payload, private, faults in found
        ]

    # ------------------------------------------------------------ writes of rows

    def insert(self, table: TableName, *rows: Row, at: TableName | None = None) -> Change:
        """One statement; `at` is the partition that it is addressed to."""
        self.run(SQL("insert into {} ({}) values {}").format(_name(at or table), _listed(list(rows[0])), tuples(rows)))
        return Change(table, "INSERT", tuple((None, row) for row in rows))

    def taken_by(self, part: Identifier, rows: Sequence[Row]) -> Row | None:
        """The first of these rows that a partition takes."""
        for row in rows:
            statement = SQL("insert into {} ({}) values {}").format(part, _listed(list(row)), tuples([row]))
            try:
                with self.connection.transaction(force_rollback=True):
                    self.run(statement)
            except psycopg.errors.CheckViolation:
                continue
            return row
        return None

    def copy(self, table: TableName, rows: Sequence[Row]) -> Change:
        """One COPY."""
        columns = list(rows[0])
        statement = SQL("copy {} ({}) from stdin").format(_name(table), _listed(columns))
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[column] for column in columns])
        return Change(table, "INSERT", tuple((None, row) for row in rows))

    def update(self, table: TableName, rows: Sequence[Row], changed: Row) -> Change:
        """One statement that gives these rows these values."""
        where = self.where(table, rows)
        self.run(SQL("update {} set {} where {}").format(_name(table), _assigned(changed), where))
        return Change(table, "UPDATE", tuple((row, {**row, **changed}) for row in rows))

    def update_all(self, table: TableName, rows: Sequence[Row], changed: Row) -> Change:
        """One statement that gives all rows of the table, which are these, these values."""
        self.run(SQL("update {} set {}").format(_name(table), _assigned(changed)))
        return Change(table, "UPDATE", tuple((row, {**row, **changed}) for row in rows))

    def delete_all(self, table: TableName, rows: Sequence[Row]) -> Change:
        """One statement that deletes all rows of the table, which are these."""
        self.run(SQL("delete from {}").format(_name(table)))
        return Change(table, "DELETE", tuple((row, None) for row in rows))

    def fill(self, rows: Mapping[TableName, Sequence[Row]]) -> None:
        """Put rows there as the superuser, without a trigger and without a look at foreign keys."""
        self.connection.execute("set local session_replication_role = replica")
        for table, some in rows.items():
            if some:
                self.copy(table, some)
        self.connection.execute("set local session_replication_role = origin")

    def delete(self, table: TableName, *rows: Row) -> Change:
        """One statement."""
        self.run(SQL("delete from {} where {}").format(_name(table), self.where(table, rows)))
        return Change(table, "DELETE", tuple((row, None) for row in rows))

    def where(self, table: TableName, rows: Sequence[Row]) -> Statement:
        """The rows by their primary key; without one, by all that is known of them, as text."""
        key = self.skeleton.tables[table].primary_key
        columns = key or tuple(rows[0])
        equal = SQL("{} = {}") if key else SQL("{}::text is not distinct from {}::text")
        ones = (
            SQL(" and ").join(equal.format(Identifier(column), Literal(row[column])) for column in columns)
            for row in rows
        )
        return SQL(" or ").join(SQL("({})").format(one) for one in ones)


def tuples(rows: Sequence[Row]) -> Statement:
    """The rows as VALUES takes them."""
    return SQL(", ").join(SQL("({})").format(SQL(", ").join(map(Literal, row.values()))) for row in rows)


def _assigned(changed: Row) -> Statement:
    return SQL(", ").join(SQL("{} = {}").format(Identifier(column), Literal(text)) for column, text in changed.items())


def _name(table: TableName) -> Identifier:
    return Identifier(table.schema, table.name)


def _listed(columns: Sequence[str]) -> Statement:
    return SQL(", ").join(map(Identifier, columns))
