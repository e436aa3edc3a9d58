"""The servers that tests share: the embedded one and a system's PostgreSQL 15, and a database for each test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager

from realtime_advisor.errors import NoServerBinaries
from realtime_advisor.observation.environment import find_unread
from realtime_advisor.report import kernel_channels
from realtime_advisor.sandbox.postgres import Binaries, RunningServer, find_binaries, lease

from .new_databases import keep_templates, new_database

# A shell's background job ignores Ctrl-C, and so would these processes and all that they start: tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nor do tests see what looks as if it named a database, such as a developer's own POSTGRES_URL.
for _unread in find_unread(os.environ):
    del os.environ[_unread]

_STARTERS = {"psycopg", "lease", "subprocess"}  # names of modules' own, with which a test needs no fixture


def start_kernel(**settings: object) -> KernelManager:
    """The kernel in which nbval tries a notebook: by ports, one in a thousand lost the port that was meant for it."""
    return KernelManager(**settings, **kernel_channels(Path(mkdtemp())))


nbval.kernel.KernelManager = start_kernel


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--served", action="store_true", help="only tests that may meet a server, for each of its versions"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--served"):
        config.hook.pytest_deselected(items=[item for item in items if not may_meet_server(item)])
        items[:] = filter(may_meet_server, items)


def may_meet_server(item: pytest.Item) -> bool:
    """Whether a test asks for any fixture of ours, or could come to a server without one."""
    if not isinstance(item, pytest.Function) or _STARTERS & vars(item.module).keys():
        return True
    asked = (fixture for each in item._fixtureinfo.name2fixturedefs.values() for fixture in each)
    return not all(fixture.func.__module__.startswith("_pytest.") for fixture in asked)


@contextmanager
def fresh_database(server: RunningServer) -> Iterator[str]:
    """The conninfo of a new database, dropped at the end whoever is still connected."""
    with new_database(server) as name:
        yield server.conninfo(name)


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """The default embedded server, in the user's cache folder, shared with everything else that runs."""
    with lease() as running, keep_templates(running):
        yield running


@pytest.fixture(scope="session")
def binaries15() -> Binaries:
    """A system's PostgreSQL 15, as Debian 12 packages it."""
    try:
        return find_binaries(15)
    except NoServerBinaries:
        pytest.skip(
            "PostgreSQL 15 not installed: what concerns older servers is not tested (apt install postgresql-15)"
        )


@pytest.fixture(scope="session")
def server15(binaries15: Binaries) -> Iterator[RunningServer]:
    """A server of PostgreSQL 15."""
    with lease(binaries15) as running, keep_templates(running):
        yield running


@pytest.fixture
def database(server: RunningServer) -> Iterator[str]:
    """The conninfo of an empty database of its own for one test."""
    with fresh_database(server) as conninfo:
        yield conninfo


@pytest.fixture
def database15(server15: RunningServer) -> Iterator[str]:
    """The same on PostgreSQL 15."""
    with fresh_database(server15) as conninfo:
        yield conninfo
