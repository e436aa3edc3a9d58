"""A decision and a scope to topics, events, and what is watched; or to a refusal in one sentence.

Pure: the catalogue and the decision in, a Design out. `sql.py` turns it into scripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from realtime_advisor.errors import BadInput, UnknownTable
from realtime_advisor.model import (
    Catalog,
    Decision,
    Design,
    Emission,
    Feed,
    Option,
    RelationKind,
    Scope,
    ScopeKind,
    Setup,
    Table,
    TableName,
)
from realtime_advisor.model.design import GRANULARITIES
from realtime_advisor.reference import bare, load_hints

from .changes import changes_today, design_changes
from .entitlement import principal_key, why_unusable
from .gaps import gaps
from .grants import told_by
from .indexes import index_advice
from .naming import topic_word
from .voiding import voiding

OPERATIONS: Final = ("insert", "update", "delete")
PRESENCE: Final = "presence"
TRIGGERABLE: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)

_INSTEAD: Final = {
    Option.PRESENCE: (
        "Let clients track() this state on a Presence channel of its own: it needs no table, no trigger, and vanishes "
        "with the connection."
    ),
    Option.NO_REALTIME: "Fetch it when a page is loaded or its tab is focused: no channel, no trigger, no policy.",
}


def design(
    decision: Decision,
    catalog: Catalog,
    *,
    feeds: Sequence[Feed] = (),
    option: Option | None = None,
    watched: Sequence[str] | None = None,
    granularity: str = "statement",
    most_topics: int | None = None,
    operations: Sequence[str] = OPERATIONS,
    setup: Setup | None = None,
) -> Design:
    """How the decided table speaks: its emissions, or its Postgres Changes filter, or why there is neither.

    `option` is the architect's choice in place of the decision's. `watched` are the columns whose change an UPDATE must
    make to be told; by default all but generated ones and timestamps that are touched by every write. The primary key
    and the scope are always compared, and are not listed. `granularity` is one of GRANULARITIES. Above `most_topics` of
    a statement or transaction nothing is sent: 200, or 10,000 set-based. `operations` may hold "truncate" too.
    `setup` is what the database has today, where it was read.
    Raises UnknownTable, and BadInput for a column, granularity or operation that there is not.
    """
    table = _table(catalog, decision.table)
    chosen = option or decision.option
    blank = Design(table.name, chosen, (), granularity, table.primary_key, reasons=decision.reasons)
    today = changes_today(table, catalog, setup)
    blank = replace(blank, most_topics=_most_topics(granularity, most_topics), today=today)
    if chosen in _INSTEAD:
        blank = replace(blank, reasons=(*blank.reasons, _INSTEAD[chosen]))
        return _noted(_with_presence(blank, decision, catalog, table), catalog, setup)
    if chosen is Option.POSTGRES_CHANGES:
        blank = design_changes(blank, decision.scope, table, wants_deletes="delete" in _checked(operations))
    if table.kind not in TRIGGERABLE:
        return replace(blank, refusal=_not_triggerable(table))
    told, untold = _scopes_told(decision, catalog, table, feeds, own=chosen is Option.BROADCAST)
    if not told:
        return _without_emissions(blank, decision, untold)
    return _noted(_with_emissions(blank, catalog, table, told, untold, watched, _checked(operations)), catalog, setup)


def _with_presence(blank: Design, decision: Decision, catalog: Catalog, table: Table) -> Design:
    """The topic to track on, where Presence was decided and the scope says who may; else why there is no policy."""
    scope = decision.scope
    if blank.option is not Option.PRESENCE or scope is None:
        return blank
    problem = why_unusable(scope, catalog, table)
    if problem:
        return replace(blank, gaps=(problem,))
    topic = f"{topic_word(scope.label)}:<id>:{PRESENCE}"
    key = _looked_up_by(scope, catalog, table)
    return replace(blank, presence=Emission(scope, PRESENCE, topic, "", (), (), principal_key=key))


def _looked_up_by(scope: Scope, catalog: Catalog, table: Table) -> str | None:
    return principal_key(scope, catalog, table) if scope.entitlement and scope.entitlement.path else None


def _noted(made: Design, catalog: Catalog, setup: Setup | None) -> Design:
    """The design with what an operator should look at."""
    if not told_by(made):
        return made
    return replace(made, notes=(*voiding(setup), *index_advice(made, catalog)))


def _most_topics(granularity: str, chosen: int | None) -> int:
    """The cap, higher where messages are inserted at once. Raises BadInput for no granularity, or a cap under 1."""
    if granularity not in GRANULARITIES:
        raise BadInput(f"There is no granularity {granularity!r}: choose one of {', '.join(map(repr, GRANULARITIES))}.")
    if chosen is None:
        return 10_000 if granularity == "statement, set-based" else 200
    if chosen < 1:
        raise BadInput(f"A cap of {chosen} messages would send nothing: choose 1 or more, or no broadcast.")
    return chosen


def _checked(operations: Sequence[str]) -> tuple[str, ...]:
    """The operations in their usual order. Raises BadInput for one that is none, or for none at all."""
    if not operations or not set(operations) <= {*OPERATIONS, "truncate"}:
        raise BadInput(f"Operations are {', '.join(OPERATIONS)} and truncate: name one or more, not {operations!r}.")
    return tuple(operation for operation in (*OPERATIONS, "truncate") if operation in operations)


def _table(catalog: Catalog, name: TableName) -> Table:
    try:
        return catalog[name]
    except KeyError:
        raise UnknownTable(
            f"Table {name} is not in the catalogue. Read the catalogue again, or check the name."
        ) from None


def _not_triggerable(table: Table) -> str:
    instead = (
        "broadcast from the server that holds its rows, or from a table that they are copied to"
        if table.kind is RelationKind.FOREIGN_TABLE
        else "broadcast from the tables it reads"
    )
    return (
        f"{table.name} is a {table.kind.value}, on which Postgres has no statement triggers with transition tables: "
        f"{instead} instead."
    )


def _without_emissions(blank: Design, decision: Decision, untold: tuple[str, ...]) -> Design:
    if blank.option is Option.POSTGRES_CHANGES:
        return replace(blank, gaps=(*blank.gaps, *untold))
    no_scope = (
        f"{decision.table} has no scope: no column and no foreign key of it leads to a user or a tenant, so there is "
        "nobody to address. Name its scope, or leave it without realtime."
    )
    return replace(blank, refusal=untold[0] if untold else no_scope)


def _with_emissions(
    blank: Design,
    catalog: Catalog,
    table: Table,
    told: list[tuple[Scope, Feed | None]],
    untold: tuple[str, ...],
    watched: Sequence[str] | None,
    operations: tuple[str, ...],
) -> Design:
    scopes = [scope for scope, _ in told]
    columns = _watched(table, _local_columns(scopes), watched)
    emissions = tuple(
        replace(_emission(catalog, table, scope, feed, columns), operations=operations) for scope, feed in told
    )
    untold_rows = gaps(catalog, table, scopes, granularity=blank.granularity, operations=operations)
    return replace(
        blank,
        emissions=emissions,
        gaps=(*blank.gaps, *untold, *untold_rows),
        generated=tuple(name for name in columns if table.column(name).generated),
        partitioned=tuple(_partitioned(catalog, table, scopes)),
        column_types=tuple(_column_types(catalog, table, scopes, columns)),
    )


def _partitioned(catalog: Catalog, table: Table, scopes: Sequence[Scope]) -> Iterator[TableName]:
    """Of the tables that get triggers, those with partitions, which get their own."""
    names = dict.fromkeys((table.name, *(hop.references for scope in scopes for hop in scope.path)))
    yield from (name for name in names if catalog[name].kind is RelationKind.PARTITIONED or catalog[name].partitions)


def _scopes_told(
    decision: Decision, catalog: Catalog, table: Table, feeds: Sequence[Feed], *, own: bool
) -> tuple[list[tuple[Scope, Feed | None]], tuple[str, ...]]:
    """The scopes to tell, each with its feed if it is one, and sentences about those that cannot be told."""
    told: list[tuple[Scope, Feed | None]] = []
    untold: list[str] = []
    for feed in feeds:
        if table.name in feed.tables:
            scope, problem = _feed_scope(decision, catalog, table, feed)
            if scope:
                told.append((scope, feed))
            untold += [problem] if problem else []
    if own and decision.scope and not any(_is_same(decision.scope, scope) for scope, _ in told):
        problem = why_unusable(decision.scope, catalog, table)
        if problem:
            untold.append(problem)
        else:
            told.insert(0, (decision.scope, None))
    return told, tuple(untold)


def _is_same(one: Scope, other: Scope) -> bool:
    return (one.principal, one.columns, one.path) == (other.principal, other.columns, other.path)


def _feed_scope(decision: Decision, catalog: Catalog, table: Table, feed: Feed) -> tuple[Scope | None, str | None]:
    """The table's tenant scope, the decision's own first; or why there is none."""
    candidates = [scope for scope in (decision.scope, *decision.scopes) if scope and scope.kind is ScopeKind.TENANT]
    problems = [why_unusable(scope, catalog, table) for scope in candidates]
    for scope, problem in zip(candidates, problems, strict=True):
        if problem is None:
            return scope, None
    missing = (
        f"{table.name} is in the feed {feed.name}, but no path leads from it to a tenant: the feed does not hear of it."
    )
    return None, next(iter(problems), None) or missing


def _emission(catalog: Catalog, table: Table, scope: Scope, feed: Feed | None, watched: tuple[str, ...]) -> Emission:
    entity = topic_word(feed.name) if feed else _entity(catalog, table.name)
    return Emission(
        scope=scope,
        entity=entity,
        topic=f"{topic_word(scope.label)}:<id>:{entity}",
        event=feed.event if feed else f"{entity}_<action>",
        operations=OPERATIONS,
        watched=watched,
        feed=feed.name if feed else None,
        principal_key=_looked_up_by(scope, catalog, table),
    )


def _entity(catalog: Catalog, name: TableName) -> str:
    """The table's name, with its schema where another schema has a table of that name: topics must not be shared."""
    namesakes = [other for other in catalog.tables if other.name == name.name and other != name]
    is_shared = any(catalog[other].kind in TRIGGERABLE for other in namesakes)
    return topic_word(f"{name.schema}.{name.name}" if is_shared else name.name)


def _local_columns(scopes: Iterable[Scope]) -> tuple[str, ...]:
    """The table's own columns that lead to the scopes."""
    columns = [column for scope in scopes for column in (scope.path[0].columns if scope.path else scope.columns)]
    return tuple(dict.fromkeys(columns))


def _watched(table: Table, local: tuple[str, ...], chosen: Sequence[str] | None) -> tuple[str, ...]:
    known = [column.name for column in table.columns]
    for name in chosen or ():
        if name not in known:
            raise BadInput(f"{table.name} has no column {name} to watch: choose from {', '.join(known)}.")
    always = {*table.primary_key, *local}
    if chosen is not None:
        return tuple(name for name in known if name in chosen and name not in always)
    touched = {bare(word) for word in load_hints().touch_columns}
    return tuple(
        column.name
        for column in table.columns
        if not column.generated and column.name not in always and bare(column.name) not in touched
    )


def _column_types(
    catalog: Catalog, table: Table, scopes: Sequence[Scope], watched: tuple[str, ...]
) -> Iterator[tuple[TableName, str, str]]:
    """Types of all that is compared: in the table, and in the parents on the way to a scope."""
    wanted = {(table.name, column): None for column in (*table.primary_key, *_local_columns(scopes), *watched)}
    for scope in scopes:
        for position, hop in enumerate(scope.path):
            onward = scope.path[position + 1].columns if position + 1 < len(scope.path) else scope.columns
            wanted |= {(hop.references, column): None for column in (*hop.referenced_columns, *onward)}
    for name, column in wanted:
        yield name, column, catalog[name].column(column).type
