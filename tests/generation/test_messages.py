"""What is sent: the right message, on the right topic, once for each scope, and never at the price of a write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from .conftest import Application, write
from .people import ANN, BLUE, BLUE_THREAD, BOB, PEOPLE, RED, RED_THREAD, uuid
from .world import DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION

TO_ALL = "insert into notifications (id, user_id, title) select gen_random_uuid(), id, 'x' from users"


def mailbox(user: str) -> str:
    return f"user:{user}:notifications"


def dashboard(tenant: str) -> str:
    return f"tenant:{tenant}:dashboard"


def thread(thread_id: str) -> str:
    return f"thread:{thread_id}:messages"


@pytest.fixture
def notified(application: Application) -> Application:
    """Notifications speak; Ann has one already."""
    application.run(PEOPLE + f"insert into notifications (id, user_id, title) values ('{uuid(1)}', '{ANN}', 'hello')")
    application.install(write(NOTIFICATIONS_DECISION))
    return application


@pytest.fixture
def conversing(application: Application) -> Application:
    """Messages speak to their thread and to the dashboard; one message is in the red thread."""
    application.run(
        PEOPLE + f"insert into messages (id, thread_id, body) values ('{uuid(1)}', '{RED_THREAD}', 'hello')"
    )
    application.install(write(MESSAGES_DECISION))
    return application


@pytest.fixture
def documented(embedded: Application) -> Application:
    """Documents speak to the dashboard; the red tenant has one."""
    embedded.run(
        PEOPLE + f"insert into documents (id, tenant_id, title, price, labels) values (1, '{RED}', 'a', 1.0, '{{}}')"
    )
    embedded.install(write(DOCUMENTS_DECISION))
    return embedded


@contextmanager
def writing_as_user(application: Application) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The application's own connection, with the rights of a signed-in user."""
    application.owner.execute("set role authenticated")
    yield application.owner
    application.owner.execute("reset role")


@pytest.mark.parametrize(
    ("write_it", "action", "operation", "number"),
    [
        (f"insert into notifications (id, user_id, title) values ('{uuid(2)}', '{ANN}', 'x')", "created", "INSERT", 2),
        ("update notifications set title = 'bye'", "updated", "UPDATE", 1),
        ("update notifications set read_at = now()", "updated", "UPDATE", 1),
        ("delete from notifications", "deleted", "DELETE", 1),
    ],
)
def test_each_kind_of_write_sends_one_message(
    notified: Application, write_it: str, action: str, operation: str, number: int
) -> None:
    notified.run(write_it)
    event = f"notifications_{action}"
    payload = {"type": event, "table": "notifications", "operation": operation, "record_id": uuid(number)}
    assert notified.messages() == [(mailbox(ANN), event, payload)]
    assert notified.warnings == []


@pytest.mark.parametrize(
    "silent",
    [
        "update notifications set updated_at = now()",
        "update notifications set title = title",
        "update notifications set title = 'x' where false",
        "delete from notifications where false",
        f"insert into notifications (id, title) values ('{uuid(2)}', 'nobody''s')",
    ],
)
def test_what_no_reader_would_see_sends_nothing(notified: Application, silent: str) -> None:
    notified.run(silent)
    assert notified.messages() == []
    assert notified.warnings == []


def test_a_bulk_update_sends_one_message_for_each_scope(embedded: Application) -> None:
    users = ", ".join(f"('{uuid(number)}')" for number in range(1, 11))
    embedded.run(f"insert into users values {users}")
    embedded.run(
        "insert into notifications (id, user_id, title) select gen_random_uuid(), users.id, 'x' "
        "from users, generate_series(1, 1000)"
    )
    embedded.install(write(NOTIFICATIONS_DECISION))
    embedded.run("update notifications set read_at = now()")
    sent = embedded.messages()
    assert [topic for topic, _, _ in sent] == [mailbox(uuid(number)) for number in range(1, 11)]
    assert all("record_id" not in payload for _, _, payload in sent)


def test_a_moved_row_tells_both_scopes(notified: Application) -> None:
    notified.run(f"update notifications set user_id = '{BOB}'")
    sent = notified.messages()
    assert [(topic, payload["record_id"]) for topic, _, payload in sent] == [
        (mailbox(ANN), uuid(1)),
        (mailbox(BOB), uuid(1)),
    ]


def test_inserts_alone_are_told_like_inserts_among_others(embedded: Application) -> None:
    embedded.run(f"insert into users values ('{ANN}'), ('{BOB}')")
    embedded.install(write(NOTIFICATIONS_DECISION, operations=("insert",)))
    embedded.run(f"insert into notifications (id, user_id, title) values ('{uuid(1)}', '{ANN}', 'x')")
    event, table, operation = "notifications_created", "notifications", "INSERT"
    several = {"type": event, "table": table, "operation": operation}
    assert embedded.messages() == [(mailbox(ANN), event, {**several, "record_id": uuid(1)})]
    embedded.run(
        "insert into notifications (id, user_id, title)"
        f" values ('{uuid(2)}', '{ANN}', 'x'), ('{uuid(3)}', '{BOB}', 'x'), ('{uuid(4)}', null, 'nobody')"
    )
    assert embedded.messages() == [(mailbox(person), event, several) for person in (ANN, BOB)]
    embedded.run("update notifications set title = 'y'")
    assert embedded.messages() == []
    assert embedded.warnings == []


def test_a_row_that_loses_its_scope_tells_the_old_one(notified: Application) -> None:
    notified.run("update notifications set user_id = null")
    assert notified.topics() == [mailbox(ANN)]
    assert notified.warnings == []


def test_a_changed_key_is_told(notified: Application) -> None:
    notified.run(f"update notifications set id = '{uuid(9)}'")
    assert notified.topics() == [mailbox(ANN)]


def test_two_rows_that_swap_their_scopes_tell_both(notified: Application) -> None:
    notified.run(f"insert into notifications (id, user_id, title) values ('{uuid(2)}', '{BOB}', 'hello')")
    notified.messages()
    notified.run(f"update notifications set user_id = case user_id when '{ANN}' then '{BOB}'::uuid else '{ANN}' end")
    assert notified.topics() == [mailbox(ANN), mailbox(BOB)]


@pytest.mark.parametrize(("number", "action"), [(1, "updated"), (2, "created")])
def test_an_upsert_tells_what_it_did(notified: Application, number: int, action: str) -> None:
    notified.run(
        f"insert into notifications (id, user_id, title) values ('{uuid(number)}', '{ANN}', 'new') "
        "on conflict (id) do update set title = excluded.title"
    )
    assert [event for _, event, _ in notified.messages()] == [f"notifications_{action}"]


def test_over_the_cap_nothing_is_sent_and_the_write_stays(embedded: Application) -> None:
    embedded.install(write(NOTIFICATIONS_DECISION))
    embedded.run("insert into users select gen_random_uuid() from generate_series(1, 201)")
    embedded.run(
        "insert into notifications (id, user_id, title) select gen_random_uuid(), id, 'x' from users limit 200"
    )
    assert len(embedded.messages()) == 200
    embedded.run(TO_ALL)
    assert embedded.messages() == []
    assert embedded.ask("select count(*) from notifications") == [(401,)]
    assert embedded.warnings == []


BREAKAGES = {
    "send raises": "create or replace function "
    "realtime.send(payload jsonb, event text, topic text, private boolean default true) "
    "returns void language plpgsql as $$ begin raise 'broken'; end $$",
    "send is gone": "drop function realtime.send",
    "no partition": "do $$ begin execute 'drop table realtime.messages_' || "
    "to_char(now() at time zone 'UTC', 'YYYY_MM_DD'); end $$",
    "a watched column is renamed": "alter table notifications rename title to headline; "
    "alter table notifications add title text",
    "a watched column is dropped": "alter table notifications drop body",
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_whatever_breaks_the_write_stays(notified: Application, breakage: str) -> None:
    notified.admin.execute("set check_function_bodies = off")
    notified.change(BREAKAGES[breakage])
    notified.run("update notifications set read_at = now()")
    assert notified.ask("select count(*) from notifications where read_at is not null") == [(1,)]
    assert len(notified.warnings) == (0 if "renamed" in breakage else 1)


def test_a_locked_messages_table_costs_the_message_and_not_the_write(embedded: Application) -> None:
    embedded.run(PEOPLE)
    embedded.install(write(NOTIFICATIONS_DECISION))
    embedded.run("set statement_timeout = '20s'")
    with embedded.admin.transaction():
        embedded.change("lock table realtime.messages in access exclusive mode")
        embedded.run(TO_ALL)
    assert embedded.messages() == []
    assert len(embedded.warnings) == 1
    assert "lock timeout" in embedded.warnings[0]


def test_so_it_does_for_a_single_message_which_waits_by_itself(notified: Application) -> None:
    notified.run("set statement_timeout = '20s'")
    with notified.admin.transaction():
        notified.change("lock table realtime.messages in access exclusive mode")
        notified.run(f"update notifications set title = 'x' where user_id = '{ANN}'")
    assert notified.messages() == []
    assert len(notified.warnings) == 1
    assert "lock timeout" in notified.warnings[0]


def test_a_rolled_back_write_sends_nothing(notified: Application) -> None:
    with notified.owner.transaction(force_rollback=True):
        notified.run("update notifications set title = 'x'")
    assert notified.messages() == []


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_writers_time_zone_does_not_matter(notified: Application, zone: str) -> None:
    # Without a pinned zone, the message would go by the writer's calendar: at some hour into a day that is not there.
    notified.run(f"set timezone = '{zone}'; update notifications set title = 'x'")
    [(inserted_at, utc)] = notified.ask("select inserted_at, now() at time zone 'UTC' from realtime.messages")
    assert abs((utc - inserted_at).total_seconds()) < 60


def test_a_user_without_rights_on_the_messages_can_write(notified: Application) -> None:
    notified.change(
        "revoke all on realtime.messages from authenticated; revoke usage on schema realtime from authenticated"
    )
    with writing_as_user(notified) as user:
        user.execute("update notifications set title = 'x'")
    assert notified.topics() == [mailbox(ANN)]
    assert notified.warnings == []


def test_a_message_is_told_to_its_thread_and_to_the_dashboard(conversing: Application) -> None:
    conversing.run(f"insert into messages (id, thread_id, body) values ('{uuid(2)}', '{BLUE_THREAD}', 'x')")
    assert conversing.messages() == [
        (
            dashboard(BLUE),
            "stats_invalidated",
            {"type": "stats_invalidated", "table": "messages", "operation": "INSERT", "record_id": uuid(2)},
        ),
        (
            thread(BLUE_THREAD),
            "messages_created",
            {"type": "messages_created", "table": "messages", "operation": "INSERT", "record_id": uuid(2)},
        ),
    ]


def test_a_message_moved_to_another_thread_tells_both_threads_and_tenants(conversing: Application) -> None:
    conversing.run(f"update messages set thread_id = '{BLUE_THREAD}'")
    assert conversing.topics() == [dashboard(RED), dashboard(BLUE), thread(RED_THREAD), thread(BLUE_THREAD)]


def test_a_thread_moved_to_another_tenant_tells_both_tenants(conversing: Application) -> None:
    conversing.run(f"update message_threads set tenant_id = '{BLUE}' where id = '{RED_THREAD}'")
    assert conversing.messages() == [
        (
            dashboard(tenant),
            "stats_invalidated",
            {"type": "stats_invalidated", "table": "messages", "operation": "UPDATE"},
        )
        for tenant in (RED, BLUE)
    ]


def test_a_deleted_thread_tells_its_readers_and_its_tenant(conversing: Application) -> None:
    conversing.run(f"delete from message_threads where id = '{RED_THREAD}'")
    assert conversing.topics() == [dashboard(RED), thread(RED_THREAD)]


def test_a_deleted_tenant_is_told_once_on_every_topic(conversing: Application) -> None:
    conversing.run(f"delete from tenants where id = '{RED}'")
    assert conversing.topics() == [dashboard(RED), thread(RED_THREAD)]


def test_a_thread_that_changes_otherwise_tells_nothing(conversing: Application) -> None:
    conversing.run("update message_threads set title = 'x', updated_at = now()")
    assert conversing.messages() == []


@pytest.mark.parametrize("change", ["price = 1.00", "labels = '{\"a\": 1}'", "title = 'A'"])
def test_a_change_that_equality_would_hide_is_told(documented: Application, change: str) -> None:
    documented.run(f"update documents set {change}")
    assert documented.topics() == [dashboard(RED)]


def test_a_watched_column_of_the_architects_choice_is_the_only_one_told(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into documents (id, tenant_id, title) values (1, '{RED}', 'a')")
    embedded.install(write(DOCUMENTS_DECISION, watched=["price"]))
    embedded.run("update documents set title = 'b'")
    assert embedded.messages() == []
    embedded.run("update documents set price = 2")
    assert embedded.topics() == [dashboard(RED)]
