"""Prove scripts: each in a database of its own, against a skeleton of its tables, check by check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from typing import Final

import psycopg

from realtime_advisor.errors import NoServerBinaries
from realtime_advisor.model import ByTable, Catalog, Proof, ProofStatus, Script, Step, TableName
from realtime_advisor.observation.interrupts import finishing
from realtime_advisor.observation.target import Target
from realtime_advisor.sandbox.postgres import RunningServer, find_binaries, lease

from . import bulk, cost, faults, installing, moves, truth, writes
from .building import build_scene
from .copies import Copies
from .in_place import prove_in_place
from .installing import in_words
from .scene import Check, Scene
from .skeleton import told_on
from .tried import tried

Progress = Callable[[int, int, TableName], None]

MOST_PROVED: Final = 20

BEFORE: Sequence[Check] = (installing.weak_owner, installing.installs, installing.installs_again)
BETWEEN: Sequence[Check] = (installing.check_script_agrees, installing.functions_are_closed)
TELLING: Sequence[Check] = (*writes.CHECKS, *moves.CHECKS, *bulk.CHECKS, *faults.CHECKS)
AFTER: Sequence[Check] = (installing.down_restores_the_catalogue,)


def prove(
    script: Script, catalog: Catalog, *, server: RunningServer | None = None, target: Target | None = None
) -> Proof:
    """What happens when the script is run in the sandbox, against the tables of the catalogue that it touches.

    `server` is the sandbox's; by default one of the target's major version, where that is at hand, else any.
    `target`, only ever given by hand, is a staging database on which the script is installed: the proof then runs
    there, on rows that are there, in one transaction that is rolled back; its reason says what that does not undo.
    Raises NoServerBinaries and SandboxFailed; in place, AdvisorError.
    """
    if target is not None:
        return prove_in_place(script, catalog, target)
    with server_for(catalog, server) as running, Copies(running) as copies:
        return _prove_on(copies, script, catalog)


def prove_all(
    scripts: Mapping[TableName, Script],
    catalog: Catalog,
    *,
    busiest: Sequence[TableName] = (),
    most: int = MOST_PROVED,
    progress: Progress | None = None,
    server: RunningServer | None = None,
) -> ByTable[Proof]:
    """The proof of each script, the busiest tables' first; beyond `most` of them "not proved".

    `progress` is told how many are done, of how many, and which table is next. Interrupted, it answers with what is
    proved by then. Raises NoServerBinaries and SandboxFailed.
    """
    order = [name for name in dict.fromkeys((*busiest, *scripts)) if name in scripts]
    chosen, rest = order[:most], order[most:]
    proofs = {
        name: _unproved(name, f"Only the {most} busiest tables are proved: prove {name} by itself.") for name in rest
    }
    try:
        with server_for(catalog, server) as running, Copies(running) as copies:
            for number, name in enumerate(chosen):
                if progress:
                    progress(number, len(chosen), name)
                proofs[name] = _prove_on(copies, scripts[name], catalog)
    except KeyboardInterrupt:
        for name in chosen:
            proofs.setdefault(name, _unproved(name, f"The proof of {name} was interrupted: run it again."))
    return ByTable(proofs)


@contextmanager
def server_for(catalog: Catalog, server: RunningServer | None) -> Iterator[RunningServer]:
    """The server that is given, else one of the catalogue's major version, where that is at hand, else any."""
    if server is not None:
        yield server
        return
    try:
        binaries = find_binaries(catalog.server.major)
    except NoServerBinaries:
        binaries = find_binaries()
    with lease(binaries) as running:
        yield running


def unproved(tables: Iterable[TableName], reason: str) -> ByTable[Proof]:
    """Proofs that nothing was tried, each with the sentence that says why."""
    return ByTable({table: _unproved(table, reason) for table in tables})


def _unproved(table: TableName, reason: str) -> Proof:
    return Proof(table, ProofStatus.NOT_PROVED, reason)


def _prove_on(copies: Copies, script: Script, catalog: Catalog) -> Proof:
    started = perf_counter()
    table = script.design.table
    if not told_on(script.design):
        return _unproved(
            table, f"The script for {table} sends nothing and lets nobody in, so there is nothing to prove."
        )
    with finishing():
        connection = copies.take()
    version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
    try:
        with finishing():
            scene, substitutes = build_scene(connection, script, catalog, copies.costs)
    except (psycopg.Error, LookupError, ValueError) as error:
        # A catalogue may hold what nobody thought of: that is no reason to end a whole run.
        why = in_words(error) if isinstance(error, psycopg.Error) else f"{error!r}"
        reason = f"The tables of {table} could not be imitated: {why}."
        return Proof(table, ProofStatus.NOT_PROVED, reason, server_version=version)
    steps = tuple(_steps(scene))
    scene.stage.close()
    status, reason = _judged(scene, steps, substitutes, version, catalog)
    return Proof(
        table=table,
        status=status,
        reason=reason,
        steps=steps,
        cells=tuple(scene.cells),
        deliveries=tuple(scene.deliveries),
        substitutes=substitutes,
        server_version=version,
        join_milliseconds=scene.join_milliseconds,
        seconds=perf_counter() - started,
    )


def _steps(scene: Scene) -> Iterator[Step]:
    """All checks; where the script does not install, nothing else can be tried."""
    for check in BEFORE:
        step = tried(check, scene)
        yield step
        if step.name == "installs" and not step.holds:
            return
    with finishing():
        truth.fill_truth_table(scene)
    told = TELLING if scene.design.emissions else ()
    for check in chain(BETWEEN, told, truth.CHECKS, cost.CHECKS, AFTER):
        yield tried(check, scene)


def _judged(
    scene: Scene, steps: tuple[Step, ...], substitutes: tuple[str, ...], version: str, catalog: Catalog
) -> tuple[ProofStatus, str]:
    failed = [step for step in steps if step.holds is False]
    if failed:
        first = failed[0]
        more = f", and {len(failed) - 1} more fail" if len(failed) > 1 else ""
        reason = f"{first.sentence.rstrip('.')}: not so, {first.name} saw {_cut(first.observed)}{more}."
        return ProofStatus.NOT_PROVED, reason
    unwritten = next(
        (step for step in steps if step.name == writes.insert_one_row.__name__ and step.holds is None), None
    )
    if unwritten:
        return ProofStatus.NOT_PROVED, f"No row of {scene.table} could be written here: {unwritten.observed}."
    untried = sum(step.holds is None for step in steps)
    held = f"{len(steps) - untried} steps and {len(scene.cells)} answers on PostgreSQL {version} are as designed"
    apart = f"; {untried} step{'s have' if untried > 1 else ' has'} no subject here" if untried else ""
    major = scene.stage.connection.info.server_version // 10000
    other = (
        f"; PostgreSQL {catalog.server.major}, which the target has, is not at hand"
        if major != catalog.server.major
        else ""
    )
    return ProofStatus.SUBSTITUTED if substitutes else ProofStatus.PROVED, f"{held}{apart}{other}."


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."
