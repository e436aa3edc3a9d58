"""Statements and WAL beside a table's counters."""

from __future__ import annotations

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import StatementRows, TableName, TableWal, WalReading, WritingStatements

from .readings import entry, snapshot, table

PARTITIONED = entry("p"), entry("p_1", parent="p"), entry("p_1_1", parent="p_1"), entry("t")
BULK, SINGLE = StatementRows("insert", 2, 1000), StatementRows("update", 500, 500)


def statements(**shapes: tuple[StatementRows, ...]) -> WritingStatements:
    return WritingStatements({table(name): rows for name, rows in shapes.items()})


def test_statements_are_joined_to_their_tables() -> None:
    churn = measure_churn(snapshot(0, *PARTITIONED), snapshot(1, *PARTITIONED), statements=statements(t=(BULK, SINGLE)))
    assert churn["t"].statements == (BULK, SINGLE)
    assert churn["p"].statements == (), "read, and none found"
    assert churn["t"].wal is None


def test_statements_of_a_partition_count_for_the_tables_above_it_too() -> None:
    churn = measure_churn(snapshot(0, *PARTITIONED), statements=statements(p_1_1=(BULK,), p=(SINGLE,)))
    assert churn["p"].statements == (BULK, SINGLE), "most rows per statement first"
    assert churn["p_1"].statements == (BULK,)
    assert churn["p_1_1"].statements == (BULK,)


def test_statements_of_tables_that_are_not_counted_are_left_out() -> None:
    churn = measure_churn(snapshot(0, *PARTITIONED), statements=statements(elsewhere=(BULK,)))
    assert {entry.statements for entry in churn.values()} == {()}


def test_a_table_absent_from_the_wal_had_no_committed_change() -> None:
    seen = TableWal(table("t"), 3, 2, 1, 0, 4, 2, 99)
    wal = WalReading({table("t"): seen}, 30, "test_decoding", 4, 1000, 10)
    churn = measure_churn(snapshot(0, *PARTITIONED), snapshot(1, *PARTITIONED), wal=wal)
    assert (churn["t"].wal, churn["t"].wal_seconds) == (seen, 30)
    assert churn["p"].wal == TableWal(TableName("public", "p"), 0, 0, 0, 0, 0, 0, 0)
    assert churn["t"].statements is None


def test_without_either_nothing_is_claimed() -> None:
    churn = measure_churn(snapshot(0, *PARTITIONED), snapshot(1, *PARTITIONED))
    assert {(entry.statements, entry.wal, entry.wal_seconds) for entry in churn.values()} == {(None, None, None)}
