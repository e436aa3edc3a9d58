"""A `decisions.json` read back: parsed at the edge, so that whoever compares or checks meets frozen types only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    ByTable,
    Decided,
    DecidedChurn,
    DecidedDesign,
    DecidedEmission,
    DecidedFinding,
    DecidedFlip,
    DecidedRun,
    DecidedScope,
    Finding,
    Hop,
    Option,
    Scope,
    ScopeKind,
    Source,
    TableName,
)
from realtime_advisor.model.decision import stands_for_want_of_an_answer

from .decisions import FORMAT, describe_finding, describe_scope
from .files import INDEX


def read_decisions(place: Path | str) -> DecidedRun:
    """The run that a `decisions.json`, or the bundle in a folder, tells of. Raises BadInput."""
    path = Path(place)
    file = path / INDEX if path.is_dir() else path
    failure = f"The file {file} is no {INDEX} of this project"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"The decisions in {file} cannot be read: {error.strerror}. Name a bundle, or its {INDEX}."
    except ValueError:
        reason = f"{failure}: it is not JSON. Export it again."
    else:
        return parse_decisions(document, str(file))
    raise BadInput(reason)


def parse_decisions(document: object, named: str) -> DecidedRun:
    """The run that a document tells of; `named` is what to call the document. Raises BadInput."""
    found = document.get("format", FORMAT) if isinstance(document, Mapping) else FORMAT
    if found != FORMAT:
        raise BadInput(
            f"{named} has the format {found}, and this version reads {FORMAT}. "
            "Export it again, or take the version that wrote it."
        )
    try:
        return _run(document)
    except KeyError as error:
        reason = f"it lacks {error}"
    except (TypeError, ValueError, AttributeError):
        reason = "something in it is of another kind"
    raise BadInput(f"{named} is no {INDEX} of this project: {reason}. Export it again.")


def read_finding(finding: Finding) -> DecidedFinding:
    """A finding of today as it would be read back."""
    return _finding(describe_finding(finding))


def read_scope(scope: Scope) -> DecidedScope:
    """A scope of today as it would be read back."""
    return _scope(describe_scope(scope))


def _run(document: Any) -> DecidedRun:
    tables = [_table(entry) for entry in document["tables"]]
    window = document["window"]
    return DecidedRun(
        str(document["target"]["server_version"]),
        window["seconds"],
        str(window["source"]),
        ByTable({entry.table: entry for entry in tables}),
    )


def _table(entry: Any) -> Decided:
    findings, answers = [_finding(each) for each in entry["findings"]], entry.get("answers", ())
    return Decided(
        table=TableName(_word(entry["schema"]), _word(entry["table"])),
        option=Option(entry["option"]),
        confidence=_word(entry["confidence"]),
        scope=_scope(entry["scope"]) if entry["scope"] else None,
        design=_design(entry["design"]) if entry["design"] else None,
        published=entry.get("published"),
        proof=_word(entry["proof"]["status"]),
        churn=_churn(entry["churn"]) if entry["churn"] else None,
        findings={finding.criterion: finding for finding in findings},
        flips=tuple(DecidedFlip(f["metric"], f["now"], f["at"], Option(f["to"])) for f in entry["flips"]),
        override=entry["override"],
        files=_words(entry["files"]),
        answers={_word(each["question"]): _answer(each) for each in answers if not each.get("has_expired")},
        is_undecided=stands_for_want_of_an_answer(
            Option(entry["option"]), _word(entry["confidence"]), _words(entry["questions"]), entry["override"]
        ),
        override_expired=next((each["expires"] for each in answers if _is_past_override(each)), None),
    )


def _is_past_override(answer: Any) -> bool:
    return bool(answer["question"] == "option" and answer.get("has_expired"))


def _answer(entry: Any) -> dict[str, object]:
    """The answer as answers.toml has it in its long form."""
    long = {key: entry[key] for key in ("answer", "reason", "by")}
    days = {key: date.fromisoformat(entry[key]) for key in ("date", "expires") if entry.get(key)}
    return long | days | ({"evidence_said": entry["evidence_said"]} if entry["evidence_said"] else {})


def _finding(entry: Any) -> DecidedFinding:
    return DecidedFinding(
        criterion=_word(entry["criterion"]),
        holds=entry["holds"],
        value=entry["value"],
        unit=_word(entry["unit"]),
        operator=_word(entry["operator"]),
        threshold=entry["threshold"],
        source=Source(entry["source"]),
    )


def _scope(entry: Any) -> DecidedScope:
    return DecidedScope(
        kind=ScopeKind(entry["kind"]),
        columns=_words(entry["columns"]),
        path=tuple(map(_hop, entry["path"])),
        key_type=_word(entry["key_type"]),
        source=Source(entry["source"]),
        refusal=entry["refusal"],
        entitled=_entitled(entry["entitlement"]) if "entitlement" in entry else None,
    )


def _entitled(entry: Any) -> str:
    if entry is None:
        return "nobody"
    if entry["kind"] == "self":
        return "the user alone"
    pair = ", ".join((*_words(entry["scope_columns"]), _word(entry["user_column"])))
    login = entry.get("login")
    pair += f" by {_word(login['references'])}.{_word(login['column'])}" if login else ""
    tests = " and ".join(map(_test, entry["conditions"]))
    rows = f" where {tests}" if tests else ""
    hidden = ", hidden rows too" if entry["hides_rows"] else ""
    return f"members by {_word(entry['membership'])} ({pair}){rows}{hidden}"


def _test(entry: Any) -> str:
    values = ", ".join(_words(entry["values"]))
    return f"{_word(entry['column'])} {_word(entry['test'])}{f' ({values})' if values else ''}"


def _hop(entry: Any) -> Hop:
    return Hop(
        TableName.parse(entry["table"]),
        _words(entry["columns"]),
        TableName.parse(entry["references"]),
        _words(entry["referenced_columns"]),
    )


def _design(entry: Any) -> DecidedDesign:
    changes, presence = entry["changes"], entry["presence"]
    return DecidedDesign(
        emissions=tuple(map(_emission, entry["emissions"])),
        granularity=_word(entry["granularity"]),
        clients_send=bool(entry["clients_send"]),
        changes_filter=changes["filter"] if changes else None,
        changes_events=_words(changes["events"]) if changes else (),
        presence_topic=presence["topic"] if presence else None,
        refusal=entry["refusal"],
    )


def _emission(entry: Any) -> DecidedEmission:
    return DecidedEmission(
        topic=_word(entry["topic"]),
        event=_word(entry["event"]),
        operations=_words(entry["operations"]),
        watched=_words(entry["watched"]),
        feed=entry["feed"],
        columns=_words(entry["columns"]),
    )


def _churn(entry: Any) -> DecidedChurn:
    return DecidedChurn(
        entry["inserts_per_minute"],
        entry["updates_per_minute"],
        entry["deletes_per_minute"],
        entry["peak_per_minute"],
    )


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _words(values: Iterable[object]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError(values)
    return tuple(map(_word, values))
