"""Tables whose names somebody chose with bad intent make safe files, and stay names on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from realtime_advisor.bundle.export import Bundle, export
from realtime_advisor.bundle.manifest import MANIFEST, digest, read_manifest
from realtime_advisor.model import Audit, ByTable, Catalog, Setup, TableName
from tests.bundle.pages_world import HOSTILE, hostile
from tests.bundle.test_adr import tokens
from tests.generation.world import CATALOG, SERVER, USERS, make_table


@cache
def bundle() -> Bundle:
    """With tests in pgTAP, which need the catalogue that was audited."""
    tables = (
        make_table(TableName("public", name), "id uuid, user_id uuid?, title text?", references={"user_id": USERS})
        for name in HOSTILE
    )
    catalog = Catalog(SERVER, ByTable({table.name: table for table in (*CATALOG, *tables)}))
    return export(replace(hostile(), audit=Audit((), Setup((), None, None, None, "logical", ByTable({})), catalog)))


def test_every_file_name_is_safe_and_distinct_where_case_does_not_count() -> None:
    assert [name for name in bundle() if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._/-]*", name)] == []
    assert len({name.lower() for name in bundle()}) == len(bundle())
    assert sum(name.endswith(".test.sql") for name in bundle()) == len(HOSTILE)


def test_what_is_written_is_what_is_read_and_what_the_manifest_says(tmp_path: Path) -> None:
    export(hostile(), tmp_path / "out")
    written = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert {name: text.encode() for name, text in export(hostile()).items()} == written
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert dict(manifest.files) == {MANIFEST: None} | {
        name: digest(content) for name, content in written.items() if name != MANIFEST
    }


def test_the_page_has_no_tag_and_links_to_the_bundles_own_files_only() -> None:
    found = tokens(bundle()["README.md"])
    assert [token for token in found if "html" in token["type"]] == []
    links = [token["attrs"]["url"] for token in found if token["type"] == "link"]
    assert len(links) > 30
    assert [url for url in links if not any(name.startswith(url) for name in bundle())] == []
    rows = [token for token in found if token["type"] == "table_row"]
    assert [len(row["children"]) for row in rows] == [6] * len(HOSTILE)
