"""Two runs compared: nothing between a run and itself, and what moved a verdict between others."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

from realtime_advisor.bundle.compare import compare
from realtime_advisor.bundle.decisions import describe
from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.readme import SCHEMA
from realtime_advisor.display.show import show
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Advice, DatabaseIdentity
from realtime_advisor.observation.history import open_history

Document = dict[str, Any]
Change = Callable[[Document], None]


@pytest.fixture(scope="module")
def document(exported: Path) -> Document:
    read: Document = json.loads((exported / INDEX).read_text())
    return read


def changed(document: Document, change: Change) -> Document:
    other = copy.deepcopy(document)
    change(other)
    return other


def table(document: Document, name: str) -> Document:
    return next(entry for entry in document["tables"] if entry["table"] == name)


def measure(document: Document, name: str, criterion: str, value: float | None, holds: bool | None) -> None:
    finding = next(entry for entry in table(document, name)["findings"] if entry["criterion"] == criterion)
    finding.update(value=value, holds=holds)


def louder(document: Document) -> None:
    measure(document, "messages", "low_volume", 140.0, False)
    measure(document, "messages", "high_volume", 140.0, True)
    table(document, "messages")["option"] = "broadcast"


def test_a_run_differs_in_nothing_from_itself(workshop_advice: Advice, exported: Path) -> None:
    again = compare(exported, workshop_advice)
    assert (again.differences, str(again)) == ((), "Nothing differs: 14 tables, decided alike.")
    assert show(again).text == str(again)


def test_a_flip_is_told_with_the_findings_that_moved_it(document: Document) -> None:
    flipped = compare(document, changed(document, louder))
    assert str(flipped) == (
        "Table messages flipped: postgres_changes -> broadcast; low_volume no longer holds (39.7 -> 140 events/minute, "
        "threshold < 100) and high_volume holds now (39.7 -> 140 events/minute, threshold > 100)."
    )
    assert [move.criterion for move in flipped.differences[0].moves] == ["low_volume", "high_volume"]


def test_a_comparison_is_shown_as_a_table(document: Document) -> None:
    told = show(compare(document, changed(document, louder))).text
    assert told.splitlines()[0] == "1 difference, 1 verdict flipped:"
    assert "low_volume: 39.7 -> 140 (< 100) and high_volume: 39.7 -> 140 (> 100)" in told


def test_a_value_that_crosses_no_threshold_is_no_difference(document: Document) -> None:
    assert not compare(document, changed(document, lambda d: measure(d, "messages", "low_volume", 41.0, True)))


def test_another_threshold_is_told_as_what_it_was_and_is(document: Document) -> None:
    def stricter(other: Document) -> None:
        finding = next(f for f in table(other, "messages")["findings"] if f["criterion"] == "low_volume")
        finding.update(threshold=30.0, holds=False)

    told = str(compare(document, changed(document, stricter)))
    assert told.startswith("Table messages stays postgres_changes, though low_volume no longer holds (39.7 -> 39.7 ")
    assert "threshold < 100 -> 30" in told


def test_what_was_unknown_did_not_hold_before(document: Document) -> None:
    unknown = changed(document, lambda d: measure(d, "messages", "low_volume", None, None))
    told = str(compare(unknown, changed(document, louder)))
    assert "low_volume does not hold (unknown -> 140 events/minute, threshold < 100)" in told


CHANGES: dict[str, tuple[Change, str]] = {
    "gone": (lambda d: d["tables"].remove(table(d, "users")), "Table users is gone; it was broadcast."),
    "scope": (
        lambda d: table(d, "documents")["scope"].update(columns=["owner_id"], kind="user"),
        "Table documents has another scope: tenant by tenant_id for members by public.memberships (tenant_id, user_id) "
        "-> user by owner_id for members by public.memberships (tenant_id, user_id).",
    ),
    "design": (
        lambda d: table(d, "tenants")["design"]["emissions"][0].update(watched=["name"]),
        " of name, slug, plan, created_at -> tenants_<action> on tenant:<id>:tenants at ",
    ),
    "proof": (
        lambda d: table(d, "documents")["proof"].update(status="proved"),
        "Table documents has another proof: not proved -> proved.",
    ),
    "override": (
        lambda d: table(d, "documents").update(override="we know better", option="postgres_changes"),
        "Table documents flipped: broadcast -> postgres_changes; the architect decided otherwise.",
    ),
    "server": (
        lambda d: d["target"].update(server_version="99.1"),
        " and is 99.1.",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=CHANGES)
def test_each_kind_of_difference_is_told(document: Document, change: Change, sentence: str) -> None:
    assert sentence in str(compare(document, changed(document, change)))


def test_a_file_that_does_not_tell_who_is_entitled_differs_in_nothing_by_that(document: Document) -> None:
    def older(other: Document) -> None:
        for entry in other["tables"]:
            entry.pop("answers")
            if entry["scope"]:
                entry["scope"].pop("entitlement")

    assert not compare(changed(document, older), document)


def test_by_which_column_the_members_are_known_is_told(document: Document, exported: Path) -> None:
    def by_login(other: Document) -> None:
        login = {"table": "public.memberships", "columns": ["user_id"], "references": "public.users"}
        entitled = table(other, "documents")["scope"]["entitlement"]
        entitled["login"] = {**login, "referenced_columns": ["id"], "column": "auth_id"}

    later = changed(document, by_login)
    jsonschema.validate(later, json.loads((exported / SCHEMA).read_text()))
    assert "user_id by public.users.auth_id" in str(compare(document, later))


def test_a_table_that_is_there_later_only_is_new(document: Document) -> None:
    fewer = changed(document, lambda d: d["tables"].remove(table(d, "users")))
    assert str(compare(fewer, document)) == "Table users is new: broadcast."


def test_a_history_stands_for_its_last_two_runs(document: Document, tmp_path: Path) -> None:
    history, database = open_history(tmp_path), DatabaseIdentity("key", "app")
    history.keep_decisions(database, document)
    with pytest.raises(BadInput, match="holds fewer than two runs of decisions"):
        compare(history)
    history.keep_decisions(database, changed(document, louder))
    assert [each.after for each in compare(history)] == ["broadcast"]
    assert [each.after for each in compare(*history.decisions())] == ["postgres_changes"]


def test_what_is_no_decisions_file_is_refused_in_a_sentence(document: Document, tmp_path: Path) -> None:
    file = tmp_path / "odd.json"
    for text, sentence in (
        ("{", r"odd.json is no decisions.json of this project: it is not JSON. Export it again."),
        ("[]", r"odd.json is no decisions.json of this project: something in it is of another kind. Export it again."),
        ('{"format": 1}', r"odd.json is no decisions.json of this project: it lacks 'tables'. Export it again."),
        ('{"format": 7}', r"odd.json has the format 7, and this version reads 1. Export it again, or take the version"),
    ):
        file.write_text(text)
        with pytest.raises(BadInput, match=sentence):
            compare(file, document)
    with pytest.raises(BadInput, match=r"The decisions in .*none.json cannot be read: No such file"):
        compare(tmp_path / "none.json", document)
    with pytest.raises(BadInput, match=r"The later run is a int. Give a decisions.json, a bundle's folder"):
        compare(document, cast(Any, 7))
    with pytest.raises(BadInput, match=r"A comparison needs two runs"):
        compare(document)


def test_what_is_described_can_be_read_back(workshop_advice: Advice) -> None:
    assert not compare(describe(workshop_advice, {}), workshop_advice)
