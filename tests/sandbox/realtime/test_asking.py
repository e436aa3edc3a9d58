"""Asked many at once, the database answers as it does one by one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from realtime_advisor.sandbox.asking import authorize_all
from realtime_advisor.sandbox.realtime import Claims, authorize, install

TOPICS = ("own", "presence", "sent", "broken", "", "x" * 10_000, "%", "nobody's")
POLICIES = """
    create policy own on realtime.messages for select to authenticated
      using (extension = 'broadcast' and realtime.topic() = auth.jwt() ->> 'sub');
    create policy presence on realtime.messages for select to authenticated
      using (extension = 'presence' and realtime.topic() = 'presence');
    create policy sending on realtime.messages for insert to authenticated
      with check (extension = 'broadcast' and realtime.topic() = 'sent');
    create policy broken on realtime.messages for select to authenticated
      using (realtime.topic() = 'broken' and 1 / (length(realtime.topic()) - 6) = 1);
"""
PEOPLE: tuple[Claims | None, ...] = (
    None,
    {"role": "authenticated", "sub": "own"},
    {"role": "authenticated", "sub": "sent"},
    {"role": "authenticated"},
    {"role": "service_role"},
    {"role": "anon", "sub": "own"},
)


@pytest.fixture(params=["database", "database15"], ids=["embedded", "15"])
def connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(request.getfixturevalue(request.param), autocommit=True) as opened:
        install(opened)
        opened.execute(POLICIES)
        yield opened


@pytest.mark.parametrize("claims", PEOPLE)
def test_the_answers_are_those_of_single_questions(
    connection: psycopg.Connection[tuple[object, ...]], claims: Claims | None
) -> None:
    singly = [authorize(connection, topic, claims) for topic in TOPICS]
    assert authorize_all(connection, TOPICS, claims) == singly


def test_a_broken_policy_is_an_error_on_its_topic_and_leaves_no_trace(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    answers = authorize_all(connection, TOPICS, {"role": "authenticated", "sub": "own"})
    assert [answer.error is not None for answer in answers] == [topic == "broken" for topic in TOPICS]
    assert answers[0].broadcast_read
    assert connection.execute("select count(*) from realtime.messages").fetchone() == (0,)


def test_nothing_asked_is_nothing_answered(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    assert authorize_all(connection, [], None) == []
