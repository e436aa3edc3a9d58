"""Ctrl-C where work must not break off in its middle."""

from __future__ import annotations

import signal
import threading

import pytest

from realtime_advisor.observation.interrupts import finishing


def work(done: list[str], interrupts: int) -> None:
    with finishing():
        done.append("begun")
        for _ in range(interrupts):
            signal.raise_signal(signal.SIGINT)
        done.append("ended")


def test_work_under_way_ends_before_an_interrupt_takes_effect() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(done, 1)
    assert done == ["begun", "ended"]


def test_a_second_interrupt_takes_effect_at_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(done, 2)
    assert done == ["begun"]


def test_work_around_other_work_ends_too() -> None:
    done: list[str] = []

    def around() -> None:
        with finishing():
            work(done, 1)
            done.append("around")

    with pytest.raises(KeyboardInterrupt):
        around()
    assert done == ["begun", "ended", "around"]


def test_a_second_interrupt_in_later_work_of_the_same_takes_effect_at_once() -> None:
    done: list[str] = []

    def around() -> None:
        with finishing():
            work(done, 1)
            work(done, 1)

    with pytest.raises(KeyboardInterrupt):
        around()
    assert done == ["begun", "ended", "begun"]


def test_an_interrupt_is_not_lost_where_the_work_fails() -> None:
    def fail() -> None:
        with finishing():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt) as caught:
        fail()
    assert isinstance(caught.value.__context__, ValueError)


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    work([], 0)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_another_thread_changes_nothing() -> None:
    done: list[str] = []
    thread = threading.Thread(target=work, args=(done, 0))
    thread.start()
    thread.join()
    assert done == ["begun", "ended"]
