"""Row changes counted by table, operation, transaction and key value. Keeps counts and hashes, never a row's value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from realtime_advisor.model import Catalog, RelationKind, ScopeRows, Table, TableName, TableWal

from .supabase import is_users_own
from .wal_decoding import Change, Operation, Row

MOST_VALUES = 100_000  # of one column, some 10 MB; a column with more is left out


class WalTally:
    """The changes counted so far; a partition's also count for the tables that it is part of."""

    def __init__(self, catalog: Catalog) -> None:
        self.transactions = 0
        self._catalog = catalog
        self._transaction = ""
        self._tallies: dict[TableName, TableTally] = {}
        self._receivers: dict[TableName, tuple[TableTally, ...]] = {}

    def count(self, transaction: str, change: Change) -> None:
        """Count one change. The changes of one transaction have to come one after the other."""
        receivers = [tally for table in change.tables for tally in self._receivers_of(table)]
        if receivers and transaction != self._transaction:
            self._transaction = transaction
            self.transactions += 1
        if change.operation is Operation.TRUNCATE:
            self._count_truncation(transaction, change.tables)
            return
        keeps_old_row = bool(receivers) and receivers[0].keeps_old_row
        for tally in receivers:
            tally.count(transaction, change, keeps_old_row)

    def tables(self) -> dict[TableName, TableWal]:
        """What was counted, by table, without tables that nothing happened to."""
        return {name: tally.sum_up(name) for name, tally in self._tallies.items() if tally.transactions}

    def _count_truncation(self, transaction: str, tables: Iterable[TableName]) -> None:
        """Each table for itself: truncating a partitioned table names its partitions too."""
        for table in tables:
            for tally in self._receivers_of(table)[:1]:
                tally.touch(transaction)
                tally.truncates += 1

    def _receivers_of(self, table: TableName) -> tuple[TableTally, ...]:
        """The tallies of a table and of those above it; none where the table is not the user's."""
        if table not in self._receivers:
            counted = _is_counted(table, self._catalog)
            lineage = _lineage(table, self._catalog) if counted else iter(())
            self._receivers[table] = tuple(self._tally_of(each) for each in lineage)
        return self._receivers[table]

    def _tally_of(self, table: TableName) -> TableTally:
        if table not in self._tallies:
            self._tallies[table] = TableTally(self._catalog.tables.get(table))
        return self._tallies[table]


class TableTally:
    """One table's counts."""

    def __init__(self, table: Table | None) -> None:
        self.keeps_old_row = table is not None and table.replica_identity == "full"
        self.inserts = self.updates = self.deletes = self.truncates = 0
        self.transactions = self.largest_transaction = self.bytes_of_rows = 0
        self._transaction = ""
        self._in_transaction = 0
        self._scopes: dict[str, Counter[int]] = {column: Counter() for column in _key_columns(table)}
        self._changed: Counter[str] | None = Counter()

    def touch(self, transaction: str) -> None:
        """Something of this transaction happened to the table."""
        if transaction != self._transaction:
            self._transaction = transaction
            self._in_transaction = 0
            self.transactions += 1

    def count(self, transaction: str, change: Change, keeps_old_row: bool) -> None:
        """Count a row change of this table or of a partition of it, whose replica identity keeps old rows or not."""
        self.touch(transaction)
        self._in_transaction += 1
        self.largest_transaction = max(self.largest_transaction, self._in_transaction)
        if change.operation is Operation.INSERT:
            self.inserts += 1
        elif change.operation is Operation.UPDATE:
            self.updates += 1
            self._count_changed_columns(change, keeps_old_row)
        else:
            self.deletes += 1
        self.bytes_of_rows += sum(_bytes(value) for value in change.new.values() if value is not None)
        self._count_scopes(change.old if change.operation is Operation.DELETE else change.new)

    def sum_up(self, table: TableName) -> TableWal:
        """The counts so far."""
        known = self._changed is not None and (self.updates or self.keeps_old_row)
        return TableWal(
            table=table,
            inserts=self.inserts,
            updates=self.updates,
            deletes=self.deletes,
            truncates=self.truncates,
            transactions=self.transactions,
            largest_transaction=self.largest_transaction,
            bytes_of_rows=self.bytes_of_rows,
            scopes=tuple(_scope_rows(column, values) for column, values in self._scopes.items()),
            changed_columns=dict(sorted((self._changed or {}).items())) if known else None,
        )

    def _count_changed_columns(self, change: Change, keeps_old_row: bool) -> None:
        """Compare the rows; one update whose old row is not kept makes the whole count unknown."""
        if not keeps_old_row:
            self._changed = None
        elif self._changed is not None:
            self._changed.update(column for column, value in change.new.items() if change.old.get(column) != value)

    def _count_scopes(self, row: Row) -> None:
        for column, values in list(self._scopes.items()):
            value = row.get(column)
            if value is not None:
                values[hash(value)] += 1
                if len(values) > MOST_VALUES:
                    del self._scopes[column]


def _is_counted(table: TableName, catalog: Catalog) -> bool:
    """Whether it is a user's table: in the catalogue, or made since. A materialised view's refresh is no event."""
    known = catalog.tables.get(table)
    if known is None:
        return is_users_own(table.schema, catalog.server.is_supabase)
    return known.kind in (RelationKind.TABLE, RelationKind.PARTITIONED)


def _lineage(table: TableName, catalog: Catalog) -> Iterator[TableName]:
    """The table, what it is a partition of, and so on upwards."""
    above: TableName | None = table
    while above is not None:
        yield above
        known = catalog.tables.get(above)
        above = known.partition_of if known else None


def _key_columns(table: Table | None) -> tuple[str, ...]:
    """The columns of foreign keys, and those that the table's own policies compare; each by itself."""
    if table is None:
        return ()
    keys = [column for key in table.foreign_keys for column in key.columns]
    compared = [column for policy in table.policies for owner, column in policy.columns if owner == table.name]
    return tuple(dict.fromkeys(keys + compared))


def _scope_rows(column: str, values: Counter[int]) -> ScopeRows:
    return ScopeRows(column, changes=values.total(), distinct=len(values), hottest=max(values.values(), default=0))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def has_identity(table: Table) -> bool:
    """Whether updates and deletes in the WAL name their row; wal2json leaves out those that do not."""
    if table.replica_identity == "default":
        return table.primary_key != ()
    return table.replica_identity in ("full", "index")
