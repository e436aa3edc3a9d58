"""Whether what was decided is still right: churn past a flip, and more messages than were forecast."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event

import pytest
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.drift.decided_again import find_decided_otherwise
from realtime_advisor.bundle.drift.volume import compare_messages, find_volume, forecast
from realtime_advisor.bundle.reading import read_decisions
from realtime_advisor.display.show import show
from realtime_advisor.model import Churn, DatabaseChurn, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.sent import SentMessages
from realtime_advisor.observation.target import QUERIES

from .conftest import Installed


def send(installed: Installed, messages: int, topic: str, event: str) -> None:
    installed.run(
        f"select realtime.send('{{}}', '{event}', '{topic}', true) from generate_series(1, {messages})",
    )


def test_messages_are_counted_by_kind_and_no_id_is_told(installed: Installed, exported: Path) -> None:
    send(installed, 3, "tenant:6b1f:dashboard", "stats_invalidated")
    send(installed, 2, "lobby", "hello")
    with installed.target("supabase_admin") as target:
        drift = check(target, exported)
    assert drift.messages is not None
    counted = {(each.topic, each.event): each.counted for each in drift.messages.counts if each.counted}
    assert counted == {("tenant:<id>:dashboard", "stats_invalidated"): 3, ("(other)", "hello"): 2}
    assert "6b1f" not in str(show(drift).text) + repr(drift.messages)
    assert [each.forecast_per_minute for each in drift.messages.counts if each.topic == "(other)"] == [None]
    assert drift.notes[-1].startswith("5 messages were sent in the last ")


def test_more_messages_than_the_churn_forecast_are_told(installed: Installed, exported: Path) -> None:
    send(installed, 150, "tenant:6b1f:tenants", "tenants_deleted")
    with installed.target("supabase_admin") as target:
        drift = check(target, exported)
    assert [str(finding.table) for finding in drift.findings] == ["None"]
    assert str(drift).startswith("Topic tenant:<id>:tenants was sent tenants_deleted ")
    assert str(drift).endswith(
        ", where the churn forecast 0 at most. Measure again with make report: quota and price follow from it."
    )


def test_the_count_of_messages_runs_in_psql_unaided(installed: Installed) -> None:
    where = conninfo_to_dict(installed.server.conninfo(installed.name))
    place = " ".join(f"{key}='{where[key]}'" for key in ("host", "port", "user", "dbname"))  # as psql 14 takes it
    command = [installed.server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    command += ["-f", str(QUERIES.joinpath("messages_sent.sql")), place]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_churn_that_is_watched_counts_by_its_rate(installed: Installed, exported: Path) -> None:
    watched = Event()

    def write() -> None:
        while not watched.wait(0.05):  # each from a session of its own, which counts at its end
            installed.run(
                "insert into public.messages (thread_id, body) select id, 'x' from public.message_threads limit 50"
            )

    with installed.target() as target, ThreadPoolExecutor() as threads:
        writing = threads.submit(write)
        try:
            drift = check(target, exported, seconds=2)
        finally:
            watched.set()
        writing.result()
    (found,) = drift.findings
    assert found.sentence.startswith(
        "Table public.messages: the evidence says broadcast now, and said postgres_changes; low_volume no longer holds "
    )


def test_the_drift_is_shown_with_what_was_sent(installed: Installed, exported: Path) -> None:
    installed.run("alter table public.documents disable trigger realtime_advisor_update")
    with installed.target("supabase_admin") as target:
        told = show(check(target, exported)).text
    assert told.startswith("1 finding:\ntable")
    assert "Trigger realtime_advisor_update on public.documents: disabled." in told
    assert "- Nothing was sent in the last " in told
    assert "tenant:<id>:dashboard" in told


def counted(table: str, hours: float, *, inserts: int = 0, updates: int = 0) -> DatabaseChurn:
    churn = Churn(TableName("public", table), hours * 3600, inserts, updates, 0, 0, "since reset")
    return DatabaseChurn({churn.table: churn}, hours * 3600)


CHURN = {
    "a rate that fell: nights are quiet": (counted("user_presence", 24, updates=400), ""),
    "a rate that rose": (
        counted("messages", 24, inserts=2_000_000),
        "Table public.messages: the evidence says broadcast now, and said postgres_changes; low_volume no longer ",
    ),
    "a rate by counters that began minutes ago": (counted("messages", 0.1, inserts=2_000_000), ""),
    "a share of few rows": (counted("messages", 24, updates=99), ""),
    "a share of enough rows": (
        counted("messages", 24, updates=100),
        "Table public.messages: the evidence says broadcast now, and said postgres_changes; insert_heavy no longer ",
    ),
}


@pytest.mark.parametrize(("churn", "sentence"), CHURN.values(), ids=CHURN)
def test_counters_overrule_the_window_where_they_know_better(
    applied: Installed, exported: Path, churn: DatabaseChurn, sentence: str
) -> None:
    with applied.target() as target:
        catalog = read_catalog(target)
    found = list(find_decided_otherwise(read_decisions(exported), catalog, churn, (), date(2026, 11, 1)))
    assert [str(finding).startswith(sentence) for finding in found] == ([True] if sentence else [])


def test_twice_the_forecast_is_borne_because_a_moved_row_tells_two_scopes(exported: Path) -> None:
    run = read_decisions(exported)
    kind, rate = next((kind, rate) for kind, rate in forecast(run).items() if rate and rate > 10)
    for times, told in ((1.9, 0), (2.1, 1)):
        sent = SentMessages(60.0, ((*kind, round(times * rate * 60)),))
        assert len(list(find_volume(compare_messages(run, sent)))) == told


def test_few_messages_say_nothing_of_a_rate(exported: Path) -> None:
    run = read_decisions(exported)
    quiet = next(kind for kind, rate in forecast(run).items() if rate == 0)
    for count, told in ((99, 0), (100, 1)):
        sent = SentMessages(1.0, ((*quiet, count),))
        assert len(list(find_volume(compare_messages(run, sent)))) == told
