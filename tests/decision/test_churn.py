"""Snapshots into churn: rates, bursts, and everything that can happen to counters on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.errors import BadInput
from realtime_advisor.model import ByTable, Gap, Snapshot, TableCounters, TableName

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
Row = tuple[int, int, int, int]  # inserts, updates, HOT updates, deletes


def table(name: str) -> TableName:
    return TableName("public", name)


def entry(name: str, counts: Row = (0, 0, 0, 0), relid: int = 0, parent: str | None = None) -> TableCounters:
    return TableCounters(relid or sum(name.encode()), table(name), *counts, table(parent) if parent else None)


def snapshot(minute: float, *entries: TableCounters, reset: float | None = -60, started: float = -120) -> Snapshot:
    """A snapshot `minute` minutes after noon, by a server that started and was last reset so many minutes after."""
    return Snapshot(
        taken_at=NOON + timedelta(minutes=minute),
        stats_reset=None if reset is None else NOON + timedelta(minutes=reset),
        server_started_at=NOON + timedelta(minutes=started),
        in_recovery=False,
        track_counts=True,
        counters=ByTable({one.table: one for one in entries}),
    )


def test_a_window_is_the_difference_of_its_ends() -> None:
    churn = measure_churn(snapshot(0, entry("t", (10, 20, 5, 1))), snapshot(2, entry("t", (16, 60, 25, 3))))
    assert (churn["t"].inserts, churn["t"].updates, churn["t"].hot_updates, churn["t"].deletes) == (6, 40, 20, 2)
    assert (churn["t"].basis, churn["t"].seconds, churn.seconds, churn.notes) == ("window", 120, 120, ())
    assert churn["t"].updates_per_minute == 20
    assert churn["t"].update_share == pytest.approx(40 / 48)
    assert (churn["t"].note, churn["t"].peak_per_minute, churn["t"].largest_burst) == (None, None, None)


def test_one_snapshot_is_measured_since_the_last_reset_and_says_so() -> None:
    churn = measure_churn(snapshot(0, entry("t", (30, 90, 0, 0)), reset=-60))
    assert (churn["t"].basis, churn["t"].seconds, churn["t"].updates_per_minute) == ("since reset", 3600, 1.5)
    assert churn["t"].update_share == 0.75
    assert "since the statistics were last reset" in churn.notes[0]


def test_without_a_known_reset_there_are_totals_but_no_rates() -> None:
    churn = measure_churn(snapshot(0, entry("t", (30, 90, 0, 0)), reset=None))
    assert (churn["t"].updates, churn["t"].update_share, churn["t"].updates_per_minute) == (90, 0.75, None)
    assert "does not say since when it counts, so there are no rates" in churn.notes[-1]


def test_peaks_and_bursts_need_two_intervals_and_come_from_the_busiest() -> None:
    churn = measure_churn(
        snapshot(0, entry("t")),
        snapshot(1, entry("t", (60, 0, 0, 0))),
        snapshot(6, entry("t", (60, 100, 0, 0))),
        snapshot(7, entry("t", (60, 100, 0, 5))),
    )
    assert (churn["t"].peak_per_minute, churn["t"].largest_burst) == (60, 100)
    assert churn["t"].events == 165


def test_a_table_without_writes_in_the_window_tells_what_it_counted_before() -> None:
    still = entry("t", (30, 90, 0, 0))
    churn = measure_churn(snapshot(0, still, reset=-58), snapshot(2, still, reset=-58))
    assert (churn["t"].events, churn["t"].basis) == (0, "window")
    earlier = churn["t"].earlier
    assert earlier is not None
    assert (earlier.basis, earlier.updates_per_minute, earlier.update_share) == ("since reset", 1.5, 0.75)


def test_a_table_that_was_never_written_has_nothing_earlier() -> None:
    assert measure_churn(snapshot(0, entry("t")), snapshot(2, entry("t")))["t"].earlier is None


def test_a_counter_that_fell_is_a_reset_and_what_was_counted_since_is_kept() -> None:
    churn = measure_churn(snapshot(0, entry("t", (100, 50, 0, 0))), snapshot(1, entry("t", (110, 7, 0, 0)), reset=0.5))
    assert (churn["t"].inserts, churn["t"].updates) == (110, 7)
    assert churn["t"].note == "statistics were reset in the window: at least these counts"
    assert churn.notes == ("Statistics were reset in the window: all counts are at least these.",)


def test_what_was_counted_before_a_reset_is_not_forgotten() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (100, 0, 0, 0))),
        snapshot(1, entry("t", (130, 0, 0, 0))),
        snapshot(2, entry("t", (4, 0, 0, 0)), reset=1.5),
        snapshot(3, entry("t", (9, 0, 0, 0)), reset=1.5),
    )
    assert churn["t"].inserts == 30 + 4 + 5
    assert churn["t"].largest_burst == 30


def test_a_reset_of_another_table_leaves_a_tables_difference_alone() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (1000, 0, 0, 0)), entry("u", (5, 0, 0, 0))),
        snapshot(1, entry("t", (1003, 0, 0, 0)), entry("u"), reset=0.5),
    )
    assert (churn["t"].inserts, churn["t"].note) == (3, None)
    assert churn["u"].note is not None
    assert churn.notes, "but the database's note says that counts may be short"


def test_a_restart_is_said_and_kept_counters_are_used() -> None:
    churn = measure_churn(snapshot(0, entry("t", (10, 0, 0, 0))), snapshot(1, entry("t", (12, 0, 0, 0)), started=0.5))
    assert (churn["t"].inserts, churn["t"].note) == (2, None)
    assert churn.notes == ("The server restarted in the window: changes that it had not yet counted are missing.",)


def test_a_crash_that_lost_the_counters_is_a_reset() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (10, 0, 0, 0))), snapshot(1, entry("t", (1, 0, 0, 0)), started=0.5, reset=None)
    )
    assert churn["t"].inserts == 1
    assert len(churn.notes) == 2


def test_a_table_made_in_the_window_is_counted_since_then() -> None:
    churn = measure_churn(snapshot(0), snapshot(1, entry("t", (7, 0, 0, 0))))
    assert (churn["t"].inserts, churn["t"].note) == (7, "created in the window: counts since its creation")


def test_a_dropped_table_is_said_and_not_shown() -> None:
    gone = [entry(f"t{number}", (5, 0, 0, 0), relid=number + 1) for number in range(7)]
    churn = measure_churn(snapshot(0, *gone, entry("kept")), snapshot(1, entry("kept")))
    assert list(churn) == [table("kept")]
    (note,) = churn.notes
    assert note.startswith("Dropped in the window and not counted: public.t0, public.t1,")
    assert note.endswith("public.t4 and 2 more.")


def test_a_table_made_anew_keeps_what_is_known_of_its_predecessor() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (100, 0, 0, 0), relid=1)),
        snapshot(1, entry("t", (120, 0, 0, 0), relid=1)),
        snapshot(2, entry("t", (3, 0, 0, 0), relid=2)),
    )
    assert churn["t"].inserts == 23
    assert str(churn["t"].note).startswith("re-created in the window: at least these counts")
    assert churn.notes == ()


def test_a_renamed_table_is_followed_by_its_oid() -> None:
    churn = measure_churn(
        snapshot(0, entry("old", (100, 0, 0, 0), relid=1)), snapshot(1, entry("new", (101, 0, 0, 0), relid=1))
    )
    assert list(churn) == [table("new")]
    assert (churn["new"].inserts, churn["new"].note) == (1, "renamed from public.old")
    assert churn.notes == ()


def test_two_tables_that_swap_names_keep_their_own_counts() -> None:
    churn = measure_churn(
        snapshot(0, entry("a", (10, 0, 0, 0), relid=1), entry("b", (500, 0, 0, 0), relid=2)),
        snapshot(1, entry("b", (11, 0, 0, 0), relid=1), entry("a", (503, 0, 0, 0), relid=2)),
    )
    assert (churn["b"].inserts, churn["a"].inserts) == (1, 3)


def test_a_standby_counts_nothing_and_says_so() -> None:
    first, last = (replace(snapshot(minute, entry("t")), in_recovery=True) for minute in (0, 1))
    churn = measure_churn(first, last)
    assert (churn["t"].basis, churn["t"].inserts_per_minute, churn.seconds) == ("none", None, None)
    assert churn.notes == ("The server was a standby, which counts nothing: connect to the primary.",)


def test_what_a_standby_counted_as_a_primary_is_no_churn() -> None:
    alone = measure_churn(replace(snapshot(0, entry("t", (200, 300, 0, 49))), in_recovery=True))
    assert (alone["t"].basis, alone["t"].events, alone.seconds) == ("none", 0, None)
    assert alone.notes == ("The server was a standby, which counts nothing: connect to the primary.",)


def test_track_counts_off_is_unknown_and_not_zero() -> None:
    first, last = (replace(snapshot(minute, entry("t")), track_counts=False) for minute in (0, 1))
    churn = measure_churn(first, last)
    assert (churn["t"].basis, churn["t"].events_per_minute) == ("none", None)
    assert churn.notes == ("track_counts was off, so changes were not counted: turn it on.",)


def test_a_window_that_was_counted_in_part_says_so() -> None:
    first = replace(snapshot(0, entry("t")), track_counts=False)
    churn = measure_churn(first, snapshot(1, entry("t", (2, 0, 0, 0))))
    assert (churn["t"].basis, churn["t"].inserts) == ("window", 2)
    assert churn.notes == ("track_counts was off for a part of the window, so changes were not counted: turn it on.",)


@pytest.mark.parametrize("minute", [0, -5])
def test_a_clock_that_stands_or_runs_backwards_gives_counts_without_rates(minute: float) -> None:
    churn = measure_churn(snapshot(0, entry("t")), snapshot(minute, entry("t", (5, 0, 0, 0))))
    assert (churn["t"].inserts, churn["t"].inserts_per_minute, churn.seconds) == (5, None, None)
    assert churn.notes == ("The clock stood still or ran backwards between the readings, so there are no rates.",)


def test_a_partitioned_table_remembers_partitions_that_were_dropped() -> None:
    churn = measure_churn(
        snapshot(0, entry("p"), entry("p_old", parent="p")),
        snapshot(1, entry("p"), entry("p_old", (40, 0, 0, 0), parent="p")),
        snapshot(2, entry("p"), entry("p_new", (2, 0, 0, 0), parent="p")),
    )
    assert (churn["p"].inserts, churn["p"].note) == (42, None)
    assert churn.events == 42


def test_a_partitioned_table_says_when_a_partition_was_reset() -> None:
    churn = measure_churn(
        snapshot(0, entry("p"), entry("p_1", (9, 0, 0, 0), parent="p")),
        snapshot(1, entry("p"), entry("p_1", (1, 0, 0, 0), parent="p")),
    )
    assert churn["p"].note == "a partition's statistics were reset in the window: at least these counts"


def test_shares_count_each_row_once() -> None:
    before = snapshot(0, entry("p"), entry("p_1", parent="p"), entry("t"))
    after = snapshot(1, entry("p"), entry("p_1", (30, 0, 0, 0), parent="p"), entry("t", (10, 0, 0, 0)))
    churn = measure_churn(before, after)
    assert (churn.events, churn.share("p"), churn.share("p_1"), churn.share("t")) == (40, 0.75, 0.75, 0.25)


def test_without_snapshots_the_next_step_is_told() -> None:
    with pytest.raises(BadInput, match=r"take one with take_snapshot\(target\)"):
        measure_churn()


# Faults of the readings themselves


def even(minutes: Sequence[float], per_minute: int = 10) -> list[Snapshot]:
    """A steady table, read at these minutes."""
    return [snapshot(minute, entry("t", (int(minute * per_minute), 0, 0, 0))) for minute in minutes]


def test_a_gap_is_said_and_makes_no_burst_of_a_steady_table() -> None:
    churn = measure_churn(even([0, 1, 2, 3, 4, 64, 65]))
    assert churn.notes == ("No reading for 1 h, so bursts in that time are not known.",)
    assert (churn["t"].inserts, churn["t"].peak_per_minute, churn["t"].largest_burst) == (650, 10, 10)


def test_intervals_of_any_length_are_no_gap_until_some_length_is_usual() -> None:
    assert measure_churn(even([0, 1, 61, 62])).notes == ()
    assert measure_churn(even([0, 0.01, 0.02, 0.03, 0.13])).notes == (), "a few seconds are no gap"


def test_readings_that_failed_are_said_with_their_reason_once() -> None:
    readings = even([0, 1, 5, 6, 8])
    gap = Gap(3, 240, "The server db:5432 has no free connection.")
    readings[2] = replace(readings[2], gap_before=gap)
    readings[4] = replace(readings[4], gap_before=replace(gap, readings=1), gap_after=Gap(2, 125, "Role ada is gone."))
    assert measure_churn(readings).notes == (
        "No reading for 4 min, so bursts in that time are not known: The server db:5432 has no free connection.",
        "No reading for 2 min, so bursts in that time are not known.",
        "No reading in the last 2 min 5 s: Role ada is gone.",
    )
    assert measure_churn(readings)["t"].largest_burst == 10


def test_of_many_gaps_the_longest_are_said_and_the_others_counted() -> None:
    readings = [
        replace(one, gap_before=Gap(1, 60, "Gone.") if number else None)
        for number, one in enumerate(even([0, 1, 2, 5, 6, 8, 9]))
    ]
    notes = measure_churn(readings).notes
    assert [note.split(",")[0] for note in notes] == [
        "No reading for 3 min",
        "No reading for 2 min",
        "No reading for 1 min",
        "Readings were missing 6 times",
    ]


def test_two_servers_that_take_turns_are_each_compared_with_themselves() -> None:
    here = [snapshot(minute, entry("t", (1000 + minute, 0, 0, 0)), started=-120) for minute in (0, 2, 4)]
    there = [replace(snapshot(minute, entry("t"), started=-60), in_recovery=True) for minute in (1, 3)]
    churn = measure_churn(here[0], there[0], here[1], there[1], here[2])
    assert (churn["t"].inserts, churn["t"].note) == (4, None)
    standby, switched = churn.notes
    assert standby.startswith("The server was a standby for a part of the window")
    assert switched.startswith("Another server answered in the window, as after a failover")


def test_a_server_that_ran_already_when_another_was_read_brings_nothing_of_its_past() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (10, 0, 0, 0)), started=-120),
        snapshot(1, entry("t", (900_000, 0, 0, 0)), started=-500),
        snapshot(2, entry("t", (900_003, 0, 0, 0)), started=-500),
    )
    assert churn["t"].inserts == 3
    assert [note.split(" in the window")[0] for note in churn.notes] == ["Another server answered"]


def test_more_servers_than_are_remembered_are_no_reason_to_guess() -> None:
    churn = measure_churn(
        snapshot(minute, entry("t", (1000 * minute, 0, 0, 0)), started=-100 - minute) for minute in range(9)
    )
    assert churn["t"].inserts == 0


def test_counters_that_fall_without_a_reset_on_record_were_lost() -> None:
    churn = measure_churn(snapshot(0, entry("t", (10, 0, 0, 0))), snapshot(1, entry("t", (3, 0, 0, 0))))
    assert churn.notes == (
        "Counters began anew though nobody reset them, as after a crash: all counts are at least these.",
    )


def test_a_reset_in_the_middle_of_a_reading_is_no_crash() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (10, 0, 0, 0))),
        snapshot(1, entry("t", (3, 0, 0, 0))),
        snapshot(2, entry("t", (4, 0, 0, 0)), reset=1),
    )
    assert churn.notes == ("Statistics were reset in the window: all counts are at least these.",)


def test_counters_lost_long_before_a_reset_were_lost() -> None:
    churn = measure_churn(
        snapshot(0, entry("t", (10, 0, 0, 0))),
        snapshot(1, entry("t", (3, 0, 0, 0))),
        snapshot(2, entry("t", (4, 0, 0, 0))),
        snapshot(3, entry("t", (1, 0, 0, 0)), reset=2.5),
    )
    assert [note.split(":")[0] for note in churn.notes] == [
        "Statistics were reset in the window",
        "Counters began anew though nobody reset them, as after a crash",
    ]


def test_a_table_read_while_it_was_dropped_is_no_crash() -> None:
    kept = entry("kept", (1, 0, 0, 0))
    churn = measure_churn(
        snapshot(0, kept, entry("t", (10, 0, 0, 0))), snapshot(1, kept, entry("t")), snapshot(2, kept)
    )
    assert churn.notes == ("Dropped in the window and not counted: public.t.",)


def transactions(minute: float, commits: int, rollbacks: int, gap: Gap | None = None) -> Snapshot:
    return replace(snapshot(minute), xact_commit=commits, xact_rollback=rollbacks, gap_before=gap)


def test_rolled_back_transactions_are_said_where_they_are_many() -> None:
    assert measure_churn(transactions(0, 1000, 50), transactions(1, 1088, 62)).notes == (
        "12 % of the transactions were rolled back: the counts include the rows that those wrote.",
    )
    assert measure_churn(transactions(0, 0, 0), transactions(1, 1000, 49)).notes == ()
    assert measure_churn(transactions(0, 0, 0), transactions(1, 1, 9)).notes == (), "a handful says nothing"


def test_readings_that_failed_are_not_among_the_transactions_rolled_back() -> None:
    notes = measure_churn(transactions(0, 0, 0), transactions(1, 100, 12, Gap(12, 60, "Refused."))).notes
    assert [note.split(",")[0] for note in notes] == ["No reading for 1 min"]


def test_transactions_counted_anew_are_a_crash_though_no_table_fell() -> None:
    (note,) = measure_churn(transactions(0, 1000, 0), transactions(1, 7, 0)).notes
    assert note.startswith("Counters began anew")


def test_every_basis_says_what_its_counts_are_worth() -> None:
    window = measure_churn(snapshot(0, entry("t")), snapshot(1, entry("t")))["t"]
    since = measure_churn(snapshot(0, entry("t")))["t"]
    blind = measure_churn(replace(snapshot(0, entry("t")), track_counts=False))["t"]
    assert "rolled back are included" in window.caveat
    assert "since its statistics were last reset" in since.caveat
    assert blind.caveat == "Not counted."


# Properties, on a small world: two tables and a partitioned one with partitions on two levels.
PARENTS: Mapping[str, str | None] = {"t": None, "u": None, "p": None, "p_1": "p", "p_2": "p", "p_2_1": "p_2"}
LEAVES = ("t", "u", "p_1", "p_2_1")
counts = st.tuples(*[st.integers(0, 50)] * 4)
additions = st.fixed_dictionaries(dict.fromkeys(LEAVES, counts))


def add(left: Mapping[str, Row], right: Mapping[str, Row]) -> dict[str, Row]:
    return {name: _add_rows(left[name], right[name]) for name in LEAVES}


def _add_rows(one: Row, other: Row) -> Row:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def world(minute: float, leaves: Mapping[str, Row], reset: float | None = -60) -> Snapshot:
    entries = [entry(name, leaves.get(name, (0, 0, 0, 0)), parent=parent) for name, parent in PARENTS.items()]
    return snapshot(minute, *entries, reset=reset)


@given(steps=st.lists(additions, min_size=2, max_size=6))
def test_splitting_a_window_changes_no_total(steps: list[dict[str, Row]]) -> None:
    readings = [world(minute, leaves) for minute, leaves in enumerate(accumulate(steps, add))]
    whole, split = measure_churn(readings[0], readings[-1]), measure_churn(*readings)
    for name in whole:
        bare = replace(split[name], peak_per_minute=None, largest_burst=None, quiet_share=None)
        assert bare == whole[name]
        assert split[name].events >= (split[name].largest_burst or 0)
        assert (split[name].peak_per_minute or 0) >= (split[name].events_per_minute or 0) or len(readings) == 2


@given(
    readings=st.lists(
        st.tuples(st.integers(-3, 9), additions, st.sampled_from([None, -60, 1]), st.sets(st.sampled_from(LEAVES))),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_happens_nothing_is_negative_and_parents_are_sums(
    readings: list[tuple[int, dict[str, Row], float | None, set[str]]],
) -> None:
    snapshots = []
    for minute, leaves, reset, missing in readings:
        full = world(minute, leaves, reset)
        kept = {name: one for name, one in full.counters.items() if name.name not in missing}
        snapshots.append(replace(full, counters=ByTable(kept)))
    churn = measure_churn(*snapshots)
    for one in churn.values():
        assert min(one.inserts, one.updates, one.deletes, one.hot_updates) >= 0
        assert (one.events_per_minute or 0) >= 0
        assert (one.peak_per_minute or 0) >= 0
    if not any(missing for *_, missing in readings):
        assert churn["p_2"].events == churn["p_2_1"].events
        assert churn["p"].inserts == churn["p_1"].inserts + churn["p_2_1"].inserts
        assert churn.events == sum(churn[name].events for name in LEAVES)
