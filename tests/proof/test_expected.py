"""The second opinion on what a write must send."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from realtime_advisor.model import Design, TableName
from realtime_advisor.proof.entitled import Row, Rows
from realtime_advisor.proof.expected import Change, messages

from ..generation.conftest import plan
from ..generation.world import DOCUMENTS, DOCUMENTS_DECISION, MESSAGES, MESSAGES_DECISION, THREADS

RED, BLUE = "red", "blue"
OWN = plan(DOCUMENTS_DECISION, feeds=())


def document(number: int, tenant: str | None = RED, **more: str | None) -> Row:
    blank = {"title": "t", "price": None, "labels": None, "updated_at": None}
    return {"id": str(number), "tenant_id": tenant, **blank, **more}


def sent(design: Design, *changes: Change, rows: Rows | None = None) -> list[tuple[str, str, Any]]:
    made = messages(design, changes, rows or Rows({}), lambda row, columns: {column: row[column] for column in columns})
    return [(topic, event, json.loads(payload)) for topic, event, payload in made]


def topics(design: Design, *changes: Change, rows: Rows | None = None) -> list[str]:
    return [topic for topic, _, _ in sent(design, *changes, rows=rows)]


def changed(old: Row | None, new: Row | None, *, at: TableName = DOCUMENTS) -> Change:
    operation = "INSERT" if old is None else "DELETE" if new is None else "UPDATE"
    return Change(at, operation, ((old, new),))


def test_one_row_is_told_with_its_key() -> None:
    payload = {"type": "documents_created", "table": "documents", "operation": "INSERT", "record_id": "7"}
    assert sent(OWN, changed(None, document(7))) == [("tenant:red:documents", "documents_created", payload)]


def test_many_rows_are_told_once_a_scope_without_a_key() -> None:
    rows = tuple((None, document(number, tenant)) for number, tenant in ((1, RED), (2, RED), (3, BLUE), (4, None)))
    told = sent(OWN, Change(DOCUMENTS, "INSERT", rows))
    assert [topic for topic, _, _ in told] == ["tenant:blue:documents", "tenant:red:documents"]
    assert all("record_id" not in str(payload) for _, _, payload in told)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (document(1), []),
        (document(1, updated_at="now"), []),
        (document(1, title="x"), [RED]),
        (document(2), [RED]),
        (document(1, BLUE), [BLUE, RED]),
        (document(1, None), [RED]),
    ],
)
def test_an_update_is_told_where_key_scope_or_a_watched_column_changed(new: Row, told: list[str]) -> None:
    assert topics(OWN, changed(document(1), new)) == [f"tenant:{tenant}:documents" for tenant in told]


def test_operations_that_the_design_leaves_out_are_not_told() -> None:
    silent = plan(DOCUMENTS_DECISION, feeds=(), operations=("insert",))
    assert topics(silent, changed(document(1), None)) == []


def test_more_scopes_than_the_cap_tell_nobody() -> None:
    rows = tuple((None, document(number, str(number))) for number in range(3))
    assert topics(replace(OWN, most_topics=2), Change(DOCUMENTS, "INSERT", rows)) == []
    assert len(topics(replace(OWN, most_topics=3), Change(DOCUMENTS, "INSERT", rows))) == 3


def test_a_transaction_tells_each_thing_once() -> None:
    design = plan(DOCUMENTS_DECISION, feeds=(), granularity="transaction")
    changes = [changed(None, document(1)), changed(None, document(2)), changed(document(2), None)]
    events = [(topic, event) for topic, event, _ in sent(design, *changes)]
    assert events == [("tenant:red:documents", f"documents_{action}") for action in ("created", "deleted")]


def test_columns_are_carried_of_one_row_that_stays_in_its_scope() -> None:
    design = plan(DOCUMENTS_DECISION, feeds=(), columns=("title",))
    told = [payload["record"] for _, _, payload in sent(design, changed(document(1), document(1, title="x")))]
    assert told == [{"title": "x"}]
    moved = [payload["record"] for _, _, payload in sent(design, changed(document(1), document(1, BLUE)))]
    assert moved == [None, None]


def test_whole_rows_go_from_the_one_scope_and_come_to_the_other() -> None:
    design = plan(DOCUMENTS_DECISION, feeds=(), granularity="row")
    told = sent(design, changed(document(1), document(1, BLUE)))
    assert [(topic, event) for topic, event, _ in told] == [
        ("tenant:blue:documents", "documents_created"),
        ("tenant:red:documents", "documents_deleted"),
    ]
    rows = tuple((None, document(number)) for number in range(5))
    assert len(sent(replace(design, most_topics=3), Change(DOCUMENTS, "INSERT", rows))) == 3


def test_a_parent_that_moves_tells_what_lies_beyond_it() -> None:
    design = plan(MESSAGES_DECISION)
    before, after = {"id": "t", "tenant_id": RED}, {"id": "t", "tenant_id": BLUE}
    assert topics(design, changed(before, after, at=THREADS)) == ["tenant:blue:dashboard", "tenant:red:dashboard"]
    assert topics(design, changed(before, dict(before), at=THREADS)) == []


def test_a_scope_behind_a_foreign_key_is_found_in_the_parents_row() -> None:
    rows = Rows({THREADS: [{"id": "t", "tenant_id": RED}]})
    message = {"id": "1", "thread_id": "t", "author_id": None, "body": "x"}
    told = topics(plan(MESSAGES_DECISION), changed(None, message, at=MESSAGES), rows=rows)
    assert told == ["tenant:red:dashboard", "thread:t:messages"]
