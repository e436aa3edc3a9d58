"""What a bundle says should be in place: its decisions and its check scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from realtime_advisor.bundle.reading import read_decisions
from realtime_advisor.errors import BadInput
from realtime_advisor.model import DecidedRun

_WHOLE = ("checks/*.sql", "sql/all.check.sql")


@dataclass(frozen=True)
class Expected:
    """A bundle as a check reads it; scripts are texts by file name."""

    run: DecidedRun
    whole: Mapping[str, str]  # of all tables at once
    single: Mapping[str, str]  # of each table


def read_expected(bundle: Path | str) -> Expected:
    """What the bundle in a folder expects. Raises BadInput."""
    folder = Path(bundle)
    run = read_decisions(folder)
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder, and a check needs the whole bundle: name its folder with BUNDLE.")
    whole = sorted({path for pattern in _WHOLE for path in folder.glob(pattern)})
    files = [name for entry in run.tables.values() for name in entry.files if name.endswith(".check.sql")]
    inside = [name for name in files if not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts]
    return Expected(
        run,
        {path.relative_to(folder).as_posix(): _read(path) for path in whole},
        {name: _read(folder / name) for name in inside},
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        reason = BadInput(f"The bundle's file {path} cannot be read. Export the bundle again.")
    raise reason
