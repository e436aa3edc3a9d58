"""The pause of the garbage collector ends as it began."""

from __future__ import annotations

import gc

import pytest

from realtime_advisor.observation.building import collector_paused


def test_the_collector_rests_inside_and_works_again_after_an_error() -> None:
    with collector_paused():
        assert not gc.isenabled()
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
