"""A decision and a scope to topics, events, and what is watched; or to a refusal in one sentence.

Pure: the catalogue and the decision in, a Design out. `sql.py` turns it into scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from realtime_advisor.errors import UnknownTable
from realtime_advisor.model import (
    Catalog,
    Decision,
    Design,
    Emission,
    Feed,
    Option,
    RelationKind,
    Setup,
    Table,
    TableName,
)
from realtime_advisor.model.design import EVENT_PATTERN, TOPIC_PATTERN

from .audience import inherited_from, scopes_told
from .changes import changes_today, design_changes
from .choices import OPERATIONS, Choices, checked_operations, said_of
from .emissions import looked_up_by, with_emissions
from .entities import TRIGGERABLE
from .entitlement import why_unusable
from .grants import told_by
from .indexes import index_advice
from .presence_pace import presence_pace
from .topics import PRESENCE, checked_feeds, make_topic
from .voiding import voiding

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
    granularity: str | None = None,
    most_topics: int | None = None,
    operations: Sequence[str] | None = None,
    topic: str = TOPIC_PATTERN,
    event: str = EVENT_PATTERN,
    columns: Sequence[str] | None = None,
    clients_send: bool = False,
    setup: Setup | None = None,
) -> Design:
    """How the decided table speaks: its emissions, or its Postgres Changes filter, or why there is neither.

    `option` is the architect's choice in place of the decision's. `watched` are the columns whose change an UPDATE must
    make to be told; by default all but generated ones and timestamps that are touched by every write. The primary key
    and the scope are always compared, and are not listed. `granularity` is one of GRANULARITIES; by default what was
    measured of the table's writes decides. Above `most_topics` of a statement or transaction nothing is sent: 200, or
    10,000 set-based. `operations` may hold "truncate" too. `topic` and `event` are patterns, the same for all tables of
    a schema. `columns` go into the payload when one row changed. Where the call does not say, `watched`, `granularity`,
    `operations` and `columns` are what the architect answered. `clients_send` lets members of the scope broadcast on
    the table's own topic. `setup` is what the database has today, where it was read.
    Raises UnknownTable, and BadInput for a choice that there is not.
    """
    table = _table(catalog, decision.table)
    chosen = option or decision.option
    named = said_of(decision, "granularity", None if granularity is None else (granularity,))
    told_of = said_of(decision, "operations", operations)
    choices = Choices(
        watched=said_of(decision, "watched", watched),
        granularity=named[0] if named else None,
        most_topics=most_topics,
        operations=checked_operations(OPERATIONS if told_of is None else told_of),
        topic=topic,
        event=event,
        columns=said_of(decision, "columns", columns) or (),
        clients_send=clients_send,
    )
    today = changes_today(table, catalog, setup)
    blank = Design(table.name, chosen, (), "statement", table.primary_key, reasons=decision.reasons, today=today)
    blank = replace(blank, override=decision.override, reasons=(*blank.reasons, *_say_choices(decision)))
    if chosen in _INSTEAD:
        undecided = option is None and decision.lacks_an_answer
        blank = replace(blank, reasons=(*blank.reasons, _INSTEAD[chosen]), is_undecided=undecided)
        if chosen is Option.PRESENCE:
            blank = replace(blank, notes=(*presence_pace(table, decision.churn),))
        return _noted(_with_presence(blank, decision, catalog, table, choices), catalog, setup)
    if chosen is Option.POSTGRES_CHANGES:
        blank = design_changes(blank, decision.scope, table, wants_deletes="delete" in choices.operations)
    if table.kind not in TRIGGERABLE:
        return replace(blank, refusal=_not_triggerable(table))
    parent = inherited_from(decision.scope, catalog, table)
    if parent and chosen is Option.BROADCAST:
        return replace(blank, refusal=_told_by_parent(table, parent))
    told, untold = scopes_told(decision, catalog, table, checked_feeds(feeds), own=chosen is Option.BROADCAST)
    if not told:
        return _without_emissions(blank, table, untold)
    blank = replace(blank, gaps=(*blank.gaps, *untold))
    return _noted(with_emissions(blank, decision, catalog, told, choices, feeds), catalog, setup)


def _say_choices(decision: Decision) -> Iterator[str]:
    for choice in decision.choices:
        yield f"{choice.setting.capitalize()}: {', '.join(choice.values) or 'none'}; {choice.reason}."


def _with_presence(blank: Design, decision: Decision, catalog: Catalog, table: Table, choices: Choices) -> Design:
    """The topic to track on, where Presence was decided and the scope says who may; else why there is no policy."""
    scope = decision.scope
    if blank.option is not Option.PRESENCE or scope is None:
        return blank
    problem = why_unusable(scope, catalog, table)
    if problem:
        return replace(blank, gaps=(problem,))
    topic = make_topic(choices.topic, scope.label, PRESENCE)
    key = looked_up_by(scope, catalog, table)
    made = Emission(scope, PRESENCE, topic, "", (), (), principal_key=key, pattern=choices.topic)
    return replace(blank, presence=made)


def _noted(made: Design, catalog: Catalog, setup: Setup | None) -> Design:
    """The design with what an operator should look at."""
    if not told_by(made):
        return made
    return replace(made, notes=(*made.notes, *voiding(setup), *index_advice(made, catalog)))


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


def _told_by_parent(table: Table, parent: TableName) -> str:
    return (
        f"{table.name} inherits from {parent}, and writes to that change its rows without firing its triggers: design "
        f"{parent}, whose script gives {table.name} triggers too."
    )


def _without_emissions(blank: Design, table: Table, untold: tuple[str, ...]) -> Design:
    if blank.option is Option.POSTGRES_CHANGES:
        return replace(blank, gaps=(*blank.gaps, *untold))
    return replace(blank, refusal=untold[0] if untold else _without_scope(table))


def _without_scope(table: Table) -> str:
    """Why there is nobody to address, and which answer would change that."""
    functions = {f.name for policy in table.policies if policy.command in ("select", "all") for f in policy.definitions}
    parents = sorted({str(key.references) for key in table.foreign_keys} - {str(table.name)})
    if functions:
        return (
            f"{table.name} has no scope: its SELECT policies leave it to {', '.join(sorted(functions))}() who reads, "
            "and what is understood of that leads to no user and no tenant. Make it one plain look-up of members, "
            f"answer members for {table.name}, or leave it without realtime."
        )
    if parents:
        more = f" and {len(parents) - 3} more" if len(parents) > 3 else ""
        return (
            f"{table.name} has no scope: its foreign keys lead to {', '.join(parents[:3])}{more}, and no users or "
            "members are known there. Answer token_subject for the table that has a row for each user, if none is "
            f"known, or members for {table.name}, or leave it without realtime."
        )
    return (
        f"{table.name} has no scope: no column and no foreign key of it leads to a user or a tenant, so there is "
        "nobody to address. Name its scope, or leave it without realtime."
    )
