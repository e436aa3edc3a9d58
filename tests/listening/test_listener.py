"""Listening through the real client, from the SQL write to the refetch."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from realtime_advisor.errors import BadInput, ListeningFailed
from realtime_advisor.generation.naming import encode_id
from realtime_advisor.listening import Listener, topic_of
from realtime_advisor.sandbox.gateway import Gateway

from ..generation.conftest import Application, plan
from ..generation.people import ANN, BLUE, BOB, CYD, RED
from ..generation.test_entitlement import keyed
from ..generation.world import DOCUMENTS_DECISION
from ..sandbox.gateway.python_client import quiet, until

TOPIC = f"tenant:{RED}:dashboard"
TELL = f"select realtime.send('{{}}', 'tick', '{TOPIC}')"


class Screen:
    """What a worker or a notebook keeps up to date: it counts its refetches and the failures that it was told."""

    def __init__(self) -> None:
        self.fetched = 0
        self.failures: list[ListeningFailed] = []

    async def refetch(self) -> None:
        self.fetched += 1

    @property
    def said(self) -> list[str]:
        return [str(failure) for failure in self.failures]


def listener(gateway: Gateway, screen: Screen, subject: str = ANN, seconds: int = 3600) -> Listener:
    token = gateway.token(subject, seconds=seconds)
    return Listener(gateway.url, gateway.token(), token=token, report=screen.failures.append)


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_it_fetches_at_the_join_and_at_each_change(gateway: Gateway, application: Application, screen: Screen) -> None:
    async def story() -> None:
        async with listener(gateway, screen) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch, spacing=0)
            assert subscription.is_joined
            await until(lambda: screen.fetched == 1)
            application.run(f"insert into documents (id, tenant_id, title) values (21, '{RED}', 'a')")
            await until(lambda: screen.fetched == 2)
            application.run(f"update documents set tenant_id = '{BLUE}' where id = 21")
            await until(lambda: screen.fetched == 3)
            application.run("delete from documents where id = 21")  # of the other tenant by now
            await quiet(gateway)
        assert (screen.fetched, screen.said) == (3, [])

    asyncio.run(story())


def test_a_thousand_messages_cost_two_refetches(gateway: Gateway, application: Application, screen: Screen) -> None:
    async def story() -> None:
        is_over, fetched = asyncio.Event(), 0

        async def fetch_until_it_is_over() -> None:
            nonlocal fetched
            fetched += 1
            await is_over.wait()

        async with listener(gateway, screen) as mine:
            await mine.listen("over", screen.refetch, private=False, spacing=0)
            await until(lambda: screen.fetched == 1)
            await mine.listen(TOPIC, fetch_until_it_is_over, spacing=0)
            application.change(
                f"do $$ begin for n in 1..1000 loop perform {TELL.removeprefix('select ')}; end loop; end $$"
            )
            application.change("select realtime.send('{}', 'tick', 'over', false)")
            await until(lambda: screen.fetched == 2)  # one connection keeps the order: the thousand are in
            is_over.set()
            await asyncio.sleep(0.1)
            assert fetched == 2

    asyncio.run(story())


def test_what_was_lost_in_a_drop_is_caught_up_at_the_next_join(
    gateway: Gateway, application: Application, screen: Screen
) -> None:
    async def story() -> None:
        async with listener(gateway, screen) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch, spacing=0)
            await until(lambda: screen.fetched == 1)
            gateway.faults.is_reachable = False
            await asyncio.to_thread(gateway.drop_connections)
            await until(lambda: not subscription.is_joined)
            for _ in range(5):
                application.change(TELL)
            await quiet(gateway)
            assert screen.fetched == 1
            gateway.faults.is_reachable = True
            await until(lambda: screen.fetched == 2)
            assert subscription.is_joined

    asyncio.run(story())
    assert screen.said == [f"Topic {TOPIC} lost its connection; it is joined again by itself."]


def test_a_refusal_is_said_and_tried_again(gateway: Gateway, application: Application, screen: Screen) -> None:
    async def story() -> None:
        async with listener(gateway, screen, BOB) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch)
            assert not subscription.is_joined
            assert screen.fetched == 0
            application.run(f"insert into memberships (tenant_id, user_id) values ('{RED}', '{BOB}')")
            try:
                await until(lambda: screen.fetched == 1)
            finally:
                application.run(f"delete from memberships where tenant_id = '{RED}' and user_id = '{BOB}'")

    asyncio.run(story())
    reason = f"Unauthorized: You do not have permissions to read from this Channel topic: {TOPIC}"
    assert screen.said[0] == (
        f"Topic {TOPIC} was refused ({reason}); see that the token's user is entitled to it and that the policies are "
        "installed. It is tried again by itself."
    )


def test_who_is_refused_fetches_slowly_all_the_same(gateway: Gateway, screen: Screen) -> None:
    async def story() -> None:
        async with listener(gateway, screen, BOB) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch, interval=0.05)
            await until(lambda: screen.fetched >= 2)
            assert not subscription.is_joined

    asyncio.run(story())


def test_a_fetched_token_is_renewed_before_it_ends(gateway: Gateway, screen: Screen) -> None:
    handed_out: list[str] = []

    async def fetch() -> str:
        handed_out.append(gateway.token(ANN, seconds=4))
        return handed_out[-1]

    async def story() -> None:
        async with Listener(gateway.url, gateway.token(), token=fetch, report=screen.failures.append) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch)
            await asyncio.sleep(5)
            assert subscription.is_joined

    asyncio.run(story())
    assert len(handed_out) > 1
    assert screen.said == []


def test_a_join_after_a_drop_has_the_latest_token(gateway: Gateway, screen: Screen) -> None:
    tokens = iter([gateway.token(ANN, seconds=3), gateway.token(ANN, seconds=60), gateway.token(ANN, seconds=90)])

    async def fetch() -> str:
        return next(tokens)

    async def story() -> None:
        async with Listener(gateway.url, gateway.token(), token=fetch, report=screen.failures.append) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch, spacing=0)
            await mine.renew_token()
            await asyncio.sleep(3)
            await asyncio.to_thread(gateway.drop_connections)
            await until(lambda: screen.fetched == 2)
            assert subscription.is_joined

    asyncio.run(story())
    assert [sentence for sentence in screen.said if "refused" in sentence] == []


def test_a_channel_that_the_server_closed_is_joined_again(
    gateway: Gateway, application: Application, screen: Screen
) -> None:
    lifetimes = itertools.count(600)

    async def fetch() -> str:
        return gateway.token(CYD, seconds=next(lifetimes))

    async def story() -> None:
        async with Listener(gateway.url, gateway.token(), token=fetch, report=screen.failures.append) as mine:
            await mine.listen(TOPIC, screen.refetch, spacing=0)
            await until(lambda: screen.fetched == 1)
            application.run(f"delete from memberships where tenant_id = '{RED}' and user_id = '{CYD}'")
            try:
                await mine.renew_token()
                await until(lambda: any("was closed by the server" in sentence for sentence in screen.said))
            finally:
                application.run(f"insert into memberships (tenant_id, user_id) values ('{RED}', '{CYD}')")
            await until(lambda: screen.fetched == 2)

    asyncio.run(story())


def test_an_id_of_any_spelling_is_listened_to(gateway: Gateway, application: Application, screen: Screen) -> None:
    decision, catalog = keyed("text", "text")
    (emission,) = plan(decision, catalog).emissions
    key = "it's 50% \\ 日本:notes"
    assert topic_of(emission, key) == f"team:{encode_id(key)}:notes"

    async def story() -> None:
        async with listener(gateway, screen, "user_2abcDEF") as mine:
            await mine.listen(topic_of(emission, key), screen.refetch, spacing=0)
            await until(lambda: screen.fetched == 1)
            application.owner.execute("insert into notes (id, topics) values (21, %s)", [key])
            await until(lambda: screen.fetched == 2)

    application.owner.execute("insert into teams values (%s)", [key])
    application.owner.execute("insert into members values (%s, 'user_2abcDEF')", [key])
    try:
        asyncio.run(story())
    finally:
        application.run("delete from notes; delete from members; delete from teams")


def test_one_topic_is_listened_to_once(gateway: Gateway, screen: Screen) -> None:
    async def story() -> None:
        async with listener(gateway, screen) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch)
            with pytest.raises(BadInput, match="is listened to already"):
                await mine.listen(TOPIC, screen.refetch)
            await subscription.close()
            again = await mine.listen(TOPIC, screen.refetch)
            await until(lambda: again.is_joined)

    asyncio.run(story())


def test_the_end_of_an_earlier_join_is_not_taken_for_this_ones(gateway: Gateway, screen: Screen) -> None:
    async def story() -> None:
        async with listener(gateway, screen) as mine:
            subscription = await mine.listen(TOPIC, screen.refetch)
            gateway.faults.delay_seconds = 0.2  # what answers the leave comes when the topic is joined anew
            await subscription.close()
            again = await mine.listen(TOPIC, screen.refetch)
            gateway.faults.delay_seconds = 0.0
            await quiet(gateway)
            assert again.is_joined
        assert screen.said == []

    asyncio.run(story())


def test_a_server_that_is_not_there_is_said_without_the_key(gateway: Gateway) -> None:
    async def story() -> None:
        gateway.faults.is_reachable = False
        async with Listener(gateway.url, gateway.token()):
            pass

    with pytest.raises(ListeningFailed) as failed:
        asyncio.run(story())
    assert str(failed.value) == (
        "Realtime at 127.0.0.1 cannot be reached (InvalidStatus); check the address and the key."
    )


@pytest.mark.parametrize("url", ["", "postgresql://localhost/app", "example.supabase.co"])
def test_an_address_of_no_project_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="The url is no address of a project"):
        Listener(url, "key")


def test_the_emission_tells_its_topic() -> None:
    (emission,) = plan(DOCUMENTS_DECISION).emissions
    assert topic_of(emission, RED) == TOPIC


def test_a_refetch_that_hangs_is_reported_and_the_next_one_runs(gateway: Gateway, screen: Screen) -> None:
    async def hang_once() -> None:
        screen.fetched += 1
        if screen.fetched == 1:
            await asyncio.Event().wait()

    async def story() -> None:
        async with listener(gateway, screen) as mine:
            await mine.listen("hanging", hang_once, private=False, spacing=0, interval=0.05, timeout=0.1)
            await until(lambda: screen.fetched > 1)
        assert screen.said[0] == "The refetch failed (it took longer than 0.1 s); it runs again by itself."

    asyncio.run(story())
