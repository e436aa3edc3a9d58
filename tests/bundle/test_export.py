"""What a run on the workshop database leaves behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from realtime_advisor.bundle.adr import WHOLE
from realtime_advisor.bundle.audit_page import render_audit
from realtime_advisor.bundle.export import Bundle, export
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.manifest import MANIFEST, digest
from realtime_advisor.bundle.readme import SCHEMA
from realtime_advisor.errors import ExportFailed
from realtime_advisor.journey import advise
from realtime_advisor.model import Audit, AuditFinding, ByTable, Catalog, Server, Setup, WholeProof
from realtime_advisor.targets import connect

from .pages_world import small

SERVER = Server(180000, "18.0", "advisor", True, True, "logical", False, True, True)
NOTHING_READ = Catalog(SERVER, ByTable({}))


@pytest.fixture(scope="module")
def bundle() -> Mapping[str, str]:
    return export(advise(connect(environ={})))


@pytest.fixture(scope="module")
def decisions(bundle: Mapping[str, str]) -> dict[str, Any]:
    return {f"{t['schema']}.{t['table']}": t for t in json.loads(bundle[INDEX])["tables"]}


def test_the_decisions_are_what_their_schema_says(bundle: Mapping[str, str]) -> None:
    schema = json.loads(bundle[SCHEMA])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(bundle[INDEX]), schema)


def test_two_runs_leave_the_same_bytes(bundle: Mapping[str, str]) -> None:
    assert export(advise(connect(environ={}))) == bundle


def test_the_dashboard_of_the_framework_is_fed_by_four_tables(decisions: dict[str, Any]) -> None:
    feeding = {
        name: [emission["topic"] for emission in table["design"]["emissions"]]
        for name, table in decisions.items()
        if table["design"] and any(emission["feed"] for emission in table["design"]["emissions"])
    }
    assert sorted(feeding) == ["public.documents", "public.messages", "public.payments", "public.statements"]
    assert all(topics == ["tenant:<id>:dashboard"] for topics in feeding.values())


def test_messages_keep_postgres_changes_with_a_filter(decisions: dict[str, Any]) -> None:
    assert decisions["public.messages"]["design"]["changes"]["filter"] == "thread_id=eq.<id>"
    assert decisions["public.messages"]["runner_up"] == "broadcast"


def test_what_reaches_a_subscriber_is_told_by_table_and_by_scope(decisions: dict[str, Any]) -> None:
    rates = decisions["public.messages"]["rates"]
    assert rates["table_per_minute"] == 205
    assert 0 < rates["average_scope_per_minute"] < rates["hottest_scope_per_minute"] < 205
    assert rates["hottest_scope_per_minute"] == decisions["public.messages"]["churn"]["hottest_scope_per_minute"]
    assert (rates["filter"], rates["why_no_filter"]) == ("thread_id=eq.<id>", None)
    assert decisions["public.mdm_entities"]["rates"]["why_no_filter"].startswith("Nothing leads from the rows")


def test_a_script_is_there_for_every_table_that_sends(bundle: Mapping[str, str], decisions: dict[str, Any]) -> None:
    for name, table in decisions.items():
        sends = bool(table["design"] and table["design"]["emissions"]) or table["option"] == "presence"
        files = [name for name in table["files"] if name.startswith("tables/")]
        assert files == ([f"tables/{name}.{part}.sql" for part in ("check", "down", "up")] if sends else [])
    assert {file for table in decisions.values() for file in table["files"]} <= set(bundle)


def test_a_way_from_the_publication_is_there_for_every_table_in_it(decisions: dict[str, Any]) -> None:
    cut_over = {name for name, table in decisions.items() if f"cutover/{name}.sql" in table["files"]}
    assert {"public.documents", "public.messages"} <= cut_over
    assert "public.audit_logs" not in cut_over


def test_all_tables_have_one_migration_too(bundle: Mapping[str, str], decisions: dict[str, Any]) -> None:
    with_scripts = [name for name, table in decisions.items() if f"tables/{name}.up.sql" in table["files"]]
    manifest = json.loads(bundle[MANIFEST])
    assert manifest["migrations"] == [
        "supabase/migrations/20260101000000_realtime_functions.sql",
        "supabase/migrations/20260101000001_realtime_triggers.sql",
        "supabase/migrations/20260101000002_realtime_policies.sql",
    ]
    assert f"{len(with_scripts)} tables in one migration" in bundle[manifest["migrations"][0]]
    assert [("create policy" in bundle[name]) for name in manifest["migrations"]] == [False, False, True]
    assert (manifest["rollback"], manifest["check"]) == (
        "rollback/20260101000000_realtime.sql",
        "checks/20260101000000_realtime.sql",
    )


def test_the_manifest_has_every_file_with_its_hash(bundle: Mapping[str, str]) -> None:
    listed = json.loads(bundle[MANIFEST])["files"]
    assert listed == {name: digest(text.encode()) for name, text in bundle.items() if name != MANIFEST}


def test_nothing_of_this_machine_is_in_the_bundle(bundle: Mapping[str, str]) -> None:
    text = "".join(bundle.values())
    for word in ("/tmp", "/home", "/root", "localhost", "socket", "workshop_"):
        assert word not in text, word


def test_each_script_is_proved_and_its_head_says_so(decisions: dict[str, Any], bundle: Mapping[str, str]) -> None:
    proved = {name for name, table in decisions.items() if table["proof"]["status"] == "proved"}
    scripted = {name for name, table in decisions.items() if any(file.endswith(".up.sql") for file in table["files"])}
    assert proved == scripted
    assert "-- Proof: proved. " in bundle["tables/public.notifications.up.sql"]
    assert decisions["public.audit_logs"]["proof"]["reason"] == "No script of it was run in the sandbox."


def test_every_file_that_the_page_names_is_there(bundle: Mapping[str, str]) -> None:
    linked = set(re.findall(r"\]\(([^)]+)\)|-f (\S+)", bundle["README.md"]))
    named = {one or other for one, other in linked}
    assert len(named) > 30
    assert {name for name in named if not any(file.startswith(name) for file in bundle)} == set()


def test_the_page_says_what_a_skipped_test_means_and_how_to_go_back_after_a_cut_over(
    bundle: Mapping[str, str],
) -> None:
    page = " ".join(bundle["README.md"].split())
    assert "A line with `# SKIP` was not tested, though the run is green, and says why: look for them." in page
    assert "Where a cut-over was run, go back by its head first: the rollback and each" in page
    cut_overs = [text for name, text in bundle.items() if name.startswith("cutover/")]
    assert cut_overs
    assert [text for text in cut_overs if "-- To go back, " not in text] == []


def test_what_was_not_tried_is_not_called_proved() -> None:
    bundle = export(advise(connect(environ={}), 0, prove=0))
    assert {table["proof"]["status"] for table in json.loads(bundle["decisions.json"])["tables"]} == {"not proved"}
    assert "-- Proof: not proved; " in bundle["tables/public.notifications.up.sql"]
    assert "All tables at once were not tried: try that on a staging database first." in bundle["README.md"]
    assert json.loads(bundle["decisions.json"])["migration"] is None


def test_the_page_says_how_all_tables_at_once_were_proved(bundle: Mapping[str, str]) -> None:
    migration = json.loads(bundle["decisions.json"])["migration"]
    assert migration["proved"] is True
    assert "applied twice to an imitation of all 10 tables together, checked, and taken back" in migration["reason"]
    assert f"All tables at once are proved too. {migration['reason']}" in bundle["README.md"]


def test_the_report_says_how_all_tables_at_once_were_proved(bundle: Mapping[str, str]) -> None:
    assert (
        f"All tables at once are proved too. {json.loads(bundle[INDEX])['migration']['reason']}"
        in bundle["report.html"]
    )


def test_all_tables_at_once_that_are_not_proved_are_told_wherever_one_looks() -> None:
    bundle = export(replace(small(), whole=WholeProof(False, "Every step may be run again: not so.")))
    told = "All tables at once are not proved: Every step may be run again: not so. Apply one table at a time, or"
    assert {name for name in ("README.md", "report.html", WHOLE) if told in bundle[name]} == {
        "README.md",
        "report.html",
        WHOLE,
    }


def test_the_page_lists_every_table(bundle: Mapping[str, str], decisions: dict[str, Any]) -> None:
    for name, table in decisions.items():
        assert f"| {name} | {table['option']} |" in bundle["README.md"]


def test_the_page_about_today_tells_every_finding_with_its_remedy(bundle: Mapping[str, str]) -> None:
    advice = advise(connect(environ={}), 0, prove=0)
    assert advice.audit is not None
    assert len(advice.audit) > 5
    page = " ".join(bundle["audit.md"].split())
    assert [f for f in advice.audit if " ".join(f.sentence.split()) not in page.replace("\\[", "[")] == []
    assert "[audit.md](audit.md)" in bundle["README.md"]


def test_a_table_whose_name_is_a_link_stays_a_name_on_the_page() -> None:
    finding = AuditFinding("rule", "danger", None, "Table [x](http://x) <script> is\nodd.", "Mend it.", "select '```'")
    page = render_audit(Audit((finding,), Setup((), None, None, None, "logical", ByTable({})), NOTHING_READ))
    assert "- Table \\[x](http://x) &lt;script> is odd. Mend it." in page
    assert "  ````sql\n  select '```'\n  ````\n" in page


def test_a_bundle_goes_into_the_folder_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert "README.md" in export(small(), "~/out")
    with pytest.raises(ExportFailed, match="^No folder is named"):
        export(small(), "")
    assert (tmp_path / "home" / "out" / "README.md").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_file_is_read_as_what_it_is() -> None:
    bundle = Bundle({"README.md": "# A *page*\n", "up.sql": "select 1;\n"})
    assert bundle.read("README.md")._repr_markdown_() == "# A *page*\n"
    assert bundle.read("up.sql")._repr_markdown_() == "```sql\nselect 1;\n```"
    assert (bundle.read("README.md").text, bundle.read("up.sql").text) == tuple(bundle.values())
