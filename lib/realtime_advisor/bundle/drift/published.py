"""The publication of Postgres Changes: tables that left it, and tables that came into it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.generation.changes import PUBLICATION, changes_today
from realtime_advisor.model import ChangesToday, Decided, DecidedRun, DriftFinding, Option

from .world import World


def find_published(run: DecidedRun, world: World) -> Iterator[DriftFinding]:
    """Where the publication sends what it should not, or does not send what it should."""
    for entry, today in _each(run, world):
        table, told = entry.table, entry.option is Option.POSTGRES_CHANGES
        if told and not today.published:
            fact = f"Table {table} is not in the publication {PUBLICATION}: its clients see SUBSCRIBED, hear nothing."
            yield DriftFinding("publication", table, fact, "Publish it, by the bundle's cut-over or by hand.")
        elif not told and _is_named(today) and not _has_cut_over(entry) and not entry.is_undecided:
            fact = (
                f"Table {table} was decided {entry.option.value}, and has been added to the publication {PUBLICATION}."
            )
            yield DriftFinding("publication", table, fact, "Take it out, or decide again with make report.")


def outstanding_cut_overs(run: DecidedRun, world: World) -> Iterator[str]:
    """Sentences on what is sent still: until clients have changed, or until somebody answers what would settle it."""
    for entry, today in _each(run, world):
        if entry.option is Option.POSTGRES_CHANGES or not _is_named(today):
            continue
        if entry.is_undecided:
            yield (
                f"{PUBLICATION} sends {entry.table}, and too little was known to say whether it should: answer what "
                "the bundle asks about it, and decide again with make report."
            )
        elif _has_cut_over(entry):
            yield f"The cut-over of {entry.table} is outstanding: {PUBLICATION} still sends it."


def _each(run: DecidedRun, world: World) -> Iterator[tuple[Decided, ChangesToday]]:
    for table, entry in run.tables.items():
        if table in world.catalog.tables:
            yield entry, changes_today(world.catalog[table], world.catalog, world.setup)


def _is_named(today: ChangesToday) -> bool:
    """Whether the publication names the table, so that it was added and can be taken out."""
    return bool(today.published and today.by_name)


def _has_cut_over(entry: Decided) -> bool:
    return any("cutover" in name for name in entry.files)
