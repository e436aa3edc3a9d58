"""`make sample` as a person starts it: recorded unattended, ended cleanly, gone on with by the same command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime_advisor.errors import AdvisorError, BadInput
from realtime_advisor.observation.history import History, open_history
from realtime_advisor.observation.target import Target
from realtime_advisor.sampling import run_sampling
from realtime_advisor.targets import write_minutes

SECRET = "s3cr3t-of-ada"


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    """`python -m realtime_advisor sample` without a database in its environment but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    command = [sys.executable, "-m", "realtime_advisor", "sample"]
    return subprocess.Popen(
        command,
        env=inherited | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was said, without the times."""
    told = capsys.readouterr()
    assert told.err == ""
    return [line.split("Z ", 1)[1] for line in told.out.splitlines()]


@pytest.fixture
def environ(database: str, tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"{database} password={SECRET}",
        "HISTORY": str(tmp_path),
        "SECONDS": "0.3",
        "INTERVAL": ".1",
    }


@pytest.fixture
def history(environ: dict[str, str]) -> History:
    return open_history(environ["HISTORY"])


def leave_unfinished(history: History, environ: dict[str, str], seconds: float) -> None:
    """A sampling of the same database, as an interrupted process leaves it."""
    run_sampling(environ | {"SECONDS": "0"})
    (done,) = history.samplings()
    recorder = history.open_recorder(sampling := history.begin_sampling(done.database, done.began, seconds, 0.1))
    recorder.keep(next(history.snapshots()))
    history.note(sampling, "interrupted")


def test_a_misspelt_setting_records_no_workshop(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="^DATABSE_URL is set and names no database here"):
        run_sampling({"DATABSE_URL": "postgresql://localhost/app", "HISTORY": str(tmp_path / "history")})
    assert not (tmp_path / "history").exists()


def test_an_address_left_empty_records_no_workshop(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="^DATABASE_URL is empty, and neither it nor PGHOST and its like say"):
        run_sampling({"DATABASE_URL": "", "HISTORY": str(tmp_path / "history")})
    assert not (tmp_path / "history").exists()


def test_a_sampling_is_recorded_to_its_end(
    environ: dict[str, str], history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sampling(environ) == 0
    first, last = lines(capsys)
    assert first.startswith("Sampling database test_")
    assert "every 0.1 s for 0.3 s, until 20" in first
    assert first.endswith(f"into {history.place}. Ctrl-C stops it; the same command goes on with it.")
    readings = len(list(history.snapshots()))
    assert 2 <= readings <= 4  # a busy machine oversleeps turns
    assert last.startswith(f"Done: {readings} readings in 0.3 s. Decide from them with make report")
    assert [found.kind for found in history.happenings(history.extents()[-1].sampling)] == ["finished"]
    assert SECRET not in first + last
    assert SECRET.encode() not in Path(history.place).read_bytes()


def at_once(_: object) -> Callable[[float, float], Iterator[float]]:
    """One turn, at the end, without waiting for it."""
    return lambda left, _: iter([left])


def test_a_terminated_sampling_is_gone_on_with_by_the_same_command(
    environ: dict[str, str], history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ |= {"SECONDS": "3600", "INTERVAL": "0.2"}
    running = start(environ)
    assert running.stdout
    assert "Sampling database" in running.stdout.readline()
    running.send_signal(signal.SIGTERM)
    said, complaints = running.communicate(timeout=600)
    assert (running.returncode, complaints) == (130, "")
    assert " kept. The same command goes on until" in said
    kept = len(list(history.snapshots()))
    monkeypatch.setattr("realtime_advisor.sampling.turns_of", at_once)
    assert run_sampling(environ) == 0
    (sampling,) = history.samplings()
    assert [found.kind for found in history.happenings(sampling)] == ["interrupted", "resumed", "finished"]
    assert len(list(history.snapshots(sampling=sampling))) == kept + 2
    assert SECRET not in said


def test_going_on_says_what_is_there_and_what_is_left(
    environ: dict[str, str],
    history: History,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_unfinished(history, environ, seconds=3600)
    unfinished = history.samplings()[-1]
    del environ["SECONDS"], environ["INTERVAL"]
    monkeypatch.setattr("realtime_advisor.sampling.turns_of", at_once)
    assert run_sampling(environ) == 0
    said = lines(capsys)[2]
    assert said.startswith("Going on with the sampling of database test_")
    assert ": 1 reading is there" in said
    assert " of 1 h are left, every 0.1 s" in said
    assert history.progress(unfinished)[0] == 3


def test_another_length_begins_another_sampling(
    environ: dict[str, str], history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_unfinished(history, environ, seconds=3600)
    assert run_sampling(environ) == 0
    assert "is left as it is: this one is another." in lines(capsys)[2]
    assert [sampling.seconds for sampling in history.samplings()] == [0, 3600, 0.3]


def test_a_sampling_whose_time_has_passed_is_closed(
    environ: dict[str, str], history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_unfinished(history, environ, seconds=0.001)
    assert run_sampling(environ) == 0
    assert "its time has passed: a new one." in lines(capsys)[2]
    passed = history.samplings()[1]
    assert [found.kind for found in history.happenings(passed)] == ["interrupted", "finished"]


def test_the_workshop_is_recorded_by_its_own_clock_and_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"HISTORY": str(tmp_path), "SECONDS": "120"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("realtime_advisor.sampling.turns_of", interrupted_after_a_minute)
        assert run_sampling(environ) == 130
    assert run_sampling(environ) == 0
    said = lines(capsys)
    assert said[0].startswith("Sampling the workshop database by its own clock every 1 min for 2 min")
    assert said[2].startswith("Going on with the sampling of database workshop")
    history = open_history(tmp_path)
    messages = [found.counters["messages"].n_tup_ins for found in history.snapshots()]
    assert messages == [0, 190, 190, 380]


def interrupted_after_a_minute(target: Target) -> Callable[[float, float], Iterator[float]]:
    def turns(left: float, _: float) -> Iterator[float]:
        yield from write_minutes(target, min(left, 60))
        raise KeyboardInterrupt

    return turns


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECONDS", "soon", "SECONDS is 'soon'; it says how long to watch the database: a number, 0 or more."),
        ("SECONDS", "-1", "SECONDS is '-1'; it says how long"),
        ("INTERVAL", "0", "INTERVAL is '0'; it says how many seconds lie between two readings: a number, 0.1 or more."),
        ("KEEP_DAYS", "nan", "KEEP_DAYS is 'nan'; it says for how many days readings are kept"),
        ("HISTORY", "/dev/null/x", "The folder /dev/null/x for the history cannot be made: Not a directory."),
        ("HISTORY", f"postgresql://ada:{SECRET}@localhost:1/app", "The history cannot be opened. No server listens at"),
        ("DATABASE_URL", f"postgresql://ada:{SECRET}@localhost:1/app", "No server listens at localhost:1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_in_one_sentence(
    environ: dict[str, str], name: str, value: str, said: str
) -> None:
    with pytest.raises(AdvisorError) as caught:
        run_sampling(environ | {name: value})
    assert str(caught.value).startswith(said)
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value, BadInput) or "history" in str(caught.value) or "server" in str(caught.value)
