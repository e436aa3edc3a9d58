"""What a client subscribes to under Postgres Changes, and what it will not hear there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from realtime_advisor.model import Catalog, ChangesToday, Design, RelationKind, Scope, Setup, Table

PUBLICATION = "supabase_realtime"


def changes_today(table: Table, catalog: Catalog, setup: Setup | None) -> ChangesToday:
    """Whether Postgres Changes sends the table today, and how it is published."""
    family = (table, *(catalog[name] for name in table.partitions if name in catalog.tables))
    published = {name for member in family for name in member.publications}
    named = [p.tables for p in setup.publications if p.name == PUBLICATION] if setup else []
    return ChangesToday(
        published=PUBLICATION in published,
        by_name=table.name in named[0] if named else None,
        others=tuple(sorted(published - {PUBLICATION})),
        replica_identity=table.replica_identity,
        partitioned=table.kind is RelationKind.PARTITIONED,
    )


def design_changes(blank: Design, scope: Scope | None, table: Table, *, wants_deletes: bool = True) -> Design:
    """The design with its filter and the events that the filter lets through, and sentences on what is missing.

    `wants_deletes` says whether the clients need them, at the cost of the replica identity that lets them through.
    """
    column = _filter_column(scope)
    hears_deletes = column is None or table.replica_identity == "full" or column in table.primary_key
    return replace(
        blank,
        changes_filter=f"{column}=eq.<id>" if column else None,
        changes_events=("INSERT", "UPDATE", "DELETE") if hears_deletes else ("INSERT", "UPDATE"),
        gaps=tuple(_warnings(column, table, hears_deletes)),
        wants_full_identity=wants_deletes and not hears_deletes,
    )


def _filter_column(scope: Scope | None) -> str | None:
    """A filter compares one column of the table itself."""
    return scope.columns[0] if scope and not scope.path and len(scope.columns) == 1 else None


def _warnings(column: str | None, table: Table, hears_deletes: bool) -> Iterator[str]:
    if PUBLICATION not in table.publications:
        yield f"{table.name} is not published in {PUBLICATION}: until it is, clients see SUBSCRIBED and hear nothing."
    if not table.primary_key:
        yield f"{table.name} has no primary key: Postgres Changes sends nothing for it."
    if not table.row_security:
        yield f"{table.name} has no row level security: every subscriber is sent every row."
    if column is None:
        yield f"No column of {table.name} itself names the scope, so no filter can select it."
    elif not hears_deletes:
        yield (
            f"The filter on {column} drops DELETE: only the primary key of a deleted row is known, unless the replica "
            "identity is full."
        )
    yield "TRUNCATE sends nothing, and an UPDATE that moves a row out of the filter is not shown to its old readers."
