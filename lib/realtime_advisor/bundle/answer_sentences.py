"""What the architect answered of a table, in sentences that the bundle's pages share."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.display.wording import say_list, say_number, say_value
from realtime_advisor.model import Answered, Decision


def tell_answers(decision: Decision) -> Iterator[str]:
    """A sentence for each answer. That of the option is the override, told by itself: unless the evidence has moved.

    Of what has expired the decision's reasons tell the day.
    """
    for answer in decision.answers:
        if answer.question != "option" or answer.has_moved or answer.has_expired:
            yield f"Answered {tell_answer(answer)}."


def tell_answer(answer: Answered) -> str:
    """One answer, with who gave it, when, until when, and why; where the evidence has moved since, that too.

    >>> tell_answer(Answered("subscriptions", 1200.0, "counted at noon", "Ada"))
    'subscriptions: 1,200, because counted at noon (Ada)'
    >>> tell_answer(Answered("option", "broadcast", evidence_said="presence", evidence_says="no_realtime"))
    'option: broadcast. The evidence said presence then and says no_realtime now'
    """
    because = f", because {answer.reason}" if answer.reason else ""
    given = ", ".join(_given(answer))
    moved = ""
    if answer.has_moved:
        moved = f". The evidence said {answer.evidence_said} then and says {answer.evidence_says} now"
    over = ", which has expired" if answer.has_expired else ""
    said = f"{answer.question.replace('_', ' ')}: {_say(answer.value)}{because}{f' ({given})' if given else ''}"
    return f"{said}{over}{moved}"


def _given(answer: Answered) -> Iterator[str]:
    if answer.by:
        yield answer.by
    if answer.given_on:
        yield answer.given_on.isoformat()
    if answer.expires:
        yield f"until {answer.expires.isoformat()}"


def _say(value: float | bool | str | tuple[str, ...] | tuple[tuple[str, float], ...]) -> str:
    """The value in short; of thresholds, each metric with its own."""
    if not isinstance(value, tuple):
        return say_value(value)
    return say_list(
        (each if isinstance(each, str) else f"{each[0].replace('_', ' ')} {say_number(each[1])}" for each in value),
        most=len(value),
    )
