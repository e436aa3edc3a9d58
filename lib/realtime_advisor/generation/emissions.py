"""The emissions of a design: topic, event, and what is watched for each scope that the table tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    Catalog,
    Decision,
    Design,
    Emission,
    Feed,
    RelationKind,
    Scope,
    Table,
    TableName,
)

from .choices import Choices
from .entities import entity_of_feed, entity_of_table
from .entitlement import principal_key
from .gaps import gaps
from .granularity import cap, choose_granularity
from .payload import checked_columns
from .rows import ROW, disclosures, with_rows
from .topics import make_event, make_topic
from .watch_list import changed_columns, watched_columns

Told = Sequence[tuple[Scope, Feed | None]]


def with_emissions(
    blank: Design, decision: Decision, catalog: Catalog, told: Told, choices: Choices, feeds: Sequence[Feed]
) -> Design:
    """The design with an emission for each scope told, and how often it speaks."""
    table, scopes = catalog[blank.table], [scope for scope, _ in told]
    chosen = choose_granularity(
        decision, scopes[0], catalog, table, named=choices.granularity, needs_rows=bool(choices.columns)
    )
    watched = watched_columns(table, _local_columns(scopes), choices.watched)
    entities = [
        entity_of_feed(feed) if feed else entity_of_table(catalog, table.name, scope, feeds) for scope, feed in told
    ]
    emissions = tuple(
        _emission(catalog, table, scope, feed, entity.word, watched, choices)
        for (scope, feed), entity in zip(told, entities, strict=True)
    )
    if chosen.name == ROW:
        columns = with_rows(decision, catalog, table, emissions)
        emissions = tuple(replace(emission, columns=columns) for emission in emissions)
        blank = replace(blank, notes=disclosures(decision, table))
    elif choices.columns:
        emissions = _with_columns(table, emissions, chosen.name, choices.columns)
    untold = gaps(catalog, table, scopes, granularity=chosen.name, operations=choices.operations)
    return replace(
        blank,
        emissions=emissions,
        granularity=chosen.name,
        most_topics=cap(chosen.name, choices.most_topics),
        reasons=(
            *blank.reasons,
            chosen.reason,
            *changed_columns(decision.churn, watched, choices.watched),
            *(entity.reason for entity in entities if entity.reason),
        ),
        gaps=(*blank.gaps, *untold),
        generated=tuple(_generated(catalog, table, scopes, (*watched, *choices.columns))),
        partitioned=() if chosen.name == ROW else tuple(_partitioned(catalog, table, scopes)),
        column_types=tuple(_column_types(catalog, table, scopes, watched)),
        clients_send=choices.clients_send,
    )


def _with_columns(
    table: Table, emissions: tuple[Emission, ...], granularity: str, columns: Sequence[str]
) -> tuple[Emission, ...]:
    """The table's own emission with columns in its payload; a feed is of many tables, and stays a signal."""
    if granularity == "transaction":
        raise BadInput(
            f"{table.name} tells once per transaction, and such a message is of no single row: choose the granularity "
            "'statement' to send columns."
        )
    if all(emission.feed for emission in emissions):
        raise BadInput(
            f"{table.name} speaks only in the feed {emissions[0].feed}, which names no row: leave it out of the "
            "feed to send columns."
        )
    return tuple(
        emission if emission.feed else replace(emission, columns=checked_columns(table, emission.scope, columns))
        for emission in emissions
    )


def looked_up_by(scope: Scope, catalog: Catalog, table: Table) -> str | None:
    """The column by which members look the scope's own table up; None where nobody has to."""
    return principal_key(scope, catalog, table) if scope.entitlement and scope.entitlement.path else None


def _partitioned(catalog: Catalog, table: Table, scopes: Sequence[Scope]) -> Iterator[TableName]:
    """Of the tables that get triggers, those with partitions or inheritance children, which get their own."""
    names = dict.fromkeys((table.name, *(hop.references for scope in scopes for hop in scope.path)))
    for name in names:
        if catalog[name].kind is RelationKind.PARTITIONED or catalog[name].partitions or name in catalog.inherited:
            yield name


def _emission(
    catalog: Catalog,
    table: Table,
    scope: Scope,
    feed: Feed | None,
    entity: str,
    watched: tuple[str, ...],
    choices: Choices,
) -> Emission:
    return Emission(
        scope=scope,
        entity=entity,
        topic=make_topic(choices.topic, scope.label, entity),
        event=feed.event if feed else make_event(choices.event, entity),
        operations=choices.operations,
        watched=watched,
        feed=feed.name if feed else None,
        principal_key=looked_up_by(scope, catalog, table),
        pattern=choices.topic,
    )


def _local_columns(scopes: Iterable[Scope]) -> tuple[str, ...]:
    """The table's own columns that lead to the scopes."""
    columns = [column for scope in scopes for column in (scope.path[0].columns if scope.path else scope.columns)]
    return tuple(dict.fromkeys(columns))


def _generated(
    catalog: Catalog, table: Table, scopes: Sequence[Scope], named: Sequence[str]
) -> Iterator[tuple[TableName, str]]:
    """The generated columns that triggers read, of the table and of the parents on the way to its scopes."""
    own = [(table.name, column) for column in (*_local_columns(scopes), *named)]
    parents = [each for scope in scopes for each in _of_parents(scope)]
    for name, column in dict.fromkeys((*own, *parents)):
        if catalog[name].column(column).generated:
            yield name, column


def _of_parents(scope: Scope) -> Iterator[tuple[TableName, str]]:
    """Columns of the parents that the way to a scope arrives at, or leads on by."""
    for position, hop in enumerate(scope.path):
        onward = scope.path[position + 1].columns if position + 1 < len(scope.path) else scope.columns
        yield from ((hop.references, column) for column in (*hop.referenced_columns, *onward))


def _column_types(
    catalog: Catalog, table: Table, scopes: Sequence[Scope], watched: tuple[str, ...]
) -> Iterator[tuple[TableName, str, str]]:
    """Types of all that is compared: in the table, and in the parents on the way to a scope."""
    wanted = {(table.name, column): None for column in (*table.primary_key, *_local_columns(scopes), *watched)}
    wanted |= dict.fromkeys(each for scope in scopes for each in _of_parents(scope))
    for name, column in wanted:
        yield name, column, catalog[name].column(column).type
