"""Which sampling of a history counts: no short look at a database takes a long one's place unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.observation.choosing import Selection, choose_extent
from realtime_advisor.observation.history import History, open_history

from .histories import APP, SHOP, entry, reading, recorded

LATER = (
    "The history's longest sampling was taken, of 1 h; a later one was left out: SECONDS=60 takes the latest, of 1 min."
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(tmp_path)


def record(history: History, *lengths: float, **told: object) -> None:
    """Samplings of those lengths, one after the other."""
    for length in lengths:
        recorded(history, reading(0, entry("a", 1), **told), reading(length, entry("a", 2), **told))


def chosen(history: History, seconds: float | None = None) -> tuple[float, str | None]:
    """The length of the one that is taken, and what is said of the others."""
    choice = choose_extent(history.extents(APP), seconds)
    return choice.taken.seconds, choice.tell()


def test_a_short_look_takes_no_long_ones_place(history: History) -> None:
    record(history, 86_400, 60)
    assert chosen(history) == (
        86_400,
        "The history's longest sampling was taken, of 1 day; a later one was left out: SECONDS=60 takes the latest, "
        "of 1 min.",
    )


def test_what_is_said_to_take_the_latest_takes_it(history: History) -> None:
    record(history, 86_400, 3_600, 600.4)
    _, said = chosen(history)
    assert said
    assert "2 later ones were left out: SECONDS=600 takes the latest, of 10 min." in said
    assert chosen(history, 600) == (
        600.4,
        "The history also holds a longer sampling, of 1 day; this is the latest that lasts 10 min. Without SECONDS "
        "the longest is taken.",
    )


def test_of_equally_long_ones_the_latest_is_taken_without_a_word(history: History) -> None:
    record(history, 86_405, 86_395, 86_390)
    assert chosen(history) == (86_390, None)
    assert chosen(history, 90_000) == (86_390, None)


def test_the_longest_is_taken_where_none_is_as_long_as_asked(history: History) -> None:
    record(history, 3_600, 60)
    assert chosen(history, 86_400) == (
        3_600,
        "No sampling of the history lasts 1 day: its longest sampling was taken, of 1 h.",
    )
    assert chosen(history, 4_000) == chosen(history, 3_600) == (3_600, LATER)


def test_a_sampling_shorter_than_asked_is_never_taken_without_a_word(history: History) -> None:
    record(history, 403)
    assert chosen(history, 3_600) == (
        403,
        "No sampling of the history lasts 1 h: its longest sampling was taken, of 6 min 43 s.",
    )
    assert chosen(history) == chosen(history, 403) == chosen(history, 440) == (403, None)


def test_a_single_reading_and_a_standby_are_no_window(history: History) -> None:
    record(history, 600)
    recorded(history, reading(0, entry("a", 1)))
    assert chosen(history) == (600, None)
    record(history, 86_400, in_recovery=True)
    record(history, 86_400, track_counts=False)
    assert chosen(history) == (600, None)


def test_one_reading_is_better_than_none(history: History) -> None:
    recorded(history, reading(0, entry("a", 1)))
    recorded(history, reading(9, entry("a", 1)), database=SHOP)
    (only,) = history.extents(APP)
    assert (only.readings, only.seconds) == (1, 0)
    assert choose_extent((only,), None) == Selection(only, (), (), None)


def test_a_history_without_a_reading_says_so(history: History) -> None:
    history.begin_sampling(APP, reading(0).taken_at, 60, 5)
    with pytest.raises(BadInput, match="holds no reading. Record some with make sample"):
        history.extents(APP)
