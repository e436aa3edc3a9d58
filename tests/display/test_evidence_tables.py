"""Statements, the WAL, and the counters beside it: what each cell says, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from realtime_advisor.decision.evidence import attach
from realtime_advisor.display import evidence_tables
from realtime_advisor.display.live import Live
from realtime_advisor.display.show import show
from realtime_advisor.display.views import Sheet, Stack, View
from realtime_advisor.errors import BadInput
from realtime_advisor.model import ScopeRows, StatementRows, TableWal, WalReading, WritingStatements
from realtime_advisor.observation.target import Target

from .world import churned, database, named

STATEMENTS = WritingStatements(
    {
        named("jobs"): (StatementRows("update", 1, 5000), StatementRows("insert", 40, 40)),
        named("notes"): (StatementRows("delete", 4, 10),),
    },
    unread=2,
    notes=("2 kinds of statements write to tables that their texts do not tell.",),
)


def committed(name: str, inserts: int = 0, updates: int = 0, *, largest: int = 1, **more: Any) -> TableWal:
    plain = TableWal(named(name), inserts, updates, 0, 0, max(1, inserts + updates), largest, 100 * (inserts + updates))
    return replace(plain, **more)


def wal(*tables: TableWal, seconds: float = 600, stopped: str | None = None) -> WalReading:
    entries = {each.table: each for each in tables}
    return WalReading(entries, seconds, "test_decoding", 42, 3_500_000, 1_200_000, stopped)


def sheet(view: View) -> Sheet:
    assert isinstance(view, Sheet)
    return view


def cells(view: View) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in sheet(view).rows]


def test_statements_are_shown_by_how_many_rows_they_write_at_once() -> None:
    view = show(STATEMENTS)
    assert cells(view) == [
        ["jobs", "update", "5,000", "1", "5,000"],
        ["notes", "delete", "2.5", "4", "10"],
        ["jobs", "insert", "1", "40", "40"],
    ]
    assert view.text.startswith(
        "3 kinds of writing statements; the largest, update of jobs, wrote 5,000 rows at once.\n"
    )
    assert view.text.endswith("\n2 kinds of statements write to tables that their texts do not tell.")


def test_an_average_over_calls_is_called_one() -> None:
    some = WritingStatements({named("notes"): (StatementRows("delete", 4, 10),)})
    assert show(some).text.startswith(
        "1 kind of writing statement; the largest, delete of notes, writes 2.5 rows at once, on average."
    )
    assert show(WritingStatements({})).text == "No statement that writes was recorded."


def test_where_statements_cannot_be_read_the_reason_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "Rows per statement are not known: this database lacks the extension pg_stat_statements."
    monkeypatch.setattr(evidence_tables, "why_no_statements", lambda _: reason)
    target = Target.__new__(Target)
    assert show(None, target).text == reason
    assert show(STATEMENTS, target).text == show(STATEMENTS).text
    with pytest.raises(BadInput, match="no way to show NoneType"):
        show(None)


def test_the_wal_is_shown_with_the_largest_transaction_and_the_busiest_values() -> None:
    scopes = (ScopeRows("author_id", 100, 50, 3), ScopeRows("thread_id", 100, 10, 21), ScopeRows("reply_to", 0, 0, 0))
    changed = {"body": 5, "edited_at": 9}
    view = show(wal(committed("notes", 90, 10, largest=40, scopes=scopes, changed_columns=changed), committed("a", 5)))
    assert isinstance(view, Stack)
    assert cells(view.views[0]) == [
        ["notes", "100", "100", "40", "100", "thread_id 21 % and author_id 3 %", "edited_at and body"],
        ["a", "5", "5", "1", "100", "–", "–"],
    ]
    assert view.text.startswith(
        "42 transactions changed rows in 10 minutes of WAL; the largest wrote 40 rows of notes."
    )


def test_unknown_columns_are_said_to_be_unknown_once() -> None:
    view = show(wal(committed("notes", 90, 10), committed("full", 1, 1, changed_columns={})))
    assert isinstance(view, Stack)
    assert [row[-1] for row in cells(view.views[0])] == ["unknown", "nothing"]
    view = show(wal(committed("notes", 90, 10)))
    assert isinstance(view, Stack)
    assert sheet(view.views[0]).columns[-1] == "busiest value"
    assert "Which columns an update changes is unknown where" in view.text


def test_an_empty_wal_and_one_that_stopped_are_told() -> None:
    assert show(wal()).text.startswith("No row change was committed in 10 minutes of WAL.")
    assert "It was interrupted." in show(wal(committed("a", 1), stopped="It was interrupted.")).text


def test_what_reading_the_wal_cost_is_shown_live_and_stored_nowhere() -> None:
    view = show(wal(committed("a", 1)))
    assert isinstance(view, Stack)
    cost = view.views[1]
    assert isinstance(cost, Live)
    assert "3.5 MB of WAL by test_decoding" in cost.text
    assert cost._repr_mimebundle_()["text/plain"] == "(a figure that differs from run to run)"


def test_the_counters_beside_the_wal_show_what_was_rolled_back() -> None:
    churn = database(churned("jobs", 100, 500), churned("payments", 40, 60), churned("quiet"))
    view = show(churn, wal(committed("jobs", 100, 500, largest=500), committed("payments", 0, 60)))
    assert cells(view) == [["jobs", "600", "600", "–", "500"], ["payments", "100", "60", "40", "1"]]
    assert sheet(view).columns[3] == "rolled back"
    assert view.text.startswith("Of 700 counted row changes 40 were rolled back: 40 of payments.")


def test_all_committed_is_said() -> None:
    view = show(database(churned("a", 60)), wal(committed("a", 60)))
    assert view.text.startswith("Of 60 counted row changes all were committed.")


def test_a_difference_that_the_edges_of_the_window_explain_is_not_called_rolled_back() -> None:
    churn, read = database(churned("a", 606, seconds=606), seconds=606), wal(committed("a", 598))
    assert cells(show(churn, read)) == [["a", "606", "598", "–", "1"]]
    assert show(churn, read).text.startswith("Of 606 counted row changes about all were committed.")
    churn = database(churned("a", 900, seconds=606), seconds=606)
    assert "about 302 were rolled back: 302 of a." in show(churn, read).text


def test_counters_and_wal_of_different_times_are_not_subtracted() -> None:
    view = show(database(churned("a", 600)), wal(committed("a", 30), seconds=60))
    assert sheet(view).columns[3] == "difference"
    assert cells(view) == [["a", "60", "30", "30", "1"]]
    assert "need not be rolled back" in view.text


def test_more_committed_than_counted_is_a_negative_difference() -> None:
    assert cells(show(database(churned("a", 10)), wal(committed("a", 30))))[0][3] == "−20"


def test_churn_that_has_its_wal_is_shown_with_it() -> None:
    view = show(attach(database(churned("a", 60)), None, wal(committed("a", 60))))
    assert isinstance(view, Stack)
    assert cells(view.views[1]) == [["a", "60", "60", "–", "1"]]


def test_five_thousand_tables_are_shown_in_part() -> None:
    read = wal(*(committed(f"t{number}", number + 1) for number in range(5_000)))
    view = show(database(*(churned(f"t{number}", number + 1) for number in range(5_000))), read)
    assert "... and 4,940 more rows" in view.text
    assert len(show(read).html) < 60_000
