"""Stops a server when its last user is gone, however the users ended. Also holds the locks that this rests on.

Standard library only, because it runs as a script of its own: `python reaper.py CLUSTER_FOLDER`. Locks in that folder:

- `users.lock`: every lease holds it shared; whoever holds it alone knows that nobody uses the server.
- `start.lock`: held alone while the server is being initialised, started or stopped.
- `server.lock`: inherited by the server's processes, so it is free exactly when all of them are gone. That is more
  than `postmaster.pid` tells: after a `kill -9` its number may belong to a zombie, or to another program.
- `reaper.lock`: held by the one reaper, which inherits it from the process that started it.

The kernel drops a lock when the last process that holds it dies, so nothing here can be left behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from types import TracebackType

USERS, START, SERVER, REAPER = "users.lock", "start.lock", "server.lock", "reaper.lock"
PATIENCE_SECONDS = 20.0
PORT = 5432

if sys.platform == "win32":
    import msvcrt
    import random

    _SPAN = 1 << 30

    def _try_lock(fd: int, *, shared: bool) -> bool:
        # Windows has no shared lock here: a sharer locks one byte of many, and whoever is alone locks them all.
        os.lseek(fd, random.randrange(_SPAN) if shared else 0, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1 if shared else _SPAN)
        except OSError:
            return False
        return True

    def _wait_for_lock(fd: int, *, shared: bool) -> None:
        while not _try_lock(fd, shared=shared):
            time.sleep(0.2)

    def _unlock(fd: int) -> None:
        """Closing the file is what unlocks it."""

else:
    import fcntl

    def _try_lock(fd: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait_for_lock(fd: int, *, shared: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


class Lock:
    """A lock on a file, held from `acquire` to `release` or to the end of the process. A fork does not inherit it."""

    def __init__(self, path: Path, fd: int | None = None, *, shared: bool = False) -> None:
        self.path = path
        self.fd = fd
        self.shared = shared

    def acquire(self, timeout: float = 0.0) -> bool:
        """Take the lock, waiting up to `timeout` seconds; False if it was not to be had."""
        deadline = time.monotonic() + timeout
        fd = self._open()
        while not _try_lock(fd, shared=self.shared):
            if time.monotonic() >= deadline:
                self.forget()
                return False
            time.sleep(0.01)
        return True

    def wait(self) -> None:
        """Take the lock, however long that lasts, without polling."""
        _wait_for_lock(self._open(), shared=self.shared)

    def _open(self) -> int:
        _held.add(self)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self.fd

    def release(self) -> None:
        """Give the lock back at once, even where a program that this one started has kept the file open."""
        if self.fd is not None:
            _unlock(self.fd)
            self.forget()

    def forget(self) -> None:
        """Close our copy only: the lock stays with every other process that has inherited it."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        _held.discard(self)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


_held: set[Lock] = set()


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


# A forked child (multiprocessing, a notebook kernel) shares its parent's open files. Closing its copies neither drops
# the parent's locks nor keeps them alive after the parent's death.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def is_running(folder: Path) -> bool:
    """Whether any process of the cluster's server is alive, orphans of a killed server included."""
    if sys.platform == "win32":
        return answers(folder)
    with Lock(folder / SERVER) as lock:
        return not lock.acquire()


def socket_folder(folder: Path) -> Path:
    """Where the server's socket is: in the cluster's folder, or elsewhere if that makes too long a name."""
    try:
        return Path((folder / "socket-folder").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return folder / "socket"


def discard_socket_folder(folder: Path) -> None:
    """Remove the folder of a server that is gone, with the socket and lock file that a killed one leaves."""
    shutil.rmtree(socket_folder(folder), ignore_errors=True)
    (folder / "socket-folder").unlink(missing_ok=True)


def address(folder: Path) -> tuple[str, int]:
    """Host and port of the cluster's server; the host is a socket's folder except on Windows."""
    if sys.platform == "win32":
        return "127.0.0.1", int((folder / "port").read_text(encoding="utf-8"))
    return str(socket_folder(folder)), PORT


def answers(folder: Path) -> bool:
    """Whether a server accepts connections for this cluster."""
    try:
        host, port = address(folder)
        if sys.platform == "win32":
            with socket.create_connection((host, port), 2.0):
                return True
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2.0)
            client.connect(f"{host}/.s.PGSQL.{port}")
    except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
        return False
    except OSError:  # a full queue, say: somebody is there
        return True
    return True


def server_pid(folder: Path) -> int | None:
    """The server's process id as its own file says, or None."""
    try:
        return int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def stop_server(folder: Path) -> bool:
    """Stop the server, gently first, then by force; True when it is gone. Call it with the start lock held."""
    if sys.platform == "win32":
        return _stop_with(folder, signal.SIGTERM)
    return _stop_with(folder, signal.SIGINT) or _stop_with(folder, signal.SIGQUIT)


def _stop_with(folder: Path, number: signal.Signals) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    sent = False
    while is_running(folder):
        if time.monotonic() > deadline:
            return False
        # An answer at its socket is the proof that the process id is not somebody else's by now.
        if not sent and answers(folder) and (pid := server_pid(folder)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            sent = True
        time.sleep(0.01)
    return True


def wait_until_stopped(folder: Path, timeout: float = 300.0) -> bool:
    """Wait until server and reaper have ended by themselves, so that the cluster's folder may be removed."""
    with Lock(folder / REAPER) as lock:
        return lock.acquire(timeout) and not is_running(folder)


def reap(folder: Path, mine: Lock) -> None:
    """Wait until nobody uses the server, and stop it. `mine` is the reaper's lock, already taken."""
    while True:
        with Lock(folder / USERS) as alone:
            alone.wait()
        with Lock(folder / START) as start, Lock(folder / USERS) as alone:
            start.wait()
            # Somebody may have come between the two locks: then they are its users now, and the wait begins again.
            if alone.acquire():
                if stop_server(folder):
                    discard_socket_folder(folder)
                # Before the start lock: whoever starts the server next must see that it has no reaper.
                mine.release()
                return


def main(folder: Path, inherited: int | None = None) -> None:
    """Be the cluster's reaper, with the lock inherited as that open file; return at once if another one is."""
    mine = Lock(folder / REAPER, inherited)
    if inherited is not None or mine.acquire():
        reap(folder, mine)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
