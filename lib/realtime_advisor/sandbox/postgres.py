"""The embedded PostgreSQL server: take a lease, use it, give it back. The last lease's end stops the server.

Several processes share one server for each major version. It survives Ctrl-C and never outlives its users, however
they end: see `reaper.py`. On Windows it listens on a loopback port instead of a socket; that is not tested.
"""

from __future__ import annotations

import atexit
import contextlib
from pathlib import Path
from types import TracebackType

from psycopg.conninfo import make_conninfo

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.binaries import Binaries, find_binaries
from realtime_advisor.sandbox.cluster import SUPERUSER, Cluster, ensure_started, start_reaper
from realtime_advisor.sandbox.place import find_room, make_folder, make_runnable, server_account

__all__ = ["Binaries", "RunningServer", "find_binaries", "lease"]

_LOCK_SECONDS = 300.0
# What the PG* environment says about the user's own server and would break or divert a connection to ours.
_UNDISTURBED = {
    "hostaddr": "",
    "options": "",
    "channel_binding": "disable",
    "gssencmode": "disable",
    "require_auth": "",
    "target_session_attrs": "any",
}


class RunningServer:
    """A lease of a running server. It ends with `close`, the `with` block, or the process; a fork does not share it."""

    def __init__(self, binaries: Binaries, folder: Path, users: reaper.Lock) -> None:
        self.binaries = binaries
        self.folder = folder
        self.host, self.port = reaper.address(folder)
        self._users = users

    def __repr__(self) -> str:
        return f"<RunningServer PostgreSQL {self.binaries.version}>"

    def conninfo(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """A libpq connection string, which the PG* environment of the user's own server does not disturb."""
        return make_conninfo("", host=self.host, port=self.port, dbname=database, user=user, **_UNDISTURBED)

    def close(self) -> None:
        """Give the lease back. Closing twice is fine, and so is closing in a forked child, which has no lease."""
        if self._users.fd is not None:
            with contextlib.suppress(FileNotFoundError):  # somebody has removed the folder
                start_reaper(self.folder)  # it runs already, unless somebody has killed it
            self._users.release()
        atexit.unregister(self.close)

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def lease(binaries: Binaries | None = None, *, folder: Path | None = None) -> RunningServer:
    """A running server of these binaries' major version (default: the first found), started if need be.

    `folder` keeps the cluster, instead of REALTIME_ADVISOR_CACHE or the user's cache folder. Raises
    `NoServerBinaries` and `SandboxFailed`.
    """
    binaries = binaries or find_binaries()
    account = server_account()
    room = find_room(account, folder)
    try:
        cluster = Cluster(room / _cluster_name(binaries), make_runnable(binaries, account, room), account)
        make_folder(cluster.folder, 0o755 if account.is_other else 0o700)
        return _lease_of(cluster)
    except OSError as error:
        raise SandboxFailed(
            f"The embedded server's folder {room} cannot be used ({error}); "
            "make room there, or set REALTIME_ADVISOR_CACHE to another folder."
        ) from error


def _lease_of(cluster: Cluster) -> RunningServer:
    with reaper.Lock(cluster.folder / reaper.START) as start:
        if not start.acquire(_LOCK_SECONDS):
            raise SandboxFailed(
                f"Another process has been starting the embedded server in {cluster.folder} for {_LOCK_SECONDS:.0f} s; "
                "end that process, or set REALTIME_ADVISOR_CACHE to another folder."
            )
        return _take_lease(cluster)


def _cluster_name(binaries: Binaries) -> str:
    """The cluster's folder: one for each catalogue format, which betas change.

    >>> _cluster_name(Binaries(Path("bin"), "18.6", 18, "system"))
    'postgres-18'
    >>> _cluster_name(Binaries(Path("bin"), "19beta2", 19, "system"))
    'postgres-19beta2'
    """
    is_release = binaries.version.replace(".", "").isdigit()
    return f"postgres-{binaries.major if is_release else binaries.version}"


def _take_lease(cluster: Cluster) -> RunningServer:
    users = reaper.Lock(cluster.folder / reaper.USERS, shared=True)
    users.wait()
    try:
        running = ensure_started(cluster)
        start_reaper(cluster.folder)
    except BaseException:
        users.release()
        raise
    server = RunningServer(running, cluster.folder, users)
    atexit.register(server.close)
    return server
