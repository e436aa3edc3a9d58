"""What holds of churn whatever was counted, on a small world: two tables and a partitioned one on two levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.model import ByTable, Snapshot

from .readings import Row, entry, snapshot

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
