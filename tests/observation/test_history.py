"""What goes into a history comes out of it: on SQLite, and on Postgres where a team shares it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import FromClause, func, select

from realtime_advisor.errors import BadInput, HistoryFailed
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Gap,
    Policy,
    RelationKind,
    Server,
    Setup,
    StatementRows,
    Table,
    TableName,
    Trigger,
    WritingStatements,
)
from realtime_advisor.observation.history import History, open_history, recorder
from realtime_advisor.observation.history.store import open_store
from realtime_advisor.observation.history.tables import counters, documents, formats, segments
from realtime_advisor.observation.identity import identify
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import opened, role, run
from .histories import APP, NOON, SHOP, entry, reading, recorded, same

SERVER = Server(180006, "18.6", "ada", False, False, "replica", False, True, True)


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a history, where none is yet."""
    place: str = request.getfixturevalue("database") if request.param == "postgres" else str(tmp_path / "made" / "here")
    return place


@pytest.fixture
def history(where: str) -> History:
    return open_history(where)


def count_rows(where: str, table: FromClause) -> int:
    with open_store(where).reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_readings_come_back_as_they_were_taken(where: str, history: History) -> None:
    taken = [
        reading(0, entry("a"), entry("b", parent="p"), entry("p", 7), xact_commit=5),
        reading(5, entry("a", 3), entry("b", parent="p"), entry("p", 7)),
        reading(10, entry("a", 3), entry("b", parent="p"), entry("p", 7), in_recovery=True, stats_reset=NOON),
        reading(15, entry("a", 9), gap_before=Gap(2, 11.5, "The server was away.")),
        reading(20, entry("a", 9), entry("b", 1, relid=99), entry('Über."x', 2), track_counts=False),
    ]
    recorded(history, *taken)
    found = list(open_history(where).snapshots())
    assert [same(*pair) for pair in zip(found, taken, strict=True)] == [True] * 5
    assert found[0].taken_at.tzinfo is UTC


def test_a_renamed_table_keeps_its_oid_and_loses_its_old_name(history: History) -> None:
    taken = [
        reading(0, entry("a", 1, relid=1), entry("b", 2, relid=2)),
        reading(5, entry("b", 1, relid=1), entry("c", 2, relid=2)),
        reading(10, entry("a", 1, relid=1), entry("b", 2, relid=2, parent="p")),
    ]
    recorded(history, *taken)
    assert [same(*pair) for pair in zip(history.snapshots(), taken, strict=True)] == [True] * 3


def test_only_tables_whose_counters_changed_are_written(where: str, history: History) -> None:
    quiet = [entry(f"t{number}", number, relid=number) for number in range(100)]
    recorded(history, reading(0, *quiet), reading(5, *quiet), reading(10, entry("t0", 1, relid=0), *quiet[1:]))
    assert count_rows(where, counters) == 101


def test_readings_share_what_did_not_change(history: History) -> None:
    recorded(
        history,
        reading(0, entry("a"), entry("b")),
        reading(5, entry("a", 1), entry("b")),
        reading(10, entry("a", 1), entry("b")),
    )
    first, second, third = history.snapshots()
    assert first.counters["b"] is second.counters["b"] is third.counters["b"]
    assert second.counters is third.counters


def test_a_time_is_asked_for_with_both_ends_included(history: History) -> None:
    recorded(history, *(reading(second, entry("a", second)) for second in range(0, 50, 10)))
    since, until = NOON + timedelta(seconds=10), NOON + timedelta(seconds=30)
    inserts = [found.counters["a"].n_tup_ins for found in history.snapshots(since=since, until=until)]
    assert inserts == [10, 20, 30]


def test_two_processes_of_one_sampling_are_read_in_the_order_of_time(history: History) -> None:
    sampling = history.begin_sampling(APP, NOON, 60, 5)
    one, other = history.open_recorder(sampling), history.open_recorder(sampling)
    for second in (0, 10, 20):
        # The later reading is written first, as when two processes race.
        other.keep(reading(second + 1, entry("a", second + 1), entry("b")))
        one.keep(reading(second, entry("a", second), entry("b")))
    assert [found.counters["a"].n_tup_ins for found in history.snapshots()] == [0, 1, 10, 11, 20, 21]


def test_a_clock_set_back_does_not_change_the_order_of_one_process(history: History) -> None:
    recorded(history, *(reading(second, entry("a", n)) for n, second in enumerate((0, 60, 5, 65))))
    assert [found.counters["a"].n_tup_ins for found in history.snapshots()] == [0, 1, 2, 3]


def test_samplings_and_databases_are_kept_apart(history: History) -> None:
    recorded(history, reading(0, entry("a", 1)))
    later = recorded(history, reading(100, entry("a", 2)))
    recorded(history, reading(50, entry("a", 3)), database=SHOP)
    assert history.databases() == (APP, SHOP)
    assert [found.counters["a"].n_tup_ins for found in history.snapshots("app")] == [1, 2]
    assert [found.counters["a"].n_tup_ins for found in history.snapshots(sampling=later)] == [2]
    assert [found.counters["a"].n_tup_ins for found in history.snapshots(SHOP.key)] == [3]
    assert [found.sampling for found in history.extents(APP)][-1] == later
    with pytest.raises(
        BadInput, match=r"holds several such databases: app \(0123456789ab\), shop \(ba9876543210\). Name"
    ):
        history.catalog()
    with pytest.raises(BadInput, match="does not hold the database other. It holds app"):
        history.samplings("other")


def test_an_empty_history_says_how_to_fill_it(history: History) -> None:
    with pytest.raises(
        BadInput, match=r"Nothing is recorded in the history .* yet. Record a database with make sample"
    ):
        list(history.snapshots())
    assert history.find_unfinished(APP) is None


def a_catalog() -> Catalog:
    table = Table(
        TableName("public", "Order Items"),
        RelationKind.PARTITIONED,
        columns=(
            Column("id", "uuid", not_null=True, n_distinct=-1.0),
            Column("note", "text", comment="é", lenient=True),
        ),
        policies=(Policy("mine", "select", True, ("public",), "true", columns=((TableName("public", "u"), "id"),)),),
        select_roles=(),
        partitions=(TableName("public", "p1"),),
        estimated_rows=7,
    )
    other = Table(TableName("x", "y"), select_roles=None)
    return Catalog(SERVER, ByTable({table.name: table, other.name: other}))


def test_a_catalogue_comes_back_whole_and_is_written_again_only_when_it_changed(where: str, history: History) -> None:
    catalog = a_catalog()
    assert [history.keep_catalog(APP, catalog) for _ in range(2)] == [True, False]
    found = history.catalog()
    assert (found.server, dict(found.tables)) == (catalog.server, dict(catalog.tables))
    changed = replace(catalog, server=replace(SERVER, role="eve"))
    assert history.keep_catalog(APP, changed)
    assert history.catalog().server.role == "eve"
    assert history.keep_catalog(APP, catalog)
    assert count_rows(where, documents) == 3


def test_decisions_come_back_the_latest_first(history: History) -> None:
    for option in ("broadcast", "presence"):
        history.keep_decisions(APP, {"format": 1, "option": option})
    assert [found.document["option"] for found in history.decisions()] == ["presence", "broadcast"]
    assert datetime.now(UTC) - next(history.decisions()).decided_at < timedelta(minutes=1)


def test_a_sampling_is_unfinished_until_somebody_says_otherwise(history: History) -> None:
    sampling = recorded(history, reading(0, entry("a")))
    history.note(sampling, "interrupted")
    assert history.find_unfinished(APP) == sampling
    assert history.progress(sampling) == (1, NOON)
    history.note(sampling, "finished", "at last")
    assert history.find_unfinished(APP) is None
    assert [(found.kind, found.detail) for found in history.happenings(sampling)][-1] == ("finished", "at last")


def test_old_segments_are_dropped_whole_and_the_rest_still_reads(
    where: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SEGMENT", timedelta(0))  # every reading begins a segment
    taken = [reading(second, entry("a", second), entry("b")) for second in range(4)]
    recorded(history, *taken)
    cut = nth_segment(where, 2)
    history.keep_catalog(APP, a_catalog())
    assert history.age_out(cut + timedelta(days=history.keep_days)) == 2
    assert [same(*pair) for pair in zip(history.snapshots(), taken[2:], strict=True)] == [True] * 2
    assert history.age_out(datetime.now(UTC) + timedelta(days=31)) == 2
    assert list(history.snapshots()) == []
    assert history.samplings() == ()
    assert len(history.catalog()) == 2
    recorded(history, *taken)
    assert len(list(history.snapshots())) == 4


def nth_segment(where: str, number: int) -> datetime:
    """When a segment began."""
    with open_store(where).reading() as connection:
        began = connection.execute(select(segments.c.recorded_at).order_by(segments.c.id)).scalars().all()
    found: datetime = began[number]
    return found


def test_ageing_under_a_recorder_at_work_leaves_it_working(history: History) -> None:
    recorded(history, reading(0, entry("a", 1), entry("gone", 1)))
    sampling = history.begin_sampling(APP, NOON, 60, 5)
    at_work = history.open_recorder(sampling)
    history.age_out(datetime.now(UTC) + timedelta(days=31))
    with pytest.raises(HistoryFailed):
        at_work.keep(reading(5, entry("a", 2)))
    again = recorded(history, reading(10, entry("a", 3), entry("gone", 2)), reading(15, entry("a", 4)))
    assert [found.counters["a"].n_tup_ins for found in history.snapshots(sampling=again)] == [3, 4]


def test_a_newer_format_is_refused_in_one_sentence(where: str, history: History) -> None:
    with open_store(where).writing() as connection:
        connection.execute(formats.update().values(version=2))
    with pytest.raises(HistoryFailed) as caught:
        open_history(where)
    assert "has format 2, and this version of the project knows format 1. Update the project" in str(caught.value)
    assert repr(history) == f"History({history.place})"


def test_a_history_that_is_not_there_is_not_made_for_reading(where: str) -> None:
    with pytest.raises(HistoryFailed, match=r"There is no history in .*\. Record one with make sample"):
        open_history(where, create=False)


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf")])
def test_days_that_are_none_are_refused(tmp_path: Path, days: float) -> None:
    with pytest.raises(
        BadInput, match="KEEP_DAYS is .*; it says for how many days readings are kept: a number above 0"
    ):
        open_history(tmp_path, keep_days=days)


@pytest.fixture
def limited(server: RunningServer, database: str) -> Iterator[str]:
    """The same database as a role without rights."""
    with role(server.conninfo()) as name:
        yield server.conninfo(str(conninfo_to_dict(database)["dbname"]), name)


def test_a_database_is_known_again_by_another_role_and_under_another_name(
    server: RunningServer, database: str, limited: str
) -> None:
    with opened(database) as target, opened(limited) as again, opened(server.conninfo()) as other:
        before = identify(target)
        assert identify(again) == before
        assert identify(other).key != before.key
    name = str(conninfo_to_dict(database)["dbname"])
    run(server.conninfo(), f"alter database {name} rename to {name}_renamed")
    with opened(server.conninfo(f"{name}_renamed")) as target:
        assert identify(target).key == before.key
        assert identify(target).name == f"{name}_renamed"
    run(server.conninfo(), f"alter database {name}_renamed rename to {name}")


def test_without_the_right_to_the_clusters_number_a_database_is_known_by_its_name_and_oid(
    database: str, limited: str
) -> None:
    with opened(limited) as target:
        full = identify(target)
        run(database, "revoke execute on function pg_control_system() from public")
        assert identify(target).key != full.key
        assert identify(target) == identify(target)


def test_a_role_that_may_not_make_tables_is_told_which_right_it_lacks(limited: str) -> None:
    with pytest.raises(
        HistoryFailed, match=r"Role role_\w+ may not keep a history in database .*grant usage, create on"
    ):
        open_history(limited)


def test_what_is_set_up_and_the_statements_come_back_whole(history: History) -> None:
    trigger = Trigger("tell", TableName("a b", 'c"d'), ("insert",), True, "public.f", ("realtime.send",))
    widths: ByTable[tuple[tuple[str, int], ...]] = ByTable({TableName("public", "t"): (("body", 400),)})
    setup = Setup((trigger,), None, None, 1024, "logical", widths)
    told = WritingStatements({TableName("public", "t"): (StatementRows("insert", 3, 30),)}, 2, ("Two were unread.",))
    assert history.keep_setup(APP, setup)
    assert history.keep_statements(APP, told)
    assert not history.keep_statements(APP, told)
    found, statements = history.setup(), history.statements()
    assert found is not None
    assert (found.triggers, found.slots, found.messages) == (setup.triggers, None, None)
    assert dict(found.column_widths) == dict(widths)
    assert statements is not None
    assert (dict(statements), statements.unread, statements.notes) == (dict(told), 2, ("Two were unread.",))


def test_where_nobody_looked_nothing_is_told_of_the_setup(history: History) -> None:
    history.keep_catalog(APP, a_catalog())
    assert (history.setup(), history.statements()) == (None, None)


def test_the_latest_look_and_all_names_of_a_table_are_known(history: History) -> None:
    sampling = recorded(history, reading(0, entry("a", relid=1), entry("b", relid=2)), reading(5, entry("c", relid=1)))
    other = recorded(history, reading(0, entry("d", relid=1)), database=SHOP)
    assert history.last_look(APP) is None
    for second in (0, 5):
        history.note_look(sampling, NOON + timedelta(seconds=second))
    history.note_look(other, NOON)
    assert history.last_look(APP) == (sampling.id, NOON + timedelta(seconds=5))
    assert {oid: [name.name for name in names] for oid, names in history.names(APP).items()} == {
        1: ["a", "c"],
        2: ["b"],
    }
