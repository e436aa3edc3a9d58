"""Many scopes at once, and once per transaction: what is sent, when, and what is left behind."""

from __future__ import annotations

import psycopg
import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, Choices, plan, write
from .people import ANN, BLUE, BOB, PEOPLE, RED, RED_THREAD, uuid
from .test_install import CATALOGUE, faults
from .world import DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION

SET_BASED, TRANSACTION = "statement, set-based", "transaction"
OUTBOX = "select count(*) from realtime_advisor.outbox_notifications"


def fill(application: Application, users: int) -> None:
    """So many users, without a notification."""
    application.run(f"insert into users select gen_random_uuid() from generate_series(1, {users})")


def notify_all(application: Application) -> None:
    application.run("insert into notifications (id, user_id, title) select gen_random_uuid(), id, 'x' from users")


def mailboxes(application: Application) -> list[str]:
    return [topic for (topic,) in application.ask("select 'user:' || id || ':notifications' from users order by 1")]


# ---------------------------------------------------------------- many scopes at once


@pytest.mark.parametrize("users", [50, 51, 300])
def test_messages_inserted_at_once_are_those_that_send_writes(application: Application, users: int) -> None:
    application.install(write(NOTIFICATIONS_DECISION, granularity=SET_BASED))
    fill(application, users)
    application.run("set timezone = 'Asia/Tokyo'")
    notify_all(application)
    told = application.ask(
        "select distinct extension, event, private, payload - 'id', payload ->> 'id' = id::text, binary_payload, "
        "abs(extract(epoch from inserted_at - now() at time zone 'UTC')) < 60 from realtime.messages"
    )
    event = "notifications_created"
    payload = {"type": event, "table": "notifications", "operation": "INSERT"}
    assert told == [("broadcast", event, True, payload, True, None, True)]
    assert application.topics() == mailboxes(application)
    assert application.warnings == []


def test_over_the_chosen_cap_nothing_is_sent(embedded: Application) -> None:
    embedded.install(write(NOTIFICATIONS_DECISION, granularity=SET_BASED, most_topics=60))
    fill(embedded, 60)
    notify_all(embedded)
    assert len(embedded.topics()) == 60
    fill(embedded, 1)
    notify_all(embedded)
    assert embedded.topics() == []
    assert embedded.warnings == []


def test_rows_of_nobody_do_not_count_towards_the_cap(embedded: Application) -> None:
    embedded.install(write(NOTIFICATIONS_DECISION, most_topics=3))
    fill(embedded, 3)
    embedded.run(
        "insert into notifications (id, user_id, title) select gen_random_uuid(), id, 'x' "
        "from (select id from users union all select null) as everybody"
    )
    assert embedded.topics() == mailboxes(embedded)


@pytest.mark.parametrize(
    "change",
    [
        "alter table realtime.messages rename column event to name",
        "alter table realtime.messages add column kind text not null",
        "alter table realtime.messages alter column payload type text",
        "revoke insert on realtime.messages from postgres, public, authenticated, anon, service_role",
    ],
)
def test_a_messages_table_of_another_kind_is_refused_in_words(embedded: Application, change: str) -> None:
    script = write(NOTIFICATIONS_DECISION, granularity=SET_BASED)
    embedded.run(script.functions)
    embedded.change(change)
    with pytest.raises(psycopg.errors.RaiseException, match='choose the granularity "statement"'):
        embedded.run(script.functions)
    embedded.run("rollback")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"granularity": "column"}, "There is no granularity 'column': choose one of 'statement', "),
        ({"most_topics": 0}, "A cap of 0 messages would send nothing"),
        ({"operations": ["merge"]}, "Operations are insert, update, delete and truncate"),
        ({"operations": []}, "Operations are insert, update, delete and truncate"),
    ],
)
def test_a_choice_that_there_is_not_is_refused(choice: Choices, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        plan(NOTIFICATIONS_DECISION, **choice)


# ---------------------------------------------------------------- once per transaction


@pytest.fixture
def chatty(application: Application) -> Application:
    """Notifications speak at commit; Ann and Bob have one each."""
    application.run(
        PEOPLE + "insert into notifications (id, user_id, title) "
        f"values ('{uuid(1)}', '{ANN}', 'a'), ('{uuid(2)}', '{BOB}', 'b')"
    )
    application.install(write(NOTIFICATIONS_DECISION, granularity=TRANSACTION, most_topics=3))
    return application


def mailbox(user: str) -> str:
    return f"user:{user}:notifications"


def change(application: Application, number: int, title: str) -> None:
    application.run(f"update notifications set title = '{title}' where id = '{uuid(number)}'")


def test_a_transaction_tells_each_topic_once_at_its_end(chatty: Application) -> None:
    with chatty.owner.transaction():
        for title in "xyz":
            change(chatty, 1, title)
            change(chatty, 2, title)
        assert chatty.ask("select count(*) from realtime.messages") == [(0,)]
    event = "notifications_updated"
    payload = {"type": event, "table": "notifications", "operation": "UPDATE"}
    assert chatty.messages() == [(mailbox(ANN), event, payload), (mailbox(BOB), event, payload)]
    assert chatty.ask(OUTBOX) == [(0,)]
    assert chatty.warnings == []


def test_a_transaction_that_moves_a_row_tells_both_scopes_and_both_operations(chatty: Application) -> None:
    with chatty.owner.transaction():
        chatty.run(f"update notifications set user_id = '{BOB}' where id = '{uuid(1)}'")
        chatty.run(f"delete from notifications where id = '{uuid(2)}'")
    assert [(topic, event) for topic, event, _ in chatty.messages()] == [
        (mailbox(ANN), "notifications_updated"),
        (mailbox(BOB), "notifications_deleted"),
        (mailbox(BOB), "notifications_updated"),
    ]


def test_what_a_savepoint_took_back_is_not_told(chatty: Application) -> None:
    with chatty.owner.transaction():
        change(chatty, 1, "x")
        with chatty.owner.transaction(force_rollback=True):
            change(chatty, 2, "y")
        with chatty.owner.transaction(force_rollback=True):
            change(chatty, 1, "y")
    assert chatty.topics() == [mailbox(ANN)]
    with chatty.owner.transaction():
        with chatty.owner.transaction(force_rollback=True):
            change(chatty, 2, "y")
        change(chatty, 2, "z")
    assert chatty.topics() == [mailbox(BOB)]


def test_a_transaction_taken_back_tells_nothing_and_leaves_nothing(chatty: Application) -> None:
    with chatty.owner.transaction(force_rollback=True):
        change(chatty, 1, "x")
    assert chatty.messages() == []
    assert chatty.ask(OUTBOX) == [(0,)]


def test_constraints_made_immediate_tell_at_once_and_later_writes_again(chatty: Application) -> None:
    with chatty.owner.transaction():
        change(chatty, 1, "x")
        chatty.run("set constraints all immediate")
        change(chatty, 1, "y")
    assert chatty.topics() == [mailbox(ANN), mailbox(ANN)]
    assert chatty.ask(OUTBOX) == [(0,)]


def test_two_transactions_on_one_topic_do_not_wait_for_each_other(chatty: Application) -> None:
    chatty.run(f"insert into notifications (id, user_id, title) values ('{uuid(3)}', '{ANN}', 'c')")
    chatty.messages()
    other = psycopg.connect(chatty.server.conninfo(chatty.name, "postgres"), autocommit=True)
    with other, chatty.owner.transaction():
        change(chatty, 1, "x")
        other.execute("set statement_timeout = '20s'")
        other.execute(f"update notifications set title = 'y' where id = '{uuid(3)}'".encode())
    assert chatty.topics() == [mailbox(ANN), mailbox(ANN)]


def test_over_the_cap_of_a_transaction_nothing_is_sent_and_nothing_stays(chatty: Application) -> None:
    with chatty.owner.transaction():
        for title in "xy":
            change(chatty, 1, title)
            change(chatty, 2, title)
        chatty.run(
            f"delete from notifications where id = '{uuid(1)}'; delete from notifications where id = '{uuid(2)}'"
        )
    assert chatty.messages() == []
    assert chatty.ask(OUTBOX) == [(0,)]
    assert chatty.ask("select count(*) from notifications") == [(0,)]


def test_what_breaks_at_commit_leaves_the_transaction(chatty: Application) -> None:
    chatty.change("drop function realtime.send")
    change(chatty, 1, "x")
    assert chatty.ask(f"select title from notifications where id = '{uuid(1)}'") == [("x",)]
    assert chatty.ask(OUTBOX) == [(0,)]
    assert len(chatty.warnings) == 1


def test_a_user_without_rights_writes_and_is_told_of(chatty: Application) -> None:
    chatty.run("set role authenticated")
    change(chatty, 1, "x")
    chatty.run("reset role")
    assert chatty.topics() == [mailbox(ANN)]


def test_parents_of_a_scope_fill_the_same_outbox(embedded: Application) -> None:
    embedded.run(PEOPLE + f"insert into messages (id, thread_id, body) values ('{uuid(1)}', '{RED_THREAD}', 'x')")
    embedded.install(write(MESSAGES_DECISION, granularity=TRANSACTION))
    with embedded.owner.transaction():
        embedded.run("update messages set body = 'y'")
        embedded.run(f"update message_threads set tenant_id = '{BLUE}' where id = '{RED_THREAD}'")
    assert embedded.topics() == [f"tenant:{RED}:dashboard", f"tenant:{BLUE}:dashboard", f"thread:{RED_THREAD}:messages"]


@pytest.mark.parametrize("granularity", [SET_BASED, TRANSACTION])
def test_it_installs_twice_is_checked_and_undone(application: Application, granularity: str) -> None:
    before = application.ask(CATALOGUE)
    for decision in (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION):
        script = write(decision, granularity=granularity)
        application.install(script)
        application.install(script)
        assert faults(application, script.check) == []
        apply_policies(application.admin, script.down)
        assert application.ask(CATALOGUE) == before


@pytest.fixture
def checked(embedded: Application) -> tuple[Application, str]:
    script = write(NOTIFICATIONS_DECISION, granularity=TRANSACTION)
    embedded.install(script)
    return embedded, script.check


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (
            "drop trigger realtime_advisor_send on realtime_advisor.outbox_notifications",
            "trigger realtime_advisor_send on realtime_advisor.outbox_notifications",
        ),
        ("alter function realtime_advisor.send_notifications reset search_path", "function send_notifications"),
    ],
)
def test_the_check_finds_what_somebody_broke(checked: tuple[Application, str], fault: str, name: str) -> None:
    application, check = checked
    application.change(fault)
    assert [found for found, _ in faults(application, check)] == [name]
