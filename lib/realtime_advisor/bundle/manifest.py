"""What a bundle consists of: MANIFEST.json lists its files with their hashes, so that an edited one is recognised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from .files import INDEX

MANIFEST: Final = "MANIFEST.json"
FORMAT: Final = 1


@dataclass(frozen=True)
class Manifest:
    """The files of a bundle: `files` are SHA-256 hashes by relative name, None where an older bundle kept none.

    `migrations` are in the order in which they apply; `rollback` and `check` are None where no table has SQL.
    """

    files: Mapping[str, str | None]
    migrations: tuple[str, ...] = ()
    rollback: str | None = None
    check: str | None = None

    def is_own(self, name: str, content: bytes) -> bool:
        """Whether a file with that content is as the bundle was written."""
        return name in self.files and self.files[name] in (None, digest(content))


def digest(content: bytes) -> str:
    """The hash by which a file is recognised."""
    return hashlib.sha256(content).hexdigest()


def write_manifest(
    files: Mapping[str, str],
    migrations: Iterable[str] = (),
    rollback: str | None = None,
    check: str | None = None,
) -> str:
    """The text of MANIFEST.json for these files: sorted, without a clock."""
    described = {
        "format": FORMAT,
        "migrations": list(migrations),
        "rollback": rollback,
        "check": check,
        "files": {name: digest(text.encode()) for name, text in files.items()},
    }
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the bundle in a folder, or what can be told of an older one; None where there is no bundle.

    Names that lead out of the folder are left out.
    """
    described = _read(folder / MANIFEST)
    if described is not None and isinstance(described.get("files"), dict):
        files = {str(name): str(hash_) for name, hash_ in described["files"].items() if _stays_inside(str(name))}
        return Manifest(
            {**files, MANIFEST: None},
            tuple(str(name) for name in described.get("migrations") or () if str(name) in files),
            _listed(described.get("rollback"), files),
            _listed(described.get("check"), files),
        )
    index = _read(folder / INDEX)
    return _older(index) if index is not None or (folder / INDEX).exists() else None


def _listed(name: object, files: Mapping[str, str]) -> str | None:
    return name if isinstance(name, str) and name in files else None


def _older(index: Mapping[str, Any] | None) -> Manifest:
    """A bundle from before there were manifests: its index listed the SQL files."""
    own = ["README.md", INDEX, "decisions.schema.json", "audit.md", ".lock"]
    own += [f"sql/all.{part}.sql" for part in ("up", "down", "check")]
    try:
        listed = [str(name) for table in (index or {})["tables"] for name in table["files"]]
    except (KeyError, TypeError):
        listed = []
    return Manifest(dict.fromkeys([*own, *filter(_stays_inside, listed)]))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
