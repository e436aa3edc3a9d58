"""The audit of a database with every fault, and again when its own remedies have been run."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from realtime_advisor import journey
from realtime_advisor.decision.audit import RULES, audit
from realtime_advisor.model import AuditFinding
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.setup import read_setup
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox import cluster
from realtime_advisor.sandbox.postgres import RunningServer, lease
from realtime_advisor.sandbox.realtime import Access, authorize
from realtime_advisor.targets import connect
from realtime_advisor.workshop.database import open_workshop

from .new_databases import realtime_database

LARGE = "repeat(md5(random()::text), 8000)"  # 256 kB


def guarded(name: str, columns: str = "id uuid primary key, user_id uuid", *, publish: bool = True) -> tuple[str, ...]:
    """A table that its users may read by a policy, published or not."""
    added = (f"alter publication supabase_realtime add table {name}",) if publish else ()
    return (
        f"create table {name} ({columns})",
        f"alter table {name} enable row level security",
        f"create policy readers on {name} for select to authenticated using (auth.uid() is not null)",
        *added,
    )


def telling(name: str, call: str, when: str = "for each row", settings: str = "security definer") -> tuple[str, ...]:
    """A table with a trigger whose function makes one call."""
    body = f"begin {call}; return null; end"
    return (
        *guarded(name, publish=False),
        f"create function tell_{name}() returns trigger language plpgsql {settings} as $$ {body} $$",
        f"create trigger tell after insert on {name} {when} execute function tell_{name}()",
    )


def hearing(name: str, using: str) -> str:
    return f"create policy {name} on realtime.messages for select to authenticated using ({using})"


SEND = "perform realtime.send('{}', 'e', 't')"
STATEMENT = "for each statement"
# What makes each rule find something; the developer's role runs it, and a superuser what stands in ADMINS.
FAULTS: dict[str, tuple[str, ...]] = {
    "published_without_identity": guarded('"no identity"', "id int not null unique, user_id uuid"),
    "published_without_primary_key": (*guarded("no_key", "a int"), "alter table no_key replica identity full"),
    "published_to_nobody": (*guarded("nobodys"), "revoke all on nobodys from anon, authenticated"),
    "published_without_row_security": (*guarded("open_feed"), "alter table open_feed disable row level security"),
    "published_but_hidden": (*guarded("hidden_feed"), "drop policy readers on hidden_feed"),
    "view_cannot_be_published": ("create view recent as select 1 as one",),
    "published_through_root": (
        *guarded("parted", "id int primary key, user_id uuid) partition by list (id", publish=True),
        "create table parted_1 partition of parted for values in (1)",
        "alter publication supabase_realtime set (publish_via_partition_root)",
    ),
    "delete_reveals_key": (),
    "delete_reveals_value": guarded("people", "email text primary key"),
    "filter_drops_deletes": (
        "create table parents (id int primary key)",
        *guarded("children", "id int primary key, parent_id int references parents"),
    ),
    "full_identity_of_wide_rows": (
        *guarded("wide", "id int primary key, note text"),
        "alter table wide alter column note set storage plain",
        "alter table wide replica identity full",
        "insert into wide select n, repeat('x', 3000) from generate_series(1, 20) n",
    ),
    "readable_without_row_security": ("create table open_table (id int primary key)",),
    "policy_shows_all_rows": (
        *guarded("tenants_rows", "id int primary key, tenant_id int", publish=False),
        "create policy everybody on tenants_rows for select using (true)",
    ),
    "row_security_without_policy": (
        *guarded("closed", publish=False),
        "drop policy readers on closed",
    ),
    "secret_is_published": guarded("keys", 'id int primary key, "apiKey" text'),
    "secret_is_readable": guarded("passwords", "id int primary key, password_hash text", publish=False),
    "embedding_is_published": guarded("vectors", "id int primary key, embedding real[]"),
    "large_rows_published": (
        *guarded("large", "id int primary key, body text"),
        "alter table large alter column body set storage external",
        "insert into large select n, repeat('x', 30000) from generate_series(1, 20) n",
    ),
    "rows_near_payload_limit": (
        *guarded("huge", "id int primary key, body text"),
        "alter table huge alter column body set storage external",
        f"insert into huge select n, {LARGE} from generate_series(1, 5) n",
    ),
    "row_width_unknown": (),
    "trigger_tells_each_row": telling("each_row", SEND),
    "trigger_ships_whole_rows": telling(
        "whole", "perform realtime.broadcast_changes('t', 'e', tg_op, tg_table_name, tg_table_schema, new, old)"
    ),
    "trigger_sends_publicly": telling("publicly", "perform realtime.send('{}', 'e', 't', private => false)", STATEMENT),
    "trigger_sends_as_writer": telling("as_writer", SEND, STATEMENT, ""),
    "notify_payload_limit": telling("notifying", "perform pg_notify('c', 'x')", STATEMENT),
    "telling_trigger_disabled": (*telling("off", SEND, STATEMENT), "alter table off disable trigger tell"),
    "several_triggers_tell": (
        *telling("twice", SEND, STATEMENT),
        "create trigger again after insert on twice for each statement execute function tell_twice()",
    ),
    "slot_keeps_wal": ("select pg_create_logical_replication_slot('kept_' || current_database(), 'pgoutput')",),
}
ADMINS: dict[str, tuple[str, ...]] = {
    "messages_without_row_security": ("alter table realtime.messages disable row level security",),
    "messages_partition_missing": (
        "do $$ begin execute format('drop table realtime.%I', to_char(timezone('UTC', now()) + interval '1 day',"
        " '\"messages_\"YYYY_MM_DD')); end $$",
    ),
    "messages_policy_is_true": (hearing('"let all in"', "true"),),
    "messages_policy_ignores_topic": (hearing("any_topic", "extension = 'broadcast'"),),
    "messages_policy_tests_probe": (
        hearing("probing", "private and extension = 'broadcast' and realtime.topic() = 'a'"),
    ),
    "messages_policy_ignores_extension": (
        hearing("no_extension", "exists (select from public.people p where 'user:' || p.email = realtime.topic())"),
    ),
    "messages_policy_matches_pattern": (hearing("shaped", "extension = 'broadcast' and realtime.topic() like 'a:%'"),),
    "messages_policy_reads_other_topic": (
        "create table public.rooms (topic text primary key, user_id uuid)",
        "alter table public.rooms enable row level security",
        "create policy all_rooms on public.rooms for select using (user_id is null)",
        "grant select on public.rooms to authenticated",
        hearing(
            "bare",
            "extension = 'broadcast' and exists (select from public.rooms r where r.topic = topic)",
        ),
    ),
    "messages_policy_reads_topic_column": (hearing("old_style", "extension = 'broadcast' and topic = 'a'"),),
    "messages_policy_fails": (
        "create table public.members (user_id text primary key)",
        hearing(
            "ungranted",
            "extension = 'broadcast' and exists (select from public.members where user_id = realtime.topic())",
        ),
    ),
    "messages_policy_needs_uuid": (
        hearing("uuids", "extension = 'broadcast' and realtime.topic() = 'user:' || auth.uid()"),
    ),
}
# Not planted here: an empty or unread schema, what the whole server is set to, and what the same publication cannot
# be at the same time.
ELSEWHERE = {
    *("messages_missing", "messages_without_policies", "slots_hidden", "slot_wal_unlimited", "wal_level_not_logical"),
    *("slot_endangers_disk", "slot_is_behind", "publishes_all_tables", "published_by_partition"),
}


def findings(conninfo: str) -> tuple[AuditFinding, ...]:
    target = open_target(conninfo)
    try:
        return audit(read_catalog(target), read_setup(target))
    finally:
        target.close()


def run(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def run_psql(server: RunningServer, conninfo: str, sql: str) -> None:
    known = {
        key: value for key, value in conninfo_to_dict(conninfo).items() if key != "require_auth"
    }  # psql 15 does not
    named = make_conninfo("", **known)
    command = [server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", named]
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{sql}: {done.stderr}"


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def any_server(request: pytest.FixtureRequest) -> RunningServer:
    running: RunningServer = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def supabase(any_server: RunningServer) -> Iterator[str]:
    """The conninfo, as the superuser, of a database that looks like Supabase's."""
    with realtime_database(any_server) as name:
        yield any_server.conninfo(name)


@pytest.fixture
def faulty(supabase: str) -> Iterator[str]:
    """The same with every fault in it."""
    developer = make_conninfo(supabase, user="postgres")
    run(developer, *(statement for statements in FAULTS.values() for statement in statements))
    run(supabase, *(statement for statements in ADMINS.values() for statement in statements))
    run(supabase, "vacuum", "analyze wide, large, huge, people, keys")
    yield supabase
    run(
        supabase,
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()",
    )


def test_every_fault_is_found_and_its_remedy_mends_it(faulty: str, any_server: RunningServer) -> None:
    before = findings(faulty)
    assert {finding.rule for finding in before} == {*FAULTS, *ADMINS}
    assert {*FAULTS, *ADMINS, *ELSEWHERE} == {rule.id for rule in RULES}
    remedied = [finding for finding in before if finding.sql]
    for sql in dict.fromkeys(finding.sql for finding in remedied):
        run_psql(any_server, faulty, sql)
    after = {(finding.rule, finding.table, finding.sql) for finding in findings(faulty)}
    assert [finding for finding in remedied if (finding.rule, finding.table, finding.sql) in after] == []
    assert len(remedied) >= 20


def test_what_is_said_of_messages_is_what_realtime_does(faulty: str) -> None:
    claims = {"role": "authenticated", "sub": "user_2abcDEF"}
    with psycopg.connect(faulty, autocommit=True) as connection:

        def join(topic: str, *without: str) -> Access:
            """What the policies allow when some are dropped for good."""
            for policy in without:
                connection.execute(SQL("drop policy {} on realtime.messages").format(Identifier(policy)))
            return authorize(connection, topic, claims)

        assert join("any").broadcast_write, "row level security off"
        connection.execute("alter table realtime.messages enable row level security")
        assert join("any").presence_read, "let all in"
        assert join("any", "let all in").error == "42501: permission denied for table members"
        assert "22P02" in str(join("any", "ungranted").error), "auth.uid() and a sub that is no uuid"
        assert join("any", "uuids").broadcast_read, "any_topic"
        assert not join("any", "any_topic").broadcast_read
        assert join("a:x").broadcast_read, "shaped"
        assert not join("a:x", "shaped").broadcast_read
        assert join("a").broadcast_read, "the policy that reads the column topic"
        assert not join("a", "old_style").broadcast_read, "the policy that tests private"
        connection.execute("insert into public.people values ('ada@example.org')")
        connection.execute("alter table public.people disable row level security")
        assert join("user:ada@example.org").presence_read, "no test of extension"
        connection.execute("insert into public.rooms values ('x')")
        assert join("nowhere").broadcast_read, "topic means the column of rooms"


def test_a_trigger_that_sends_as_the_writer_sends_nothing_until_its_remedy(
    supabase: str, any_server: RunningServer
) -> None:
    run(make_conninfo(supabase, user="postgres"), *telling("as_writer", SEND, STATEMENT, ""))
    run(supabase, "create policy write on as_writer for insert to authenticated with check (true)")

    def write() -> int:
        with psycopg.connect(supabase, autocommit=True) as connection:
            connection.execute("set role authenticated")
            connection.execute("insert into as_writer values (gen_random_uuid(), null)")
            connection.execute("reset role")
            (count,) = connection.execute("select count(*) from realtime.messages").fetchone() or (0,)
            return int(count)

    assert write() == 0
    (finding,) = [each for each in findings(supabase) if each.rule == "trigger_sends_as_writer"]
    run_psql(any_server, supabase, finding.sql)
    assert write() == 1


def test_what_this_project_generates_is_sound(server: RunningServer) -> None:
    advice = journey.advise(connect(environ={}), prove=0)
    with open_workshop(server) as workshop:
        before = set(findings(workshop.conninfo))
        admin = server.conninfo(str(conninfo_to_dict(workshop.conninfo)["dbname"]))
        for script in advice.scripts.values():
            run(workshop.conninfo, script.functions, script.triggers)
            run(admin, script.policies)
        after = set(findings(workshop.conninfo))
    assert len(advice.scripts) > 2
    assert after - before == set()
    assert {finding.rule for finding in before - after} == {"messages_without_policies"}


def test_a_publication_for_all_tables_is_made_anew(supabase: str, any_server: RunningServer) -> None:
    run(supabase, "drop publication supabase_realtime", "create publication supabase_realtime for all tables")
    (finding,) = [each for each in findings(supabase) if each.rule == "publishes_all_tables"]
    run_psql(any_server, supabase, finding.sql)
    assert "publishes_all_tables" not in {each.rule for each in findings(supabase)}


def test_partitions_that_are_published_one_by_one_are_told(supabase: str) -> None:
    run(
        make_conninfo(supabase, user="postgres"),
        "create table visits (id int primary key) partition by list (id)",
        "create table visits_1 partition of visits for values in (1)",
        "alter publication supabase_realtime add table visits",
    )
    (finding,) = [each for each in findings(supabase) if each.rule == "published_by_partition"]
    assert "such as public.visits_1" in finding.sentence


def test_what_is_said_of_the_whole_server_holds_for_one_with_default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("max_slot_wal_keep_size", "wal_level"):
        monkeypatch.delitem(cluster._SETTINGS, setting)
    with tempfile.TemporaryDirectory(prefix="ra-own-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with lease(folder=Path(folder)) as server:
            found = {finding.rule: finding for finding in findings(server.conninfo())}
            assert set(found) == {"messages_missing", "slot_wal_unlimited", "wal_level_not_logical"}
            run_psql(server, server.conninfo(), found["slot_wal_unlimited"].sql)
            assert wait_for(server.conninfo(), "slot_wal_unlimited", 0) == []


def wait_for(conninfo: str, rule: str, count: int) -> list[AuditFinding]:
    """The findings of a rule, when there are so many; a reload takes a moment."""
    for _ in range(600):
        found = [finding for finding in findings(conninfo) if finding.rule == rule]
        if len(found) == count:
            break
        time.sleep(0.05)
    return found
