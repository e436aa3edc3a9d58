"""Whoever is let into a topic, as a query: the scope's key, the foreign keys to the membership, the user."""

from __future__ import annotations

from dataclasses import dataclass, field

from realtime_advisor.model import Catalog, Condition, Hop, Scope, Table, TableName

from .look_ups import SUBJECT, LookUpQuery, Term
from .memberships import Membership
from .row_tests import typed, why_not_of

Conditions = frozenset[Condition]


@dataclass(frozen=True)
class Listener:
    """The query that finds who may listen: what it makes equal, and in which tables it has a row."""

    table: Table
    membership: Membership | None
    catalog: Catalog
    classes: dict[Term, Term] = field(default_factory=dict)
    rows: set[TableName] = field(default_factory=set)

    def equate(self, one: Term, other: Term) -> None:
        root = self._root(other)
        self.classes.setdefault(root, root)
        self.classes[self._root(one)] = root
        self.classes.setdefault(one, root)
        self.rows.update(term.table for term in (one, other) if term.table)

    def _root(self, term: Term) -> Term:
        while self.classes.get(term, term) != term:
            term = self.classes[term]
        return term

    def _are_same(self, one: Term, other: Term, of: TableName | None) -> bool:
        """Whether two terms are equal and not null. A column that is compared with itself alone may be."""
        first, second = (Term(term.table or of, term.column) if term.column else term for term in (one, other))
        return first in self.classes and second in self.classes and self._root(first) == self._root(second)

    def holds(self, query: LookUpQuery, of: TableName | None = None) -> Conditions | None:
        """What must hold of the membership's row for the query to hold too; None if it asks for more.

        `of`: the query is a policy's of that table, in which the listener's query has a row.
        """
        same = all(self._are_same(one, other, of) for one, other in query.pairs)
        if not same or not query.rows <= self.rows:
            return None
        conditions = set()
        for name, test in query.tests:
            if self.membership is None or (name or of) != self.membership.table:
                return None
            column = self.catalog[self.membership.table].column(test.column)
            if why_not_of(test, column):
                return None
            conditions.add(typed(test, column))
        return frozenset(conditions)


def find_listener(
    scope: Scope, table: Table, catalog: Catalog, path: tuple[Hop, ...], membership: Membership | None
) -> Listener:
    """From the row by its foreign keys to the scope's key, on to the membership, and to the user."""
    listener = Listener(table, membership, catalog)
    here: TableName | None = None  # the table's own row
    for hop in scope.path:
        _equate_all(listener, here, hop.columns, hop.references, hop.referenced_columns)
        here = hop.references
    ends = tuple(Term(here, column) for column in scope.columns)
    if membership is None:
        for end in ends:
            listener.equate(end, SUBJECT)
    principal = scope.principal
    if principal is not None and principal in catalog.tables:
        keys = _keys(scope, here or table.name, catalog)
        for end, key in zip(ends, keys, strict=False):
            listener.equate(end, Term(principal, key))
    if membership is None or principal is None:
        return listener
    member = membership.table
    if not path:
        for end, column in zip(ends, membership.scope_columns, strict=False):
            listener.equate(end, Term(member, column))
    for hop in path:
        _equate_all(listener, hop.table, hop.columns, hop.references, hop.referenced_columns)
    if path:
        _equate_all(listener, path[-1].table, path[-1].columns, member, membership.scope_columns)
    listener.equate(Term(member, membership.user_column), SUBJECT)
    return listener


def _equate_all(
    listener: Listener, one: TableName | None, columns: tuple[str, ...], other: TableName, others: tuple[str, ...]
) -> None:
    for column, same in zip(columns, others, strict=False):
        listener.equate(Term(one, column), Term(other, same))


def _keys(scope: Scope, holder: TableName, catalog: Catalog) -> tuple[str, ...]:
    """The columns of the principal's row that the scope's columns are equal to."""
    for key in catalog[holder].foreign_keys:
        if key.references == scope.principal and key.columns == scope.columns:
            return key.referenced_columns
    assert scope.principal is not None
    return catalog[scope.principal].primary_key
