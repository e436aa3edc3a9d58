"""Refetching as often as needed and no more."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from realtime_advisor.errors import ListeningFailed
from realtime_advisor.listening.catch_up import CatchUp


def ignore(failure: ListeningFailed) -> None:
    """Nothing is expected to fail."""
    raise AssertionError(failure)


def test_whatever_is_told_during_a_refetch_costs_one_more() -> None:
    runs: list[int] = []

    async def story() -> None:
        is_over = asyncio.Event()

        async def refetch() -> None:
            runs.append(1)
            await is_over.wait()

        catch_up = CatchUp(refetch, 0.0, ignore)
        for _ in range(1000):
            catch_up.ask()
            await asyncio.sleep(0)
        is_over.set()
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert len(runs) == 2


def test_a_burst_that_outlasts_the_refetch_is_spaced() -> None:
    runs: list[float] = []

    async def refetch() -> None:
        runs.append(asyncio.get_running_loop().time())

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.3, ignore)
        for _ in range(10):
            catch_up.ask()
            await asyncio.sleep(0)
        await asyncio.sleep(0.5)

    asyncio.run(story())
    first, second = runs
    assert second - first >= 0.29


def test_a_refetch_that_fails_is_reported_and_tried_at_the_next_message() -> None:
    failures: list[ListeningFailed] = []
    runs: list[int] = []

    async def refetch() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("the API is down")

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, failures.append)
        catch_up.ask()
        await asyncio.sleep(0.05)
        catch_up.ask()
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert len(runs) == 2
    assert [str(failure) for failure in failures] == [
        "The refetch failed (the API is down); it runs again when something is told."
    ]


def test_nothing_runs_after_the_end() -> None:
    finished: list[int] = []

    async def refetch() -> None:
        await asyncio.sleep(0.05)
        finished.append(1)

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, ignore)
        catch_up.ask()
        await asyncio.sleep(0)
        await catch_up.stop()
        await asyncio.sleep(0.1)

    asyncio.run(story())
    assert finished == []


def test_where_nobody_asks_it_asks_itself_later_after_failures() -> None:
    began: list[float] = []

    async def refetch() -> None:
        began.append(asyncio.get_running_loop().time())
        if len(began) in (2, 3):
            raise ValueError("the API is down")

    failures: list[ListeningFailed] = []

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, failures.append, interval=0.1)
        catch_up.wait()
        while len(began) < 5:
            await asyncio.sleep(0.01)
        await catch_up.stop()
        await asyncio.sleep(0.5)

    asyncio.run(story())
    waits = [later - earlier for earlier, later in pairwise(began)]
    assert len(waits) == 4
    assert [wait >= least for wait, least in zip(waits, (0.09, 0.19, 0.39, 0.09), strict=True)] == [True] * 4
    assert str(failures[0]) == "The refetch failed (the API is down); it runs again by itself."


def test_what_is_told_after_the_end_starts_nothing() -> None:
    runs: list[int] = []

    async def refetch() -> None:
        runs.append(1)

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, ignore, interval=0.01)
        await catch_up.stop()
        catch_up.ask()
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert runs == []


def test_a_refetch_that_never_ends_is_cancelled_and_reported_and_the_next_runs() -> None:
    ended: list[str] = []
    failures: list[ListeningFailed] = []

    async def refetch() -> None:
        try:
            await asyncio.sleep(0 if ended else 3600)
            ended.append("answered")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, failures.append, interval=0.05, timeout=0.05)
        catch_up.ask()
        async with asyncio.timeout(10):
            while "answered" not in ended:
                await asyncio.sleep(0.01)
        await catch_up.stop()

    asyncio.run(story())
    assert ended[:2] == ["cancelled", "answered"]
    assert [str(failure) for failure in failures] == [
        "The refetch failed (it took longer than 0.05 s); it runs again by itself."
    ]


def test_a_timeout_of_the_callers_own_is_reported_as_such() -> None:
    failures: list[ListeningFailed] = []

    async def refetch() -> None:
        raise TimeoutError("the database did not answer")

    async def story() -> None:
        catch_up = CatchUp(refetch, 0.0, failures.append, timeout=5)
        catch_up.ask()
        await asyncio.sleep(0.05)
        await catch_up.stop()

    asyncio.run(story())
    assert [str(failure) for failure in failures] == [
        "The refetch failed (the database did not answer); it runs again when something is told."
    ]
