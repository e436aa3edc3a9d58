"""What the architect chooses for a design, checked for what it says by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Decision
from realtime_advisor.model.design import EVENT_PATTERN, TOPIC_PATTERN

from .topics import checked_event, checked_topic

OPERATIONS: Final = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Choices:
    """The architect's choices beside the option; raises BadInput for an operation or a pattern that is none."""

    watched: tuple[str, ...] | None = None
    granularity: str | None = None
    most_topics: int | None = None
    operations: tuple[str, ...] = OPERATIONS
    topic: str = TOPIC_PATTERN
    event: str = EVENT_PATTERN
    columns: tuple[str, ...] = ()
    clients_send: bool = False

    def __post_init__(self) -> None:
        checked_topic(self.topic)
        checked_event(self.event)


def said_of(decision: Decision, setting: str, given: Sequence[str] | None) -> tuple[str, ...] | None:
    """What the call gives for a setting, else what the decision holds of the architect's answers; None: neither."""
    if given is not None:
        return tuple(given)
    return next((choice.values for choice in decision.choices if choice.setting == setting), None)


def checked_operations(operations: Sequence[str]) -> tuple[str, ...]:
    """The operations in their usual order. Raises BadInput for one that is none, or for none at all."""
    if not operations or not set(operations) <= {*OPERATIONS, "truncate"}:
        raise BadInput(f"Operations are {', '.join(OPERATIONS)} and truncate: name one or more, not {operations!r}.")
    return tuple(operation for operation in (*OPERATIONS, "truncate") if operation in operations)
