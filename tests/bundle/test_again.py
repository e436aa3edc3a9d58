"""A bundle exported again: what keeps its number, and what is given along with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.bundle.export import export
from realtime_advisor.errors import BadInput, ExportFailed
from tests.bundle.pages_world import advise, found, small
from tests.generation.world import DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION


def records(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "adr").iterdir())


def test_a_table_keeps_the_number_of_its_record_in_the_folder(tmp_path: Path) -> None:
    export(advise([found(MESSAGES_DECISION)]), tmp_path / "out")
    export(advise([found(DOCUMENTS_DECISION), found(MESSAGES_DECISION)]), tmp_path / "out")
    assert records(tmp_path / "out")[1:] == ["0002-public.messages.md", "0003-public.documents.md"]
    export(advise([found(DOCUMENTS_DECISION), found(NOTIFICATIONS_DECISION)]), tmp_path / "out")
    assert records(tmp_path / "out")[1:] == ["0003-public.documents.md", "0004-public.notifications.md"]


def test_the_same_advice_into_the_same_folder_changes_no_byte(tmp_path: Path) -> None:
    for _ in range(2):
        export(small(), tmp_path / "out")
        written = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
        assert {path.relative_to(tmp_path / "out").as_posix(): text for path, text in written.items()} == {
            name: text.encode() for name, text in export(small()).items()
        }


def test_a_types_file_comes_along_and_the_clients_take_their_rows_from_it(tmp_path: Path) -> None:
    types = tmp_path / "database.types.ts"
    types.write_text("export type Database = {\n  public: { Tables: {} }\n}\n")
    given = export(small(), types=types)
    assert given["client/database.types.ts"] == types.read_text()
    assert any("./database.types" in text for name, text in given.items() if name != "client/database.types.ts")
    assert not any("database.types" in name for name in export(small()))


def test_what_cannot_be_meant_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(small(), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    other = advise([found(DOCUMENTS_DECISION)])
    with pytest.raises(BadInput, match="is no time written as"):
        export(other, out, version="1.0")
    with pytest.raises(BadInput, match="does not do for a migration's file"):
        export(other, out, name="a b")
    with pytest.raises(BadInput, match="The date 'today' is not written as"):
        export(other, out, date="today")
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        export(other, out, types=tmp_path / "none.ts")
    with pytest.raises(ExportFailed):
        export(small(), tmp_path)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
