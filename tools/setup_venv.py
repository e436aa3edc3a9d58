"""Build the project's virtual environment from `requirements.lock`; leave it alone when it is already right.

Standard library only. `make` runs it: `python3 tools/setup_venv.py .venv` builds or repairs, and with `--check` only
answers, through the exit status, whether there is anything to do. It may be interrupted, and run twice at once.

uv installs in seconds what takes pip most of a minute. So the user's own uv comes first, if there is one; then the uv
that the lock file pins, fetched by pip and told pip's indexes; then pip for everything. Every file is checked against
its hash each way.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pip_settings import as_uv_settings

PROJECT = Path(__file__).resolve().parent.parent
LOCK = PROJECT / "requirements.lock"
OURS = "*\n"  # what .gitignore in the environment says; it also marks a folder that we may delete
STRAYS = {  # would send packages elsewhere than into the project's own environment
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONPATH",
    "PYTHONHOME",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
    "UV_PREFIX",
}
NETWORK_TROUBLE = (
    "Failed to fetch",
    "error sending request",
    "dns error",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Network connectivity is disabled",
)


class SetUpFailed(Exception):
    """What went wrong and what to do, in a sentence or two."""


def say(sentence: str) -> None:
    print(f"Set-up: {sentence}", flush=True)


def key_of(project: Path, version: tuple[int, int]) -> str:
    """Name the state that the environment must be in: what it is built from, by which Python, for which folder."""
    digest = hashlib.sha256(f"{version} {project}\n".encode())
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def stamp_of(venv: Path) -> Path:
    return venv / "set-up.stamp"


def is_current(venv: Path, key: str) -> bool:
    """Tell whether a finished set-up left its stamp for this key, and its Python is still there."""
    try:
        return stamp_of(venv).read_text() == key and (venv / "bin" / "python").exists()
    except OSError:
        return False


@contextmanager
def only_one() -> Iterator[int]:
    """Hold the project's set-up lock, waiting for it if need be; installers inherit it, so an orphan still holds it."""
    with LOCK.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder to end.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def clean_environment() -> dict[str, str]:
    """The caller's environment, less what would lead an installer astray or make it ask questions."""
    kept = {name: value for name, value in os.environ.items() if name not in STRAYS}
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


class Installer:
    """Runs the installing programs for one environment, and keeps what they say in its log."""

    def __init__(self, venv: Path, lock_fd: int) -> None:
        self.venv = venv
        self.python = str(venv / "bin" / "python")
        self.log = venv / "set-up.log"
        self.environment = clean_environment()
        self.lock_fd = lock_fd

    def run(self, *command: str, **settings: str) -> str:
        """Run one program; return what it printed. Raises SetUpFailed with its last words."""
        result = subprocess.run(
            command,
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            pass_fds=(self.lock_fd,),
            check=False,
        )
        with self.log.open("a", encoding="utf-8") as log:
            log.write(result.stdout)
        if result.returncode:
            raise SetUpFailed(result.stdout.strip() or f"{command[0]} ended with status {result.returncode}")
        return result.stdout

    def pip(self, *arguments: str) -> str:
        return self.run(self.python, "-I", "-m", "pip", *arguments)

    def ensure_pip(self) -> None:
        try:
            self.pip("--version")
        except SetUpFailed:
            self.run(self.python, "-I", "-m", "ensurepip")

    def with_pip(self) -> None:
        self.ensure_pip()
        self.pip("install", "-q", "--require-hashes", "-r", str(LOCK))
        self.pip("install", "-q", "--no-deps", "--no-build-isolation", "-e", ".")

    def with_uv(self, uv: list[str], settings: dict[str, str]) -> None:
        into = ("--python", self.python)
        self.run(*uv, "pip", "sync", *into, "--require-hashes", str(LOCK), **settings)
        self.run(*uv, "pip", "install", *into, "--no-deps", "--no-build-isolation", "-e", ".", **settings)

    def with_locked_uv(self) -> None:
        self.ensure_pip()
        requirement = self.venv / "set-up.uv.txt"
        requirement.write_text(lines_of("uv", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        self.pip("install", "-q", "--require-hashes", "--only-binary", ":all:", "-r", str(requirement))
        settings = as_uv_settings(self.pip("config", "list"), os.environ)
        self.with_uv([str(self.venv / "bin" / "uv")], settings)

    def with_users_uv(self) -> bool:
        """Install with the uv of the user, on PATH or in the Python that runs this; False where none can do it."""
        for uv in ([shutil.which("uv") or ""], [base_python(), "-m", "uv"]):
            try:
                self.run(*uv, "--version")
                self.with_uv(uv, {})
            except (SetUpFailed, OSError):
                continue
            return True
        return False


def lines_of(package: str, lock: str) -> str:
    """Cut one package out of a lock file.

    >>> print(lines_of("b", "a==1 \\\\\\n    --hash=x\\nb==2 \\\\\\n    --hash=y\\n"), end="")
    b==2 \\
        --hash=y
    """
    found: list[str] = []
    for line in lock.splitlines(keepends=True):
        if line.startswith(f"{package}==") or (found and line.startswith(" ")):
            found.append(line)
        elif found:
            break
    return "".join(found)


def base_python() -> str:
    """The interpreter behind this one, should this be a virtual environment's that is about to be rebuilt."""
    return str(getattr(sys, "_base_executable", sys.executable))


def make_room(venv: Path) -> None:
    """Leave an environment that can be brought up to date, or nothing where it was left half made.

    Raises SetUpFailed where the folder is somebody else's.
    """
    if not venv.exists() and not venv.is_symlink():
        return
    marker = venv / ".gitignore"
    is_ours = (venv / "pyvenv.cfg").exists() or (marker.exists() and marker.read_text() == OURS)
    if venv.is_symlink() or not (is_ours or (venv.is_dir() and not any(venv.iterdir()))):
        raise SetUpFailed(f"{venv} is not a virtual environment of this project; move it away and run make again.")
    if not (stamp_of(venv).exists() and runs_same_python(venv)):
        shutil.rmtree(venv)


def runs_same_python(venv: Path) -> bool:
    """Tell whether the environment's interpreter runs, and is of the same minor version as this one."""
    question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    probe = (str(venv / "bin" / "python"), "-I", "-S", "-c", question)
    try:
        return subprocess.run(probe, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def create(venv: Path, installer: Installer) -> None:
    if not (venv / "pyvenv.cfg").exists():
        venv.mkdir(parents=True, exist_ok=True)
        (venv / ".gitignore").write_text(OURS)
        installer.run(base_python(), "-I", "-m", "venv", "--without-pip", str(venv))


def install(installer: Installer) -> None:
    """Fill the environment by the first of three ways that works; raise the last one's SetUpFailed."""
    if installer.with_users_uv():
        return
    try:
        installer.with_locked_uv()
    except SetUpFailed as failure:
        if not uv_may_be_at_fault(str(failure)):
            raise
        say("uv could not do it here, so pip does; that takes about a minute.")
        installer.with_pip()


def uv_may_be_at_fault(words: str) -> bool:
    """Tell whether pip is worth a try after these words: not when pip itself met no network, or the disk is full."""
    return not any(trouble in words for trouble in ("NewConnectionError", "NameResolutionError", "No space left"))


def explain(words: str, log: Path) -> str:
    """Turn an installer's last words into a sentence with a next step.

    >>> explain("ERROR: NewConnectionError(...)", Path(".venv/set-up.log"))
    'no package index could be reached; check the network, or the index that pip is set to use, and run make again.'
    """
    if any(trouble in words for trouble in NETWORK_TROUBLE):
        return (
            "no package index could be reached; check the network, or the index that pip is set to use, "
            "and run make again."
        )
    if "No space left" in words:
        return "the disk is full; make room (about 700 MB) and run make again."
    return f"{words.strip().splitlines()[-1]} (all of it is in {log}; the next make tries again)."


def build(venv: Path, lock_fd: int) -> None:
    """Build or update the environment; its stamp comes last, so that an interrupted set-up is seen and repaired."""
    version = sys.version_info[:2]
    make_room(venv)
    stamp_of(venv).unlink(missing_ok=True)
    started = time.monotonic()
    say(f"installing what requirements.lock lists into {venv}, with Python {version[0]}.{version[1]}.")
    installer = Installer(venv, lock_fd)
    create(venv, installer)
    try:
        install(installer)
    except SetUpFailed as failure:
        raise SetUpFailed(explain(str(failure), installer.log)) from None
    fresh = venv / "set-up.stamp.new"
    fresh.write_text(key_of(PROJECT, version))
    fresh.replace(stamp_of(venv))
    say(f"ready after {time.monotonic() - started:.0f} s.")


def main(arguments: list[str]) -> int:
    os.chdir(PROJECT)
    venv = Path(arguments[-1])
    key = key_of(PROJECT, sys.version_info[:2])
    if "--check" in arguments:
        return 0 if is_current(venv, key) else 1
    try:
        with only_one() as lock_fd:
            if not is_current(venv, key):
                build(venv, lock_fd)
    except SetUpFailed as failure:
        print(f"Set-up: {failure}", file=sys.stderr)
        return 1
    except OSError as failure:
        sentence = f"{failure.filename or venv}: {failure.strerror}; make it writable and run make again."
        print(f"Set-up: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up: interrupted; the next make begins again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
