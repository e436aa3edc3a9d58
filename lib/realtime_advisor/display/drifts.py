"""What has drifted from a bundle, as tables."""

from __future__ import annotations

from realtime_advisor.model import Drift, MessageCount, MessageCounts

from .views import Cell, Sheet, Stack, View, Words
from .wording import say_count, say_minutes, say_number, say_table


def show_drift(drift: Drift) -> Stack:
    """The findings with what to do, what could not be checked, and what was sent beside its forecast."""
    views: list[View] = [_findings(drift)]
    said = [*(f"- Not checked: {reason}" for reason in drift.unchecked), *(f"- {note}" for note in drift.notes)]
    views += [Words(tuple(said))] if said else []
    views += [_messages(drift.messages)] if drift.messages and drift.messages.counts else []
    return Stack(tuple(views))


def _findings(drift: Drift) -> Sheet:
    if not drift.findings:
        return Sheet("" if drift.unchecked else str(drift), (), ())
    rows = tuple(
        (say_table(each.table) if each.table else "", each.what, each.sentence, each.remedy) for each in drift.findings
    )
    return Sheet(f"{say_count(len(rows), 'finding')}:", ("table", "what", "finding", "remedy"), rows)


def _messages(messages: MessageCounts) -> Sheet:
    columns = ("topic", "event", "sent", "a minute", "forecast at most")
    title = f"Messages of the last {say_minutes(messages.minutes * 60)}:"
    return Sheet(title, columns, tuple(map(_row, messages.counts)), frozenset(columns[2:]))


def _row(each: MessageCount) -> tuple[Cell, ...]:
    return (
        each.topic,
        each.event,
        f"{each.counted:,}",
        say_number(each.per_minute),
        say_number(each.forecast_per_minute),
    )
