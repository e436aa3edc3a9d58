"""Where the embedded server lives, and as whom: its account, its folder, and binaries that the account can run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.binaries import Binaries

VARIABLE = "REALTIME_ADVISOR_CACHE"
NAME = "realtime-advisor"
# The server gets these and nothing else: no PGDATA or PGPORT that would mislead it, no DATABASE_URL with a password.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")


@dataclass(frozen=True)
class Account:
    """Who runs the server: the user (no ids), or for root, whom PostgreSQL refuses, an existing account."""

    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether the server runs as somebody else than this process."""
        return self.uid is not None

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        output: int = subprocess.PIPE,
        keep: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in a session of its own, so that Ctrl-C does not reach it.

        `output` takes stdout and stderr; `keep` are open files that the program inherits.
        """
        try:
            return subprocess.run(
                command,
                cwd=cwd or Path(os.sep),
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                user=self.uid,
                group=self.gid,
                extra_groups=[] if self.is_other else None,
                pass_fds=keep,
                start_new_session=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            remedy = (
                "PostgreSQL refuses to run as root, so be an ordinary user" if self.is_other else "look at its rights"
            )
            raise SandboxFailed(
                f"{command[0]} cannot be run for the embedded server ({error}); "
                f"{remedy}, or set DATABASE_URL to a server of yours."
            ) from error

    def own(self, path: Path) -> None:
        """Make the account the owner of a folder that this process has just made."""
        if sys.platform != "win32" and self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account itself gets into the folder: tried, not computed from modes."""
        command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return not self.is_other or self.run(command).returncode == 0

    def can_run(self, binaries: Binaries) -> bool:
        """Whether the account itself can run the server's programs."""
        script = '"$1" --version && "$2" --version'
        command = ["/bin/sh", "-c", script, "sh", binaries.program("postgres"), binaries.program("initdb")]
        return not self.is_other or self.run(command).returncode == 0


def server_account() -> Account:
    """The account to run the server as: this user, or for root `postgres` if it exists, else `nobody`."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return Account()
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise SandboxFailed(
        "PostgreSQL refuses to run as root, and this machine has neither an account `postgres` nor `nobody`; "
        "run as an ordinary user, or set DATABASE_URL to a server of yours."
    )


def find_room(account: Account, folder: Path | None = None) -> Path:
    """The folder that keeps clusters: the one given, the environment's, or the user's cache; made if need be.

    Root's home is closed to the account that runs the server. Then a folder under /var serves, a separate one for each
    folder that was asked for. Raises `SandboxFailed` where no folder can be written.
    """
    chosen = folder or _named_by_environment()
    named = chosen.absolute() if chosen else None
    places = list(_places(account, named))
    for place in places:
        if _is_fit(place, account, is_chosen=place == named):
            if named and place != named:
                _stand_in(place, named)
            return place
    raise SandboxFailed(
        f"The embedded server has no folder that it can use (tried {', '.join(map(str, places))}); "
        f"set {VARIABLE} to one, or DATABASE_URL to a server of yours."
    )


def _named_by_environment() -> Path | None:
    named = os.environ.get(VARIABLE, "")
    return Path(named).expanduser() if named else None


def _places(account: Account, named: Path | None) -> Iterator[Path]:
    if named:
        yield named
    elif cache := _user_cache():
        yield cache / NAME
    if account.is_other:
        key = f"for-{hashlib.sha256(os.fsencode(named)).hexdigest()[:12]}" if named else ""
        yield Path("/var/cache", NAME, key)
        yield Path("/var/tmp", f"{NAME}-root", key)
    elif not named and sys.platform != "win32":
        yield Path(tempfile.gettempdir(), f"{NAME}-{os.geteuid()}")


def _user_cache() -> Path | None:
    try:
        home = Path.home()
    except RuntimeError:  # a user without an entry in the system's list, as some containers have
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else home / ".cache"


def _is_fit(place: Path, account: Account, *, is_chosen: bool) -> bool:
    """Make the folder; whether the server's account gets in, and it is ours or was chosen by name.

    Somebody else may have laid out a folder of our name in a shared /tmp; and under sudo the home is another user's.
    """
    try:
        make_folder(place, 0o755 if account.is_other else 0o700)
        is_ours = sys.platform == "win32" or place.lstat().st_uid == os.geteuid()
    except OSError:
        return False
    return (is_ours or is_chosen) and os.access(place, os.W_OK | os.X_OK) and account.can_enter(place)


def _stand_in(place: Path, named: Path) -> None:
    """Note which folder this one stands in for, and remove stand-ins whose folder is gone and that nobody uses."""
    (place / "stands-in-for").write_text(str(named), encoding="utf-8")
    for note in place.parent.glob("for-*/stands-in-for"):
        if not Path(note.read_text(encoding="utf-8")).exists() and not any(
            reaper.is_running(cluster) for cluster in note.parent.glob("postgres-*")
        ):
            shutil.rmtree(note.parent, ignore_errors=True)


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder and its missing parents with exactly that mode, whatever the umask; leave existing ones alone."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        try:
            missing.mkdir()
        except FileExistsError:
            continue
        missing.chmod(mode)


def make_runnable(binaries: Binaries, account: Account, room: Path) -> Binaries:
    """The binaries, or a copy of them in `room` if they lie where the account cannot go, such as root's home."""
    if account.can_run(binaries):
        return binaries
    content = hashlib.sha256(Path(binaries.program("postgres")).read_bytes()).hexdigest()[:12]
    copy = room / "binaries" / f"{binaries.version}-{content}"
    if not copy.exists():
        _copy_installation(binaries.bin.parent, copy)
    copied = replace(binaries, bin=copy.joinpath(*binaries.bin.parts[-3:]))
    if not account.can_run(copied):
        raise SandboxFailed(
            f"PostgreSQL refuses to run as root, and no other account can run the binaries in {binaries.bin}; "
            "install PostgreSQL for all users, or set DATABASE_URL to a server of yours."
        )
    return copied


def _copy_installation(prefix: Path, copy: Path) -> None:
    """Copy what a server needs, readable to all, under another name first: half a copy is never taken for a whole."""
    make_folder(copy.parent, 0o755)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix="copying-") as unfinished:
        whole = Path(unfinished, copy.name)
        for part in _parts(prefix):
            shutil.copytree(part, whole / part.relative_to(prefix.parent.parent), symlinks=True)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            whole.rename(copy)
        except OSError:
            if not copy.exists():  # otherwise another process was first, and its copy is as good
                raise


def _parts(prefix: Path) -> list[Path]:
    """The folders of an installation, and those beside it in which wheels for Linux and macOS keep shared libraries."""
    package = prefix.parent
    parts = [prefix / "bin", prefix / "lib", prefix / "share", package / ".dylibs", Path(f"{package}.libs")]
    return [part for part in parts if part.is_dir()]
