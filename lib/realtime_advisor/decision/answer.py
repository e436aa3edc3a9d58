"""What can be said of a table, one answer and all of them, checked and frozen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Answered, Choice, Option

QUESTIONS: Final = {
    "user_facing": "whether users see the table's rows",
    "tolerates_reordering": "whether its screens bear events twice or out of order",
    "wants_control": "whether to choose which changes are told",
    "wants_light_payloads": "whether to send a signal only, not the row",
    "bulk_writes": "whether a job writes thousands of rows at once",
    "disposable": "whether its state may be lost, as who is online may",
    "hears_hidden_rows": "whether listeners may hear that a row changed which a condition on the row hides from them",
}
RATE: Final = "hottest_scope_per_minute"
SUBSCRIPTIONS: Final = "subscriptions"
NUMBERS: Final = {
    RATE: "row changes a minute in the busiest scope",
    SUBSCRIPTIONS: "how many clients listen to the table at the busiest hour",
}
LISTS: Final = {
    "watched": "the columns whose change an UPDATE must make to be told",
    "operations": "which of insert, update, delete and truncate are told",
    "columns": "the columns that a message carries when one row changed",
}
SETTINGS: Final = {
    **NUMBERS,
    **LISTS,
    "thresholds": "other thresholds for this table, such as { hottest_scope_per_minute = 250 }",
    "granularity": "how often the table speaks: statement; statement, set-based; transaction; row",
    "option": "the option, against the evidence",
    "scope": "the column that holds the scope's key, or the way to it, such as thread_id.tenant_id",
    "members": "the table whose rows say who belongs, though no policy decides by it",
    "members_when": "which rows of the membership make a member, such as status = 'active'",
    "token_subject": "the column of a users table that holds the JWT's sub, such as id or auth_id",
    "reason": "why",
}
_LONG: Final = ("answer", "reason", "by", "date", "expires", "evidence_said")
Said = bool | float | str | tuple[str, ...] | tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with why it was given, by whom, when, until when it counts, and what the evidence said then."""

    value: Said
    reason: str = ""
    by: str = ""
    given_on: date | None = None
    expires: date | None = None
    evidence_said: str = ""

    def __str__(self) -> str:
        """As evidence tells it.

        >>> print(Answer(True, "orders are shown on the kitchen screen", "Ada", date(2026, 11, 1)))
        the architect's answer: orders are shown on the kitchen screen (Ada, 2026-11-01)
        """
        who = ", ".join(str(part) for part in (self.by, self.given_on) if part)
        return "the architect's answer" + (f": {self.reason}" if self.reason else "") + (f" ({who})" if who else "")


@dataclass(frozen=True, slots=True)
class TableAnswers:
    """The answers for one table by question."""

    given: Mapping[str, Answer] = field(default_factory=dict)

    def says(self, question: str) -> bool | None:
        """Yes or no; None where it was not answered."""
        return bool(self.given[question].value) if question in self.given else None

    def number(self, question: str) -> float | None:
        """The number that was answered, if any."""
        return float(str(self.given[question].value)) if question in self.given else None

    def tell(self, question: str) -> str:
        """The answer's reason as evidence tells it. Raises KeyError where it was not answered."""
        return str(self.given[question])

    @property
    def option(self) -> Option | None:
        """The option that was decided against the evidence, or with it."""
        return Option(str(self.given["option"].value)) if "option" in self.given else None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What was chosen of the design, beside the option and the scope."""
        chosen = ((key, self.given[key]) for key in (*LISTS, "granularity") if key in self.given)
        return tuple(Choice(key, _as_words(answer.value), str(answer)) for key, answer in chosen)

    @property
    def override(self) -> str | None:
        """Why the architect decided the option, by whom, when and until when, where that was done."""
        return _tell_override(self.given["option"]) if "option" in self.given else None

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        """Other thresholds than the matrix has, by metric."""
        said = self.given["thresholds"].value if "thresholds" in self.given else ()
        return tuple(each for each in said if isinstance(each, tuple)) if isinstance(said, tuple) else ()

    def answered(self, evidence_says: str) -> tuple[Answered, ...]:
        """All answers, the option's beside what the evidence says now."""
        return tuple(
            Answered(
                question,
                answer.value,
                answer.reason,
                answer.by,
                answer.given_on,
                answer.expires,
                answer.evidence_said or None,
                evidence_says if question == "option" else None,
            )
            for question, answer in sorted(self.given.items())
        )


def _tell_override(answer: Answer) -> str:
    until = f"until {answer.expires}" if answer.expires else ""
    who = ", ".join(str(part) for part in (answer.by, answer.given_on, until) if part)
    return (answer.reason or "no reason given") + (f" ({who})" if who else "")


def check_answers(name: str, given: Mapping[str, object]) -> TableAnswers:
    """The answers for one table as far as they can be checked without a database. Raises BadInput."""
    for key in given:
        if key not in QUESTIONS and key not in SETTINGS:
            raise BadInput(
                f"The answer {key!r} for {name} is not known. Known are {', '.join([*QUESTIONS, *SETTINGS])}."
            )
    shared = _words(name, "reason", given.get("reason", ""))
    return TableAnswers({key: _answer(name, key, value, shared) for key, value in given.items() if key != "reason"})


def _answer(name: str, key: str, given: object, reason: str) -> Answer:
    """An answer in the short form, `true`, or in the long one, `{answer = true, reason = "..."}`."""
    if not isinstance(given, Mapping) or (key == "thresholds" and "answer" not in given):
        return Answer(_value(name, key, given), reason)
    unknown = [part for part in given if part not in _LONG]
    if unknown or "answer" not in given:
        fault = f"has {unknown[0]!r}" if unknown else "does not say 'answer'"
        raise BadInput(f"The answer {key!r} for {name} {fault}. In the long form it may have {', '.join(_LONG)}.")
    return Answer(
        _value(name, key, given["answer"]),
        _words(name, f"{key}.reason", given.get("reason", reason)),
        _words(name, f"{key}.by", given.get("by", "")),
        _day(name, f"{key}.date", given.get("date")),
        _day(name, f"{key}.expires", given.get("expires")),
        _evidence(name, key, given.get("evidence_said", "")),
    )


def _evidence(name: str, key: str, said: object) -> str:
    """What the evidence said of the option; of the rest it says nothing in one word."""
    known = [option.value for option in Option]
    if said and (key != "option" or said not in known):
        raise BadInput(
            f"The answer {key!r} for {name} has evidence_said = {said!r}. It goes with an option, and names the one "
            f"that the evidence spoke for: {', '.join(known)}."
        )
    return str(said)


def _as_words(value: Said) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _value(name: str, key: str, value: Any) -> Said:
    if key in QUESTIONS:
        if not isinstance(value, bool):
            raise BadInput(f"The answer {key!r} for {name} is {value!r}; it says {QUESTIONS[key]}: true or false.")
        return value
    if key in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not (0 <= value < math.inf):
            raise BadInput(f"The answer {key!r} for {name} is {value!r}; it says {NUMBERS[key]}: a number, 0 or more.")
        return float(value)
    if key in LISTS:
        if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
            raise BadInput(f"The answer {key!r} for {name} is {value!r}; it lists {LISTS[key]}: words in brackets.")
        return tuple(value)
    if key == "thresholds":
        return _thresholds(name, value)
    known = [option.value for option in Option]
    if key == "option" and value not in known:
        raise BadInput(f"The option {value!r} for {name} is not known. Options are {', '.join(known)}.")
    return _words(name, key, value)


def _thresholds(name: str, value: object) -> tuple[tuple[str, float], ...]:
    """Numbers by metric, in the metrics' order; whether the matrix has them is for it to say."""
    pairs = sorted(value.items()) if isinstance(value, Mapping) else []
    if not pairs or not all(_is_number(number) for _, number in pairs):
        raise BadInput(
            f"The answer 'thresholds' for {name} is {value!r}; it gives numbers by metric, such as "
            "{ hottest_scope_per_minute = 250 }."
        )
    return tuple((metric, float(number)) for metric, number in pairs)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _words(name: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadInput(f"The answer {key!r} for {name} is {value!r}; it takes words in quotes.")
    return value


def _day(name: str, key: str, value: object) -> date | None:
    if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
        raise BadInput(f"The answer {key!r} for {name} is {value!r}; it takes a date such as 2026-11-01.")
    return value
