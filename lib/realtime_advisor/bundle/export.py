"""Advice to a folder of files: the decisions, migrations and tests, and a page that says what to do with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files as package_files
from pathlib import Path

from realtime_advisor.display.views import Listing, Page
from realtime_advisor.generation.cutover import cut_over, needs_cut_over
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Advice, Place, TableName

from .adr import adr_files
from .audit_page import PAGE, render_audit
from .client_files import client_files, types_file
from .decisions import describe
from .files import INDEX, stem
from .findings_csv import findings_csv
from .manifest import MANIFEST, read_manifest, write_manifest
from .migrations import DEFAULT_NAME, DEFAULT_VERSION, Label, migration_files
from .pgtap import render_test
from .readme import SCHEMA, render_readme
from .report_page import report_html
from .writing import name_folder, write_files


class Bundle(Mapping[str, str]):
    """The files of a bundle by relative name; `kept` are the files of an older one, edited by somebody, kept aside."""

    def __init__(self, files: Mapping[str, str], kept: Sequence[str] = ()) -> None:
        self._files = dict(files)
        self.kept = tuple(kept)

    def __getitem__(self, name: str) -> str:
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def read(self, name: str) -> Page | Listing:
        """A file as one reads it: a page where it is Markdown, else coloured as its language. Raises KeyError."""
        text, (_, _, ending) = self[name], name.rpartition(".")
        return Page(text) if ending == "md" else Listing(text, ending)

    def __repr__(self) -> str:
        """The files at the top by name, the others by folder."""
        folders = Counter(name.partition("/")[0] for name in self if "/" in name)
        lines = sorted(name for name in self if "/" not in name)
        lines += [f"{folder}/  {count} file{'s' * (count > 1)}" for folder, count in sorted(folders.items())]
        return "\n".join([*lines, *(f"kept aside: {name}" for name in self.kept)])


def export(
    advice: Advice,
    out: Path | str | None = None,
    *,
    version: str = DEFAULT_VERSION,
    name: str = DEFAULT_NAME,
    date: str | None = None,
    types: Path | str | None = None,
    show_host: bool = False,
) -> Bundle:
    """The bundle's files by relative name, written to the folder `out` unless that is None.

    `version` (YYYYMMDDHHMMSS) and `name` are those of the migrations, `date` what the pages give as their day: no
    clock is asked. `types` is a file of `supabase gen types typescript`: rows in client/ then have its types. A table
    keeps the number that its decision record has in `out`. With `show_host` the pages and decisions.json name the
    database and its host; no role and no password in any case. Raises ExportFailed, BadInput.
    """
    folder = name_folder(out) if out is not None else None
    older = read_manifest(folder) if folder else None
    place = advice.place if show_host else None
    adr = adr_files(advice, date=date, earlier=sorted(older.files) if older else (), place=place)
    client = client_files(advice, row_types=types is not None) | (types_file(Path(types)) if types else {})
    files = _render(advice, Label(version, name), {**adr, **client}, date, place)
    return Bundle(files, write_files(folder, files) if folder else ())


def _render(
    advice: Advice, label: Label, more: Mapping[str, str], date: str | None, place: Place | None
) -> dict[str, str]:
    made = generate_all(advice.designs.values(), advice.proofs)
    migrations = migration_files(made, label)
    tested = {design.table for design in made.designs}
    of_tables = {
        table: {**_table_files(advice, table), **(_test_file(advice, table) if table in tested else {})}
        for table in advice.designs
    }
    names = {table: tuple(files) for table, files in of_tables.items() if files}
    pages = _pages(advice, names, place)
    sql = {name: text for files in of_tables.values() for name, text in files.items()}
    others = {**pages, **migrations, **sql, **more}
    order = [name for name in migrations if name.startswith("supabase/")]
    readme = render_readme(advice, names, order, label.rollback, label.check, [*others, MANIFEST], date, place)
    files = {"README.md": readme, **others}
    rollback, check = (label.rollback, label.check) if order else (None, None)
    return {**files, MANIFEST: write_manifest(files, order, rollback, check)}


def _table_files(advice: Advice, table: TableName) -> dict[str, str]:
    """The SQL of one table by itself."""
    made: dict[str, str] = {}
    script, design = advice.scripts.get(table), advice.designs[table]
    if script is not None:
        parts = {"up": script.up, "down": script.down, "check": script.check}
        made |= {f"tables/{stem(table)}.{part}.sql": text for part, text in parts.items()}
    if needs_cut_over(design):
        made[f"cutover/{stem(table)}.sql"] = cut_over(design)
    return made


def _test_file(advice: Advice, table: TableName) -> dict[str, str]:
    """The pgTAP test of one table that the migrations tell of; none where today's set-up was not read."""
    if advice.audit is None:
        return {}
    text = render_test(advice.designs[table], advice.audit.catalog)
    return {f"supabase/tests/database/{stem(table)}.test.sql": text}


def _pages(advice: Advice, names: Mapping[TableName, Sequence[str]], place: Place | None) -> dict[str, str]:
    described = describe(advice, names, place)
    decisions = json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    schema = package_files(__package__).joinpath(SCHEMA).read_text(encoding="utf-8")
    audit = {PAGE: render_audit(advice.audit)} if advice.audit else {}
    tables = {"findings.csv": findings_csv(advice), SCHEMA: schema, INDEX: decisions + "\n"}
    return {"report.html": report_html(advice, names, place), **audit, **tables}
