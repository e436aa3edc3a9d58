"""Servers of these tests' own, because a slot waits for whoever writes on the server; and readers of their WAL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from realtime_advisor.model import WalReading
from realtime_advisor.observation import target as target_module
from realtime_advisor.observation import wal_slot
from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.postgres import Binaries, RunningServer, lease

from ..conftest import run
from .world import allow_wal2json, read_while

Reader = Callable[..., WalReading]


@contextmanager
def private_server(binaries: Binaries | None = None) -> Iterator[RunningServer]:
    """A server that nobody else writes to."""
    with tempfile.TemporaryDirectory(prefix="ra-wal-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with lease(binaries, folder=Path(folder)) as running:
            yield running
        assert reaper.wait_until_stopped(running.folder), "else its folder would go before it does"


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    with private_server() as running:
        yield running


@pytest.fixture(scope="session")
def server15(binaries15: Binaries) -> Iterator[RunningServer]:
    with private_server(binaries15) as running:
        yield running


@pytest.fixture(
    params=[("database", "test_decoding"), ("database15", "test_decoding"), ("database15", "wal2json")],
    ids=["embedded-test_decoding", "15-test_decoding", "15-wal2json"],
)
def world(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An empty database, and the plugin to read it with."""
    fixture, plugin = request.param
    conninfo: str = request.getfixturevalue(fixture)
    if plugin == "wal2json":
        allow_wal2json(conninfo)
    return conninfo, plugin


@pytest.fixture
def database_of(world: tuple[str, str]) -> str:
    return world[0]


@pytest.fixture
def read(world: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Reads what statements did, each in a transaction of its own; a callable does its own."""
    conninfo, plugin = world

    def reader(*works: str | Callable[[], None]) -> WalReading:
        ready = [work if callable(work) else partial(run, conninfo, work) for work in works]
        return read_while(monkeypatch, conninfo, *ready, plugin=plugin)

    return reader


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the WAL's query files for a test to change."""
    folder = tmp_path / "queries"
    shutil.copytree(Path(target_module.__file__).parent / "queries", folder)
    monkeypatch.setattr(wal_slot, "QUERIES", folder)
    return folder


def edit(query: Path, old: str, new: str) -> None:
    text = query.read_text()
    assert old in text
    query.write_text(text.replace(old, new))
