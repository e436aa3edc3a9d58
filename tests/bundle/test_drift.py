"""Drift: nothing on a database as the bundle left it, and each planted change told in its sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.targets import connect

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
        "on realtime.messages is true: every signed-in user may read every private channel, and the other policies are "
        "void. Drop it, after a policy that compares realtime.topic() exactly has taken its place: drop policy ",
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
    "a table renamed": (
        "alter table public.documents rename to papers",
        "Table public.documents is called public.papers now: topics, events and clients still say documents. Decide "
        "again with make report, and apply what that exports.",
    ),
    "a table dropped": (
        "drop table public.user_presence",
        "Table public.user_presence is gone: it was dropped, renamed or moved. ",
    ),
    "a scope's column renamed": (
        "alter table public.documents rename tenant_id to owner_id",
        "Column tenant_id of public.documents is gone: it was dropped or renamed, and holds the scope of "
        "public.documents. ",
    ),
    "a watched column dropped": (
        "alter table public.documents drop column storage_path",
        "Column storage_path of public.documents is gone: it was dropped or renamed, and its changes are to be told. ",
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
