"""How often a table speaks, by what was measured of its writes; the script's head says by what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Churn,
    Decision,
    Design,
    Evidence,
    Finding,
    Option,
    ScopeRows,
    Source,
    StatementRows,
    TableWal,
)

from .world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    SERVER,
    TENANTS,
)


def counted(*statements: StatementRows, wal: TableWal | None = None) -> Churn:
    return Churn(DOCUMENTS, 60.0, 0, 1000, 0, 0, "window", statements=statements or None, wal=wal)


def wal(transactions: int, updates: int, largest: int, tenants: int | None = None) -> TableWal:
    scopes = () if tenants is None else (ScopeRows("tenant_id", updates, tenants, updates),)
    return TableWal(DOCUMENTS, 0, updates, 0, 0, transactions, largest, 0, scopes)


def with_rows(tenants: int) -> Catalog:
    grown = replace(CATALOG[TENANTS], estimated_rows=tenants)
    return Catalog(SERVER, ByTable({**{table.name: table for table in CATALOG}, TENANTS: grown}))


def planned(churn: Churn | None, catalog: Catalog = CATALOG, decision: Decision = DOCUMENTS_DECISION) -> Design:
    return design(replace(decision, churn=churn), catalog, option=Option.BROADCAST)


def test_without_a_count_a_statement_tells_each_scope() -> None:
    made = planned(None)
    assert made.granularity == "statement"
    assert made.reasons[-1] == (
        "Granularity statement: the default, as neither statements nor transactions were counted."
    )
    assert "-- Because: Granularity statement: the default" in generate(made).functions


@pytest.mark.parametrize(
    ("churn", "tenants", "granularity"),
    [
        (counted(StatementRows("update", 10, 510)), 51, "statement, set-based"),
        (counted(StatementRows("update", 10, 510)), 50, "statement"),
        (counted(StatementRows("update", 10, 500)), 1000, "statement"),
        (counted(StatementRows("update", 10, 510), StatementRows("insert", 900, 900)), 51, "statement, set-based"),
        (counted(wal=wal(3, 100, 60)), 51, "statement, set-based"),
        (counted(wal=wal(3, 100, 50)), 51, "statement"),
        (counted(wal=wal(3, 100, 60, tenants=50)), 51, "statement"),
        (counted(wal=wal(3, 100, 60, tenants=51)), 10, "statement, set-based"),
    ],
)
def test_writes_to_many_scopes_at_once_are_told_by_a_set(churn: Churn, tenants: int, granularity: str) -> None:
    made = planned(churn, with_rows(tenants))
    assert made.granularity == granularity
    assert made.most_topics == (10_000 if granularity.endswith("set-based") else 200)


def test_the_reason_names_both_measurements() -> None:
    made = planned(counted(StatementRows("update", 10, 510)), with_rows(51))
    assert made.reasons[-1] == (
        "Granularity statement, set-based: update statements write 51 rows on average (pg_stat_statements), and "
        "public.tenants has about 51 rows: more than 50 messages at once are inserted together."
    )


def test_how_many_scopes_there_are_is_asked_of_the_statistics_of_the_column_too() -> None:
    table = CATALOG[DOCUMENTS]
    columns = tuple(
        replace(column, n_distinct=-0.5) if column.name == "tenant_id" else column for column in table.columns
    )
    many = replace(table, columns=columns, estimated_rows=120)
    catalog = Catalog(SERVER, ByTable({**{each.name: each for each in CATALOG}, DOCUMENTS: many}))
    assert "tenant_id has about 60 values (pg_stats)" in planned(counted(wal=wal(1, 100, 100)), catalog).reasons[-1]


def test_unknown_numbers_of_scopes_keep_the_documented_interface() -> None:
    assert planned(counted(StatementRows("update", 10, 10_000))).granularity == "statement"


@pytest.mark.parametrize(("holds", "granularity"), [(True, "statement, set-based"), (False, "statement")])
def test_an_answer_goes_before_what_was_counted(holds: bool, granularity: str) -> None:
    evidence = Evidence(holds, "row changes at once", Source.ANSWERED, "answered by the architect")
    finding = Finding("bulk_writes", Option.BROADCAST, "Bulk jobs", holds, evidence, ">=", 1000)
    decision = replace(DOCUMENTS_DECISION, findings=(finding,))
    counts = counted(StatementRows("update", 10, 10 if holds else 10_000))
    assert planned(counts, with_rows(1000), decision).granularity == granularity


@pytest.mark.parametrize(
    ("churn", "granularity"),
    [
        (counted(StatementRows("update", 100, 100), wal=wal(10, 100, 20)), "transaction"),
        (counted(StatementRows("update", 100, 100), wal=wal(10, 99, 20)), "statement"),
        (counted(StatementRows("update", 100, 200), wal=wal(10, 100, 20)), "statement"),
        (counted(wal=wal(10, 100, 20)), "statement"),
        (counted(StatementRows("update", 100, 100)), "statement"),
    ],
)
def test_chatty_transactions_tell_at_their_end(churn: Churn, granularity: str) -> None:
    assert planned(churn, with_rows(5)).granularity == granularity


def test_the_reason_of_a_chatty_transaction_tells_how_many_statements_it_has() -> None:
    made = planned(counted(StatementRows("update", 100, 150), wal=wal(10, 300, 40)), with_rows(5))
    assert made.reasons[-1] == (
        "Granularity transaction: a transaction changes 30 rows on average (WAL), a statement 1.5 "
        "(pg_stat_statements), so one transaction has about 20 statements, and tells each scope once."
    )


def test_the_architects_choice_goes_before_all_evidence() -> None:
    many = replace(DOCUMENTS_DECISION, churn=counted(StatementRows("update", 10, 510)))
    made = design(many, with_rows(51), granularity="statement")
    assert (made.granularity, made.reasons[-1]) == ("statement", "Granularity statement: the architect's choice.")


def test_a_scope_behind_a_foreign_key_is_counted_by_its_own_table() -> None:
    decision = replace(MESSAGES_DECISION, scope=MESSAGES_DECISION.scopes[1])
    made = planned(counted(StatementRows("update", 10, 510)), with_rows(60), decision)
    assert "public.tenants has about 60 rows" in made.reasons[-1]


def changing(**changed: int) -> Churn:
    return counted(wal=replace(wal(100, 200, 5), changed_columns=changed))


def test_the_columns_that_updates_changed_are_told_with_their_share_and_none_is_left_out() -> None:
    made = planned(changing(title=10, price=190, updated_at=200), with_rows(5))
    assert made.reasons[-1] == (
        "200 updates changed price (95%), title (5%) and none of 1 other watched column (WAL): "
        "if a screen shows less, watch that alone."
    )
    assert made.emissions[0].watched == ("title", "price", "labels")


@pytest.mark.parametrize(
    ("changed", "watched", "sentence"),
    [
        ({"updated_at": 200}, None, "None of 200 updates changed a watched column (WAL)."),
        ({"title": 200}, ["title"], "200 updates changed title (100%) (WAL)."),
    ],
)
def test_what_the_architect_watches_is_told_with_its_share(
    changed: dict[str, int], watched: list[str] | None, sentence: str
) -> None:
    decision = replace(DOCUMENTS_DECISION, churn=changing(**changed))
    assert design(decision, with_rows(5), watched=watched).reasons[-1] == sentence


def test_where_the_wal_hides_the_columns_nothing_is_said_of_them() -> None:
    assert planned(counted(wal=wal(100, 200, 5)), with_rows(5)).reasons[-1].startswith("Granularity statement")
