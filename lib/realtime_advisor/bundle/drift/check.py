"""The parts together: one line a finding, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import DECIDABLE
from realtime_advisor.display.wording import say_list
from realtime_advisor.errors import MissingPrivilege
from realtime_advisor.model import DatabaseChurn, DecidedRun, Drift, DriftFinding, MessageCounts
from realtime_advisor.observation.counters import sample, take_snapshot
from realtime_advisor.observation.sent import count_messages
from realtime_advisor.observation.target import Target

from .access import find_access, find_open_tables
from .closed import tell_closed
from .decided_again import find_decided_otherwise
from .expected import read_expected
from .expiring import expired_answers, expiring_answers
from .installed import find_faults, find_installed
from .published import find_published, outstanding_cut_overs
from .tables import find_another_database, find_tables, gone_tables, lacking_tables
from .volume import compare_messages, find_volume, tell_messages, topics_of
from .world import World, read_world

# Who hears what they should not, then who hears nothing, then what would be decided otherwise.
_WEIGHTS: Final = (
    "another database",
    "access",
    "nothing installed",
    "policy",
    "function",
    "trigger",
    "table",
    "column",
    "check",
    "publication",
    "answer",
    "decision",
    "volume",
)


def check(target: Target, bundle: Path | str, seconds: float | None = None) -> Drift:
    """Whether what a bundle decided is still installed, unchanged and right. Reads only. Raises AdvisorError.

    Its check scripts are run on the target, each in a read-only transaction: check against bundles that you trust.
    Churn is judged by the counters since they began, or with `seconds` by watching for so long.
    """
    expected = read_expected(bundle)
    world, today = read_world(target), datetime.now(UTC).date()
    run = expected.run
    if another := find_another_database(run, world):
        return Drift((another,))
    tables = tuple(find_tables(run, world))
    told = {finding.table for finding in tables if finding.table}
    messages, on_volume = _messages(target, run)
    unchecked = [f"the file {name} is not the one that was exported, so it was not run." for name in expected.edited]
    try:
        faults = find_faults(target, expected)
    except MissingPrivilege as error:
        faults = ()
        unchecked.append(f"what is installed. {tell_closed(target, expected.whole.values(), error)}")
    access = find_access(world, faults)
    findings = [
        *find_installed(faults, gone_tables(run, world), lacking_tables(run, world), access),
        *tables,
        *find_published(run, world),
        *access.findings,
        *find_open_tables(run, world),
        *find_decided_otherwise(run, world.catalog, _churn(target, seconds), told, today),
        *(find_volume(messages) if messages else ()),
    ]
    notes = (*outstanding_cut_overs(run, world), *_new_tables(run, world), *_dated_answers(run, today), *on_volume)
    return Drift(tuple(sorted(findings, key=_order)), tuple(unchecked), notes, messages)


def _messages(target: Target, run: DecidedRun) -> tuple[MessageCounts | None, tuple[str, ...]]:
    sent = count_messages(target, topics_of(run))
    if isinstance(sent, str):
        return None, (sent,)
    counts = compare_messages(run, sent)
    return counts, (tell_messages(counts),)


def _new_tables(run: DecidedRun, world: World) -> Iterator[str]:
    told = {trigger.table for trigger in world.setup.triggers if trigger.function.startswith("realtime_advisor.")}
    known = {*run.tables, *told}  # what was renamed has taken its triggers along
    new = [
        str(table.name)
        for table in world.catalog
        if table.kind in DECIDABLE and table.partition_of is None and table.name not in known
    ]
    if new:
        yield f"Not decided about, because they are newer than the bundle: {say_list(new)}."


def _dated_answers(run: DecidedRun, today: date) -> Iterator[str]:
    yield from expired_answers(run, today)
    yield from expiring_answers(run, today)


def _churn(target: Target, seconds: float | None) -> DatabaseChurn:
    """Of the coming `seconds`, else since the counters began."""
    return measure_churn(take_snapshot(target) if seconds is None else sample(target, seconds))


def _order(finding: DriftFinding) -> tuple[int, str, str]:
    """By weight. What opens channels comes in the order in which it was found, the widest first."""
    table = "" if finding.what == "access" else str(finding.table or "")
    return _WEIGHTS.index(finding.what), table, "" if finding.what == "access" else finding.sentence
