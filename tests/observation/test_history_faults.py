"""A history under crashes, two writers, full disks and wrong names: nothing half-written, one sentence each."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.errors import HistoryFailed
from realtime_advisor.observation.history import History, open_history, store
from realtime_advisor.observation.history.recorder import Recorder

from .histories import APP, NOON, entry, reading, recorded

SECRET = "s3cr3t-of-ada"
# Each reading's tables all hold the reading's number, so half a reading would be seen. Python starts once, and forks.
WRITERS = """
import itertools, os, sys
sys.path.insert(0, sys.argv[1])
from tests.observation.histories import APP, NOON, entry, reading
from realtime_advisor.observation.history import open_history

def write(where, begun):
    history = open_history(where)
    recorder = history.open_recorder(history.begin_sampling(APP, NOON, 60, 5))
    for number in itertools.count():
        recorder.keep(reading(number, *(entry(f"t{i}", number, relid=i) for i in range(50))))
        if number == 3:
            os.write(begun, b".")

def try_to_write(where, begun):
    try:
        write(where, begun)
    finally:
        os.write(begun, b"!")
        os._exit(1)

for line in sys.stdin:
    ready, begun = os.pipe()
    writers = [os.fork() or try_to_write(line.strip(), begun) for _ in range(2)]
    os.close(begun)
    if any(os.read(ready, 1) != b"." for _ in writers):
        for writer in writers:
            os.kill(writer, 9)
        sys.exit("a writer has failed")
    os.close(ready)
    print(*writers, flush=True)
    for writer in writers:
        os.waitpid(writer, 0)
    print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def writers() -> Iterator[subprocess.Popen[str]]:
    """A process that has two others write to the place on each line it reads, until they are killed."""
    command = [sys.executable, "-c", WRITERS, str(Path(__file__).parents[2])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def write_and_kill(writers: subprocess.Popen[str], where: str, delay: float) -> None:
    """Two writers at work at once, killed in the midst of it."""
    assert writers.stdin
    assert writers.stdout
    print(where, file=writers.stdin, flush=True)
    pids = [int(pid) for pid in writers.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(delay)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert writers.stdout.readline() == "ended\n"


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    place: str = request.getfixturevalue("database") if request.param == "postgres" else str(tmp_path / "h.sqlite")
    return place


def assert_whole(history: History) -> list[int]:
    """How many readings each sampling has; all of them whole, none missing in between."""
    lengths = []
    for sampling in history.samplings(APP):
        found = [{e.n_tup_ins for e in each.counters.values()} for each in history.snapshots(sampling=sampling)]
        assert found == [{number} for number in range(len(found))]
        lengths.append(len(found))
    return lengths


def test_two_writers_make_the_tables_once_and_killed_leave_whole_readings_only(
    writers: subprocess.Popen[str], where: str
) -> None:
    for delay in (0.0, 0.013, 0.031):
        write_and_kill(writers, where, delay)
    lengths = assert_whole(open_history(where))
    assert len(lengths) == 6
    assert min(lengths) >= 4


def test_a_reader_sees_one_state_while_others_write(where: str) -> None:
    history = open_history(where)
    sampling = history.begin_sampling(APP, NOON, 60, 5)
    recorder = history.open_recorder(sampling)
    for number in range(3):
        recorder.keep(reading(number, entry("a", number)))
    readings = history.snapshots(sampling=sampling)
    next(readings)
    recorder.keep(reading(3, entry("a", 3)))
    assert [each.counters["a"].n_tup_ins for each in readings] == [1, 2]
    assert history.progress(sampling)[0] == 4


def test_after_a_write_that_failed_the_next_reading_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = open_history(tmp_path)
    sampling = history.begin_sampling(APP, NOON, 60, 5)
    recorder = history.open_recorder(sampling)
    recorder.keep(reading(0, entry("a", 0), entry("b", 0)))
    with monkeypatch.context() as patch:
        fill_disk(patch, tmp_path)
        complaint = refusal_of_many(recorder)
    assert complaint == (
        f"There is no room for the history {tmp_path}/history.sqlite: its disk is full. "
        "Make room; what is recorded stays."
    )
    recorder.keep(reading(10, entry("a", 2), entry("b", 1)))
    first, second = history.snapshots()
    assert [first.counters["b"].n_tup_ins, second.counters["b"].n_tup_ins] == [0, 1]


def fill_disk(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have SQLite refuse to make the file any larger, as it does when the disk is full."""
    with sqlite3.connect(folder / "history.sqlite") as connection:
        (pages,) = connection.execute("pragma page_count").fetchone()
    connection.close()
    patch.setattr(store, "PRAGMAS", (*store.PRAGMAS, f"max_page_count = {pages}"))


def refusal_of_many(recorder: Recorder) -> str:
    with pytest.raises(HistoryFailed) as caught:
        recorder.keep(reading(5, entry("b", 1), *(entry(f"t{n}", relid=n) for n in range(2000))))
    assert caught.value.__cause__ is None
    return str(caught.value)


def refusal(where: str | Path) -> str:
    with pytest.raises(HistoryFailed) as caught:
        open_history(where)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing to do with it, and long enough to be looked at" * 100)
    assert refusal(notes) == f"The file {notes} is no SQLite database. Name another one with HISTORY."
    assert notes.read_text().startswith("nothing to do with it")


def test_a_database_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("create table songs (id int)")
    connection.close()
    assert (
        refusal(file) == f"The file {file} holds other tables (songs) and no history. Name another file with HISTORY."
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file" / "history") == (
        f"The folder {tmp_path}/file/history for the history cannot be made: Not a directory. "
        "Name another one with HISTORY."
    )


def test_a_locked_file_is_told_and_not_waited_for_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = open_history(tmp_path)
    monkeypatch.setattr(store, "PRAGMAS", ("busy_timeout = 10",))
    holder = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(HistoryFailed, match="Another process has kept the history .* locked"):
        history.begin_sampling(APP, NOON, 60, 5)
    holder.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://ada:{SECRET}@localhost:1/app", "No server listens at localhost:1 (role ada on database app)"),
        (f"postgresql://ada:{SECRET}@/x@localhost/app", "The database URL cannot be read"),
        (f"mysql://ada:{SECRET}@localhost/app", "That URL is for mysql, not for PostgreSQL"),
        (f"host=localhost port=1 user=ada password={SECRET}", "No server listens at localhost:1"),
        ("  ", "The history has no name."),
    ],
)
def test_a_wrong_url_is_told_without_its_password(url: str, said: str) -> None:
    assert said in refusal(url)


def test_passwords_are_neither_shown_nor_kept(database: str) -> None:
    history = open_history(f"{database} password={SECRET}")
    recorded(history, reading(0, entry("a")))
    assert SECRET not in repr(history) + repr(history._store) + history.place
    with psycopg.connect(database) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (name,) in names:
            rows = connection.execute(f'select t::text from "{name}" t'.encode()).fetchall()
            assert not [row for row in rows if SECRET in row[0]]
    assert len(names) == 9
