"""What would flip a decision: the same engine asked again with one metric moved."""

from __future__ import annotations

from typing import Final, TypeGuard

from realtime_advisor.model import Evidence, Finding, Flip, Option, Source
from realtime_advisor.reference import Criterion

from .metrics import Metrics
from .verdict import Judge

_FLIPPABLE: Final = (
    "hottest_scope_per_minute",
    "insert_share",
    "update_share",
    "bulk_burst",
    "checks_per_second",
    "updates_per_minute_per_row",
)
# The two shares are parts of one whole: more of one leaves less for the other.
_COMPLEMENT: Final = {"insert_share": "update_share", "update_share": "insert_share"}

_Outcomes = tuple[tuple[bool | None, str], ...]  # of each criterion: whether it holds, and the source of its evidence
_Tries = list[tuple[float | bool, float | bool]]


class Flips:
    """Finds flips, table after table. The option follows from the outcomes alone, so it is worked out once for each."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._criteria: dict[str, list[tuple[int, Criterion]]] = {}
        for place, criterion in enumerate(judge.matrix):
            self._criteria.setdefault(criterion.metric, []).append((place, criterion))
        self._tries = {metric: _tries(metric, [c for _, c in self._criteria[metric]]) for metric in self._criteria}
        self._metrics = sorted(metric for metric, tries in self._tries.items() if tries)
        self._options: dict[_Outcomes, Option] = {}
        self._found: dict[tuple[object, ...], tuple[Flip, ...]] = {}

    def find(self, metrics: Metrics, findings: tuple[Finding, ...], chosen: Option) -> tuple[Flip, ...]:
        """For every metric, the nearest value at which the option would be another, all else unchanged."""
        outcomes = tuple([(finding.holds, finding.evidence.source.value) for finding in findings])
        movable = [metric for metric in self._metrics if metric in metrics]
        key = (chosen, outcomes, *[metrics[metric].value for metric in movable])
        found = self._found.get(key)
        if found is None:
            flips = (self._flip(metrics, metric, findings, outcomes, chosen) for metric in movable)
            found = self._found[key] = tuple(flip for flip in flips if flip)
        return found

    def _flip(
        self, metrics: Metrics, metric: str, findings: tuple[Finding, ...], outcomes: _Outcomes, chosen: Option
    ) -> Flip | None:
        now = metrics[metric].value
        for at, tried in _nearest_first(self._tries[metric], now):
            to = self._option(_with(metrics, metric, tried), findings, outcomes)
            if to is not None and to is not chosen:
                return Flip(metric, now, at, to)
        return None

    def _option(self, moved: Metrics, findings: tuple[Finding, ...], outcomes: _Outcomes) -> Option | None:
        """The option under the metrics that were moved; None where no criterion comes out otherwise."""
        tried, changed = list(outcomes), []
        for metric, evidence in moved.items():
            for place, criterion in self._criteria.get(metric, ()):
                holds = criterion.holds(evidence.value)
                if holds is not findings[place].holds:
                    tried[place] = (holds, evidence.source.value)
                    changed.append((place, criterion))
        if not changed:
            return None
        key = tuple(tried)
        if key not in self._options:
            others = list(findings)
            for place, criterion in changed:
                others[place] = self._judge.evaluate(criterion, moved)
            self._options[key] = self._judge.judge(tuple(others)).option
        return self._options[key]


def _with(metrics: Metrics, metric: str, value: float | bool) -> Metrics:
    """The metrics that change when one is set to a value."""
    old = metrics[metric]
    changed = {metric: Evidence(value, old.unit, Source.MEASURED, old.detail)}
    other = _COMPLEMENT.get(metric)
    if other:
        changed[other] = Evidence(min(float(metrics[other].value or 0), 1 - float(value)), old.unit, Source.MEASURED)
    return changed


def _tries(metric: str, criteria: list[Criterion]) -> _Tries:
    """Values to try, as (threshold shown, value put in its place).

    What the architect can answer or change flips; what a name hints at, or the shape of a key, does not.
    """
    if any(isinstance(c.threshold, bool) and c.group in ("all", "any", "avoid") for c in criteria):
        return [(True, True), (False, False)]
    thresholds = {float(c.threshold) for c in criteria if _number(c.threshold)} if metric in _FLIPPABLE else set()
    return [(t, t + step) for t in thresholds for step in (0.0, t * 1e-6, -t * 1e-6)]


def _nearest_first(tries: _Tries, now: float | bool | str | None) -> _Tries:
    if isinstance(tries[0][0], bool):
        return [pair for pair in tries if pair[0] is not now]
    return sorted(tries, key=lambda pair: abs(pair[0] - now)) if _number(now) else sorted(tries)


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
