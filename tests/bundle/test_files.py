"""Files: safe names, whole writes, and nobody else's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_advisor.bundle.files import INDEX, require_writable, stem, write_files
from realtime_advisor.errors import ExportFailed
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


def test_an_older_bundles_files_go_and_the_index_is_there(tmp_path: Path) -> None:
    index = '{"tables": [{"files": ["sql/%s.up.sql"]}]}'
    write_files(tmp_path / "out", {INDEX: index % "old", "sql/old.up.sql": "select 1"})
    write_files(tmp_path / "out", {INDEX: index % "new", "sql/new.up.sql": "select 2"})
    assert [path.name for path in (tmp_path / "out" / "sql").iterdir()] == ["new.up.sql"]


def test_an_index_that_names_files_elsewhere_deletes_nothing(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    write_files(tmp_path / "out", {INDEX: json.dumps({"tables": [{"files": ["../precious.txt", str(precious)]}]})})
    write_files(tmp_path / "out", {INDEX: '{"tables": []}'})
    assert precious.read_text() == "keep"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ExportFailed, match="holds other files \\(thesis.txt\\) and no bundle. Name an empty folder"):
        require_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_path_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ExportFailed, match="out cannot be written: File exists. Name another one with OUT."):
        require_writable(tmp_path / "out")
