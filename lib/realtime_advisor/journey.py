"""Which target, and the stations in order: observe, decide, design, generate."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from .decision.answers import Answers
from .decision.churn import measure_churn
from .decision.decide import decide
from .errors import BadInput, EmptyDatabase, ScriptRefused
from .generation.design import design
from .generation.sql import generate
from .model import Advice, ByTable, Catalog, DatabaseChurn, Decisions, Design, Feed, Script, Snapshot
from .observation.catalog import read_catalog
from .observation.counters import sample, take_snapshot
from .observation.target import Target, open_target
from .reference import Matrix
from .workshop.database import WorkshopDatabase, open_workshop
from .workshop.traffic import run_traffic as run_workshop_traffic

WORKSHOP_SECONDS: Final = 600.0
TARGET_SECONDS: Final = 60.0
_LIBPQ: Final = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")

# The copy behind each workshop target, so that traffic can be run on what connect() returned.
_workshops: dict[Target, WorkshopDatabase] = {}


def connect(url: str | None = None, *, environ: Mapping[str, str] = os.environ) -> Target:
    """A read-only target: `url`, else DATABASE_URL, else a PG* environment, else a copy of the workshop database.

    Raises ConnectionFailed, MissingPrivilege, UnsupportedServer, NoServerBinaries or SandboxFailed, in one sentence.
    """
    named = url if url is not None else environ.get("DATABASE_URL", "").strip()
    if named or named_target(environ):
        return open_target(named)
    workshop = open_workshop()
    target = open_target(workshop.conninfo, clock=workshop.clock)
    _workshops[target] = workshop
    return target


def named_target(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a database: DATABASE_URL, or libpq's own variables."""
    return any(environ.get(name, "").strip() for name in ("DATABASE_URL", *_LIBPQ))


def is_workshop(target: Target) -> bool:
    """Whether the target is a copy of the workshop database, which may be written to."""
    return target in _workshops


def feeds_of(target: Target) -> tuple[Feed, ...]:
    """The feeds that the workshop names; none for a database of your own."""
    return _workshops[target].feeds if is_workshop(target) else ()


def run_traffic(target: Target, minutes: float = 10) -> None:
    """Write `minutes` of the workshop's traffic, on its own clock. Raises BadInput for any other target."""
    if not is_workshop(target):
        raise BadInput("Traffic is written to the workshop database only, and this is another. It was not touched.")
    run_workshop_traffic(_workshops[target], minutes)


def observe(target: Target, seconds: float | None = None) -> tuple[Snapshot, ...]:
    """Snapshots over `seconds` (default 60; on the workshop database 600 of its own clock, while its traffic runs).

    Interrupting keeps what was taken so far.
    """
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise BadInput(f"SECONDS is {seconds:g}; it says how long to watch the database: 0 or more.")
    if not is_workshop(target):
        length = TARGET_SECONDS if seconds is None else seconds
        return sample(target, length, interval=min(5.0, max(1.0, length / 4)))
    return _observe_workshop(target, WORKSHOP_SECONDS if seconds is None else seconds)


def _observe_workshop(target: Target, seconds: float) -> tuple[Snapshot, ...]:
    snapshots = [take_snapshot(target)]
    begun = snapshots[0].taken_at
    while (done := (snapshots[-1].taken_at - begun).total_seconds()) < seconds:
        run_traffic(target, min(seconds - done, 60) / 60)
        snapshots.append(take_snapshot(target))
    return tuple(snapshots)


def advise(
    target: Target,
    seconds: float | None = None,
    *,
    answers: Answers | None = None,
    matrix: Matrix | None = None,
    feeds: Sequence[Feed] | None = None,
) -> Advice:
    """Everything for one database in one call: churn, decisions, designs and scripts of every table.

    Raises EmptyDatabase where there is nothing to decide.
    """
    catalog = read_catalog(target)
    if not len(catalog):
        raise EmptyDatabase(
            "The database has no tables of its own to decide about. "
            "Name another database, or a role that may see its schemas."
        )
    churn = measure_churn(*observe(target, seconds))
    decisions = decide(catalog, churn, answers, matrix)
    told = feeds_of(target) if feeds is None else feeds
    return _generate(catalog, churn, decisions, told, _window(target, churn))


def _window(target: Target, churn: DatabaseChurn) -> str:
    if all(entry.basis != "window" for entry in churn.values()):
        return "since reset"
    return "workshop traffic" if is_workshop(target) else "measured"


def _generate(
    catalog: Catalog, churn: DatabaseChurn, decisions: Decisions, feeds: Sequence[Feed], window: str
) -> Advice:
    designs = {name: design(decision, catalog, feeds=feeds) for name, decision in decisions.items()}
    scripts = {name: script for name, made in designs.items() if (script := _script(made))}
    return Advice(catalog.server, churn, window, decisions, ByTable(designs), ByTable(scripts))


def _script(made: Design) -> Script | None:
    try:
        return generate(made)
    except ScriptRefused:
        return None
