"""One private cluster in one folder: initialise it, start its server, tell what runs. Callers hold the start lock.

The folder holds `data`, `socket`, `server.log`, the locks that `reaper.py` tells about, `initialised` (the mark of a
finished initdb) and `server.json` (what the server was last started from).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.binaries import Binaries
from realtime_advisor.sandbox.place import Account, make_folder

SUPERUSER = "supabase_admin"
START_SECONDS = 180.0
_LONGEST_SOCKET_NAME = 100  # bytes; systems allow 104 to 108

_SETTINGS = {
    "wal_level": "logical",  # so that logical slots can tell exact events
    "synchronous_commit": "on",  # off lets logical decoding lag behind the commit
    "fsync": "off",  # everything here can be made again; a crash of the server alone loses nothing
    "full_page_writes": "off",
    "autovacuum": "off",  # it changes tables' statistics and counters at times of its own choosing
    "max_connections": "100",
    "max_replication_slots": "50",
    "max_wal_size": "256MB",
    "max_slot_wal_keep_size": "1GB",  # a slot left behind must not fill the disk
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


@dataclass(frozen=True)
class Cluster:
    """A cluster's folder, the binaries to start it from, and the account to run them as."""

    folder: Path
    binaries: Binaries
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def ensure_started(cluster: Cluster) -> Binaries:
    """Have the cluster's server run, initialising and starting it as needed; the binaries that it runs from."""
    if reaper.is_running(cluster.folder) and _becomes_ready(cluster):
        return _running_binaries(cluster)
    _launch(cluster)
    if not _becomes_ready(cluster):
        raise SandboxFailed(_why(cluster, "did not start", cluster.log.read_text(encoding="utf-8", errors="replace")))
    return cluster.binaries


def start_reaper(folder: Path) -> None:
    """Have one reaper watch the cluster in that folder."""
    # -I and -S: nothing of the user's Python set-up has a say in it, and it starts in 20 ms.
    command = [sys.executable, "-I", "-S", str(Path(reaper.__file__)), str(folder)]
    lock = reaper.Lock(folder / reaper.REAPER)
    if not lock.acquire() or lock.fd is None:
        return
    try:
        if sys.platform != "win32":
            _run_in_background(Account(), [*command, str(lock.fd)], keep=(lock.fd,))
    finally:
        lock.forget()  # our copy only: the reaper keeps its own
    if sys.platform == "win32":
        _run_in_background(Account(), command)


def _becomes_ready(cluster: Cluster) -> bool:
    """Wait until the server accepts queries; False if it ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while reaper.is_running(cluster.folder):
        if _status(cluster) == "ready" and reaper.answers(cluster.folder):
            return True
        if time.monotonic() > deadline:
            raise SandboxFailed(
                f"The embedded server in {cluster.folder} has been neither ready nor gone for {START_SECONDS:.0f} s; "
                f"see {cluster.log}, or set REALTIME_ADVISOR_CACHE to another folder."
            )
        time.sleep(0.005)
    return False


def _status(cluster: Cluster) -> str:
    try:
        return (cluster.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[7].strip()
    except (OSError, IndexError):
        return ""


def _launch(cluster: Cluster) -> None:
    lock = reaper.Lock(cluster.folder / reaper.SERVER)
    if not lock.acquire(START_SECONDS) or lock.fd is None:
        raise SandboxFailed(
            f"Processes of a killed server still run in {cluster.folder} after {START_SECONDS:.0f} s; "
            "end them, or set REALTIME_ADVISOR_CACHE to another folder."
        )
    try:
        if not _is_initialised(cluster) or _has_lost_writes(cluster):
            _initialise(cluster, lock.fd)
        # The lock proves that every process of an earlier server is gone, whoever has its process id by now.
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        _make_socket_folder(cluster)
        _record_start(cluster)
        _start_server(cluster, lock.fd)
    finally:
        # Our copy only: the server's processes keep theirs.
        lock.forget()


def _is_initialised(cluster: Cluster) -> bool:
    version = cluster.data / "PG_VERSION"
    return (
        (cluster.folder / "initialised").is_file()
        and (cluster.data / "global" / "pg_control").is_file()
        and version.is_file()
        and version.read_text(encoding="utf-8").strip() == str(cluster.binaries.major)
    )


def _has_lost_writes(cluster: Cluster) -> bool:
    """Whether the machine went down under the server, which fsync = off does not survive; a kill it does."""
    return (cluster.data / "postmaster.pid").exists() and _last_start(cluster).get("boot", _boot()) != _boot()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _initialise(cluster: Cluster, lock: int) -> None:
    (cluster.folder / "initialised").unlink(missing_ok=True)
    if cluster.data.exists():
        shutil.rmtree(cluster.data)
    make_folder(cluster.data, 0o700)
    cluster.account.own(cluster.data)
    done = cluster.account.run(_initdb_command(cluster), cwd=cluster.data, keep=(lock,))
    if done.returncode != 0:
        raise SandboxFailed(_why(cluster, "could not be initialised", done.stdout))
    (cluster.folder / "initialised").write_text(cluster.binaries.version + "\n", encoding="utf-8")


def _initdb_command(cluster: Cluster) -> list[str]:
    command = [cluster.binaries.program("initdb"), f"--pgdata={cluster.data}", f"--username={SUPERUSER}"]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--text-search-config=english", "--no-sync"]
    if cluster.binaries.major >= 17:
        # PostgreSQL's own C.UTF-8: sorts like C, knows the case of letters, and is the same on every machine.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return command


def _make_socket_folder(cluster: Cluster) -> None:
    reaper.discard_socket_folder(cluster.folder)
    folder = cluster.folder / "socket"
    if len(os.fsencode(folder / f".s.PGSQL.{reaper.PORT}")) > _LONGEST_SOCKET_NAME:
        folder = Path(tempfile.mkdtemp(prefix="realtime-advisor-", dir="/tmp"))
        (cluster.folder / "socket-folder").write_text(str(folder), encoding="utf-8")
    make_folder(folder, 0o700)
    cluster.account.own(folder)


def _start_server(cluster: Cluster, lock: int) -> None:
    if cluster.log.exists():
        cluster.log.replace(cluster.folder / "server.previous.log")
    settings = _SETTINGS | _listening(cluster)
    if _has_statements(cluster.binaries):
        settings["shared_preload_libraries"] = "pg_stat_statements"
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    if sys.platform == "win32":
        command = [cluster.binaries.program("pg_ctl"), "start", "-W", "-D", str(cluster.data), "-l", str(cluster.log)]
        cluster.account.run([*command, "-o", " ".join(options)], output=subprocess.DEVNULL)
        return
    command = [cluster.binaries.program("postgres"), "-D", str(cluster.data), *options]
    with cluster.log.open("wb") as log:
        _run_in_background(cluster.account, command, output=log.fileno(), keep=(lock,))


def _listening(cluster: Cluster) -> dict[str, str]:
    if sys.platform == "win32":
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = str(probe.getsockname()[1])
        (cluster.folder / "port").write_text(port, encoding="utf-8")
        return {"listen_addresses": "127.0.0.1", "port": port}
    host, number = reaper.address(cluster.folder)
    return {"listen_addresses": "", "port": str(number), "unix_socket_directories": host}


def _run_in_background(
    account: Account, command: list[str], *, output: int = subprocess.DEVNULL, keep: tuple[int, ...] = ()
) -> None:
    """Start a program that is no child of ours: no zombie when it ends, and nothing of ours stays open in it."""
    if sys.platform == "win32":
        subprocess.Popen(command, creationflags=subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP)
    else:
        account.run(["/bin/sh", "-c", '"$@" &', "sh", *command], output=output, keep=keep)


def _has_statements(binaries: Binaries) -> bool:
    prefix = binaries.bin.parent
    return any(
        any(prefix.glob(f"{folder}/pg_stat_statements.*")) for folder in ("lib", "lib*/postgresql", "lib*/pgsql")
    )


def _record_start(cluster: Cluster) -> None:
    record = asdict(cluster.binaries) | {"bin": str(cluster.binaries.bin), "boot": _boot()}
    (cluster.folder / "server.json").write_text(json.dumps(record), encoding="utf-8")


def _last_start(cluster: Cluster) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((cluster.folder / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record


def _running_binaries(cluster: Cluster) -> Binaries:
    """What the server was started from: perhaps another process's binaries of the same major version."""
    record = _last_start(cluster)
    try:
        return Binaries(Path(record["bin"]), record["version"], record["major"], record["source"])
    except KeyError:
        return cluster.binaries


def _why(cluster: Cluster, fact: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror:", "ERROR"))]
    said = (telling or lines or ["it said nothing"])[-1]
    return (
        f"The embedded server in {cluster.folder} {fact} ({said}); delete that folder to begin afresh, "
        "or set DATABASE_URL to a server of yours."
    )
