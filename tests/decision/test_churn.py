"""Snapshots into churn: rates, bursts, and everything that can happen to counters on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.errors import BadInput

from .readings import entry, snapshot, table


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
    assert churn.notes == ("Renamed in the window: public.old is public.new by now.",)


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
