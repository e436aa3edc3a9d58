"""From a catalogue and its churn to a decision for every table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Churn,
    DatabaseChurn,
    Decision,
    Decisions,
    Finding,
    Option,
    RelationKind,
    Scope,
    Source,
    TableName,
)
from realtime_advisor.reference import Matrix, load_matrix

from .answer import TableAnswers
from .answers import Answers, read_answers
from .flips import Flips
from .hesitations import ask_scope, say_limits, say_subject
from .metrics import Facts, count_references, measure, rates_of
from .overrides import read_overrides
from .principals import Principals, find_principals
from .scopes import infer_scopes
from .verdict import Judge, Verdict

_FEW_CHANGES: Final = 20
DECIDABLE: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


def decide(
    catalog: Catalog, churn: DatabaseChurn, answers: Answers | None = None, matrix: Matrix | None = None
) -> Decisions:
    """A decision for every table (partitions are judged with their parent).

    `answers` is `{"public.orders": {"user_facing": True, ...}}`. Raises UnknownTable and BadInput for answers that mean
    nothing here.
    """
    rules, said = matrix or load_matrix(), read_answers(answers, catalog)
    overrides = read_overrides(said, catalog)
    principals = find_principals(catalog, overrides)
    indulgent = {name for name, entry in said.items() if entry.says("hears_hidden_rows")}
    scopes = infer_scopes(catalog, principals, indulgent, overrides)
    references = count_references(catalog)
    judges = _Judges(rules)
    return Decisions(
        {
            table.name: _decide(_facts(table.name, catalog, churn, scopes, principals, references, said), judges)
            for table in catalog
            if table.kind in DECIDABLE and table.partition_of is None
        }
    )


class _Judges:
    """A judge, with its flips, for each set of thresholds that was answered; most tables have the matrix's own."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._made: dict[tuple[tuple[str, float], ...], tuple[Judge, Flips]] = {}

    def of(self, table: TableName, thresholds: tuple[tuple[str, float], ...]) -> tuple[Judge, Flips]:
        """Raises BadInput for a metric that the matrix compares with no number."""
        if thresholds not in self._made:
            judge = Judge(self._with(table, thresholds))
            self._made[thresholds] = judge, Flips(judge)
        return self._made[thresholds]

    def _with(self, table: TableName, thresholds: tuple[tuple[str, float], ...]) -> Matrix:
        moved = self._matrix
        try:
            for metric, number in thresholds:
                moved = moved.with_threshold(metric, number)
        except BadInput as error:
            raise BadInput(f"The answer 'thresholds' for {table} cannot be meant. {error}") from None
        return moved


def _facts(
    name: TableName,
    catalog: Catalog,
    churn: DatabaseChurn,
    scopes: dict[TableName, tuple[Scope, ...]],
    principals: Principals,
    references: dict[TableName, int],
    said: ByTable[TableAnswers],
) -> Facts:
    answers, found = said.get(name) or TableAnswers(), scopes.get(name, ())
    return Facts(catalog[name], catalog, churn.get(name), found, principals, references.get(name, 0), answers)


def _decide(facts: Facts, judges: _Judges) -> Decision:
    judge, flips = judges.of(facts.table.name, facts.answers.thresholds)
    matrix = judge.matrix
    rates = rates_of(facts, matrix)
    metrics = measure(facts, rates, matrix)
    findings = judge.find(metrics)
    verdict = judge.judge(findings)
    override = facts.answers.option
    option = override or verdict.option
    return Decision(
        facts.table.name,
        option,
        verdict.option if override and override is not verdict.option else judge.runner_up(findings, option),
        _confidence(verdict, findings, facts.churn),
        facts.scope,
        findings,
        flips.find(metrics, findings, verdict.option),
        tuple(_reasons(facts, verdict)),
        (
            *ask_scope(facts.table, facts.scopes, facts.principals, facts.answers),
            *_questions(matrix, findings, facts.table.name),
        ),
        facts.scopes,
        facts.answers.override,
        rates,
        facts.answers.choices,
        facts.churn,
        facts.answers.answered(verdict.option.value),
    )


def tell_moved_evidence(decisions: Decisions) -> tuple[str, ...]:
    """A sentence on each option that the architect decided while the evidence said something else than now."""
    return tuple(
        f"The override of {table} was decided when the evidence said {answer.evidence_said}; it says "
        f"{answer.evidence_says} now: look at it again."
        for table, decision in decisions.items()
        for answer in decision.answers
        if answer.has_moved
    )


def _reasons(facts: Facts, verdict: Verdict) -> Iterable[str]:
    if facts.answers.option is verdict.option:
        yield f"The architect decided {verdict.option.value}, and the evidence says the same."
    elif facts.answers.option:
        yield f"The architect decided {facts.answers.option.value}; the evidence says {verdict.option.value}."
    yield from (
        f"When that was decided, the evidence said {answer.evidence_said}: look at it again."
        for answer in facts.answers.answered(verdict.option.value)
        if answer.has_moved
    )
    if facts.answers.thresholds:
        said = ", ".join(f"{metric} {number:g}" for metric, number in facts.answers.thresholds)
        yield f"Judged by thresholds of its own: {said}; {facts.answers.tell('thresholds')}."
    yield verdict.reason
    churn = facts.churn
    where = "in the window" if churn is not None and churn.basis == "window" else "since the counters began"
    if churn is not None and churn.events:
        rate = churn.events_per_minute
        pace = f"{rate:,.4g} row changes a minute" if rate is not None else f"{churn.events:,} row changes"
        yield f"{pace}; {where} {churn.inserts:,} inserts, {churn.updates:,} updates, {churn.deletes:,} deletes."
    elif churn is not None and churn.earlier:
        yield (
            f"No row changed in the window; since the counters began there were {churn.earlier.inserts} inserts, "
            f"{churn.earlier.updates} updates, {churn.earlier.deletes} deletes."
        )
    elif churn is not None:
        nothing = "No row change was counted" if churn.basis == "none" else f"No row changed {where}"
        yield f"{nothing}: the mix is unknown."
    if facts.scope:
        yield f"Scope {facts.scope.label}: {facts.scope.reason}."
        yield from facts.scope.notes
        if facts.scope.refusal:
            yield facts.scope.refusal
    yield from say_limits(facts.table, facts.scopes, facts.catalog)
    yield from say_subject(facts.table, facts.answers, facts.principals, facts.catalog)


def _confidence(verdict: Verdict, findings: tuple[Finding, ...], churn: Churn | None) -> str:
    """high: a deciding criterion is measured or in the catalogue; low: it rests on a name, a guess or nothing.

    What was measured of a few row changes weighs nothing here.
    """
    deciding = [finding for finding in findings if finding.criterion in verdict.deciding]
    known = {Source.MEASURED, Source.CATALOG, Source.ANSWERED} - ({Source.MEASURED} if _is_little(churn) else set())
    firm = [f for f in deciding if f.holds is True and f.evidence.source in known]
    if verdict.option is Option.POSTGRES_CHANGES:
        return "medium" if len(firm) >= 3 else "low"
    if verdict.option is Option.PRESENCE:
        return "medium" if len(firm) < len(deciding) else "high"
    if not firm or verdict.deciding in (("no_path_to_principal",), ("nobody_entitled",)):
        return "low"
    others_unknown = any(
        f.holds is None and f.option is verdict.option and f.evidence.source is not Source.ASSUMED for f in findings
    )
    return "medium" if others_unknown and len(firm) == 1 and verdict.option is Option.BROADCAST else "high"


def _is_little(churn: Churn | None) -> bool:
    """Whether so few row changes were counted that their mix and pace are as good as chance."""
    counted = (churn.events, churn.earlier.events if churn.earlier else 0) if churn else (0,)
    return max(counted) < _FEW_CHANGES


def _questions(matrix: Matrix, findings: tuple[Finding, ...], table: TableName) -> Iterable[str]:
    asked = set()
    for criterion, finding in zip(matrix, findings, strict=True):
        open_ = finding.holds is None or finding.evidence.source is Source.ASSUMED
        if criterion.question and open_ and criterion.metric not in asked:
            asked.add(criterion.metric)
            yield criterion.question.format(table=table)
