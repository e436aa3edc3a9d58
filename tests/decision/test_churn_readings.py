"""Faults of the readings themselves: gaps, other servers, counters that were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import Gap, Snapshot

from .readings import entry, snapshot


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
