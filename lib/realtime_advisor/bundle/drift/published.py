"""The publication of Postgres Changes: tables that left it, tables that came into it, and cut-overs not made yet."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.generation.changes import PUBLICATION, changes_today
from realtime_advisor.model import ChangesToday, Decided, DecidedRun, DriftFinding, Option

from .world import World


def find_published(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """Where the publication sends what it should not, or does not send what it should, and did otherwise before."""
    for entry, today in _each(run, world):
        table = entry.table
        if _is_silent(entry, today) and entry.published is not False:
            fact = f"Table {table} is not in the publication {PUBLICATION}: its clients see SUBSCRIBED, hear nothing."
            yield DriftFinding("publication", table, fact, "Publish it, by the bundle's cut-over or by hand.")
        elif _is_sent(entry, today) and not (_has_cut_over(entry) or entry.published or entry.is_undecided):
            fact = (
                f"Table {table} was decided {entry.option.value}, and has been added to the publication {PUBLICATION}."
            )
            yield DriftFinding("publication", table, fact, "Take it out, or decide again with make report.")


def outstanding_cut_overs(run: DecidedRun, world: World) -> Iterator[str]:
    """Sentences on tables that the publication treats as it did when they were decided about."""
    for entry, today in _each(run, world):
        if _is_silent(entry, today) and entry.published is False:
            yield f"The cut-over of {entry.table} is outstanding: {PUBLICATION} does not send it yet."
        elif _is_sent(entry, today) and entry.is_undecided:
            yield (
                f"{PUBLICATION} sends {entry.table}, and too little was known to say whether it should: answer what "
                "the bundle asks about it, and decide again with make report."
            )
        elif _is_sent(entry, today) and _has_cut_over(entry):
            yield f"The cut-over of {entry.table} is outstanding: {PUBLICATION} still sends it."
        elif _is_sent(entry, today) and entry.published:
            yield (
                f"Table {entry.table} was decided {entry.option.value}, and {PUBLICATION} still sends it: the bundle "
                "has no cut-over of it."
            )


def _each(run: DecidedRun, world: World) -> Iterator[tuple[Decided, ChangesToday]]:
    for table, entry in run.tables.items():
        if table in world.catalog.tables:
            yield entry, changes_today(world.catalog[table], world.catalog, world.setup)


def _is_silent(entry: Decided, today: ChangesToday) -> bool:
    """Whether the publication does not send what it is to send."""
    return entry.option is Option.POSTGRES_CHANGES and not today.published


def _is_sent(entry: Decided, today: ChangesToday) -> bool:
    """Whether the publication names what it is not to send, so that it was added and can be taken out."""
    return bool(entry.option is not Option.POSTGRES_CHANGES and today.published and today.by_name)


def _has_cut_over(entry: Decided) -> bool:
    return any("cutover" in name for name in entry.files)
