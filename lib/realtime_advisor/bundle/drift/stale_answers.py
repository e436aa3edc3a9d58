"""Answers of the bundle that the database does not bear out any more: each is a finding, and the others still count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, DatabaseChurn, Decided, DecidedRun, DriftFinding, TableName

from .tables import DECIDE_AGAIN

_SUBJECT: Final = "token_subject"
# An answer may need those before it: members_when speaks of the members that were named.
_FIRST: Final = (_SUBJECT, "members", "scope", "members_when")
_RESTING_ON_SUBJECT: Final = frozenset({"members", "scope"})

Said = Mapping[str, object]
Answers = dict[str, Said]


@dataclass(frozen=True)
class Fitting:
    """The answers that can be decided with, and what is told of the others, by the tables they were given for."""

    answers: Mapping[str, Said]
    findings: tuple[DriftFinding, ...] = ()
    untold: frozenset[TableName] = frozenset()  # tables that were decided with one that fits no more


def find_fitting(run: DecidedRun, catalog: Catalog, churn: DatabaseChurn) -> Fitting:
    """All answers for tables that are there, without those that mean nothing on this catalogue."""
    answered = {table: entry for table, entry in run.tables.items() if entry.answers and table in catalog.tables}
    whole: Answers = {str(table): entry.answers for table, entry in answered.items()}
    if _why_not(whole, catalog, churn) is None:
        return Fitting(whole)
    kept: Answers = {}
    findings: list[DriftFinding] = []
    stale: set[tuple[TableName, str]] = set()
    for table, entry in sorted(answered.items(), key=lambda each: _SUBJECT not in each[1].answers):
        for question, why in _add(kept, table, entry, catalog, churn):
            stale.add((table, question))
            findings.append(_tell(table, question, why))
    return Fitting(kept, tuple(findings), _untold(run, stale))


def _add(
    kept: Answers, table: TableName, entry: Decided, catalog: Catalog, churn: DatabaseChurn
) -> Iterator[tuple[str, BadInput]]:
    """Take over a table's answers into `kept`; each that does not fit stays out and is yielded, with why."""
    name = str(table)
    if _why_not({**kept, name: entry.answers}, catalog, churn) is None:
        kept[name] = entry.answers
        return
    fitting: dict[str, object] = {}
    for question in sorted(entry.answers, key=_turn):
        tried = {**fitting, question: entry.answers[question]}
        why = _why_not({**kept, name: tried}, catalog, churn)
        if why is None:
            fitting = tried
        else:
            yield question, why
    kept[name] = fitting


def _turn(question: str) -> int:
    return _FIRST.index(question) if question in _FIRST else len(_FIRST)


def _why_not(answers: Mapping[str, Said], catalog: Catalog, churn: DatabaseChurn) -> BadInput | None:
    """Why nothing can be decided with these answers; None where it can."""
    try:
        decide(catalog, churn, answers)
    except BadInput as error:
        return error
    return None


def _tell(table: TableName, question: str, why: BadInput) -> DriftFinding:
    fact = f"The answer {question} for {table} does not fit the database any more, so it was left out: {why}"
    return DriftFinding("answer", table, fact, DECIDE_AGAIN)


def _untold(run: DecidedRun, stale: set[tuple[TableName, str]]) -> frozenset[TableName]:
    """The tables of which nothing can be said without these answers; without the token's subject, many."""
    tables = {table for table, _ in stale}
    if any(question == _SUBJECT for _, question in stale):
        tables |= {name for name, entry in run.tables.items() if entry.answers.keys() & _RESTING_ON_SUBJECT}
    return frozenset(tables)
