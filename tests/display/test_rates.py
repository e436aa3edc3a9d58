"""Rates and the poller's load as they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.display.sentences import tell_poller_load, tell_rates
from realtime_advisor.display.show import show
from realtime_advisor.model import Decision, Evidence, Finding, Option, ScopeRates, Source

from .world import decided, decisions


def told(value: float | None, detail: str = "counted") -> Evidence:
    return Evidence(value, "events/minute", Source.MEASURED, detail)


def rated(hottest: Evidence, filter: str | None = "user_id=eq.<id>", whole: Evidence | None = None) -> Decision:
    why = None if filter else "A filter compares one column."
    return replace(decided("notes"), rates=ScopeRates(whole or told(205), told(1.7), hottest, filter, why))


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (
            rated(told(39.736)),
            "notes: 205 row changes a minute concern a subscriber without a filter; "
            "with user_id=eq.<id> 39.7 in the hottest user, 1.7 in the average one.",
        ),
        (
            rated(told(90, "at most 90 a minute, the whole table's")),
            "notes: 205 row changes a minute concern a subscriber without a filter; "
            "with user_id=eq.<id> at most 90 in the hottest user, 1.7 in the average one.",
        ),
        (
            rated(told(None, "run ANALYZE public.notes")),
            "notes: 205 row changes a minute concern a subscriber without a filter; "
            "with user_id=eq.<id> an unknown part of them: run ANALYZE public.notes.",
        ),
        (
            rated(told(9), filter=None),
            "notes: 205 row changes a minute concern a subscriber without a filter. A filter compares one column.",
        ),
        (
            rated(told(9), whole=told(None, "no counters for this table")),
            "How many row changes a subscriber of notes hears is unknown: no counters for this table.",
        ),
        (decided("notes"), "How many row changes a subscriber of notes hears is unknown."),
    ],
)
def test_a_subscriber_is_told_what_it_hears(decision: Decision, sentence: str) -> None:
    assert tell_rates(decision) == sentence


def test_the_rates_are_shown_with_the_verdict() -> None:
    assert tell_rates(rated(told(9))) in show(rated(told(9))).text
    assert "hears is unknown" not in show(decided("notes")).text


def polled(name: str, checks: float | None, per_minute: float = 60) -> Decision:
    evidence = Evidence(checks, "checks/second", Source.ANSWERED if checks is not None else Source.ASSUMED, "")
    finding = Finding("poller_keeps_up", Option.POSTGRES_CHANGES, "Keeps up", None, evidence, "<", 16_000)
    rates = ScopeRates(told(per_minute), told(1), told(2), "user_id=eq.<id>")
    return replace(decided(name, Option.POSTGRES_CHANGES, findings=(finding,)), rates=rates)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ((decided("notes"),), ""),
        (
            (polled("a", 10_000), polled("b", 5_000)),
            "2 tables on Postgres Changes ask 15,000 checks a second of the project's one poller, within its 16,000.",
        ),
        (
            (polled("a", 16_000),),
            "1 table on Postgres Changes asks 16,000 checks a second of the project's one poller, "
            "which is saturated at its 16,000.",
        ),
        (
            (polled("a", 17_000), polled("b", None)),
            "1 table on Postgres Changes asks 17,000 checks a second of the project's one poller, "
            "which is saturated at its 16,000. How many clients listen to b is not known.",
        ),
        (
            (polled("a", None, 60), polled("b", None, 30)),
            "How many clients listen to a and b is not known. One poller serves the whole project: at 90 changes a "
            "minute in all, 10,667 subscriptions to each saturate it.",
        ),
        (
            (polled("a", None, 60),),
            "How many clients listen to a is not known. One poller serves the whole project: at 60 changes a minute in "
            "all, 16,000 subscriptions saturate it.",
        ),
        ((polled("a", None, 0),), "How many clients listen to a is not known."),
    ],
)
def test_the_one_poller_is_told_with_what_is_not_known(entries: tuple[Decision, ...], sentence: str) -> None:
    assert tell_poller_load(decisions(*entries)) == sentence
    assert sentence in show(decisions(*entries)).text
