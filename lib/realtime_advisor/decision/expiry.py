"""Answers whose day has passed: left out of the decision, and told beside what it comes to without them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date

from realtime_advisor.model import Answered, Decision, Decisions, TableName

from .answer import Answer, check_answers
from .answers import Answers


@dataclass(frozen=True, slots=True)
class Expired:
    """An answer that no longer counts, and the table that it was given for."""

    table: str
    question: str
    answer: Answer

    @property
    def day(self) -> date | None:
        return self.answer.expires

    def __str__(self) -> str:
        """Of a table that is not decided about."""
        return f"The answer {self.question} for {self.table} expired on {self.day}: ask again."


def drop_expired(answers: Answers, today: date) -> tuple[Answers, tuple[Expired, ...]]:
    """The answers that still count, and those that no longer do. Raises BadInput.

    An answer counts up to and including the day on which it expires.
    """
    kept: dict[str, dict[str, object]] = {}
    past: list[Expired] = []
    for name, given in answers.items():
        checked = check_answers(name, given).given
        over = [key for key, answer in checked.items() if answer.expires and answer.expires < today]
        kept[name] = {key: value for key, value in given.items() if key not in over}
        past += (Expired(name, key, checked[key]) for key in over)
    return kept, tuple(past)


def tell_expired(decisions: Decisions, expired: tuple[Expired, ...]) -> tuple[Decisions, tuple[str, ...]]:
    """The decisions with what has expired among their answers and reasons, and a sentence on each."""
    told: dict[TableName, Decision] = dict(decisions)
    known: Container[object] = decisions
    notes = []
    for each in expired:
        if each.table not in known:
            notes.append(str(each))
            continue
        table = TableName.parse(each.table)
        told[table] = _with(told[table], each)
        notes.append(f"{_subject(each, f' of {table}')} {_outcome(told[table], each)}")
    return Decisions(told), tuple(notes)


def _with(decision: Decision, each: Expired) -> Decision:
    answer, reasons = each.answer, decision.reasons
    answered = Answered(
        each.question,
        answer.value,
        answer.reason,
        answer.by,
        answer.given_on,
        answer.expires,
        answer.evidence_said or None,
        decision.option.value if each.question == "option" else None,
        has_expired=True,
    )
    # Behind the deciding reason, which pages quote as the reason.
    return replace(
        decision,
        answers=tuple(sorted((*decision.answers, answered), key=lambda one: one.question)),
        reasons=(*reasons[:1], f"{_subject(each)} {_outcome(decision, each)}", *reasons[1:]),
    )


def _subject(each: Expired, of: str = "") -> str:
    called = "override" if each.question == "option" else f"answer {each.question}"
    return f"The {called}{of} expired on {each.day}:"


def _outcome(decision: Decision, each: Expired) -> str:
    now = decision.option.value
    if each.question != "option":
        return f"decided without it, this is {now}; ask again."
    if decision.override is None and each.answer.value == now:
        return f"the evidence decides again, and says {now} too."
    return f"the evidence decides again: {now}, was {each.answer.value}."
