"""What a function's text is taken to call."""

from __future__ import annotations

import pytest

from realtime_advisor.observation.function_text import (
    called,
    calls_function,
    executed_text,
    handles_errors,
    sends_publicly,
)

SEND, CHANGES, NOTIFY = {"realtime.send"}, {"realtime.broadcast_changes"}, {"pg_notify"}


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("perform realtime.send('{}', 'e', 't');", SEND),
        ("PERFORM Realtime.Send ('{}', 'e', 't');", SEND),
        ('perform "realtime" . "send"(x)', SEND),
        ("insert into realtime.messages (topic) select x", SEND),
        ("insert into app.messages select * from realtime.messages", set()),
        ("perform realtime.broadcast_changes(a, b)", CHANGES),
        ("perform pg_notify('c', 'x')", NOTIFY),
        ("perform pg_catalog.pg_notify('c', 'x')", NOTIFY),
        ("begin notify changes; end", NOTIFY),
        ("perform realtime.send(x) /* and */; notify c", SEND | NOTIFY),
        ("execute 'select realtime.send($1)' using x;", SEND),
        ("execute format($q$select pg_notify(%L, '')$q$, c);", NOTIFY),
        ("execute E'select realtime.send(\\'\\')';", SEND),
        ("-- perform realtime.send(x)\nreturn new;", set()),
        ("/* perform realtime.send(x) /* nested */ realtime.send(y) */ return new;", set()),
        ("/* it's off */ perform realtime.send(x); -- it's on", SEND),
        ("raise notice 'realtime.send(%)', x;", set()),
        ("execute 'select 1'; raise notice 'realtime.send(%)', x;", set()),
        ("raise notice 'it''s -- not a comment'; perform realtime.send(x);", SEND),
        ("perform other.send(x); perform my_realtime.send(x)", set()),
        ('perform "Realtime".send(x)', set()),
        ("perform realtime.sender(x), realtime.send_all(x)", set()),
        ("perform app.pg_notify('c')", set()),
        ("perform app . pg_notify('c')", set()),
        ("select notify from settings", set()),
        ("select send(x)", set()),
    ],
)
def test_a_call_counts_where_it_is_run(body: str, calls: set[str]) -> None:
    assert called(executed_text(body)) == calls


def test_an_unqualified_call_counts_where_the_search_path_leads_to_it() -> None:
    assert called("perform send(x)", '"$user", realtime') == SEND
    assert called("perform send(x)", "public") == set()


def test_a_function_is_called_by_any_spelling_of_its_name() -> None:
    assert calls_function("perform App.Tell(x)", "app", "tell")
    assert calls_function('perform "app"."tell"(x)', "app", "tell")
    assert calls_function("perform tell (x)", "app", "tell")
    assert not calls_function("perform retell(x), tell", "app", "tell")
    assert not calls_function("perform app.tell(x)", "app", "Tell")
    assert calls_function('perform "a.(b"(x)', "app", "a.(b")


def test_an_exception_block_is_seen_and_a_commented_one_is_not() -> None:
    assert handles_errors(executed_text("begin perform f(); exception\n when others then end"))
    assert not handles_errors(executed_text("begin perform f(); -- exception when others then\nend"))
    assert not handles_errors(executed_text("raise exception 'exception when'"))


@pytest.mark.parametrize(
    ("body", "is_public"),
    [
        ("perform realtime.send(to_jsonb(new), 'e', 't', false);", True),
        ("perform \"realtime\".send(to_jsonb(new), 'e', 't', private => FALSE::boolean);", True),
        ("perform realtime.send(p, 'e', 't'); perform realtime.send(p, 'e', coalesce(a, 't'), false);", True),
        ("perform realtime.send(to_jsonb(new), 'e', 't', true);", False),
        ("perform realtime.send(to_jsonb(new), 'e', 't');", False),
        ("perform realtime.send(f(a, false), 'e', 't', true); perform g(1, false);", False),
        ("-- perform realtime.send(p, 'e', 't', false);", False),
        ("raise notice 'realtime.send(p, e, t, false)';", False),
    ],
)
def test_a_message_that_is_not_private_is_seen(body: str, is_public: bool) -> None:
    assert sends_publicly(executed_text(body)) is is_public
