"""The embedded server's life: started, shared, left, killed, repaired, stopped. Each test has a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.binaries import Binaries, find_binaries
from realtime_advisor.sandbox.postgres import RunningServer, lease

HOLDER = Path(__file__).with_name("holder.py")


def wait_until(holds: Callable[[], bool], seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_free(path: Path) -> bool:
    with reaper.Lock(path) as lock:
        return lock.acquire()


def ask(server: RunningServer, query: str) -> Any:
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def server_pid(server: RunningServer) -> int:
    pid = reaper.server_pid(server.folder)
    assert pid is not None
    return pid


class Holder:
    """Another process with a lease."""

    def __init__(self, room: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HOLDER), str(room)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def kill(self) -> None:
        self.process.kill()
        self.leave()

    def leave(self) -> None:
        self.process.communicate()


# Shared


def test_two_processes_share_a_server_that_stops_when_both_are_killed(room: Path) -> None:
    holders = [Holder(room), Holder(room)]
    first, second = (holder.said() for holder in holders)
    assert first["server"] == second["server"]
    holders[0].kill()
    with psycopg.connect(second["conninfo"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    holders[1].kill()
    assert reaper.wait_until_stopped(room / "postgres-18")


def test_processes_that_come_at_once_get_one_server(empty_room: Path) -> None:
    holders = [Holder(empty_room) for _ in range(4)]
    assert len({holder.said()["server"] for holder in holders}) == 1
    for holder in holders:
        holder.kill()


def test_processes_that_come_and_go_always_find_a_server(room: Path) -> None:
    for _ in range(5):
        with lease(folder=room) as server:
            assert ask(server, "select 1") == 1


def test_closing_one_of_two_leases_keeps_the_server(room: Path) -> None:
    with lease(folder=room) as kept:
        lease(folder=room).close()
        time.sleep(0.3)
        assert ask(kept, "select 1") == 1
    kept.close()


def test_a_lease_tells_the_binaries_that_the_server_really_runs_from(room: Path) -> None:
    with lease(folder=room) as first:
        other = Binaries(first.binaries.bin, "18.0", 18, "system")
        with lease(other, folder=room) as second:
            assert second.binaries == first.binaries


def test_ctrl_c_does_not_reach_the_server(server: RunningServer) -> None:
    pid = server_pid(server)
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_a_pipe_ends_although_the_server_goes_on(room: Path) -> None:
    starter = Holder(room)
    starter.said()
    with lease(folder=room) as server:
        starter.kill()  # reads its output to the end, which the server that it started must not hold open
        assert ask(server, "select 1") == 1


def test_a_forked_child_neither_keeps_nor_drops_its_parents_lease(room: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from realtime_advisor.sandbox.postgres import lease
server = lease(folder=Path({str(room)!r}))
brief = os.fork()
if brief == 0:
    sys.exit()
os.waitpid(brief, 0)
lasting = os.fork()
if lasting == 0:
    time.sleep(600)
    os._exit(0)
print(lasting, flush=True)
sys.stdin.readline()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            time.sleep(0.3)
            assert reaper.is_running(room / "postgres-18"), "the brief child took the lease with it"
            parent.kill()
            assert reaper.wait_until_stopped(room / "postgres-18")
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_killed_reaper_is_replaced(room: Path) -> None:
    with lease(folder=room) as server:
        os.kill(reaper_pid(server.folder), signal.SIGKILL)
        wait_until(lambda: is_free(server.folder / reaper.REAPER))
    assert reaper.wait_until_stopped(server.folder)


def reaper_pid(folder: Path) -> int:
    found: list[int] = []

    def is_listed() -> bool:
        listing = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
        wanted = f"{sys.executable} -I -S {reaper.__file__} {folder} "
        found.extend(
            int(line.split()[0]) for line in listing.splitlines() if line.lstrip(" 0123456789").startswith(wanted)
        )
        return bool(found)

    wait_until(is_listed)  # for a moment it is a shell that is about to become the reaper
    return found[0]


# Killed and repaired


def keep_a_row(server: RunningServer) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        connection.execute("create table kept as select 42 as n")


def test_a_killed_server_is_restarted_with_its_data(room: Path) -> None:
    with lease(folder=room) as server:
        keep_a_row(server)
        os.kill(server_pid(server), signal.SIGKILL)
        with lease(folder=room) as again:
            assert ask(again, "select n from kept") == 42


def test_a_process_id_that_is_somebody_elses_by_now_does_not_matter(room: Path) -> None:
    with lease(folder=room) as server:
        keep_a_row(server)
        os.kill(server_pid(server), signal.SIGKILL)
        wait_until(lambda: not reaper.is_running(server.folder))
        stale = server.folder / "data" / "postmaster.pid"
        stale.write_text("\n".join([str(os.getpid()), *stale.read_text().splitlines()[1:]]) + "\n")
        with lease(folder=room) as again:
            assert ask(again, "select n from kept") == 42


def test_data_survive_the_last_lease(room: Path) -> None:
    with lease(folder=room) as server:
        keep_a_row(server)
    assert reaper.wait_until_stopped(server.folder)
    with lease(folder=room) as again:
        assert ask(again, "select n from kept") == 42


def test_a_half_initialised_folder_is_initialised_afresh(empty_room: Path) -> None:
    half = empty_room / "postgres-18" / "data"
    (half / "global").mkdir(parents=True)
    (half.parent).chmod(0o755)
    (half / "PG_VERSION").write_text("18\n")
    (half / "global" / "pg_control").write_bytes(b"")
    with lease(folder=empty_room) as server:
        assert ask(server, "select 1") == 1


def test_data_of_another_major_are_not_started(room: Path) -> None:
    with lease(folder=room) as server:
        keep_a_row(server)
    assert reaper.wait_until_stopped(server.folder)
    (server.folder / "data" / "PG_VERSION").write_text("17\n")
    with lease(folder=room) as again:
        assert ask(again, "select to_regclass('kept')") is None


def test_data_that_the_machine_went_down_on_are_not_trusted(room: Path) -> None:
    with lease(folder=room) as server:
        keep_a_row(server)
        os.kill(server_pid(server), signal.SIGKILL)
        record = server.folder / "server.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | {"boot": "an earlier one"}))
        with lease(folder=room) as again:
            assert ask(again, "select to_regclass('kept')") is None


def test_a_server_that_does_not_start_is_one_sentence(room: Path) -> None:
    with lease(folder=room) as server:
        pass
    assert reaper.wait_until_stopped(server.folder)
    (server.folder / "data" / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(SandboxFailed) as refused:
        lease(folder=room)
    assert str(refused.value).startswith(f"The embedded server in {server.folder} did not start (")
    assert "could not load" in str(refused.value)
    assert str(refused.value).endswith(
        "); delete that folder to begin afresh, or set DATABASE_URL to a server of yours."
    )


def test_an_initdb_that_fails_is_one_sentence(empty_room: Path) -> None:
    folder = empty_room / "bin"
    folder.mkdir()
    for name, line in (
        ("postgres", ":"),
        ("initdb", '[ "$1" = --version ] || { echo "initdb: error: full"; exit 1; }'),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    with pytest.raises(SandboxFailed, match=r"could not be initialised \(initdb: error: full\); delete that folder"):
        lease(Binaries(folder, "18.6", 18, "system"), folder=empty_room)


def test_a_start_that_lasts_for_ever_is_one_sentence(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_advisor.sandbox.postgres._LOCK_SECONDS", 0.0)
    with lease(folder=room) as server, reaper.Lock(server.folder / reaper.START) as start:
        assert start.acquire()
        with pytest.raises(SandboxFailed, match=r"Another process has been starting .* end that process, or set REAL"):
            lease(folder=room)


# Told apart by major


def test_system_binaries_serve_as_well(empty_room: Path, binaries15: Binaries) -> None:
    with lease(binaries15, folder=empty_room) as server:
        assert (server.binaries.major, server.folder.name) == (15, "postgres-15")
        assert ask(server, "show server_version_num").startswith("15")
    assert find_binaries(15) == binaries15
