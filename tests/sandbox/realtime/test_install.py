"""Installing: again, several at once, as the wrong role."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import realtime
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from .conftest import Home, empty_home

CATALOGUE = """
  select 'table', oid::regclass::text, relacl::text, relowner::regrole::text from pg_class
    where relnamespace in ('auth'::regnamespace, 'realtime'::regnamespace)
  union all select 'function', oid::regprocedure::text, proacl::text, proowner::regrole::text from pg_proc
    where pronamespace in ('auth'::regnamespace, 'realtime'::regnamespace)
  union all select 'schema', nspname, nspacl::text, nspowner::regrole::text from pg_namespace where nspname !~ '^pg_'
  union all select 'default', defaclobjtype::text, defaclacl::text, defaclrole::regrole::text from pg_default_acl
  union all select 'publication', pubname, '', pubowner::regrole::text from pg_publication
  order by 1, 2, 3
"""


def _catalogue(home: Home) -> list[tuple[Any, ...]]:
    with home.connect() as connection:
        return connection.execute(CATALOGUE).fetchall()


def _install(home: Home) -> None:
    with home.connect() as connection:
        install(connection)


def test_installing_again_changes_nothing_and_keeps_messages_and_policies(fresh: Home) -> None:
    before = _catalogue(fresh)
    with fresh.connect() as connection:
        connection.execute("create policy mine on realtime.messages using (true)")
        connection.execute("select realtime.send('{}', 'created', 'room:1')")
    _install(fresh)
    assert _catalogue(fresh) == before
    with fresh.connect() as connection:
        assert connection.execute("select topic from realtime.messages").fetchall() == [("room:1",)]
        assert connection.execute("select policyname from pg_policies").fetchall() == [("mine",)]


def test_installing_again_does_not_wait_for_those_who_use_the_messages(fresh: Home) -> None:
    with fresh.connect() as writer, fresh.connect() as connection:
        writer.execute("select realtime.send('{}', 'created', 'room:1')")
        connection.execute("set lock_timeout = '20s'")
        connection.commit()
        install(connection)


def test_a_lock_that_never_comes_is_a_sentence(fresh: Home) -> None:
    with fresh.connect() as holder, fresh.connect() as connection:
        holder.execute("lock table pg_catalog.pg_authid in share row exclusive mode")
        connection.execute("set lock_timeout = '50ms'")
        connection.commit()
        with pytest.raises(SandboxFailed, match="canceling statement due to lock timeout"):
            install(connection)
        holder.rollback()


def test_several_installs_at_once_succeed_in_one_database_and_in_several(any_server: RunningServer) -> None:
    with ExitStack() as stack:
        homes = [stack.enter_context(empty_home(any_server)) for _ in range(3)]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(_install, [homes[0], homes[0], homes[1], homes[2]])) == [None] * 4
        assert _catalogue(homes[0]) == _catalogue(homes[1]) == _catalogue(homes[2])


def test_a_role_that_is_no_superuser_is_told_so(fresh: Home) -> None:
    with fresh.connect("postgres") as connection:
        with pytest.raises(SandboxFailed) as raised:
            install(connection)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert str(raised.value) == (
        f"The Realtime schema could not be installed in database {fresh.name}: permission denied for table pg_authid. "
        "Install it as a superuser that is not called postgres, in a cluster of its own."
    )


def test_the_sql_file_runs_in_psql_unaided_and_silently(any_server: RunningServer, empty: Home) -> None:
    script = Path(realtime.__file__).with_name("realtime.sql")
    target = ["-h", any_server.host, "-p", str(any_server.port), "-U", "supabase_admin", "-d", empty.name]
    ran = subprocess.run(
        [any_server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *target, "-f", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
