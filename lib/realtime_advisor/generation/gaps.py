"""What a design does not tell, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_advisor.model import Catalog, RelationKind, Scope, Table, with_article

from .entitlement import needs_encoding


def gaps(
    catalog: Catalog, table: Table, scopes: Sequence[Scope], *, granularity: str, operations: Sequence[str]
) -> Iterator[str]:
    """Sentences for the head of the script, most common first."""
    if "truncate" not in operations:
        yield "TRUNCATE tells nobody: clients see it at their next catch-up."
    yield from _scope_gaps(catalog, table, scopes)
    if granularity == "row":
        yield "Rows beyond the cap of a transaction are told to nobody: clients see them at their next catch-up."
        if any(column.generated for column in table.columns):
            yield "Generated columns that are not stored, but virtual, stand as null in the rows that are told."
    elif granularity == "transaction":
        yield "Messages name no record_id: each stands for all statements of a transaction."
    elif len(table.primary_key) != 1:
        yield "Messages name no record_id: the table has no primary key of one column."
    if table.kind is RelationKind.PARTITIONED:
        yield "Partitions made later tell nobody when written to by their own name, until step 2 is run again."
        if granularity == "row":
            yield "A row that an UPDATE moves to another partition is told as one that goes and one that comes."
        if "truncate" in operations:
            yield "TRUNCATE of a single partition tells nobody; that of the parent does."
    if table.name in catalog.inherited:
        yield "Inheritance children made later tell nobody, until step 2 is run again."
    for parent in table.inherits:
        yield f"Writes through the parent {parent}, which has no column of the scope, tell nobody."
    if table.partition_of:
        yield f"Writes through the parent {table.partition_of} tell nobody: design the parent instead."


def _scope_gaps(catalog: Catalog, table: Table, scopes: Sequence[Scope]) -> Iterator[str]:
    for scope in scopes:
        holder = catalog[scope.path[-1].references] if scope.path else table
        column = holder.column(scope.columns[0])
        if not column.not_null:
            yield f"Rows without {holder.name.name}.{column.name} belong to nobody and are told to nobody."
        if needs_encoding(scope.key_type):
            whose = with_article(scope.label)
            yield f"Rows of {whose} whose id makes the topic longer than 246 bytes are told to nobody."
