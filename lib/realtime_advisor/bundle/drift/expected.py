"""What a bundle says should be in place: its decisions and its check scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

from realtime_advisor.bundle.reading import read_decisions
from realtime_advisor.errors import BadInput
from realtime_advisor.model import DecidedRun

MANIFEST: Final = "MANIFEST.json"
_WHOLE: Final = ("checks/*.sql", "sql/all.check.sql")


@dataclass(frozen=True)
class Expected:
    """A bundle as a check reads it; scripts are texts by file name, `edited` the names of those that are not run."""

    run: DecidedRun
    whole: Mapping[str, str]  # of all tables at once
    single: Mapping[str, str]  # of each table
    edited: tuple[str, ...] = ()


def read_expected(bundle: Path | str) -> Expected:
    """What the bundle in a folder expects. Raises BadInput.

    A script that is not the one that was exported, by the manifest's hash, is left out: it would be run on a target.
    """
    folder = Path(bundle)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder, and a check needs the whole bundle: name its folder with BUNDLE.")
    run, known = read_decisions(folder), _hashes(folder)
    found = sorted({path for pattern in _WHOLE for path in folder.glob(pattern)})
    whole = _read(folder, (path.relative_to(folder).as_posix() for path in found))
    listed = (name for entry in run.tables.values() for name in entry.files)
    single = _read(folder, (name for name in listed if name.endswith(".check.sql") and _stays_inside(name)))
    edited = {name for name, text in {**whole, **single}.items() if known and known.get(name) != _hash(text)}
    return Expected(run, _without(whole, edited), _without(single, edited), tuple(sorted(edited)))


def _without(scripts: Mapping[str, str], edited: Iterable[str]) -> dict[str, str]:
    return {name: text for name, text in scripts.items() if name not in edited}


def _stays_inside(name: str) -> bool:
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts


def _hashes(folder: Path) -> Mapping[str, str]:
    """The files' SHA-256 hashes by name; none where the bundle is of a version that kept none."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return {str(name): str(known) for name, known in files.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        reason = BadInput(f"The manifest of the bundle in {folder} cannot be read. Export the bundle again.")
    raise reason


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _read(folder: Path, names: Iterable[str]) -> dict[str, str]:
    texts = {}
    for name in names:
        try:
            texts[name] = (folder / name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            reason = BadInput(f"The file {name} of the bundle in {folder} cannot be read. Export the bundle again.")
        else:
            continue
        raise reason
    return texts
