"""Drift: nothing on a database as the bundle left it, and each planted change told in its sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.drift.expected import read_expected
from realtime_advisor.bundle.manifest import MANIFEST, write_manifest
from realtime_advisor.errors import AdvisorError, BadInput
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Advice
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.targets import connect

from ..new_databases import new_database
from .conftest import Installed


def test_nothing_has_drifted_where_the_bundle_was_applied(installed: Installed, exported: Path) -> None:
    with installed.target() as target:
        drift = check(target, exported)
    assert (str(drift), drift.status) == (
        "Nothing has drifted: what was decided is installed, unchanged and right.",
        0,
    )


def test_where_nothing_was_applied_one_sentence_says_so(exported: Path) -> None:
    drift = check(connect(environ={}), exported)
    assert str(drift.findings[0]).startswith("Nothing of the bundle is installed: there is no schema realtime_advisor.")
    assert drift.status == 1


def test_another_database_is_told_in_one_sentence(server: RunningServer, exported: Path) -> None:
    with new_database(server, owner="postgres") as name:
        elsewhere = Installed(server, name)
        elsewhere.run("create table public.orders (id int primary key)")
        with elsewhere.target() as target:
            drift = check(target, exported)
    (found,) = drift.findings
    assert found.sentence.startswith("None of the bundle's tables (public.audit_logs, ")
    assert found.sentence.endswith("is in this database: it is another one, or all were dropped.")
    assert found.remedy == "Name the database that the bundle was made of, or decide about this one with make report."
    assert (drift.notes, drift.unchecked, drift.status) == ((), (), 1)


OURS = '"realtime_advisor broadcast select may_read_user_fed664b8"'
PLANTED = {
    "a trigger dropped": (
        "drop trigger realtime_advisor_insert on public.documents",
        "Trigger realtime_advisor_insert on public.documents: missing. Apply the bundle's SQL again, as its README.md",
    ),
    "a trigger disabled": (
        "alter table public.documents disable trigger realtime_advisor_update",
        "Trigger realtime_advisor_update on public.documents: disabled. ",
    ),
    "a trigger that fires no more": (
        "drop trigger realtime_advisor_update on public.documents; create trigger realtime_advisor_update after update "
        "on public.documents for each statement when (false) "
        "execute function realtime_advisor.broadcast_documents()",
        "Trigger realtime_advisor_update on public.documents: fires at other times. ",
    ),
    "a function's body altered": (
        "create or replace function realtime_advisor.broadcast_documents() returns trigger language plpgsql "
        "security definer set search_path = '' as $$ begin return null; end $$",
        "Function broadcast_documents: its body is not the one of this script. ",
    ),
    "a function's search_path reset": (
        "alter function realtime_advisor.may_read_user_fed664b8 reset search_path",
        "Function may_read_user_fed664b8: search_path is not empty. ",
    ),
    "a function made volatile": (
        "alter function realtime_advisor.may_read_user_fed664b8 volatile",
        "Function may_read_user_fed664b8: not stable. ",
    ),
    "a function granted to anon": (
        "grant execute on function realtime_advisor.may_read_user_fed664b8 to anon",
        "Function may_read_user_fed664b8: executable by public or anon. ",
    ),
    "a policy dropped": (
        f"drop policy {OURS} on realtime.messages",
        'Policy "realtime_advisor broadcast select may_read_user_fed664b8": missing. ',
    ),
    "a policy widened to true": (
        f"alter policy {OURS} on realtime.messages using (true)",
        "on realtime.messages is true: every signed-in user may read every private channel, and the "
        "other policies are void. Apply the bundle's SQL again, as its README.md says, or decide anew.",
    ),
    "a policy widened by an alternative": (
        f"alter policy {OURS} on realtime.messages using (extension = 'broadcast' or "
        "realtime_advisor.may_read_user_fed664b8((select realtime.topic()), 'users'))",
        'Policy "realtime_advisor broadcast select may_read_user_fed664b8": its text is not the one of this script. ',
    ),
    "a second policy that is true": (
        "create policy everybody on realtime.messages for select to public using (true)",
        "The policy everybody on realtime.messages is true: everybody, without signing in too, may read every private "
        "channel, and the other policies are void. Drop it, ",
    ),
    "a policy that looks at no topic": (
        "create policy insiders on realtime.messages for select to authenticated using (extension = 'broadcast')",
        "The policy insiders on realtime.messages does not look at the topic: whom it lets in, it lets into every "
        "private channel. ",
    ),
    "a table renamed": (
        "alter table public.documents rename to papers",
        "Table public.documents is called public.papers now: topics, clients and functions still say documents. Decide "
        "again with make report, and apply what that exports.",
    ),
    "row level security turned off": (
        "alter table public.documents disable row level security",
        "Row level security of public.documents is off: the policies that decided who listens do not count. "
        "Enable it, or decide again with make report.",
    ),
    "a table dropped": (
        "drop table public.user_presence",
        "Table public.user_presence is gone: it was dropped, renamed or moved. ",
    ),
    "a scope's column renamed": (
        "alter table public.documents rename tenant_id to owner_id",
        "Column tenant_id of public.documents is gone: it was dropped or renamed, and holds the scope of "
        "public.documents; since then no write to public.documents is told, and the server only logs a warning. ",
    ),
    "a watched column dropped": (
        "alter table public.documents drop column storage_path",
        "Column storage_path of public.documents is gone: it was dropped or renamed, and its changes are to be told; "
        "since then no UPDATE of public.documents is told, and the server only logs a warning. ",
    ),
    "a key's column renamed": (
        "alter table public.documents rename id to document_id",
        "Columns of public.documents: these are gone: id. Decide again with make report, and apply what that exports.",
    ),
    "a table's own policy widened": (
        'alter policy "members read their tenant\'s documents" on public.documents using (true)',
        "(tenant_id, user_id), and by today's keys and policies it is global (",
    ),
    "a table's own policy narrowed": (
        'alter policy "members read their tenant\'s documents" on public.documents using (tenant_id in '
        "(select m.tenant_id from public.memberships m where m.user_id = auth.uid() and m.role = 'owner'))",
        "Table public.documents: its scope was tenant by tenant_id for members by public.memberships (tenant_id, "
        "user_id), and by today's keys and policies it is tenant by tenant_id for members by public.memberships "
        "(tenant_id, user_id) where role in (owner). ",
    ),
    "a table's own policy dropped": (
        'drop policy "members read their tenant\'s documents" on public.documents',
        "Table public.documents: the evidence says no_realtime now, and said broadcast; users_benefit no longer "
        "holds (yes -> ",
    ),
    "churn past a flip": (
        "insert into public.messages (thread_id, body) select id, 'x' from public.message_threads, "
        "generate_series(1, 200); update public.messages set body = body || '!'; "
        "update public.messages set body = body || '!'",
        "Table public.messages: the evidence says broadcast now, and said postgres_changes; insert_heavy no longer "
        "holds (93 % -> ",
    ),
    "a table taken out of the publication": (
        "alter publication supabase_realtime drop table public.messages",
        "Table public.messages is not in the publication supabase_realtime: its clients see SUBSCRIBED, hear nothing. ",
    ),
    "a table added to the publication": (
        "alter publication supabase_realtime add table public.audit_logs",
        "Table public.audit_logs was decided no_realtime, and has been added to the publication supabase_realtime. ",
    ),
}


@pytest.mark.parametrize(("statement", "sentence"), PLANTED.values(), ids=PLANTED)
def test_a_planted_change_is_told(installed: Installed, exported: Path, statement: str, sentence: str) -> None:
    installed.run(statement)
    with installed.target() as target:
        drift = check(target, exported)
    assert sentence in str(drift)
    assert drift.status == 1


def test_an_altered_policy_of_ours_is_told_once_and_applying_the_sql_again_mends_it(
    installed: Installed, exported: Path, workshop_advice: Advice
) -> None:
    installed.run(f"alter policy {OURS} on realtime.messages using (true)")
    with installed.target() as target:
        assert len(check(target, exported).findings) == 1
        installed.run(generate_all(workshop_advice.designs.values()).policies)
        assert check(target, exported).findings == ()


def test_beside_an_altered_policy_of_ours_another_s_is_still_to_be_dropped(
    installed: Installed, exported: Path
) -> None:
    installed.run(f"alter policy {OURS} on realtime.messages using (true)")
    installed.run("create policy everybody on realtime.messages for select to public using (true)")
    with installed.target() as target:
        ours, other = sorted(check(target, exported).findings, key=lambda each: "everybody" in each.sentence)
    assert ours.remedy.startswith("Apply the bundle's SQL again")
    assert other.remedy.endswith(': drop policy "everybody" on realtime.messages;')


def test_a_function_of_an_owner_without_bypassrls_is_given_to_another(
    installed: Installed, exported: Path, workshop_advice: Advice
) -> None:
    function = "realtime_advisor.broadcast_documents"
    installed.run(f"alter function {function} owner to authenticator")
    with installed.target() as target:
        (found,) = check(target, exported).findings
    assert found.sentence.startswith("Function broadcast_documents: its owner authenticator has no BYPASSRLS")
    assert found.remedy == (
        f"Applying the SQL again keeps the owner: alter function {function} owner to postgres; or drop it with what "
        "depends on it, and apply the bundle's SQL as postgres."
    )
    installed.run(generate_all(workshop_advice.designs.values()).functions)
    with installed.target() as target:
        assert len(check(target, exported).findings) == 1
        installed.run(f"alter function {function} owner to postgres")
        assert check(target, exported).findings == ()


def sent(installed: Installed, statement: str) -> int:
    """How many messages a statement sends."""
    installed.run("truncate realtime.messages")
    installed.run(statement)
    with psycopg.connect(installed.server.conninfo(installed.name)) as connection:
        ((count,),) = connection.execute("select count(*) from realtime.messages").fetchall()
    return int(count)


@pytest.mark.parametrize(
    ("gone", "inserts", "updates"),
    [("drop column storage_path", True, False), ("rename tenant_id to owner_id", False, False)],
)
def test_without_a_column_the_writes_go_on_and_are_told_no_more_as_the_finding_says(
    installed: Installed, exported: Path, gone: str, inserts: bool, updates: bool
) -> None:
    scope = "owner_id" if "owner_id" in gone else "tenant_id"
    installed.run("alter table public.documents alter storage_path drop not null")
    installed.run(f"alter table public.documents {gone}")
    with installed.target() as target:
        assert "Columns of public.documents" not in str(check(target, exported))  # told once
    insert = (
        f"insert into public.documents ({scope}, title, created_by) "
        f"select {scope}, 'x', created_by from public.documents limit 1"
    )
    assert bool(sent(installed, insert)) is inserts
    assert bool(sent(installed, "update public.documents set title = title || '!'")) is updates


def whole_of(bundle: Path) -> str:
    """The name of the script that checks all tables at once."""
    (name,) = read_expected(bundle).whole
    return name


def test_a_role_that_may_not_look_says_what_was_not_checked(installed: Installed, exported: Path) -> None:
    with installed.target("authenticator") as target:
        drift = check(target, exported)
    assert (drift.messages, drift.findings, drift.status) == (None, (), 2)
    assert str(drift).startswith(
        "Not checked: what is installed. Role authenticator may not read the catalogue of database"
    )
    assert any(
        note.startswith("Messages were not counted: role authenticator may not read all of") for note in drift.notes
    )


def test_what_a_role_lacks_is_told_as_sql_that_is_enough(installed: Installed, exported: Path) -> None:
    with installed.target("authenticator") as target:
        (reason,) = check(target, exported).unchecked
    _, _, grant = reason.partition("; have the schema's owner run: ")
    assert grant == 'grant usage on schema "realtime" to "authenticator";'
    installed.run(grant)
    with installed.target("authenticator") as target:
        drift = check(target, exported)
        assert (drift.findings, drift.unchecked) == ((), ())
    installed.run("alter table public.documents disable trigger realtime_advisor_update")
    with installed.target("authenticator") as target:
        assert [finding.what for finding in check(target, exported).findings] == ["trigger"]


@pytest.mark.parametrize(
    "script",
    [
        "commit; drop table public.documents",
        "drop table public.documents",
        "insert into public.tenants (name, slug) values ('a', 'b') returning name, true as ok, '' as detail",
        "select set_config('transaction_read_only', 'off', true)",
        "select 1",
        "begin",
    ],
)
def test_what_is_no_check_is_neither_run_to_its_end_nor_believed(
    installed: Installed, exported: Path, tmp_path: Path, script: str
) -> None:
    bundle, whole = shutil.copytree(exported, tmp_path / "out"), whole_of(exported)
    (bundle / whole).write_text(script)
    (bundle / MANIFEST).write_text(write_manifest({whole: script}, check=whole))  # else it would not even be tried
    with installed.target("supabase_admin") as target:
        with pytest.raises(AdvisorError):
            check(target, bundle)
        assert check(target, exported).findings == ()


def test_a_check_script_that_somebody_edited_is_not_run(installed: Installed, exported: Path, tmp_path: Path) -> None:
    bundle, whole = shutil.copytree(exported, tmp_path / "out"), whole_of(exported)
    (bundle / whole).write_text(f"{(bundle / whole).read_text()}-- once more\n")
    with installed.target() as target:
        drift = check(target, bundle)
    assert (drift.findings, drift.status) == ((), 2)
    assert str(drift) == f"Not checked: the file {whole} is not the one that was exported, so it was not run."


def test_a_bundle_whose_manifest_is_lost_is_not_checked(installed: Installed, exported: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(exported, tmp_path / "out")
    for spoil in ((bundle / MANIFEST).unlink, lambda: (bundle / MANIFEST).write_text("{")):
        spoil()
        with installed.target() as target, pytest.raises(BadInput, match=r"has no MANIFEST.json that can be read, so"):
            check(target, bundle)


def test_a_folder_without_a_bundle_is_refused_in_a_sentence(installed: Installed, tmp_path: Path) -> None:
    with installed.target() as target:
        with pytest.raises(BadInput, match=r"The decisions in .* cannot be read: No such file or directory. Name"):
            check(target, tmp_path)
        (tmp_path / "file").touch()
        with pytest.raises(BadInput, match=r"file is no folder, and a check needs the whole bundle: name its folder"):
            check(target, tmp_path / "file")


def test_tables_that_are_newer_than_the_bundle_are_noted(installed: Installed, exported: Path) -> None:
    installed.run("create table public.stars (id int primary key)")
    with installed.target() as target:
        drift = check(target, exported)
    assert drift.status == 0
    assert "Not decided about, because they are newer than the bundle: public.stars." in drift.notes


def test_a_cut_over_that_is_not_made_yet_is_noted(installed: Installed, exported: Path) -> None:
    installed.run("alter publication supabase_realtime add table public.documents")
    with installed.target() as target:
        drift = check(target, exported)
    assert drift.status == 0
    assert "The cut-over of public.documents is outstanding: supabase_realtime still sends it." in drift.notes


def test_where_single_tables_scripts_were_applied_nothing_has_drifted(
    workshop_advice: Advice, exported: Path, installed: Installed
) -> None:
    installed.run(generate_all(workshop_advice.designs.values()).down)
    for script in workshop_advice.scripts.values():
        installed.run(f"set role postgres; {script.functions}")
        installed.run(f"set role postgres; {script.triggers}")
        installed.run(script.policies)
    with installed.target() as target:
        assert check(target, exported).findings == ()
        installed.run('drop policy "realtime_advisor user:<id>:users fed664b8" on realtime.messages')
        (found,) = check(target, exported).findings
    assert found.sentence == 'Policy "realtime_advisor user:<id>:users fed664b8": missing.'


def test_what_follows_from_a_renamed_membership_is_not_told_of_each_table(installed: Installed, exported: Path) -> None:
    installed.run("alter table public.memberships rename to members")
    with installed.target() as target:
        drift = check(target, exported)
    (found,) = drift.findings
    assert found.sentence == (
        "Table public.memberships is called public.members now: topics, clients and functions still say memberships."
    )
    assert not any("public.members" in note for note in drift.notes)


def test_a_policy_that_opens_every_channel_is_told_once(installed: Installed, exported: Path) -> None:
    installed.run("create policy everybody on realtime.messages for select to public using (true)")
    with installed.target() as target:
        assert [finding.what for finding in check(target, exported).findings] == ["access"]


def test_findings_come_by_weight_not_by_the_alphabet(installed: Installed, exported: Path) -> None:
    function = "realtime_advisor.may_read_user_fed664b8"
    installed.run("create policy everybody on realtime.messages for select to public using (true)")
    installed.run("create policy insiders on realtime.messages for select to authenticated using (extension = 'x')")
    installed.run(f"drop policy {OURS} on realtime.messages; alter function {function} reset search_path")
    installed.run("drop trigger realtime_advisor_insert on public.documents")
    installed.run("alter publication supabase_realtime add table public.audit_logs")
    installed.run('alter policy "members read their tenant\'s documents" on public.documents using (true)')
    with installed.target() as target:
        findings = check(target, exported).findings
    assert [finding.what for finding in findings] == [
        *("access", "access", "policy", "function", "trigger", "publication", "decision"),
    ]
    assert findings[0].sentence.startswith("The policy everybody on realtime.messages is true: ")
