"""The order of decision: from metrics to findings, from these to an option and its runner-up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from realtime_advisor.model import Evidence, Finding, Option, Source
from realtime_advisor.reference import Criterion, Matrix

from .metrics import Metrics


@dataclass(frozen=True)
class Verdict:
    """An option, the criteria that decided, and the sentence that says so."""

    option: Option
    deciding: tuple[str, ...]
    reason: str


class Judge:
    """The matrix applied to one table after the other; findings that are alike are one object."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self._places = {criterion.id: place for place, criterion in enumerate(matrix)}
        self._groups: dict[str, list[int]] = defaultdict(list)
        for place, criterion in enumerate(matrix):
            self._groups[criterion.group].append(place)
        self._found: dict[tuple[object, ...], Finding] = {}

    def find(self, metrics: Metrics) -> tuple[Finding, ...]:
        """Every criterion evaluated, in the matrix's order."""
        return tuple([self.evaluate(criterion, metrics) for criterion in self.matrix])

    def evaluate(self, criterion: Criterion, metrics: Metrics) -> Finding:
        """One criterion evaluated."""
        evidence = metrics.get(criterion.metric)
        if evidence is None:
            evidence = Evidence(None, criterion.unit, Source.ASSUMED, "nothing measures this metric")
        # A value's type is part of it: True and 1.0 are equal, and are shown differently.
        value = evidence.value
        key = (criterion.id, type(value), value, evidence.unit, evidence.source, evidence.detail)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _finding(criterion, evidence)
        return found

    def judge(self, findings: tuple[Finding, ...], without: frozenset[Option] = frozenset()) -> Verdict:
        """The first option of the order whose condition is met, leaving out those in `without`."""
        groups = _Groups(self._places, self._groups, findings)
        for step in _ORDER:
            verdict = step(groups)
            if verdict and verdict.option not in without:
                return verdict
        return _fallback(groups, without)

    def runner_up(self, findings: tuple[Finding, ...], chosen: Option) -> Option | None:
        """What the order would give without the chosen option; Presence where only its disposability is open."""
        groups = _Groups(self._places, self._groups, findings)
        if chosen is Option.BROADCAST and all(finding.holds for finding in groups.of("only")):
            return Option.PRESENCE
        if chosen is Option.POSTGRES_CHANGES:
            return Option.BROADCAST
        if chosen is Option.BROADCAST:
            return Option.POSTGRES_CHANGES if _is_able_to_change(groups) else Option.NO_REALTIME
        other = self.judge(findings, frozenset({chosen}))
        return other.option if other.option is not chosen else None


def _finding(criterion: Criterion, evidence: Evidence) -> Finding:
    threshold = criterion.threshold
    return Finding(
        criterion.id,
        criterion.option,
        criterion.sentence,
        criterion.holds(evidence.value),
        evidence,
        criterion.operator,
        ", ".join(threshold) if isinstance(threshold, tuple) else threshold,
        criterion.margin(evidence.value),
    )


@dataclass(frozen=True, slots=True)
class _Groups:
    """Findings, in the matrix's order, by criterion and by group of the matrix."""

    places: Mapping[str, int]
    groups: Mapping[str, Sequence[int]]
    findings: tuple[Finding, ...]

    def of(self, group: str) -> list[Finding]:
        return [self.findings[place] for place in self.groups.get(group, ())]

    def holding(self, group: str) -> list[Finding]:
        return [finding for finding in self.of(group) if finding.holds]

    def get(self, criterion: str) -> Finding | None:
        place = self.places.get(criterion)
        return None if place is None else self.findings[place]


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
    if not findings or any(_stands_in_the_way(finding) for finding in findings):
        return None
    pace = _pace(groups.get("low_volume"))
    all_ = "All criteria" if all(f.holds for f in findings) else "All known criteria"
    return Verdict(Option.POSTGRES_CHANGES, _ids(findings), f"{all_} of Postgres Changes hold{pace}.")


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
    failing = next((finding for finding in groups.of("all") if _stands_in_the_way(finding)), None)
    if failing is None:
        return Verdict(Option.BROADCAST, (), "Postgres Changes was ruled out.")
    how = "is unknown" if failing.holds is None else "is false"
    return Verdict(
        Option.BROADCAST,
        (failing.criterion,),
        f'Postgres Changes needs all of its criteria, and "{failing.sentence}" {how}.',
    )


def _stands_in_the_way(finding: Finding) -> bool:
    """False, or unknown though it could be measured; what only an answer can tell is assumed to hold meanwhile."""
    return finding.holds is False or (finding.holds is None and finding.evidence.source is not Source.ASSUMED)


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


def _is_able_to_change(groups: _Groups) -> bool:
    """Whether Postgres Changes could carry the table at all: users benefit, a filter selects, a key is there."""
    benefit, filterable, keyless = (groups.get(id_) for id_ in ("users_benefit", "filterable", "no_primary_key"))
    return bool(benefit and benefit.holds and filterable and filterable.holds and keyless and not keyless.holds)


_ORDER: Final[tuple[Callable[[_Groups], Verdict | None], ...]] = (
    _no_realtime,
    _presence,
    _broadcast,
    _postgres_changes,
)
