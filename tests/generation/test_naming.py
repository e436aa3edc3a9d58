"""Names are stable, fit, and do not collide; topics are read back in one way only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_advisor.generation.naming import hashed_name, object_name, policy_name, topic_word
from realtime_advisor.model import TableName

from .odd_names import names

PLAIN = st.from_regex(r"[ab_]{1,3}(_[0-9a-f]{8})?", fullmatch=True)
TABLES = st.builds(TableName, st.sampled_from(["public", "a", "a_b"]) | names, PLAIN | names)


@given(TABLES, TABLES)
def test_two_tables_never_share_a_name(one: TableName, other: TableName) -> None:
    assert (object_name("broadcast", one) == object_name("broadcast", other)) == (one == other)


def test_schema_and_table_cannot_be_confused() -> None:
    assert object_name("x", TableName("a", "b_c")) != object_name("x", TableName("a_b", "c"))


def test_a_table_named_like_a_hash_gets_a_hash_of_its_own() -> None:
    odd = object_name("broadcast", TableName("sales", "orders"))
    assert object_name("broadcast", TableName("public", odd.removeprefix("broadcast_"))) != odd


@given(TABLES, TABLES)
def test_names_fit_in_63_bytes(one: TableName, other: TableName) -> None:
    made = (
        object_name("p" * 30, one, other),
        policy_name(f"{topic_word(one.name)}:<id>:x", "0123abcd"),
        hashed_name(one.name, "x"),
    )
    assert all(len(name.encode()) <= 63 for name in made)


@given(names, names)
def test_words_of_a_topic_are_told_apart(one: str, other: str) -> None:
    assert (topic_word(one) == topic_word(other)) == (one == other)
    assert not set(":<>\n'\"") & set(topic_word(one))
