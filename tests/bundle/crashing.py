"""Exports that end badly: killed at every step, without room, without rights. And several at once.

`python crashing.py killed|killed-twice|full|forbidden|together FOLDER` prints a line for each end of an export.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from realtime_advisor.bundle import exchange
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.manifest import MANIFEST, write_manifest
from realtime_advisor.bundle.writing import write_files
from realtime_advisor.errors import ExportFailed

NOBODY = 65534


def bundle(text: str) -> dict[str, str]:
    """Files that all say `text`, some of them only in this bundle."""
    files = {name: text for name in ("README.md", INDEX, "tables/a.sql", f"tables/{text}.sql", "client/a/b.ts")}
    return {**files, MANIFEST: write_manifest(files)}


def state(folder: Path) -> str:
    """What a reader finds: 'old', 'new', 'nothing', or what is wrong."""
    if not folder.exists():
        return "nothing"
    found = {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}
    found = {name: text for name, text in found.items() if name != "mine.txt"}
    return next((text for text in ("old", "new") if found == bundle(text)), f"half: {sorted(found)}")


def die_at(step: int) -> None:
    """Be killed at the step-th thing that this process asks of the file system from here on."""
    left = [step]

    def hook(event: str, _: object) -> None:
        if event.startswith(("open", "os.", "shutil.", "tempfile.", "fcntl.", "ctypes.")):
            left[0] -= 1
            if left[0] == -1:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def killed(folder: Path) -> None:
    """Killed at each step in turn, until one export comes to its end."""
    for step in range(10_000):
        write_files(folder, bundle("old"))
        (folder / "mine.txt").write_text("mine")
        child = os.fork()
        if child == 0:
            die_at(step)
            write_files(folder, bundle("new"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        found = state(folder)
        write_files(folder, bundle("old"))
        beside = sorted(entry.name for entry in folder.parent.iterdir() if entry != folder)
        kept = (folder / "mine.txt").read_text() if (folder / "mine.txt").exists() else "lost"
        print(found, state(folder), kept, beside, flush=True)
        if status == 0:
            return


def killed_twice(folder: Path) -> None:
    """The same where the system cannot exchange two names in one step."""

    def unable(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no such call")

    with patch.object(exchange, "_exchange", unable):
        killed(folder)


def full(folder: Path) -> None:
    """No file may grow beyond a few bytes."""
    write_files(folder, bundle("old"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
    _fail(folder)


def forbidden(folder: Path) -> None:
    """The folder's parent may not be written."""
    write_files(folder, bundle("old"))
    folder.parent.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    _fail(folder)


def together(folder: Path) -> None:
    """Three processes export at once, again and again."""
    write_files(folder, bundle("old"))
    (folder / "mine.txt").write_text("mine")
    children = [_child(lambda: [write_files(folder, bundle(text)) for text in ("new", "old") * 8]) for _ in range(3)]
    ended = [status for _, status in (os.waitpid(child, 0) for child in children)]
    print(ended, state(folder), (folder / "mine.txt").read_text(), sorted(e.name for e in folder.parent.iterdir()))


def _child(run: Callable[[], object]) -> int:
    """The number of a process that runs this and ends."""
    child = os.fork()
    if child == 0:
        try:
            run()
        except ExportFailed as failed:
            print(failed, flush=True)
            os._exit(1)
        os._exit(0)
    return child


def _fail(folder: Path) -> None:
    try:
        write_files(folder, bundle("new"))
    except ExportFailed as failed:
        print(failed)
    print(state(folder), sorted(entry.name for entry in folder.parent.iterdir()))


if __name__ == "__main__":
    {"killed": killed, "killed-twice": killed_twice, "full": full, "forbidden": forbidden, "together": together}[
        sys.argv[1]
    ](Path(sys.argv[2]))
