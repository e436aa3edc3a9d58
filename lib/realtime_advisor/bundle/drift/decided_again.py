"""Whether the decisions would be the same today: the same engine, asked of the catalogue and the counters as they are.

What cannot be known better than in the bundle's own window stands as it was found there. The counters since they began
are means over nights and weekends, and a short window may see a quiet moment: so a rate counts where it rose, and a
share where enough rows changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from realtime_advisor.bundle.compare import moves_between, say_scopes, tell_moves
from realtime_advisor.bundle.reading import read_finding, read_scope
from realtime_advisor.decision.decide import decide
from realtime_advisor.decision.verdict import Judge
from realtime_advisor.model import (
    Catalog,
    Churn,
    DatabaseChurn,
    Decided,
    DecidedFinding,
    DecidedRun,
    DecidedScope,
    Decision,
    DriftFinding,
    Finding,
    Source,
    TableName,
)
from realtime_advisor.reference import load_matrix

from .expiring import expired_on
from .stale_answers import find_fitting
from .tables import DECIDE_AGAIN

ENOUGH_ROWS: Final = 100  # row changes, for their mix to mean something
ENOUGH_SECONDS: Final = 600.0  # since the counters began, for a mean to mean something
_SHARE: Final = "share "


def find_decided_otherwise(
    run: DecidedRun, catalog: Catalog, churn: DatabaseChurn, told: Collection[TableName], today: date
) -> Iterator[DriftFinding]:
    """Where the evidence speaks for another option or scope now; not of tables of which enough is `told` already.

    Each answer that fits no more is a finding, and nothing else is said of the tables that were decided with it.
    Where the architect decided otherwise the evidence decides again as soon as that has expired.
    """
    fitting, judge = find_fitting(run, catalog, churn), Judge(load_matrix())
    decisions, known = decide(catalog, churn, fitting.answers), {*told, *fitting.untold}
    yield from fitting.findings
    for table, entry in run.tables.items():
        decision = decisions.get(table)
        if decision is not None and table not in known and not _rests_on(entry, fitting.untold):
            yield from list(_option(entry, decision, churn.get(table), judge, today)) or _scope(entry, decision, told)


def _option(
    entry: Decided, decision: Decision, churn: Churn | None, judge: Judge, today: date
) -> Iterator[DriftFinding]:
    before = tuple(_as_found(finding, entry.findings) for finding in decision.findings)
    after = tuple(
        now if _is_known_better(then, now, churn) else then for then, now in zip(before, decision.findings, strict=True)
    )
    was, is_ = judge.judge(before).option, judge.judge(after).option
    if (day := expired_on(entry, "option", today)) and is_ is not entry.option:
        fact = (
            f"Table {entry.table}: the override that decided {entry.option.value} expired on {day}, so the evidence "
            f"decides again: {is_.value}."
        )
        yield DriftFinding("decision", entry.table, fact, DECIDE_AGAIN)
        return
    if was is is_:
        return
    moves = tuple(moves_between(_read(before), _read(after)))
    against = f", while {entry.option.value} was decided" if entry.option is not was else ""
    fact = (
        f"Table {entry.table}: the evidence says {is_.value} now, and said {was.value}{against}; {tell_moves(moves)}."
    )
    yield DriftFinding("decision", entry.table, fact, DECIDE_AGAIN)


def _read(findings: tuple[Finding, ...]) -> Mapping[str, DecidedFinding]:
    return {finding.criterion: read_finding(finding) for finding in findings}


def _as_found(now: Finding, then: Mapping[str, DecidedFinding]) -> Finding:
    """A finding as the bundle has it; as it is now where the bundle's matrix had no such criterion."""
    found = then.get(now.criterion)
    if found is None:
        return now
    evidence = replace(now.evidence, value=found.value, source=found.source)
    return replace(now, holds=found.holds, evidence=evidence, threshold=found.threshold)


def _is_known_better(then: Finding, now: Finding, churn: Churn | None) -> bool:
    if now.evidence.value is None or then.evidence.source is Source.ANSWERED:
        return False
    if not _is_number(now.evidence.value):
        return True
    if churn is None or churn.events < ENOUGH_ROWS:
        return False
    if now.evidence.unit.startswith(_SHARE):
        return True
    if churn.basis != "window" and (churn.seconds or 0) < ENOUGH_SECONDS:
        return False
    return not _is_number(then.evidence.value) or float(now.evidence.value) > float(str(then.evidence.value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scope(entry: Decided, decision: Decision, told: Collection[TableName]) -> Iterator[DriftFinding]:
    """Where keys or policies lead to another scope, or let in others; of a table that it needs enough is told."""
    before, after = entry.scope, read_scope(decision.scope) if decision.scope else None
    if before == after or _rests_on(entry, told):
        return
    one, other = say_scopes(before, after)
    if one != other:
        fact = f"Table {entry.table}: its scope was {one}, and by today's keys and policies it is {other}."
        yield DriftFinding("decision", entry.table, fact, DECIDE_AGAIN)


def _rests_on(entry: Decided, tables: Collection[TableName]) -> bool:
    return entry.scope is not None and any(_needs(entry.scope, table) for table in tables)


def _needs(scope: DecidedScope, table: TableName) -> bool:
    """Whether the way to the scope leads through this table, or its rows make the members."""
    on_the_way = any(hop.references == table for hop in scope.path)
    return on_the_way or (scope.entitled is not None and f" by {table} (" in scope.entitled)
