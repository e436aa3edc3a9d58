"""Folders for servers of a test's own: empty, or with a cluster that somebody has initialised already."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.postgres import lease


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name that any account can enter; at the end its servers have stopped by themselves."""
    folder = Path(tempfile.mkdtemp(prefix="ra-", dir=min("/tmp", tempfile.gettempdir(), key=_is_long)))
    folder.chmod(0o755)
    yield folder
    for cluster in folder.glob("postgres-*"):
        assert reaper.wait_until_stopped(cluster)
    shutil.rmtree(folder)


def _is_long(folder: str) -> tuple[bool, bool]:
    """Sorts first the folder for temporary files, unless a socket's name would become too long in it."""
    return len(folder) > 50, folder == "/tmp"


@pytest.fixture
def empty_room() -> Iterator[Path]:
    """A folder in which a cluster has still to be initialised."""
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def blank() -> Iterator[Path]:
    """A cluster that was initialised and never used, stopped."""
    with short_folder() as folder:
        with lease(folder=folder) as server:
            pass
        assert reaper.wait_until_stopped(server.folder)
        yield server.folder


@pytest.fixture
def room(blank: Path, empty_room: Path) -> Path:
    """A folder with a copy of it: most tests are about what comes after."""
    cluster = empty_room / blank.name
    cluster.mkdir()
    subprocess.run(["cp", "-a", blank / "data", blank / "initialised", cluster], check=True)
    return empty_room
