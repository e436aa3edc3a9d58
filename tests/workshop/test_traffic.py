"""Ten minutes of traffic, really executed: the counts that the file documents, the same on every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from realtime_advisor.errors import BadInput, SandboxFailed
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.workshop.database import WorkshopDatabase, open_workshop
from realtime_advisor.workshop.plan import load_traffic
from realtime_advisor.workshop.traffic import run_traffic

from .conftest import counters, query

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def documented(minutes: int) -> dict[str, tuple[int, int, int]]:
    traffic = load_traffic()
    return {
        str(table.name): (
            traffic.rows_after(table.name, "insert", minutes),
            traffic.rows_after(table.name, "update", minutes),
            traffic.rows_after(table.name, "delete", minutes),
        )
        for table in traffic.tables
    }


def contents(workshop: WorkshopDatabase) -> dict[str, str]:
    """A hash of every row of every table."""
    return {
        table: query(workshop, f"select md5(string_agg(t::text, '|' order by t::text)) from {table} as t")[0][0]
        for table in counters(workshop)
    }


def test_postgres_counts_what_the_file_documents(busy_workshop: WorkshopDatabase) -> None:
    counted = counters(busy_workshop)
    assert {table: counted.pop(table) for table in documented(10)} == documented(10)
    assert counted == {"public.tenants": (0, 0, 0), "public.memberships": (0, 0, 0)}


def test_ten_single_minutes_and_twenty_halves_leave_what_ten_minutes_leave(
    server: RunningServer, busy_workshop: WorkshopDatabase
) -> None:
    for calls, minutes in ((10, 1.0), (20, 0.5)):
        with open_workshop(server) as other:
            for _ in range(calls):
                run_traffic(other, minutes)
            assert other.clock() == busy_workshop.clock()
            assert counters(other) == counters(busy_workshop)
            assert contents(other) == contents(busy_workshop)


def test_rows_are_dated_by_the_traffics_clock(busy_workshop: WorkshopDatabase) -> None:
    assert busy_workshop.clock() == START + timedelta(minutes=10)
    for table, column in (("messages", "created_at"), ("documents", "updated_at"), ("audit_logs", "created_at")):
        [(latest,)] = query(busy_workshop, f"select max({column}) from public.{table}")
        assert busy_workshop.clock() - timedelta(minutes=1) < latest < busy_workshop.clock(), table


def test_no_thread_sees_a_hundred_messages_in_a_minute(busy_workshop: WorkshopDatabase) -> None:
    """So that, by the framework's measure, row changes suit messages."""
    [(most,)] = query(
        busy_workshop,
        f"select max(n) from (select count(*) as n from public.messages where created_at >= '{START}'"
        " group by thread_id, date_trunc('minute', created_at)) as a_minute",
    )
    assert 20 < most < 80


def test_the_bulk_job_writes_thousands_of_rows_within_its_minute(workshop: WorkshopDatabase) -> None:
    run_traffic(workshop, 6)
    before = counters(workshop)["public.statements"][1]
    run_traffic(workshop, 1)
    assert counters(workshop)["public.statements"][1] - before == 5024


def test_rolled_back_work_is_counted_and_leaves_no_row(workshop: WorkshopDatabase) -> None:
    run_traffic(workshop, 4)
    [(stored,)] = query(workshop, "select count(*) from public.payments")
    assert counters(workshop)["public.payments"][0] == 4 * 14 + 40
    assert stored == 4000 + 4 * 14


def test_progress_is_told_up_to_the_whole(workshop: WorkshopDatabase) -> None:
    shares: list[float] = []
    run_traffic(workshop, 1.5, progress=shares.append)
    assert shares == [pytest.approx(2 / 3), 1.0]


def test_counters_are_exact_whenever_progress_is_told(workshop: WorkshopDatabase) -> None:
    seen: list[tuple[int, int, int]] = []
    run_traffic(workshop, 3, progress=lambda _: seen.append(counters(workshop)["public.messages"]))
    assert seen == [documented(minutes)["public.messages"] for minutes in (1, 2, 3)]


def test_an_interrupted_run_goes_on_where_it_stopped(workshop: WorkshopDatabase) -> None:
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt(share)

    with pytest.raises(KeyboardInterrupt):
        run_traffic(workshop, 3, progress=interrupt)
    assert workshop.clock() == START + timedelta(minutes=1)
    run_traffic(workshop, 2)
    assert counters(workshop)["public.messages"] == documented(3)["public.messages"]


def test_a_refused_write_stops_the_traffic_in_one_sentence_and_is_not_tried_again(workshop: WorkshopDatabase) -> None:
    with psycopg.connect(workshop.conninfo, autocommit=True) as connection:
        connection.execute("alter table public.messages rename column body to text")
        with pytest.raises(SandboxFailed, match='column "body" of relation "messages" does not exist'):
            run_traffic(workshop, 1)
        connection.execute("alter table public.messages rename column text to body")
        connection.execute("alter table public.messages add constraint quiet check (body is null) not valid")
        with pytest.raises(SandboxFailed, match=r"refused a write .* constraint \"quiet\""):
            run_traffic(workshop, 1)
        connection.execute("alter table public.messages drop constraint quiet")
    run_traffic(workshop, 1)
    assert workshop.clock() == START + timedelta(minutes=2)


def test_a_closed_workshop_takes_no_traffic(workshop: WorkshopDatabase) -> None:
    workshop.close()
    with pytest.raises(SandboxFailed, match=r"does not exist.*\. Open a new workshop\.$"):
        run_traffic(workshop, 1)


@pytest.mark.parametrize("minutes", [-1, float("nan"), float("inf")])
def test_only_a_length_of_time_can_be_run(workshop: WorkshopDatabase, minutes: float) -> None:
    with pytest.raises(BadInput, match="only forward"):
        run_traffic(workshop, minutes)
    run_traffic(workshop, 0)
    assert workshop.clock() == START
