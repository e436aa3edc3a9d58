"""The order of decision: from findings to an option, its runner-up, and what would flip it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeGuard

from realtime_advisor.model import Evidence, Finding, Flip, Option, Source
from realtime_advisor.reference import Criterion, Matrix

from .metrics import Metrics

_FLIPPABLE: Final = (
    "hottest_scope_per_minute",
    "insert_share",
    "update_share",
    "bulk_burst",
    "updates_per_minute_per_row",
)


@dataclass(frozen=True)
class Verdict:
    """An option, the criteria that decided, and the sentence that says so."""

    option: Option
    deciding: tuple[str, ...]
    reason: str


def find(matrix: Matrix, metrics: Metrics) -> tuple[Finding, ...]:
    """Every criterion evaluated, in the matrix's order."""
    return tuple(_finding(criterion, metrics) for criterion in matrix)


def _finding(criterion: Criterion, metrics: Metrics) -> Finding:
    unknown = Evidence(None, criterion.unit, Source.ASSUMED, "nothing measures this metric")
    evidence = metrics.get(criterion.metric, unknown)
    threshold = list(criterion.threshold) if isinstance(criterion.threshold, tuple) else criterion.threshold
    return Finding(
        criterion.id,
        criterion.option,
        criterion.sentence,
        criterion.holds(evidence.value),
        evidence,
        criterion.operator,
        ", ".join(threshold) if isinstance(threshold, list) else threshold,
        criterion.margin(evidence.value),
    )


def judge(matrix: Matrix, findings: tuple[Finding, ...], without: frozenset[Option] = frozenset()) -> Verdict:
    """The first option of the order whose condition is met, leaving out those in `without`."""
    groups = _Groups(matrix, findings)
    steps: tuple[Callable[[_Groups], Verdict | None], ...] = (_no_realtime, _presence, _broadcast, _postgres_changes)
    for step in steps:
        verdict = step(groups)
        if verdict and verdict.option not in without:
            return verdict
    return _fallback(groups, without)


class _Groups:
    """Findings by option and group of the matrix."""

    def __init__(self, matrix: Matrix, findings: Iterable[Finding]) -> None:
        self.groups = {criterion.id: criterion.group for criterion in matrix}
        self.findings = tuple(findings)

    def of(self, group: str) -> list[Finding]:
        return [finding for finding in self.findings if self.groups[finding.criterion] == group]

    def holding(self, group: str) -> list[Finding]:
        return [finding for finding in self.of(group) if finding.holds]

    def get(self, criterion: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.criterion == criterion), None)


def _no_realtime(groups: _Groups) -> Verdict | None:
    avoid = groups.holding("avoid")
    if avoid:
        return Verdict(Option.NO_REALTIME, _ids(avoid), f"Users cannot read it: {avoid[0].evidence.detail}.")
    unknown = any(finding.holds is None for finding in groups.of("avoid"))
    named = [finding for finding in groups.holding("hint") if finding.evidence.source is Source.INFERRED]
    if unknown and named:
        return Verdict(
            Option.NO_REALTIME,
            _ids(named),
            f"Whether users read it is unknown, and {named[0].evidence.detail}: a weak hint that they do not.",
        )
    return None


def _presence(groups: _Groups) -> Verdict | None:
    shape, disposable = groups.of("only"), groups.holding("disposable")
    if disposable and shape and all(finding.holds for finding in shape):
        return Verdict(
            Option.PRESENCE,
            (*_ids(shape), *_ids(disposable)),
            f"It is one user's state, rewritten all the time, and disposable: {disposable[0].evidence.detail}.",
        )
    return None


def _broadcast(groups: _Groups) -> Verdict | None:
    holding = groups.holding("any")
    has_scope = groups.get("no_path_to_principal")
    if not holding or (has_scope is not None and has_scope.holds):
        return None
    said = "; ".join(_with_threshold(finding) for finding in holding)
    count = f"{len(holding)} hold" if len(holding) > 1 else "one holds"
    return Verdict(Option.BROADCAST, _ids(holding), f"Broadcast needs one of its criteria, and {count}: {said}.")


def _postgres_changes(groups: _Groups) -> Verdict | None:
    findings = groups.of("all")
    measured = [finding for finding in findings if finding.evidence.source is not Source.ASSUMED]
    if not findings or any(finding.holds is False for finding in findings) or not all(f.holds for f in measured):
        return None
    pace = _pace(groups.get("low_volume"))
    return Verdict(Option.POSTGRES_CHANGES, _ids(findings), f"All criteria of Postgres Changes hold{pace}.")


def _pace(rate: Finding | None) -> str:
    if rate is None or not _number(rate.evidence.value):
        return ""
    bound = "at most " if rate.evidence.detail.startswith("at most") else ""
    return f": {bound}{rate.evidence.value:.3g} events a minute in the hottest scope"


def _fallback(groups: _Groups, without: frozenset[Option]) -> Verdict:
    """Broadcast where somebody is entitled to listen, else nothing: neither was asked for by a criterion."""
    missing = [f for f in (groups.get("no_path_to_principal"), groups.get("nobody_entitled")) if f and f.holds]
    if missing or Option.BROADCAST in without:
        why = missing[0].sentence if missing else "No other option is left"
        return Verdict(Option.NO_REALTIME, _ids(missing[:1]), f"{why}, so no topic can name who listens.")
    failing = next((finding for finding in groups.of("all") if finding.holds is not True), None)
    if failing is None:
        return Verdict(Option.BROADCAST, (), "Postgres Changes was ruled out.")
    how = "is unknown" if failing.holds is None else "is false"
    return Verdict(
        Option.BROADCAST,
        (failing.criterion,),
        f'Postgres Changes needs all of its criteria, and "{failing.sentence}" {how}.',
    )


def _with_threshold(finding: Finding) -> str:
    """The criterion's sentence; with the threshold in force, where that is not the one the sentence names."""
    named = _number(finding.threshold) and re.search(r"\d", finding.sentence)
    if named and f" {finding.threshold:g} " not in finding.sentence:
        return f"{finding.sentence}, here {finding.operator} {finding.threshold:g}"
    return finding.sentence


def _ids(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(finding.criterion for finding in findings)


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def runner_up(matrix: Matrix, findings: tuple[Finding, ...], chosen: Option) -> Option | None:
    """What the order would give without the chosen option; Presence where only its disposability is open."""
    groups = _Groups(matrix, findings)
    if chosen is Option.BROADCAST and all(finding.holds for finding in groups.of("only")):
        return Option.PRESENCE
    if chosen is Option.POSTGRES_CHANGES:
        return Option.BROADCAST
    if chosen is Option.BROADCAST:
        changes = [groups.get("users_benefit"), groups.get("filterable"), groups.get("no_primary_key")]
        able = (
            changes[0] and changes[0].holds and changes[1] and changes[1].holds and changes[2] and not changes[2].holds
        )
        return Option.POSTGRES_CHANGES if able else Option.NO_REALTIME
    other = judge(matrix, findings, frozenset({chosen}))
    return other.option if other.option is not chosen else None


def find_flips(matrix: Matrix, metrics: Metrics, findings: tuple[Finding, ...], chosen: Option) -> tuple[Flip, ...]:
    """For every metric, the nearest value at which the option would be another, all else unchanged."""
    return tuple(flip for metric in sorted(metrics) if (flip := _flip(matrix, metrics, findings, metric, chosen)))


def _flip(matrix: Matrix, metrics: Metrics, findings: tuple[Finding, ...], metric: str, chosen: Option) -> Flip | None:
    for at, tried in _candidates(matrix, metric, metrics[metric].value):
        changed = _changed(matrix, findings, _with(metrics, metric, tried))
        if not changed:
            continue
        to = judge(matrix, tuple(changed.get(old.criterion, old) for old in findings)).option
        if to is not chosen:
            return Flip(metric, metrics[metric].value, at, to)
    return None


def _changed(matrix: Matrix, findings: tuple[Finding, ...], metrics: Metrics) -> dict[str, Finding]:
    """The findings that come out otherwise under `metrics`, which are only those that were changed."""
    touched = ((old, matrix[old.criterion]) for old in findings if matrix[old.criterion].metric in metrics)
    return {
        old.criterion: _finding(criterion, metrics)
        for old, criterion in touched
        if criterion.holds(metrics[criterion.metric].value) is not old.holds
    }


def _with(metrics: Metrics, metric: str, value: float | bool) -> Metrics:
    """The metrics that change when one is set to a value."""
    old = metrics[metric]
    changed = {metric: Evidence(value, old.unit, Source.MEASURED, old.detail)}
    # The two shares are parts of one whole: more of one leaves less for the other.
    other = {"insert_share": "update_share", "update_share": "insert_share"}.get(metric)
    if other:
        changed[other] = Evidence(min(float(metrics[other].value or 0), 1 - float(value)), old.unit, Source.MEASURED)
    return changed


def _candidates(matrix: Matrix, metric: str, now: float | bool | str | None) -> list[tuple[float | bool, float | bool]]:
    """Values to try, as (threshold shown, value put in its place), the nearest first.

    What the architect can answer or change flips; what a name hints at, or the shape of a key, does not.
    """
    criteria = [c for c in matrix if c.metric == metric]
    if any(isinstance(c.threshold, bool) and c.group in ("all", "any", "avoid") for c in criteria):
        return [(value, value) for value in (True, False) if value is not now]
    thresholds = {float(c.threshold) for c in criteria if _number(c.threshold)} if metric in _FLIPPABLE else set()
    around = [(t, t + step) for t in thresholds for step in (0.0, t * 1e-6, -t * 1e-6)]
    return sorted(around, key=lambda pair: abs(pair[0] - now)) if _number(now) else sorted(around)
