"""The architect's answers in a file beside the history: read, added to, joined with what is said in Python."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from realtime_advisor.decision.answers import FILE, Answers, parse_answers, write_answers
from realtime_advisor.decision.expiry import Expired, drop_expired
from realtime_advisor.errors import BadInput
from realtime_advisor.model import TableName
from realtime_advisor.sandbox.reaper import Lock

from .files import replace_file

Given = Answers | str | Path | None


def read_answers_file(path: Path | str) -> Answers:
    """The answers of a file. Raises BadInput where it cannot be read or says what cannot be meant."""
    return parse_answers(_read(Path(path)), str(path))


def keep_answers(path: Path | str, table: TableName | str, answers: Mapping[str, object]) -> None:
    """Write what is answered for a table into a file; comments and other answers stay, None takes an answer back.

    A reader finds the old file or the new one, never half of one, and of two writers none is lost. Raises BadInput.
    """
    file = Path(path)
    failure = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with Lock(file.with_name(f".{file.name}.lock")) as lock:
            if not lock.acquire(timeout=30):
                raise BadInput(f"Another process keeps writing to {file}. End it, and answer again.")
            replace_file(file, write_answers(_read(file) if file.exists() else "", table, answers))
    except OSError as error:
        failure = BadInput(f"The answers cannot be written to {file}: {error.strerror}. Mend its permissions.")
    if failure:
        raise failure


def gather_answers(given: Given, folder: Path | None, today: date | None = None) -> tuple[Answers, tuple[Expired, ...]]:
    """The answers that count, and those that have expired.

    `given` as a path is the file to read; as answers they go before those of the file in `folder`, answer by answer.
    """
    day = today or datetime.now(UTC).date()
    if isinstance(given, str | Path):
        return drop_expired(read_answers_file(given), day)
    file = folder / FILE if folder else None
    return drop_expired(_join(read_answers_file(file) if file and file.exists() else {}, given or {}), day)


def _join(below: Answers, above: Answers) -> Answers:
    joined = {_full(name): dict(answers) for name, answers in below.items()}
    for name, answers in above.items():
        joined[_full(name)] = {**joined.get(_full(name), {}), **answers}
    return joined


def _full(name: str) -> str:
    with suppress(ValueError):  # whoever judges the answers says what is wrong with the name
        return str(TableName.parse(name))
    return name


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        failure = BadInput(f"The answers in {path} cannot be read: {error.strerror}. Correct the name with ANSWERS.")
    except UnicodeDecodeError:
        failure = BadInput(f"The answers in {path} are no text in UTF-8. Save the file as UTF-8.")
    raise failure
