"""What befalls a server while it is sampled: each fault is noticed, said in a sentence, and sampling goes on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import DatabaseChurn
from realtime_advisor.observation import counters as counters_module
from realtime_advisor.observation.counters import sample, take_snapshot
from realtime_advisor.sandbox.postgres import RunningServer, lease

from .conftest import made_database, opened, role, run

INTERVAL = 0.1


@pytest.fixture
def database(own_server: RunningServer) -> Iterator[str]:
    """A database with one table, `t`, on a server that this module may break; it runs again after each test."""
    with lease(folder=own_server.folder.parent), made_database(own_server) as conninfo:
        run(conninfo, "create table t (id int)", "insert into t select generate_series(1, 50)")
        yield conninfo


class Turns:
    """The sampler's attempts at a reading. Faults count them: how long one takes is the machine's affair."""

    def __init__(self) -> None:
        self._begun = 0
        self._changed = Condition()

    def take_until(self, done: Future[None], seconds: float) -> Iterator[float]:
        while not done.done():
            time.sleep(INTERVAL)
            with self._changed:
                self._begun += 1
                self._changed.notify_all()
            yield seconds

    def let_pass(self, attempts: int) -> None:
        """Return when so many attempts have begun and ended."""
        with self._changed:
            ended = self._begun + attempts + 1
            assert self._changed.wait_for(lambda: self._begun >= ended, timeout=300), "the sampler stands still"


def sampled_during(url: str, fault: Callable[[Turns], None]) -> DatabaseChurn:
    """The churn of a sampling in the middle of which a fault happens, however long that takes."""
    turns = Turns()

    def befall() -> None:
        turns.let_pass(2)
        fault(turns)
        turns.let_pass(2)

    with opened(url) as target, ThreadPoolExecutor() as pool, pytest.MonkeyPatch.context() as patch:
        done = pool.submit(befall)
        patch.setattr(counters_module, "_wait", lambda seconds, _: turns.take_until(done, seconds))
        readings = sample(target, 60, INTERVAL, progress=False)
        done.result()
    assert len(readings) >= 4
    return measure_churn(readings)


def notes_of(churn: DatabaseChurn, *beginnings: str) -> list[str]:
    """The notes that begin so, one for each; no other note may be there."""
    assert len(churn.notes) == len(beginnings), churn.notes
    for note, beginning in zip(churn.notes, beginnings, strict=True):
        assert note.startswith(beginning), churn.notes
    return list(churn.notes)


# Servers that end


def stop(server: RunningServer, how: signal.Signals) -> None:
    """SIGINT is a fast shutdown, SIGQUIT an immediate one, as pg_ctl sends them."""
    process = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(process, how)
    deadline = time.monotonic() + 300
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(process, 0)
            time.sleep(0.02)
        pytest.fail("the server did not stop")


def start(server: RunningServer) -> None:
    """Start it again; it runs as long as somebody has a lease, and the module has one."""
    lease(folder=server.folder.parent).close()


def test_a_clean_restart_loses_no_counter_and_the_gap_is_said(database: str, own_server: RunningServer) -> None:
    def restart(turns: Turns) -> None:
        run(database, "insert into t select generate_series(1, 7)")
        stop(own_server, signal.SIGINT)
        turns.let_pass(2)
        start(own_server)
        run(database, "insert into t select generate_series(1, 5)")

    churn = sampled_during(database, restart)
    assert (churn["t"].inserts, churn["t"].note) == (12, None)
    _, gap = notes_of(churn, "The server restarted in the window", "No reading for ")
    assert re.match(r"No reading for \d+ s, so bursts in that time are not known: .+\.", gap)


def test_a_crash_loses_the_counters_and_what_is_left_is_a_lower_bound(database: str, own_server: RunningServer) -> None:
    def crash(_: Turns) -> None:
        stop(own_server, signal.SIGQUIT)
        start(own_server)
        run(database, "insert into t select generate_series(1, 5)")

    churn = sampled_during(database, crash)
    assert churn["t"].inserts == 5
    assert churn["t"].note == "statistics were reset in the window: at least these counts"
    lost, restarted = churn.notes[:2]
    assert lost == after_a_crash(own_server)
    assert restarted.startswith("The server restarted in the window")


def after_a_crash(server: RunningServer) -> str:
    """PostgreSQL 14 puts a crash on record as a reset of the statistics."""
    if server.binaries.major < 15:
        return "Statistics were reset in the window: all counts are at least these."
    return "Counters began anew though nobody reset them, as after a crash: all counts are at least these."


def test_a_backend_that_dies_takes_the_counters_with_it_though_the_server_goes_on(
    database: str, own_server: RunningServer
) -> None:
    def kill_a_backend(_: Turns) -> None:
        with psycopg.connect(database) as victim, psycopg.connect(database, autocommit=True) as witness:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                witness.execute("select pg_sleep(20)")
            victim.close()
        wait_for(database)
        run(database, "insert into t select generate_series(1, 60)")

    churn = sampled_during(database, kill_a_backend)
    assert churn["t"].inserts <= 60, "more than before: the fall itself may not show in this table"
    assert churn.notes[0] == after_a_crash(own_server)
    assert not any("restarted" in note for note in churn.notes)


def wait_for(conninfo: str) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(conninfo):
            return
        time.sleep(0.02)
    pytest.fail("the server did not come back")


@contextmanager
def standby_of(server: RunningServer) -> Iterator[RunningServer]:
    """A hot standby of a server, from a base backup; it can be promoted."""
    with tempfile.TemporaryDirectory(prefix="ra-own-", ignore_cleanup_errors=True) as name:
        room = Path(name)
        room.chmod(0o755)
        folder = room / server.folder.name
        shutil.copytree(server.folder, folder, ignore=lambda _, names: [n for n in names if n != "initialised"])
        admit_replication(server)
        command = [server.binaries.program("pg_basebackup"), "-D", str(folder / "data"), "-R", "-c", "fast"]
        address = ["-h", server.host, "-p", str(server.port), "-U", str(conninfo_to_dict(server.conninfo())["user"])]
        done = subprocess.run([*command, *address], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        owner = (server.folder / "data").stat()
        for path in (folder, folder / "data", *(folder / "data").rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        with lease(server.binaries, folder=room) as running:
            yield running


def admit_replication(server: RunningServer) -> None:
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text(rules.read_text(encoding="utf-8") + "local replication all trust\n", encoding="utf-8")
    run(server.conninfo(), "select pg_reload_conf()", "select pg_sleep(0.1)")


def test_a_standby_counts_nothing_and_a_failover_to_it_is_noticed(database: str, own_server: RunningServer) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    with opened(database) as target:
        readings = [take_snapshot(target)]
        run(database, "insert into t select generate_series(1, 9)")
        readings.append(take_snapshot(target))
    with standby_of(own_server) as standby, opened(standby.conninfo(name)) as target:
        readings.append(take_snapshot(target))
        alone = measure_churn(readings[-1], take_snapshot(target))
        promote(standby.conninfo(name))
        readings.append(take_snapshot(target))
        run(standby.conninfo(name), "insert into t select generate_series(1, 4)")
        readings.append(take_snapshot(target))
    assert (alone["t"].basis, alone["t"].events_per_minute) == ("none", None)
    assert alone.notes == ("The server was a standby, which counts nothing: connect to the primary.",)
    churn = measure_churn(readings)
    assert (churn["t"].inserts, churn["t"].basis) == (13, "window")
    notes_of(churn, "The server was a standby for a part of the window", "Another server answered in the window")
    direct = measure_churn(readings[0], readings[-2], readings[-1])
    assert direct["t"].inserts == 4, "what was there at the first reading of another server is not of this window"


def promote(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("select pg_promote()")


# Connections and rights that end


@contextmanager
def login(server: RunningServer, conninfo: str) -> Iterator[tuple[str, str]]:
    """A role with nothing but the right to log in, and the URL by which it samples."""
    name_of_database = str(conninfo_to_dict(conninfo)["dbname"])
    run(conninfo, f"revoke connect on database {name_of_database} from public")
    with role(conninfo, "login password 'first'") as name:
        run(conninfo, f"grant connect on database {name_of_database} to {name}")
        yield (
            name,
            make_conninfo("", host=server.host, port=server.port, dbname=name_of_database, user=name, password="first"),
        )


@pytest.mark.parametrize(
    ("lose", "regain", "said"),
    [
        ("revoke connect on database {db} from {role}", "grant connect on database {db} to {role}", "may not connect"),
        ("alter role {role} nologin", "alter role {role} login", "may not log in"),
        ("alter role {role} password 'second'", "alter role {role} password 'first'", "the password of role"),
        ("alter role {role} rename to {role}_x", "alter role {role}_x rename to {role}", "check both"),
    ],
    ids=["connect revoked", "login revoked", "password changed", "role gone"],
)
def test_a_right_lost_for_a_while_is_said(
    database: str, own_server: RunningServer, lose: str, regain: str, said: str
) -> None:
    with login(own_server, database) as (name, url):
        words = {"db": str(conninfo_to_dict(database)["dbname"]), "role": name}

        def lose_it(turns: Turns) -> None:
            run(database, lose.format(**words))
            run(database, "insert into t select generate_series(1, 3)")
            turns.let_pass(2)
            # A renamed role loses its md5 password, not its scram one.
            run(database, regain.format(**words))

        churn = sampled_during(url, lose_it)
    assert churn["t"].inserts == 3, "counted though nobody read it at the time"
    (gap,) = notes_of(churn, "No reading for ")
    assert said in gap
    assert name in gap
    assert "first" not in gap


def test_a_right_lost_for_good_is_said_and_what_was_read_is_kept(database: str, own_server: RunningServer) -> None:
    with login(own_server, database) as (name, url):

        def lose_it(turns: Turns) -> None:
            run(database, "insert into t select generate_series(1, 3)")
            turns.let_pass(2)
            run(database, f"alter role {name} nologin")

        churn = sampled_during(url, lose_it)
    assert churn["t"].inserts == 3
    (end,) = notes_of(churn, "No reading in the last ")
    assert f"Role {name} may not log in to " in end


def test_a_schema_that_may_no_longer_be_used_is_counted_all_the_same(database: str, own_server: RunningServer) -> None:
    run(database, "create schema app", "create table app.t (id int)")
    with login(own_server, database) as (name, url):
        run(database, f"grant usage on schema app to {name}")

        def revoke(_: Turns) -> None:
            run(database, f"revoke usage on schema app from {name}", "insert into app.t values (1), (2)")

        churn = sampled_during(url, revoke)
    assert (churn["app.t"].inserts, churn.notes) == (2, ())


def test_a_database_shut_for_a_while_is_a_gap(database: str, own_server: RunningServer) -> None:
    name = conninfo_to_dict(database)["dbname"]

    def shut(turns: Turns) -> None:
        run(
            own_server.conninfo(),
            f"alter database {name} with allow_connections false",
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
        )
        turns.let_pass(2)
        run(own_server.conninfo(), f"alter database {name} with allow_connections true")

    (gap,) = notes_of(sampled_during(database, shut), "No reading for ")
    assert "is not currently accepting connections" in gap


# Counters that stop, begin anew, or change hands


def test_counting_switched_off_halfway_is_said(database: str) -> None:
    name = conninfo_to_dict(database)["dbname"]
    with opened(database) as target:
        readings = [take_snapshot(target)]
        run(database, "insert into t values (1), (2)", f"alter database {name} set track_counts = off")
        run(database, "insert into t values (3)")
        readings.append(take_snapshot(target))
        last = take_snapshot(target)
    churn = measure_churn(*readings)
    assert churn["t"].inserts == 2
    notes_of(churn, "track_counts was off for a part of the window")
    assert measure_churn(readings[-1], last)["t"].basis == "none"


def test_a_reset_of_statistics_leaves_a_lower_bound(database: str) -> None:
    def reset(_: Turns) -> None:
        run(database, "select pg_stat_reset()", "insert into t values (1), (2), (3)")

    churn = sampled_during(database, reset)
    assert churn["t"].inserts <= 53
    assert churn["t"].inserts >= 3
    notes_of(churn, "Statistics were reset in the window")


def test_a_table_dropped_renamed_made_anew_is_followed(database: str) -> None:
    run(database, "create table gone (id int)", "create table old (id int)", "create table again (id int)")
    run(database, "insert into old values (1)", "insert into again select generate_series(1, 30)")

    def change(_: Turns) -> None:
        run(database, "insert into gone values (1)", "drop table gone")
        run(database, "alter table old rename to new", "insert into new values (1), (2)")
        run(database, "drop table again", "create table again (id int)", "insert into again values (1)")

    churn = sampled_during(database, change)
    assert (churn["new"].inserts, churn["new"].note) == (2, "renamed from public.old")
    assert churn["again"].inserts == 1
    assert str(churn["again"].note).startswith("re-created in the window")
    assert churn.notes == (
        "Renamed in the window: public.old is public.new by now.",
        "Dropped in the window and not counted: public.gone.",
    )
