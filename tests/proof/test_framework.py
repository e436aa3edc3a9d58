"""The framework's own SQL shows each of its faults when it is run, and the generated SQL shows none of them."""

from __future__ import annotations

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.proof.framework import EXHIBITS, Exhibit, exhibit, try_framework, try_mended
from realtime_advisor.sandbox.postgres import RunningServer

# What was seen on PostgreSQL 15 and 18.
SEEN = {
    1: 'the write fails: 42P01: relation "message_threads" does not exist',
    2: "no message",
    3: "1 message: tenant:blue:dashboard",
    4: "1 message: tenant:red:dashboard",
    5: 'it fails: 42710: trigger "notification_broadcast_trigger" for relation "notifications" already exists',
    6: "she may join",
    7: "he may join",
    8: "an error: 21000: more than one row returned by a subquery used as an expression",
    9: "an error: 42501: permission denied for table users",
    10: "she may join",
    11: "20,000 rows of message_threads are read",
    12: "broadcast and presence",
    13: 'no message; a warning: WarnSendingBroadcastMessage: syntax error at or near "NULL"',
    14: "1,000 messages: tenant:red:dashboard",
    15: "no message",
    16: "no message",
    17: "anon and authenticated",
    18: "no message; a warning: WarnSendingBroadcastMessage: "
    'new row violates row-level security policy for table "messages"',
    19: "the row's",
}


@pytest.mark.parametrize("shown", EXHIBITS, ids=lambda shown: str(shown.number))
def test_the_framework_shows_its_fault(shown: Exhibit, server: RunningServer) -> None:
    found = try_framework(shown, server=server)
    assert (found.name, found.expected) == (f"framework_{shown.number}", shown.expected)
    assert (found.observed, found.holds) == (SEEN[shown.number], False)


@pytest.mark.parametrize("shown", EXHIBITS, ids=lambda shown: str(shown.number))
def test_what_is_generated_in_its_place_does_not(shown: Exhibit, server: RunningServer) -> None:
    found = try_mended(shown, server=server)
    assert (found.observed, found.holds) == (shown.expected, True)


def test_exhibits_are_the_faults_in_order() -> None:
    assert [shown.number for shown in EXHIBITS] == list(range(1, 20))
    assert exhibit(7).title == "Ids as patterns"


def test_there_is_no_other_exhibit() -> None:
    with pytest.raises(BadInput, match=r"There is no exhibit 20\. They are numbered from 1 to 19\."):
        exhibit(20)
