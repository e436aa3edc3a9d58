"""How much is sent, beside what the churn of the decisions forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from realtime_advisor.display.wording import say_minutes, say_number
from realtime_advisor.model import DecidedChurn, DecidedRun, DriftFinding, MessageCount, MessageCounts
from realtime_advisor.observation.sent import SentMessages

ENOUGH: Final = 100  # messages, below which a rate says little
OTHER: Final = "(other)"
# A row change tells one scope, and its old one too where the row moved: so twice the forecast can be explained.
_MOST: Final = 2
_ACTIONS: Final = {"insert": "created", "update": "updated", "delete": "deleted", "truncate": "deleted"}
_REMEDY: Final = "Measure again with make report: quota and price follow from it."

Kind = tuple[str, str]  # of topic, and event


def topics_of(run: DecidedRun) -> frozenset[str]:
    """The kinds of topic on which the decisions send."""
    return frozenset(topic for topic, _ in forecast(run))


def forecast(run: DecidedRun) -> Mapping[Kind, float | None]:
    """At most how many messages a minute, by kind of topic and event: one for each row change. None is unknown."""
    found: dict[Kind, float | None] = {}
    for entry in run.tables.values():
        for emission in entry.design.emissions if entry.design else ():
            for operation in emission.operations:
                kind = (emission.topic, emission.event.replace("<action>", _ACTIONS[operation]))
                rate, before = _rate(entry.churn, operation), found.get(kind, 0.0)
                found[kind] = None if rate is None or before is None else before + rate
    return found


def _rate(churn: DecidedChurn | None, operation: str) -> float | None:
    """Row changes a minute; TRUNCATE is not counted, and rare."""
    if operation == "truncate":
        return 0.0
    return getattr(churn, f"{operation}s_per_minute") if churn else None


def compare_messages(run: DecidedRun, sent: SentMessages) -> MessageCounts:
    """Each kind of message that was sent or forecast, in order."""
    expected = forecast(run)
    counted = {(topic or OTHER, event): count for topic, event, count in sent.counts}
    counts = (
        MessageCount(*kind, counted.get(kind, 0), counted.get(kind, 0) / max(sent.minutes, 1.0), expected.get(kind))
        for kind in sorted({*expected, *counted})
    )
    return MessageCounts(sent.minutes, tuple(counts))


def find_volume(messages: MessageCounts) -> Iterator[DriftFinding]:
    """What is sent far more often than was forecast."""
    for each in messages.counts:
        likely = each.forecast_per_minute
        if likely is not None and each.counted >= ENOUGH and each.per_minute > _MOST * likely:
            fact = (
                f"Topic {each.topic} was sent {each.event} {say_number(each.per_minute)} times a minute in the last "
                f"{say_minutes(messages.minutes * 60)}, where the churn forecast {say_number(likely)} at most."
            )
            yield DriftFinding("volume", None, fact, _REMEDY)


def tell_messages(messages: MessageCounts) -> str:
    """A sentence on all of them."""
    counted, length = sum(each.counted for each in messages.counts), say_minutes(messages.minutes * 60)
    return (
        f"{counted:,} messages were sent in the last {length}."
        if counted
        else f"Nothing was sent in the last {length}."
    )
