"""File names: safe, and distinct for distinct tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_advisor.bundle.files import stem
from realtime_advisor.model import TableName

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=63)


@given(names, names)
def test_a_stem_is_safe_on_every_file_system(schema: str, name: str) -> None:
    made = stem(TableName(schema, name))
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.")
    assert made.count(".") == 1
    assert len(made) < 150


@given(names, names)
def test_distinct_tables_have_distinct_stems_even_where_case_does_not_count(one: str, other: str) -> None:
    stems = {stem(TableName("public", name)).lower() for name in (one, other)}
    assert len(stems) == len({one, other})
