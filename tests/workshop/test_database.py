"""The workshop database's life: built once, copied for each use, gone with its user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor.errors import BadInput
from realtime_advisor.sandbox import realtime, reaper
from realtime_advisor.sandbox.postgres import RunningServer, lease
from realtime_advisor.workshop.database import SCRIPTS, WorkshopDatabase, load_feeds, open_workshop, template_name
from realtime_advisor.workshop.plan import DATA, load_traffic

from .conftest import counters, query

OPEN = (
    "from realtime_advisor.workshop.database import open_workshop; w = open_workshop(); print(w.conninfo, flush=True)"
)


def databases(server: RunningServer) -> set[str]:
    with psycopg.connect(server.conninfo()) as connection:
        return {name for (name,) in connection.execute("select datname from pg_database")}


def name_of(conninfo: str) -> str:
    return str(conninfo_to_dict(conninfo)["dbname"])


def python(code: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def empty_cache() -> Iterator[Path]:
    """A cache folder without a cluster, which root's stand-in may enter; its server is gone before it is."""
    folder = Path(tempfile.mkdtemp(prefix="workshop-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    deadline = time.monotonic() + 300
    while folder.exists() and time.monotonic() < deadline:
        if not any(map(reaper.is_running, folder.glob("postgres-*"))):
            shutil.rmtree(folder, ignore_errors=True)  # the reaper may still be tidying up in it
        time.sleep(0.05)
    assert not folder.exists()


def test_a_new_workshop_has_counted_nothing_yet(workshop: WorkshopDatabase) -> None:
    assert set(counters(workshop).values()) == {(0, 0, 0)}
    assert workshop.clock() == load_traffic().starts_at
    assert query(workshop, "select stats_reset from pg_stat_database where datname = current_database()") == [(None,)]


def test_its_tables_hold_what_the_traffic_file_says_and_are_analysed(workshop: WorkshopDatabase) -> None:
    for table in load_traffic().tables:
        [(stored,)] = query(workshop, f"select count(*) from {table.name}")
        [(estimated,)] = query(workshop, f"select reltuples::int from pg_class where oid = '{table.name}'::regclass")
        assert stored == estimated == table.seeded, table.name
    assert query(workshop, "select count(*) from public.tenants") == [(24,)]


def test_a_fifth_of_the_work_belongs_to_the_busiest_tenant_and_thread(workshop: WorkshopDatabase) -> None:
    shares = query(
        workshop,
        "select most_common_freqs[1] from pg_stats where tablename || '.' || attname in"
        " ('messages.thread_id', 'documents.tenant_id', 'statements.tenant_id', 'payments.tenant_id')",
    )
    assert len(shares) == 4
    assert all(0.18 < share < 0.22 for (share,) in shares)


def test_each_workshop_is_private(server: RunningServer, workshop: WorkshopDatabase) -> None:
    with psycopg.connect(workshop.conninfo) as connection:
        connection.execute("delete from public.documents")
    with open_workshop(server) as other:
        assert query(other, "select count(*) from public.documents") == [(10000,)]


def test_realtime_takes_messages_today(workshop: WorkshopDatabase) -> None:
    sent = "select realtime.send('{}', 'e', 't')"
    assert query(workshop, f"with sent as materialized ({sent}) select count(*) from sent") == [(1,)]
    with psycopg.connect(workshop.conninfo) as connection:
        connection.execute(sent)
        assert connection.execute("select count(*) from realtime.messages").fetchone() == (1,)


def test_partitions_for_these_days_are_made_at_each_opening(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(realtime, "ensure_partitions", lambda connection: opened.append(connection.info.dbname))
    with open_workshop(server) as workshop:
        assert opened[-1] == name_of(workshop.conninfo)


def test_closing_drops_the_copy_whoever_still_reads_it(server: RunningServer) -> None:
    workshop = open_workshop(server)
    name = name_of(workshop.conninfo)
    with closing(psycopg.connect(workshop.conninfo, autocommit=True)) as reader:
        slot = f"pg_create_logical_replication_slot('s_{name}', 'test_decoding', true)"
        reader.execute(f"select {slot}".encode())
        assert name in databases(server)
        workshop.close()
        workshop.close()
    assert name not in databases(server)


def test_a_process_that_ends_leaves_no_copy(server: RunningServer) -> None:
    said, _ = python(OPEN).communicate(timeout=600)
    assert name_of(said) not in databases(server)


def test_the_copy_of_a_killed_process_goes_with_the_next_workshop(server: RunningServer) -> None:
    living, dying = (python(f"{OPEN}; input()") for _ in range(2))
    assert living.stdout
    assert dying.stdout
    survivor, orphan = name_of(living.stdout.readline()), name_of(dying.stdout.readline())
    dying.kill()
    dying.communicate()
    deadline = time.monotonic() + 300
    while orphan in databases(server) and time.monotonic() < deadline:
        open_workshop(server).close()
    assert orphan not in databases(server)
    assert survivor in databases(server)
    living.communicate("\n", timeout=600)
    assert survivor not in databases(server)


def test_a_fork_does_not_close_its_parents_workshop(server: RunningServer) -> None:
    code = f"{OPEN}; import os, sys; child = os.fork(); child and os.waitpid(child, 0); child and input()"
    parent = python(code)
    assert parent.stdout
    name = name_of(parent.stdout.readline())
    time.sleep(0.5)
    assert name in databases(server)
    parent.communicate("\n", timeout=600)
    assert name not in databases(server)


def test_processes_that_open_at_once_on_a_new_server_build_one_template(empty_cache: Path) -> None:
    opened = [python(f"{OPEN}; input()", REALTIME_ADVISOR_CACHE=str(empty_cache)) for _ in range(3)]
    names = {name_of(process.stdout.readline()) for process in opened if process.stdout}
    with lease(folder=empty_cache) as server:
        workshops = {name for name in databases(server) if name.startswith("workshop_")}
        assert len(names) == 3
        assert workshops == names | {template_name()}
        for process in opened:
            process.communicate("\n", timeout=600)


def test_a_build_that_was_cut_off_and_an_outdated_template_are_swept_away(empty_cache: Path) -> None:
    with lease(folder=empty_cache) as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute("create database workshop_build_0123456789ab")
            connection.execute("create database workshop_template_0123456789ab is_template true")
            connection.execute("create database workshop_of_my_own")
        open_workshop(server).close()
        left = {name for name in databases(server) if name.startswith("workshop_")}
        assert left == {template_name(), "workshop_of_my_own"}


def test_its_scripts_run_in_psql_unaided(server15: RunningServer, database15: str) -> None:
    with psycopg.connect(database15, autocommit=True) as connection:
        realtime.install(connection)
    files = [part for script in (*SCRIPTS, "traffic.sql") for part in ("-f", str(DATA / script))]
    target = ["-h", server15.host, "-p", str(server15.port), "-U", "supabase_admin", "-d", name_of(database15)]
    psql = [server15.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *target, *files]
    done = subprocess.run(psql, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_its_representation_is_the_same_on_every_run(workshop: WorkshopDatabase) -> None:
    assert repr(workshop) == "WorkshopDatabase(its clock at 2026-01-05 09:00:00 UTC)"


def test_the_dashboard_listens_to_four_tables(workshop: WorkshopDatabase, ask: Callable[..., Any]) -> None:
    [feed] = workshop.feeds
    assert (feed.name, feed.event) == ("dashboard", "stats_invalidated")
    assert [table.name for table in feed.tables] == ["documents", "payments", "statements", "messages"]
    assert all(ask(f"select '{table}'::regclass") for table in feed.tables)


@pytest.mark.parametrize(
    "text", ["[dashboard]\nevent = 'e'", "dashboard = 3", "[dash", "[d]\nevent='e'\ntables=['a.b.c']"]
)
def test_feeds_that_cannot_be_meant_are_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape("The feeds in feeds.toml cannot be read")):
        load_feeds(path)
