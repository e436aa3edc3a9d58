"""Decided from a history: without the database, the same as when it was watched; with the architect's answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

import realtime_advisor as ra
from realtime_advisor.bundle.answers_file import gather_answers, keep_answers, read_answers_file
from realtime_advisor.errors import BadInput, HistoryFailed
from realtime_advisor.model import Advice, Option
from realtime_advisor.observation.history import History, open_history
from realtime_advisor.targets import connect


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


@pytest.fixture(scope="module")
def live(folder: Path) -> Advice:
    """Two minutes of the workshop, watched and recorded."""
    return ra.advise(connect(environ={}), 120, history=folder)


@pytest.fixture
def history(folder: Path, live: Advice) -> History:
    assert live.window == "workshop traffic"
    return open_history(folder, create=False)


def described(advice: Advice) -> dict[str, Any]:
    """decisions.json but for the word that says where the window comes from."""
    found: dict[str, Any] = json.loads(ra.export(advice)["decisions.json"])
    found["window"].pop("source")
    return found


def test_a_history_tells_what_the_database_told(live: Advice, history: History) -> None:
    recalled = ra.advise(history)
    assert recalled.window == "recorded"
    assert dict(recalled.decisions) == dict(live.decisions)
    assert described(recalled) == described(live)
    assert dict(recalled.scripts) == dict(live.scripts)
    assert live.audit
    assert recalled.audit
    assert recalled.audit.findings == live.audit.findings


def test_watching_without_a_history_decides_the_same(live: Advice) -> None:
    assert described(ra.advise(connect(environ={}), 120)) == described(live)


def test_what_was_decided_is_recorded(live: Advice, history: History) -> None:
    (decided,) = history.decisions()
    document = cast(dict[str, list[dict[str, str]]], decided.document)
    assert {t["table"]: t["option"] for t in document["tables"]} == {
        decision.table.name: decision.option.value for decision in live.decisions.values()
    }


def test_the_last_part_of_a_sampling_can_be_asked_for(history: History) -> None:
    assert ra.advise(history, 60, prove=0).churn.seconds == 60


def test_a_short_sampling_does_not_take_a_longer_ones_place(tmp_path: Path) -> None:
    for seconds in (120, 60):
        ra.advise(connect(environ={}), seconds, history=tmp_path, prove=0)
    history = open_history(tmp_path)
    longest, latest = (ra.advise(history, seconds, prove=0).churn for seconds in (None, 60))
    assert (longest.seconds, latest.seconds) == (120, 60)
    assert longest.notes == (
        "The history's longest sampling was taken, of 2 min; a later one was left out: SECONDS=60 takes the latest, "
        "of 1 min.",
    )
    assert latest.notes[0].startswith("The history also holds a longer sampling, of 2 min")


def test_answers_beside_the_history_count_and_those_given_go_before(history: History) -> None:
    ra.keep_answer("messages", history=history, user_facing=False, reason="an archive")
    kept = ra.load_answers(history)
    assert kept["public.messages"] == {"user_facing": False, "reason": "an archive"}
    assert ra.advise(history, prove=0).decisions["messages"].option is Option.NO_REALTIME
    given = {"messages": {"user_facing": True}}
    assert ra.advise(history, answers=given, prove=0).decisions["messages"].option is not Option.NO_REALTIME
    (history.folder / "answers.toml").unlink()
    assert ra.load_answers(history) == {}


def test_the_headless_run_decides_from_a_history_with_answers_and_without_a_database(
    folder: Path, history: History, tmp_path: Path
) -> None:
    answers = tmp_path / "mine.toml"
    answers.write_text('["public.documents"]\nuser_facing = false\n', encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE"))}
    environ |= {"HISTORY": str(folder), "ANSWERS": str(answers), "OUT": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, "-m", "realtime_advisor"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Deciding from {history.place}: database workshop (" in done.stdout
    assert "3 readings over 2 min ..." in done.stdout
    assert "Recorded over 120 s:" in done.stdout
    found = json.loads((tmp_path / "out" / "decisions.json").read_text(encoding="utf-8"))
    schema = json.loads((tmp_path / "out" / "decisions.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert found["window"]["source"] == "recorded"
    assert {t["table"]: t["option"] for t in found["tables"]}["documents"] == "no_realtime"
    assert "recorded over 120 seconds" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_an_answer_keeps_the_files_comments_and_other_answers(tmp_path: Path) -> None:
    file = tmp_path / "made" / "answers.toml"
    keep_answers(file, "public.orders", {"user_facing": True})
    file.write_text("# asked on Monday\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    keep_answers(file, "public.items", {"user_facing": False})
    assert file.read_text(encoding="utf-8").startswith("# asked on Monday\n")
    assert set(read_answers_file(file)) == {"public.orders", "public.items"}
    assert [entry.name for entry in file.parent.iterdir() if not entry.name.startswith(".")] == ["answers.toml"]


def test_an_answer_that_is_none_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    keep_answers(file, "public.orders", {"user_facing": True})
    before = file.read_bytes()
    with pytest.raises(BadInput):
        keep_answers(file, "public.orders", {"user_facing": "perhaps"})
    assert file.read_bytes() == before


def test_answers_that_have_expired_are_told_and_do_not_count(tmp_path: Path) -> None:
    text = '["public.orders"]\nuser_facing = { answer = true, expires = 2026-01-31 }\n'
    (tmp_path / "answers.toml").write_text(text, encoding="utf-8")
    assert gather_answers(None, tmp_path, date(2026, 1, 31))[1] == ()
    answers, told = gather_answers(None, tmp_path, date(2026, 2, 1))
    assert not answers["public.orders"]
    assert tuple(map(str, told)) == ("The answer user_facing for public.orders expired on 2026-01-31: ask again.",)


def test_files_of_answers_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"The answers in .*missing.toml cannot be read: No such file"):
        gather_answers(tmp_path / "missing.toml", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="The answers cannot be written to"):
        keep_answers(tmp_path / "file" / "answers.toml", "public.orders", {"user_facing": True})


def test_answers_beside_a_history_in_postgres_belong_into_the_folder_history(database: str) -> None:
    assert open_history(database).folder == Path("history")


def test_a_history_that_is_empty_or_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Nothing is recorded in the history"):
        ra.advise(open_history(tmp_path))
    with pytest.raises(HistoryFailed, match="There is no history in"):
        open_history(tmp_path / "other", create=False)


def test_an_answer_for_a_table_that_is_gone_is_told_and_stops_nothing(history: History, tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(
        '["public.gone"]\nuser_facing = true\n["public.documents"]\nuser_facing = false\n', encoding="utf-8"
    )
    advice = ra.advise(history, answers=file, prove=0)
    assert advice.decisions["public.documents"].option is ra.Option.NO_REALTIME
    assert "The answers name public.gone, which the database does not have: they were left out." in advice.churn.notes
