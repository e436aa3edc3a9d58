"""The second opinion on who may listen, on rows small enough to see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from realtime_advisor.model import Condition, Emission, Scope
from realtime_advisor.proof.entitled import Rows, counts, listeners, topic_of

from ..generation.world import (
    MEMBERSHIP,
    MEMBERSHIPS,
    SELF,
    TENANT_SCOPE,
    THREAD_SCOPE,
    THREADS,
    USER_SCOPE,
)

ROWS = Rows(
    {
        MEMBERSHIPS: [
            {"tenant_id": "red", "user_id": "ann", "status": "active"},
            {"tenant_id": "red", "user_id": "bob", "status": "invited"},
            {"tenant_id": "blue", "user_id": "bob", "status": None},
        ],
        THREADS: [{"id": "t1", "tenant_id": "red"}, {"id": "t2", "tenant_id": None}],
    }
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def emission(scope: Scope = TENANT_SCOPE, key: str | None = None) -> Emission:
    return Emission(scope, "notes", "tenant:<id>:notes", "notes_<action>", ("insert",), (), principal_key=key)


def test_a_member_of_the_tenant_may_listen() -> None:
    assert listeners(emission(), "red", ROWS) == {"ann", "bob"}
    assert listeners(emission(), "green", ROWS) == frozenset()


def test_a_user_may_listen_to_what_is_the_users_own() -> None:
    assert listeners(emission(replace(USER_SCOPE, entitlement=SELF)), "ann", ROWS) == {"ann"}


def test_a_thread_leads_to_the_members_of_its_tenant_and_nobody_hears_one_without() -> None:
    thread = emission(THREAD_SCOPE, "id")
    assert listeners(thread, "t1", ROWS) == {"ann", "bob"}
    assert listeners(thread, "t2", ROWS) == frozenset()


def test_only_rows_that_count_make_a_member() -> None:
    entitled = replace(MEMBERSHIP, conditions=(Condition("status", "in", ("active", "owner")),))
    scope = replace(TENANT_SCOPE, entitlement=entitled)
    assert listeners(emission(scope), "red", ROWS) == {"ann"}
    assert listeners(emission(scope), "blue", ROWS) == frozenset()


def test_nobody_may_listen_where_nobody_is_entitled() -> None:
    assert listeners(emission(replace(TENANT_SCOPE, entitlement=None)), "red", ROWS) == frozenset()


@pytest.mark.parametrize(
    ("test", "text", "expected"),
    [
        ("in", "a", True),
        ("in", "A", False),
        ("in", None, False),
        ("null", None, True),
        ("null", "a", False),
        ("not null", "a", True),
        ("not null", None, False),
        ("true", "true", True),
        ("true", "false", False),
        ("true", None, False),
        ("false", "false", True),
        ("false", None, False),
        ("past", "2026-05-31 00:00:00+00", True),
        ("past", "2026-06-02 00:00:00+00", False),
        ("past", None, False),
        ("future", "2026-06-02 00:00:00", True),
        ("future", "2026-05-31 00:00:00+00", False),
        ("future", None, False),
    ],
)
def test_conditions_hold_of_values_and_never_of_a_null_unasked(test: str, text: str | None, expected: bool) -> None:
    assert counts({"column": text}, Condition("column", test, ("a", "b")), NOW) is expected


def test_a_topic_shows_plain_keys_and_encodes_others() -> None:
    texts = emission(replace(TENANT_SCOPE, key_type="text"))
    assert topic_of(texts, "a:b é") == "tenant:a%3Ab%20%C3%A9:notes"
    assert topic_of(emission(), "red") == "tenant:red:notes"
    assert topic_of(texts, None) is None
    assert topic_of(texts, "x" * 300) is None
