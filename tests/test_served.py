"""Which tests are repeated on servers of other versions: those that may meet one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import may_meet_server


@pytest.fixture(params=["database", "database15"])
def any_database(request: pytest.FixtureRequest) -> str:
    """Asked for by name only, so no fixture of a server is known beforehand."""
    return str(request.param)


def test_what_asks_for_a_database_is_repeated(request: pytest.FixtureRequest, database: str) -> None:
    assert database
    assert may_meet_server(request.node)


def test_what_may_ask_for_one_later_is_repeated(request: pytest.FixtureRequest, any_database: str) -> None:
    assert any_database
    assert may_meet_server(request.node)


def test_what_starts_one_by_itself_is_repeated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "lease", None)
    assert may_meet_server(request.node)


@pytest.mark.parametrize("number", [1, 2])
def test_what_asks_for_nothing_of_ours_is_not(request: pytest.FixtureRequest, tmp_path: Path, number: int) -> None:
    assert (tmp_path.is_dir(), number > 0) == (True, True)
    assert not may_meet_server(request.node)
