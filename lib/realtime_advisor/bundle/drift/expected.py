"""What a bundle says should be in place: its decisions and its check scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from realtime_advisor.bundle.manifest import MANIFEST, Manifest, read_manifest
from realtime_advisor.bundle.reading import read_decisions
from realtime_advisor.errors import BadInput
from realtime_advisor.model import DecidedRun

_OLDER_WHOLE: Final = "sql/all.check.sql"  # where a bundle has no manifest


@dataclass(frozen=True)
class Expected:
    """A bundle as a check reads it; scripts are texts by file name."""

    run: DecidedRun
    whole: Mapping[str, str]  # of all tables at once
    single: Mapping[str, str]  # of each table: all of them, or none where one was edited
    edited: tuple[str, ...] = ()  # of the whole's: not to be run


def read_expected(bundle: Path | str) -> Expected:
    """What the bundle in a folder expects. Raises BadInput.

    A script that is not the one that was exported, by the manifest's hash, is left out: it would be run on a target.
    """
    folder = Path(bundle)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder, and a check needs the whole bundle: name its folder with BUNDLE.")
    run, manifest = read_decisions(folder), _manifest(folder)
    whole = _read(folder, [manifest.check] if manifest.check else [])
    single = _read(folder, [name for name in _listed(run) if name in manifest.files])
    own = {name: text for name, text in whole.items() if manifest.is_own(name, text)}
    as_exported = all(manifest.is_own(name, text) for name, text in single.items())
    return Expected(run, _decode(own), _decode(single) if as_exported else {}, tuple(sorted(whole.keys() - own.keys())))


def _listed(run: DecidedRun) -> list[str]:
    return [name for entry in run.tables.values() for name in entry.files if name.endswith(".check.sql")]


def _manifest(folder: Path) -> Manifest:
    found = read_manifest(folder)
    if found is not None and MANIFEST in found.files:
        return found
    if found is not None and (folder / _OLDER_WHOLE).exists() and not (folder / MANIFEST).exists():
        return replace(found, check=_OLDER_WHOLE)
    raise BadInput(
        f"The bundle in {folder} has no {MANIFEST} that can be read, so which check is its own is not known. Export it "
        "again."
    )


def _decode(scripts: Mapping[str, bytes]) -> dict[str, str]:
    return {name: content.decode(errors="replace") for name, content in scripts.items()}


def _read(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    contents = {}
    for name in names:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            reason = BadInput(
                f"The file {name} of the bundle in {folder} cannot be read: {error.strerror}. Export the bundle again."
            )
        else:
            continue
        raise reason
    return contents
