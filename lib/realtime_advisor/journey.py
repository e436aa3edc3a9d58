"""Which target or history, and the stations in order: observe, decide, design, generate, prove."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from .bundle.answers_file import Given, gather_answers
from .bundle.decisions import describe
from .decision.answers import leave_out_unknown
from .decision.audit import audit as judge_setup
from .decision.churn import measure_churn
from .decision.decide import decide, tell_moved_evidence
from .decision.expiry import tell_expired
from .errors import BadInput, EmptyDatabase, NoServerBinaries, SandboxFailed, ScriptRefused
from .generation.design import design
from .generation.sql import generate
from .generation.whole import generate_all
from .model import (
    Advice,
    Audit,
    ByTable,
    Catalog,
    Churn,
    DatabaseChurn,
    DatabaseIdentity,
    Decision,
    Decisions,
    Design,
    Feed,
    Script,
    Setup,
    Snapshot,
    WalReading,
    WritingStatements,
)
from .model.design import EVENT_PATTERN, TOPIC_PATTERN, WORKSHOP_TRAFFIC
from .observation import wal
from .observation.catalog import read_catalog
from .observation.choosing import choose_extent
from .observation.counters import sample, take_snapshot
from .observation.history import History, open_history
from .observation.interrupts import finishing
from .observation.outdated import tell_outdated
from .observation.progress import progress_bar
from .observation.recording import record
from .observation.setup import read_setup
from .observation.statements import read_statements
from .observation.target import Target
from .proof.prove import MOST_PROVED, prove_all, unproved
from .proof.whole import prove_whole
from .reference import Matrix
from .targets import (
    connect,
    feeds_of,
    feeds_of_recorded,
    identify_database,
    is_workshop,
    locate,
    named_target,
    turns_of,
    write_minutes,
)

WORKSHOP_SECONDS: Final = 600.0
TARGET_SECONDS: Final = 60.0
_EARLY: Final = "The sampling was ended early: what it saw is decided about now."
_THEN_PROVED: Final = "Then the scripts are proved; interrupt that too to leave the rest of them unproved."


def observe(
    target: Target, seconds: float | None = None, *, early: Callable[[], object] = lambda: None
) -> tuple[Snapshot, ...]:
    """Snapshots over `seconds` (default 60; on the workshop database 600 of its own clock, while its traffic runs).

    Interrupting keeps what was taken so far, and calls `early`.
    """
    length = _length(target, seconds)
    if is_workshop(target):
        readings = [take_snapshot(target)]
        try:
            for _ in write_minutes(target, length):
                with finishing():
                    readings.append(take_snapshot(target))
        except KeyboardInterrupt:
            with suppress(KeyboardInterrupt):
                early()
        return tuple(readings)
    return sample(target, length, interval=_interval(length), early=early)


def _length(target: Target, seconds: float | None) -> float:
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise BadInput(f"SECONDS is {seconds:g}; it says how long to watch the database: 0 or more.")
    usual = WORKSHOP_SECONDS if is_workshop(target) else TARGET_SECONDS
    return usual if seconds is None else seconds


def _interval(seconds: float) -> float:
    return min(5.0, max(1.0, seconds / 4))


def read_wal(target: Target, catalog: Catalog, seconds: float | None = None) -> WalReading:
    """The row changes committed in the coming `seconds`, exactly, from the WAL (default 60; see observation/wal.py).

    On the workshop database, 600 seconds of its own clock, while its traffic runs. Raises AdvisorError.
    """
    length = _length(target, seconds)
    if is_workshop(target):  # it takes seconds, whatever its clock says: no bar
        return wal.read_wal(target, catalog, length, progress=False, turns=turns_of(target))
    return wal.read_wal(target, catalog, length)


def audit(target: Target, catalog: Catalog | None = None) -> Audit:
    """Today's realtime set-up of a database, judged: findings worst first. Raises AdvisorError."""
    return _judge(catalog or read_catalog(target), read_setup(target))


def _judge(catalog: Catalog, setup: Setup) -> Audit:
    return Audit(judge_setup(catalog, setup), setup, catalog)


@dataclass(frozen=True)
class _Observed:
    """What there is to decide about; `audit` is None where nobody looked at what is set up."""

    catalog: Catalog
    churn: DatabaseChurn
    window: str
    feeds: tuple[Feed, ...]
    audit: Audit | None = None


def advise(
    target: Target | History | None = None,
    seconds: float | None = None,
    *,
    history: History | str | Path | None = None,
    database: DatabaseIdentity | str | None = None,
    answers: Given = None,
    matrix: Matrix | None = None,
    feeds: Sequence[Feed] | None = None,
    topic: str = TOPIC_PATTERN,
    event: str = EVENT_PATTERN,
    prove: int = MOST_PROVED,
) -> Advice:
    """Everything for one database in one call: churn, decisions, designs, scripts of every table, and their proofs.

    `target` is a database, which is watched for `seconds`, or a history, of which the longest sampling is taken (with
    `seconds`, the end of the latest that is as long); without one, `choose_source` chooses. With a `history` what is
    read and decided is recorded there.
    `answers` go before those of the `answers.toml` beside the history. `database` names one of several in a history.
    `topic` and `event` are the patterns of all topics and events.
    The scripts of the `prove` busiest tables are tried in the sandbox; 0 tries none.
    Raises EmptyDatabase where there is nothing to decide.
    """
    kept = open_history(history) if isinstance(history, str | Path) else history
    source = choose_source(kept) if target is None else target
    if isinstance(source, History):
        observed, kept = _recall(source, database, seconds), source
    else:
        early = partial(print, f"{_EARLY} {_THEN_PROVED}" if prove else _EARLY, flush=True)
        observed = _record(source, seconds, kept, early) if kept else _watch(source, seconds, early)
    given, expired = gather_answers(answers, kept.folder if kept else None)
    given, unknown = (
        leave_out_unknown(given, observed.catalog) if kept or isinstance(answers, str | Path) else (given, ())
    )
    decisions, past = tell_expired(decide(observed.catalog, observed.churn, given, matrix), expired)
    setup = observed.audit.setup if observed.audit else None
    told = observed.feeds if feeds is None else feeds
    draft = partial(design, catalog=observed.catalog, feeds=told, topic=topic, event=event, setup=setup)
    advice = _generate(observed, decisions, draft, (*past, *unknown, *tell_moved_evidence(decisions)))
    advice = replace(advice, place=locate(source if isinstance(source, Target) else source.database(database)))
    advice = _prove(advice, observed.catalog, prove) if prove else advice
    if kept and isinstance(source, Target):
        kept.keep_decisions(identify_database(source), describe(advice, {}))
    return advice


def choose_source(history: History | None, environ: Mapping[str, str] = os.environ) -> Target | History:
    """The database that the environment names, else the history, else a copy of the workshop database."""
    return history if history and not named_target(environ) else connect(environ=environ)


def _watch(target: Target, seconds: float | None, early: Callable[[], object]) -> _Observed:
    _require_tables(read_catalog(target))  # refused before anybody waits
    readings = observe(target, seconds, early=early)
    # Read again: a table renamed in the window is called by the name that the last reading has.
    return _see(target, read_catalog(target), readings)


def _see(target: Target, catalog: Catalog, readings: Iterable[Snapshot]) -> _Observed:
    seen = _observed(catalog, readings, _measured(target), feeds_of(target), read_statements(target))
    return replace(seen, audit=audit(target, catalog))


def _record(target: Target, seconds: float | None, history: History, early: Callable[[], object]) -> _Observed:
    """Watch, writing down what is seen, and analyse what was written."""
    length = _length(target, seconds)
    _require_tables(read_catalog(target))
    database, first = identify_database(target), take_snapshot(target)
    interval = 60.0 if is_workshop(target) else _interval(length)
    sampling = history.begin_sampling(database, first.taken_at, length, interval)
    if record(target, history, sampling, first, turns_of(target), print).interrupted:
        early()
    history.note(sampling, "finished")
    return _see(target, history.catalog(database), history.snapshots(sampling=sampling))


def _recall(history: History, wanted: DatabaseIdentity | str | None, seconds: float | None) -> _Observed:
    database = history.database(wanted)
    choice = choose_extent(history.extents(database), seconds)
    since = None if seconds is None else choice.taken.last - timedelta(seconds=seconds)
    readings = history.snapshots(sampling=choice.taken.sampling, since=since)
    catalog, setup = _require_tables(history.catalog(database)), history.setup(database)
    seen = _observed(catalog, readings, "recorded", feeds_of_recorded(database), history.statements(database))
    outdated = tell_outdated(history, choice.taken, catalog, seen.churn)
    seen = replace(seen, churn=_noted(seen.churn, *outdated, choice.tell()))
    return replace(seen, audit=_judge(catalog, setup)) if setup else seen


def _observed(
    catalog: Catalog,
    readings: Iterable[Snapshot],
    window: str,
    feeds: tuple[Feed, ...],
    statements: WritingStatements | None = None,
) -> _Observed:
    churn = measure_churn(readings, statements=statements)
    since_reset = all(entry.basis != "window" for entry in churn.values())
    return _Observed(catalog, churn, "since reset" if since_reset else window, feeds)


def _measured(target: Target) -> str:
    return WORKSHOP_TRAFFIC if is_workshop(target) else "measured"


def _require_tables(catalog: Catalog) -> Catalog:
    if not len(catalog):
        raise EmptyDatabase(
            "The database has no tables of its own to decide about. "
            "Name another database, or a role that may see its schemas."
        )
    return catalog


def _generate(
    observed: _Observed, decisions: Decisions, draft: Callable[[Decision], Design], notes: tuple[str, ...]
) -> Advice:
    designs = {name: draft(decision) for name, decision in decisions.items()}
    scripts = {name: script for name, made in designs.items() if (script := _script(made))}
    return Advice(
        observed.catalog.server,
        _noted(observed.churn, *notes),
        observed.window,
        decisions,
        ByTable(designs),
        ByTable(scripts),
        observed.audit,
    )


def _noted(churn: DatabaseChurn, *notes: str | None) -> DatabaseChurn:
    said = tuple(filter(None, notes))
    return DatabaseChurn(dict(churn), churn.seconds, (*churn.notes, *said)) if said else churn


def _script(made: Design) -> Script | None:
    try:
        return generate(made)
    except ScriptRefused:
        return None


def _prove(advice: Advice, catalog: Catalog, most: int) -> Advice:
    """The advice with its scripts proved, the busiest tables' first, and each script's head saying so."""
    busiest = sorted(advice.scripts, key=lambda name: -_writes_per_minute(advice.churn.get(name)))
    whole = None
    with progress_bar(min(most, len(busiest)), "Proving", unit="scripts") as bar:
        try:
            proofs = prove_all(
                advice.scripts, catalog, busiest=busiest, most=most, progress=lambda done, *_: bar.update(done - bar.n)
            )
            bar.update(sum(proof.server_version is not None for proof in proofs.values()) - bar.n)
            whole = prove_whole(generate_all(advice.designs.values()), catalog, busiest=busiest, most=most)
        except (NoServerBinaries, SandboxFailed) as error:
            proofs = unproved(advice.scripts, f"There is no sandbox to prove it in: {error}")
    scripts = {name: generate(script.design, proofs[name]) for name, script in advice.scripts.items()}
    return replace(advice, scripts=ByTable(scripts), proofs=proofs, whole=whole)


def _writes_per_minute(churn: Churn | None) -> float:
    counted = (churn.inserts_per_minute, churn.updates_per_minute, churn.deletes_per_minute) if churn else ()
    return sum(rate or 0.0 for rate in counted)
