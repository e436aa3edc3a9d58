"""The architect's answers beside a history, as a notebook keeps and loads them."""

from __future__ import annotations

from pathlib import Path

from realtime_advisor.decision.answers import FILE, Answers
from realtime_advisor.observation.history import History, folder_beside

from .answers_file import keep_answers, read_answers_file


def keep_answer(table: str, *, history: History | str | Path = "history", **answers: object) -> None:
    """Keep what the architect answers for a table in the `answers.toml` beside a history.

    `keep_answer("public.orders", user_facing=True, reason="the kitchen's screens")`; None takes an answer back. Raises
    BadInput for what is no answer.
    """
    keep_answers(_answers_beside(history), table, answers)


def load_answers(history: History | str | Path = "history") -> Answers:
    """The answers kept beside a history; none where there is no such file. Raises BadInput."""
    file = _answers_beside(history)
    return read_answers_file(file) if file.exists() else {}


def _answers_beside(history: History | str | Path) -> Path:
    return (history.folder if isinstance(history, History) else folder_beside(history)) / FILE
