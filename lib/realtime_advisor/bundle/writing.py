"""A bundle into its folder, all or nothing: written beside it, then put in its place in one step.

A crash, a full disk or a killed process leaves the old bundle as it was, and at most a hidden folder beside it, which
the next export removes. What is not the bundle's own stays: files that somebody put there keep their names, files of
the older bundle that somebody edited are kept aside in `kept/`.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Final

from realtime_advisor.errors import ExportFailed
from realtime_advisor.sandbox.reaper import Lock

from .exchange import put_in_place, recover
from .manifest import Manifest, read_manifest
from .mounts import is_mount_point

KEPT: Final = "kept"
_PATIENCE_SECONDS: Final = 30.0


def name_folder(said: Path | str) -> Path:
    """The folder that somebody names: `~` is a home. Raises ExportFailed for one without a name, or of no home."""
    if not str(said).strip():
        raise ExportFailed("No folder is named to write the bundle to. Name one, such as out.")
    try:
        return Path(said).expanduser()
    except RuntimeError:
        raise ExportFailed(f"The folder {said} is in a home that cannot be found. Name another one.") from None


def write_files(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Make `files` (relative names to texts) the bundle in `folder`; the names of what was kept aside of an older one.

    Raises ExportFailed where the folder cannot be written, or holds something else than a bundle.
    """
    with _sentences(folder), _alone(folder) as folder:
        older = _require_bundle(folder)
        stage = Path(mkdtemp(prefix=_prefix(folder), dir=folder.parent))
        try:
            _fill(stage, files)
            kept = tuple(_carry_over(folder, stage, older, files.keys())) if older else ()
            _give_rights(stage, folder)
            _flush()
            put_in_place(stage, folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    return kept


def require_writable(folder: Path) -> None:
    """Whether a bundle can be written to `folder`, asked before the work is done. Raises ExportFailed.

    A folder that was not there is none afterwards either: the work may fail, and would leave it empty.
    """
    with _sentences(folder):
        was_there = folder.exists()
        with _alone(folder) as folder:
            _require_bundle(folder)
            shutil.rmtree(mkdtemp(prefix=_prefix(folder), dir=folder.parent))
            if not was_there:
                with suppress(OSError):
                    folder.rmdir()


def kept_aside(folder: Path) -> tuple[str, ...]:
    """The files in the folder that somebody had edited before a newer bundle came."""
    return tuple(sorted(name for name in _files(folder) if name.startswith(f"{KEPT}/")))


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """Faults of the file system, each in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise _mounted(folder) from None
        raise ExportFailed(
            f"The folder {folder} cannot be written: {error.strerror}. Name another one with OUT."
        ) from None


def _mounted(folder: Path) -> ExportFailed:
    if not os.access(folder, os.W_OK):
        return ExportFailed(
            f"The folder {folder} is a mount point where nothing can be written, as a read-only volume is. "
            "Name another one with OUT."
        )
    return ExportFailed(
        f"The folder {folder} is a mount point, as a container's volume is, and a bundle takes its folder's place as a "
        f"whole. Name a folder inside it: OUT={folder / 'bundle'}."
    )


@contextmanager
def _alone(named: Path) -> Iterator[Path]:
    """Hold the folder alone, with what a crash has left beside it put right; yields where it really is."""
    folder = named.resolve()
    if not folder.name or folder.parent.is_file():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if is_mount_point(folder):  # asked first: what is beside a volume may be nobody's to write
        raise _mounted(named)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        recover(folder)
        folder.mkdir(exist_ok=True)
        for left in folder.parent.glob(f"{glob.escape(_prefix(folder))}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with Lock(folder.with_name(f".{folder.name}.lock")) as lock:
        while lock.fd is None:
            if not lock.acquire(_PATIENCE_SECONDS):
                raise ExportFailed(f"Another run keeps writing to {folder}. Name another folder with OUT.")
            if not _is_there(lock):
                lock.release()
        try:
            yield
        finally:
            with suppress(OSError):
                lock.path.unlink()


def _is_there(lock: Lock) -> bool:
    """Whether the locked file still has its name: whoever held it before has removed it."""
    assert lock.fd is not None
    try:
        return os.path.samestat(os.fstat(lock.fd), lock.path.stat())
    except FileNotFoundError:
        return False


def _prefix(folder: Path) -> str:
    return f".{folder.name}.new-"


def _require_bundle(folder: Path) -> Manifest | None:
    """What the bundle in the folder consists of; None where there is nothing. Raises ExportFailed, OSError."""
    others = sorted(entry.name for entry in folder.iterdir())
    older = read_manifest(folder) if others else None
    if others and older is None and others != [".lock"]:
        raise ExportFailed(
            f"The folder {folder} holds other files ({others[0]}) and no bundle. "
            "Name an empty folder or an older bundle with OUT."
        )
    return older


def _fill(stage: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = stage / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _carry_over(folder: Path, stage: Path, older: Manifest, names: Set[str]) -> Iterator[str]:
    """Take along what is not the older bundle's own; yields the names under which edited files are kept."""
    taken = {name.lower() for name in names}
    for place in _empty_folders(folder):  # a repository of git's, for one, is none without some of them
        if place.as_posix().lower() not in taken:
            (stage / place).mkdir(parents=True, exist_ok=True)
    for name in _files(folder):
        path = folder / name
        if name in older.files and not path.is_symlink() and older.is_own(name, path.read_bytes()):
            continue
        if name not in older.files and name.lower() not in taken:
            _take(path, stage / name)
        elif not _same(path, stage / name):
            kept = _free_name(f"{KEPT}/{name}", folder, stage, path)
            _take(path, stage / kept)
            yield kept


def _files(folder: Path) -> Iterator[str]:
    """All files in the folder, by relative name, in order."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted([*names, *links]):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _empty_folders(folder: Path) -> list[Path]:
    return [Path(place).relative_to(folder) for place, folders, names in os.walk(folder) if not folders and not names]


def _free_name(name: str, folder: Path, stage: Path, path: Path) -> str:
    """The name, with a number where another text is kept under it already."""
    number, free = 1, name
    while any((place / free).exists() and not _same(path, place / free) for place in (folder, stage)):
        number += 1
        free = f"{name}.{number}"
    return free


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and not one.is_symlink() and one.read_bytes() == other.read_bytes()


def _take(path: Path, to: Path) -> None:
    """The same file under another name, without copying what it holds where the file system can do that."""
    if to.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        to.symlink_to(path.readlink())
        return
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)


def _give_rights(stage: Path, folder: Path) -> None:
    """Those of the folder that was there: whoever owns it goes on to, as far as we may say so."""
    there = folder.stat()
    stage.chmod(there.st_mode)
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(stage, there.st_uid, there.st_gid)


def _flush() -> None:
    """Have all of it on the disk before it gets its name."""
    if hasattr(os, "sync"):
        os.sync()
