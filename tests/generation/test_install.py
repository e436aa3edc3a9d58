"""Scripts install, install again, are checked, and are undone without a trace."""

from __future__ import annotations

import psycopg
import pytest

from realtime_advisor.model import Decision
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, Rows, write
from .world import DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION

ALL = (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION)

CATALOGUE = """
    select 'function', pronamespace::regnamespace || '.' || proname, md5(prosrc), proacl::text, proconfig::text,
      obj_description(oid, 'pg_proc') from pg_proc where pronamespace <> 'pg_catalog'::regnamespace
    union all
    select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid), tgenabled::text, null, null
      from pg_trigger where not tgisinternal
    union all
    select 'policy', polrelid::regclass || '.' || polname, pg_get_expr(polqual, polrelid), polroles::text, null, null
      from pg_policy
    union all
    select 'schema', nspname, null, nspacl::text, null, null from pg_namespace where nspname not like 'pg_%'
    union all
    select 'relation', oid::regclass::text, relrowsecurity::text, relacl::text, null, null
      from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)
    order by 1, 2
"""


def faults(application: Application, check: str) -> Rows:
    return [(name, detail) for name, ok, detail in application.ask(check) if not ok]


@pytest.mark.parametrize("decision", ALL, ids=lambda decision: decision.table.name)
def test_a_script_installs_twice_and_its_check_finds_nothing(application: Application, decision: Decision) -> None:
    script = write(decision)
    application.install(script)
    application.install(script)
    assert faults(application, script.check) == []
    assert application.warnings == []


def test_undoing_leaves_the_catalogue_as_it_was(application: Application) -> None:
    before = application.ask(CATALOGUE)
    scripts = [write(decision) for decision in ALL]
    for script in scripts:
        application.install(script)
    assert application.ask(CATALOGUE) != before
    for script in scripts:
        apply_policies(application.admin, script.down)
    assert application.ask(CATALOGUE) == before


def test_undoing_twice_is_no_error(embedded: Application) -> None:
    script = write(DOCUMENTS_DECISION)
    embedded.install(script)
    apply_policies(embedded.admin, script.down)
    apply_policies(embedded.admin, script.down)


def test_undoing_one_table_of_a_feed_leaves_the_other_working(embedded: Application) -> None:
    documents, messages = write(DOCUMENTS_DECISION), write(MESSAGES_DECISION)
    embedded.install(documents)
    before = embedded.ask(CATALOGUE)
    embedded.install(messages)
    apply_policies(embedded.admin, messages.down)
    assert embedded.ask(CATALOGUE) == before
    assert faults(embedded, documents.check) == []


WITHOUT_TODAY = (
    "do $$ begin execute 'drop table realtime.messages_' || to_char(now() at time zone 'UTC', 'YYYY_MM_DD'); end $$"
)
FAULTS = {
    "drop function realtime_advisor.broadcast_documents cascade": "function broadcast_documents",
    "drop trigger realtime_advisor_update on documents": "trigger realtime_advisor_update on public.documents",
    "alter table documents disable trigger realtime_advisor_insert": "trigger realtime_advisor_insert",
    "alter function realtime_advisor.broadcast_documents reset search_path": "function broadcast_documents",
    "alter function realtime_advisor.broadcast_documents security invoker": "function broadcast_documents",
    "grant execute on function realtime_advisor.broadcast_documents to public": "function broadcast_documents",
    "alter function realtime_advisor.broadcast_documents stable": "function broadcast_documents",
    "alter function realtime_advisor.may_read_tenant_e663b5d8 volatile": "function may_read_tenant_e663b5d8",
    "alter function realtime_advisor.broadcast_documents owner to authenticator": "function broadcast_documents",
    'drop policy "realtime_advisor tenant:<id>:dashboard e663b5d8" on realtime.messages': "policy",
    'alter policy "realtime_advisor tenant:<id>:dashboard e663b5d8" on realtime.messages using ('
    "(extension = 'broadcast' and realtime_advisor.may_read_tenant_e663b5d8((select realtime.topic()), 'dashboard')) "
    "or private)": "policy",
    "drop trigger realtime_advisor_update on documents; "
    "create trigger realtime_advisor_update after update on documents for each statement when (false) "
    "execute function realtime_advisor.broadcast_documents()": "trigger realtime_advisor_update",
    "drop trigger realtime_advisor_update on documents; "
    "create trigger realtime_advisor_update after truncate on documents for each statement "
    "execute function realtime_advisor.broadcast_documents()": "trigger realtime_advisor_update",
    "alter table realtime.messages disable row level security": "row level security on realtime.messages",
    "create policy open on realtime.messages for select using (true)": "no policy opens every topic",
    WITHOUT_TODAY: "partition of today",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds_what_somebody_broke(embedded: Application, fault: str) -> None:
    script = write(DOCUMENTS_DECISION)
    embedded.install(script)
    embedded.change(fault)
    assert any(name.startswith(FAULTS[fault]) for name, _ in faults(embedded, script.check))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("alter role {role} nobypassrls", "no BYPASSRLS"),
        ("revoke usage on schema realtime from {role}", "no usage on the schemas"),
        ("drop function realtime.send", "is this Supabase"),
        ("select", "may not read public.memberships"),
    ],
)
def test_installing_fails_in_words_where_messages_would_be_lost(
    embedded: Application, spoil: str, sentence: str
) -> None:
    role = f"installer_{embedded.name}"
    embedded.change(
        f"create role {role} bypassrls; grant create on database {embedded.name} to {role}; "
        f"grant usage on schema realtime, auth to {role}; {spoil.format(role=role)}"
    )
    try:
        embedded.change(f"set role {role}")
        with pytest.raises(psycopg.errors.RaiseException, match=sentence):
            embedded.admin.execute(write(DOCUMENTS_DECISION).functions.encode(), prepare=False)
    finally:
        embedded.change(f"rollback; reset role; drop owned by {role}; drop role {role}")


def test_a_plain_role_cannot_call_the_functions(embedded: Application) -> None:
    embedded.install(write(DOCUMENTS_DECISION))
    embedded.admin.execute("set role anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        embedded.admin.execute("select realtime_advisor.broadcast_documents()")
