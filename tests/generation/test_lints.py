"""What Supabase's database linter, plpgsql_check and squawk look for is not in what we generate.

The linter's rules (auth_rls_initplan, multiple_permissive_policies, policy_exists_rls_disabled, security_definer_view,
function_search_path_mutable, rls_disabled_in_public, and security definer functions that the API's roles can call) are
asked here of the catalogue, after all goldens were installed.

squawk 2.70 finds nothing in up, check and cut-over scripts. In down scripts it names ban-drop-function and
ban-drop-table: to drop what the script made is what they are for.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from realtime_advisor.model import Migration, Script
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, open_application, write
from .test_entitlement import keyed
from .test_golden import written
from .test_partitions import PARTITIONS
from .world import TABLES, create_table

NAMES = (
    "notifications",
    "documents",
    "messages",
    "set_based",
    "transaction",
    "columns",
    "rows",
    "partitioned",
    "presence",
    "whole",
)

FUNCTION_SEARCH_PATH_MUTABLE = """
    select proname from pg_proc where pronamespace = 'realtime_advisor'::regnamespace
      and not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')
"""
SECURITY_DEFINER_VIEW = """
    select relname from pg_class where relkind in ('v', 'm')
      and (relnamespace = 'realtime_advisor'::regnamespace or relname like '%realtime_advisor%')
"""
# Tables of ours are not in a schema that the API shows, and their owner's alone.
RLS_DISABLED = """
    select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'realtime_advisor'::regnamespace
      and (has_schema_privilege('anon', relnamespace, 'usage') or has_table_privilege('anon', oid, 'select, insert')
        or has_table_privilege('authenticated', oid, 'select, insert, update, delete'))
"""
POLICY_EXISTS_RLS_DISABLED = """
    select polname from pg_policy join pg_class on pg_class.oid = polrelid
    where polname like 'realtime_advisor %' and not relrowsecurity
"""
# Each call of realtime.topic() is a subselect, evaluated once and not for each row; auth functions are in helpers.
AUTH_RLS_INITPLAN = r"""
    select polname from pg_policy,
      regexp_replace(concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)),
        '\( ?select realtime\.topic\(\) as topic\)', '', 'gi') as rest
    where polname like 'realtime_advisor %' and rest ~* '(auth\.|current_setting|realtime\.topic)'
"""
# One table's scripts make one policy for each topic; the whole schema's one for each helper, extension and command.
MULTIPLE_PERMISSIVE_POLICIES = """
    select polcmd, extension, function, count(*)
    from pg_policy,
      concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as rule,
      substring(rule from 'extension = ''(\\w+)''') as extension,
      substring(rule from 'realtime_advisor\\.(\\w+)') as function
    where polname like 'realtime_advisor %'
    group by 1, 2, 3 having count(*) > 1
"""
# The API shows public; what authenticated may execute is out of its reach in a private schema.
CALLABLE_DEFINER = """
    select proname from pg_proc where pronamespace = 'realtime_advisor'::regnamespace and prosecdef
      and (has_schema_privilege('anon', pronamespace, 'usage')
        or has_schema_privilege('authenticated', pronamespace, 'usage')
        or has_function_privilege('anon', oid, 'execute'))
"""
RULES = {
    "function_search_path_mutable": FUNCTION_SEARCH_PATH_MUTABLE,
    "security_definer_view": SECURITY_DEFINER_VIEW,
    "rls_disabled": RLS_DISABLED,
    "policy_exists_rls_disabled": POLICY_EXISTS_RLS_DISABLED,
    "auth_rls_initplan": AUTH_RLS_INITPLAN,
    "callable_definer": CALLABLE_DEFINER,
}


@pytest.fixture
def application(request: pytest.FixtureRequest) -> Iterator[Application]:
    """The application with a partitioned table, on PostgreSQL 15, for which plpgsql_check is packaged."""
    tables = " ".join(map(create_table, TABLES)) + PARTITIONS
    yield from open_application(request.getfixturevalue("server15"), tables)


@pytest.fixture
def everything(server: object, request: pytest.FixtureRequest) -> Iterator[Application]:
    """All goldens installed on the embedded server."""
    tables = " ".join(map(create_table, TABLES)) + PARTITIONS
    for opened in open_application(request.getfixturevalue("server"), tables):
        for name in NAMES:
            install(opened, written(name))
        yield opened
    assert server


def install(application: Application, script: Script | Migration) -> None:
    application.run(script.functions)
    application.run(script.triggers)
    apply_policies(application.admin, script.policies)


def test_supabases_linter_would_find_nothing(everything: Application) -> None:
    assert {rule: found for rule, query in RULES.items() if (found := everything.ask(query))} == {}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("function_search_path_mutable", "alter function realtime_advisor.broadcast_documents reset search_path"),
        ("rls_disabled", "grant select on realtime_advisor.outbox_documents to authenticated"),
        ("policy_exists_rls_disabled", "alter table realtime.messages disable row level security"),
        (
            "auth_rls_initplan",
            'create policy "realtime_advisor x" on realtime.messages using (auth.uid() is not null)',
        ),
        ("callable_definer", "grant usage on schema realtime_advisor to authenticated"),
        ("security_definer_view", "create view realtime_advisor.v as select 1 as one"),
    ],
)
def test_each_rule_can_fail(embedded: Application, rule: str, fault: str) -> None:
    embedded.install(write_outbox())
    assert embedded.ask(RULES[rule]) == []
    embedded.change(fault)
    assert embedded.ask(RULES[rule]) != []


def write_outbox() -> Script:
    script = written("transaction")
    assert isinstance(script, Script)
    return script


def test_a_whole_schema_has_one_permissive_policy_for_each_helper_extension_and_command(embedded: Application) -> None:
    install(embedded, written("whole"))
    assert embedded.ask(MULTIPLE_PERMISSIVE_POLICIES) == []
    embedded.install(write_outbox())
    assert embedded.ask(MULTIPLE_PERMISSIVE_POLICIES) != []


COMPLAINTS = """
    select proc.proname, complaint
    from pg_proc as proc
    left join lateral (
      select tgrelid, tgoldtable is not null as has_old, tgnewtable is not null as has_new
      from pg_trigger where tgfoid = proc.oid order by tgoldtable is null, tgnewtable is null limit 1
    ) as trigger on true
    cross join lateral plpgsql_check_function(
      proc.oid, coalesce(trigger.tgrelid, 0), oldtable => case when has_old then 'old_rows' end,
      newtable => case when has_new then 'new_rows' end, extra_warnings => true, security_warnings => true
    ) as complaint
    where proc.pronamespace = 'realtime_advisor'::regnamespace
      and proc.prolang = (select oid from pg_language where lanname = 'plpgsql')
"""


@pytest.mark.parametrize("name", [*NAMES, "text_keys"])
def test_plpgsql_check_finds_nothing(application: Application, name: str) -> None:
    if not application.ask("select from pg_available_extensions where name = 'plpgsql_check'"):
        pytest.fail("install postgresql-15-plpgsql-check")
    application.change("create extension plpgsql_check")
    if name == "text_keys":
        decision, catalog = keyed("text", "text")
        application.run(" ".join(create_table(catalog[table]) for table in ("teams", "members", "notes")))
        install(application, write(decision, catalog))
    else:
        install(application, written(name))
    found = application.ask(COMPLAINTS)
    assert found == [], "\n".join(map(str, found))
