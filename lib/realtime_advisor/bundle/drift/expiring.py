"""Answers with a date: those whose day has passed since they were decided with, and those whose day is near."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from realtime_advisor.display.wording import say_count
from realtime_advisor.model import Decided, DecidedRun

SOON: Final = 30  # days, in which whoever answered can be asked again


def expired_on(entry: Decided, question: str, today: date) -> date | None:
    """The day on which an answer ceased to count; None where it does count, or was not given."""
    day = _last_day(entry, question)
    return day if day and day < today else None


def expired_answers(run: DecidedRun, today: date) -> Iterator[str]:
    """A sentence on each answer whose day has passed since it was decided with; an override's is a finding."""
    for table, entry in run.tables.items():
        for question in entry.answers:
            day = expired_on(entry, question, today)
            if day and question != "option":
                yield f"The answer {question} for {table} expired on {day}: ask again."


def expiring_answers(run: DecidedRun, today: date) -> Iterator[str]:
    """A sentence on each answer, the override among them, that counts today and not much longer."""
    for entry in run.tables.values():
        for question in entry.answers:
            day = _last_day(entry, question)
            if day and 0 <= (day - today).days <= SOON:
                yield f"{_subject(entry, question)} expires on {day}, {_in((day - today).days)}: ask again."


def _last_day(entry: Decided, question: str) -> date | None:
    """An answer counts up to and including the day on which it expires."""
    day = entry.answers.get(question, {}).get("expires")
    return day if isinstance(day, date) else None


def _subject(entry: Decided, question: str) -> str:
    if question == "option":
        return f"The override of {entry.table}, {entry.option.value},"
    return f"The answer {question} of {entry.table}"


def _in(days: int) -> str:
    return f"in {say_count(days, 'day')}" if days else "today"
