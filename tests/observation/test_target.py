"""Reading a real server: only reading, within limits, and one sentence for whatever goes wrong."""

from __future__ import annotations

import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from realtime_advisor.errors import AdvisorError, ConnectionFailed, MissingPrivilege, UnsupportedServer
from realtime_advisor.observation import target as target_module
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import require_supported
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from .conftest import SECRET, opened, refusal, role, run


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of query files for a test to add to."""
    folder = tmp_path / "queries"
    shutil.copytree(Path(target_module.__file__).parent / "queries", folder)
    monkeypatch.setattr(target_module, "QUERIES", folder)
    return folder


def own_url(server: RunningServer, user: str) -> str:
    return make_conninfo("", host=server.host, port=server.port, dbname="postgres", user=user)


def test_a_target_says_what_server_it_is_and_nothing_of_where(any_server: str) -> None:
    with opened(any_server) as target:
        assert repr(target) == f"Target(PostgreSQL {target.server.version}, read-only)"
        assert target.server.version_num // 10000 == target.server.major
        assert target.server.version.startswith(str(target.server.major))


def test_the_servers_facts_are_read(any_server: str) -> None:
    with opened(any_server) as target:
        server = target.server
    assert (server.role, server.wal_level, server.in_recovery) == ("supabase_admin", "logical", False)
    assert (server.track_counts, server.sees_all_statistics) == (True, True)
    assert (server.is_supabase, server.has_realtime) == (False, False)


def test_supabase_is_recognised_by_its_roles_and_schemas(any_database: str) -> None:
    with psycopg.connect(any_database, autocommit=True) as connection:
        install(connection)
    with opened(any_database) as target:
        assert (target.server.is_supabase, target.server.has_realtime) == (True, True)


def test_track_counts_off_is_noticed(database: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    run(database, f"alter database {name} set track_counts = off")
    with opened(database) as target:
        assert not target.server.track_counts
        assert not take_snapshot(target).track_counts


def test_a_role_that_row_level_security_applies_to_does_not_see_all_statistics(any_database: str) -> None:
    run(any_database, "create table t (id int)", "alter table t enable row level security")
    with role(any_database) as name:
        run(any_database, f"grant select on t to {name}")
        with opened(make_conninfo(any_database, user=name)) as target:
            assert not target.server.sees_all_statistics
        run(any_database, "alter table t disable row level security")
        with opened(make_conninfo(any_database, user=name)) as target:
            assert target.server.sees_all_statistics


def test_nothing_can_be_written_through_a_target(any_database: str, queries: Path) -> None:
    run(any_database, "create table t (id int)", "create sequence s")
    (queries / "create.sql").write_text("create table public.written (id int)")
    (queries / "insert.sql").write_text("insert into public.t values (1)")
    (queries / "advance.sql").write_text("select nextval('public.s')")
    (queries / "truncate.sql").write_text("truncate public.t")
    with opened(any_database) as target:
        for write in ("create", "insert", "advance", "truncate"):
            with pytest.raises(AdvisorError, match="read-only transaction"):
                target.read(write)


def test_each_read_has_its_limits_and_its_name(any_server: str, queries: Path) -> None:
    (queries / "settings.sql").write_text(
        "select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,"
        " current_setting('idle_in_transaction_session_timeout') as idle, current_setting('search_path') as path,"
        " current_setting('transaction_read_only') as read_only, current_setting('application_name') as name,"
        " 5 % 3 as modulo, ':a' like '%a' as percent"
    )
    with opened(any_server) as target:
        (row,) = target.read("settings")
    assert tuple(row) == ("30s", "2s", "1min", '""', "on", "realtime-advisor", 2, True)


def test_a_query_takes_parameters(postgres: str, queries: Path) -> None:
    (queries / "double.sql").write_text("select %(number)s::int * 2 as doubled, 5 %% 3 as modulo")
    with opened(postgres) as target:
        assert [tuple(row) for row in target.read("double", {"number": 21})] == [(42, 2)]


def test_reads_never_hold_more_than_one_connection_and_leave_none(any_database: str) -> None:
    count = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with opened(any_database) as target, psycopg.connect(any_database, autocommit=True) as observer:
        name = psycopg.conninfo.conninfo_to_dict(any_database)["dbname"]
        observer.execute(f"alter database {name} connection limit 2".encode())
        for _ in range(7):
            take_snapshot(target)
        deadline = time.monotonic() + 300  # a session ends a moment after its client
        while observer.execute(count).fetchone() != (0,):
            assert time.monotonic() < deadline, "a connection is left open"


def test_queries_read_together_see_one_moment(any_database: str, queries: Path) -> None:
    (queries / "count.sql").write_text("select count(*) as rows from public.t")
    (queries / "wait.sql").write_text("select pg_advisory_lock_shared(1)")
    (queries / "limits.sql").write_text("set local statement_timeout = '60s'")
    run(any_database, "create table t (id int)")
    with opened(any_database) as target, ThreadPoolExecutor() as threads:
        with psycopg.connect(any_database, autocommit=True) as writer:
            writer.execute("select pg_advisory_lock(1)")
            reading = threads.submit(target.read_together, "count", "wait", "count")
            await_waiting(writer)
            writer.execute("insert into t values (1)")
        before, _, after = reading.result()
        assert (before[0].rows, after[0].rows, target.read("count")[0].rows) == (0, 0, 1)


def await_waiting(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Return when another session waits for a lock of this database."""
    waiting = "select exists (select from pg_locks where not granted and locktype = 'advisory' and database = ("
    waiting += "select oid from pg_database where datname = current_database()))"
    deadline = time.monotonic() + 300
    while connection.execute(waiting.encode()).fetchone() != (True,):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)


def test_a_locked_table_is_named_instead_of_waited_for(any_database: str) -> None:
    run(
        any_database,
        "create table members (id int)",
        "create table plain (id int)",
        "create table t (id int)",
        "alter table t enable row level security",
        "create policy p on t using (exists (select from members m where m.id = t.id))",
        "create publication everything for all tables",
    )
    with opened(any_database) as target, psycopg.connect(any_database) as migration:
        migration.execute("lock table plain in access exclusive mode")
        assert read_catalog(target)["plain"].columns, "only tables of policies are waited for"
        migration.execute("lock table members in access exclusive mode")
        with pytest.raises(
            AdvisorError, match=r"a migration, holds a lock on public\.members, public\.plain in database"
        ):
            read_catalog(target)
        take_snapshot(target)


def test_the_statement_timeout_ends_in_a_sentence(postgres: str, queries: Path) -> None:
    (queries / "slow.sql").write_text("select pg_sleep(10)")
    (queries / "limits.sql").write_text("set local statement_timeout = '100ms'")
    with opened(postgres) as target, pytest.raises(AdvisorError, match=r"Reading slow from .* took too long"):
        target.read("slow")


def test_a_connection_lost_in_the_middle_of_a_read_ends_in_a_sentence(postgres: str, queries: Path) -> None:
    (queries / "suicide.sql").write_text("select pg_terminate_backend(pg_backend_pid())")
    with opened(postgres) as target:
        with pytest.raises(ConnectionFailed, match="was lost"):
            target.read("suicide")
        assert take_snapshot(target), "the next read opens a new connection"


def test_an_interrupt_takes_effect_when_the_read_has_ended_and_nothing_complains(
    postgres: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rollback = psycopg.Connection.rollback

    def interrupted(connection: psycopg.Connection[Any]) -> None:
        signal.raise_signal(signal.SIGINT)
        rollback(connection)

    with opened(postgres) as target:
        monkeypatch.setattr(psycopg.Connection, "rollback", interrupted)
        with pytest.raises(KeyboardInterrupt):
            take_snapshot(target)
    assert caplog.records == []


def test_a_missing_database_is_named(postgres: str) -> None:
    sentence = refusal(make_conninfo(postgres, dbname="nowhere_at_all", password=SECRET))
    assert "has no database nowhere_at_all (for role supabase_admin)" in sentence


def test_a_wrong_password_is_told_with_role_and_database(own_server: RunningServer) -> None:
    with role(own_server.conninfo(), f"login password '{SECRET}'") as name:
        url = own_url(own_server, name)
        assert f"refuses the user name or the password of role {name} on database postgres" in refusal(
            f"{url} password={SECRET}x"
        )
        assert f"wants a password for role {name}" in refusal(url)
        with opened(f"{url} password={SECRET}") as target:
            assert target.server.role == name
            assert SECRET not in repr(target)


def test_an_unknown_role_is_not_told_apart_from_a_wrong_password(own_server: RunningServer) -> None:
    assert "check both" in refusal(f"{own_url(own_server, 'stranger')} password={SECRET}")


def test_a_role_that_may_not_log_in_is_told_so(postgres: str) -> None:
    with role(postgres, "nologin") as name:
        sentence = refusal(make_conninfo(postgres, user=name), MissingPrivilege)
    assert sentence.startswith(f"Role {name} may not log in to ")


def test_an_unknown_role_is_named(postgres: str) -> None:
    assert "has no role stranger_at_all" in refusal(make_conninfo(postgres, user="stranger_at_all"))


def test_a_role_without_connect_is_told_what_to_grant(any_database: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(any_database)["dbname"]
    run(any_database, f"revoke connect on database {name} from public")
    with role(any_database) as stranger:
        sentence = refusal(make_conninfo(any_database, user=stranger), MissingPrivilege)
    assert f'"grant connect on database {name} to {stranger}"' in sentence


def test_a_role_that_may_not_read_a_statistics_view_is_told_which(any_database: str) -> None:
    run(any_database, "revoke select on pg_stat_user_tables from public")
    with (
        role(any_database) as name,
        opened(make_conninfo(any_database, user=name)) as target,
        pytest.raises(MissingPrivilege, match=rf"Role {name} may not read .*pg_stat_user_tables"),
    ):
        take_snapshot(target)


def test_a_role_shut_out_of_the_catalogue_is_told_so(database: str) -> None:
    run(database, "revoke usage on schema pg_catalog from public")
    with role(database) as name:
        assert "permission denied for schema pg_catalog" in refusal(
            make_conninfo(database, user=name), MissingPrivilege
        )


def test_a_refusal_by_pg_hba_is_told_so(own_server: RunningServer) -> None:
    with role(own_server.conninfo()) as name:
        sentence = refusal(own_server.conninfo("refused_database", name))
    assert f"for role {name} on database refused_database; have an entry added to its pg_hba.conf" in sentence


def test_a_service_that_is_not_defined_is_told_so() -> None:
    assert 'definition of service "no_such_service" not found' in refusal("service=no_such_service")


def test_a_service_file_and_the_environment_lead_to_the_server(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = psycopg.conninfo.conninfo_to_dict(postgres)
    lines = [f"{key}={where[key]}" for key in ("host", "port", "dbname", "user")]
    (tmp_path / "services").write_text("\n".join(["[here]", *lines, ""]), encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    with opened("service=here") as target:
        assert target.server.role == "supabase_admin"
    monkeypatch.setenv("PGSERVICE", "here")
    with opened("") as target:
        assert target.server.role == "supabase_admin"


@pytest.mark.parametrize("version_num", [140000, 150018, 180006])
def test_postgresql_14_and_later_are_supported(version_num: int) -> None:
    require_supported(version_num)


@pytest.mark.parametrize(("version_num", "said"), [(130022, "PostgreSQL 13"), (90624, "PostgreSQL 9")])
def test_older_servers_are_refused(version_num: int, said: str) -> None:
    with pytest.raises(UnsupportedServer, match=f"runs {said}, and this needs PostgreSQL 14 or later: upgrade it"):
        require_supported(version_num)


def test_an_older_server_is_refused_before_it_is_asked_anything(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psycopg.ConnectionInfo, "server_version", 130022)
    assert "PostgreSQL 13" in refusal(postgres, UnsupportedServer)
