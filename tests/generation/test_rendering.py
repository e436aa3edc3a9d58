"""A template's places say how a value is quoted, and a value never becomes a place."""

from __future__ import annotations

import pytest

from realtime_advisor.generation.rendering import Fragment, Remark, fragment, render


def test_a_value_that_looks_like_a_marker_stays_a_value() -> None:
    text = render("drop_trigger", {"trigger": ':"table"', "schema": ":'x'", "table": ":[y]"})
    assert text == 'drop trigger if exists ":""table""" on ":\'x\'".":[y]";\n'


def test_a_fragment_cannot_stand_where_a_name_is_asked_for() -> None:
    with pytest.raises(TypeError, match="a Fragment does not belong where the template asks for a name"):
        render("drop_trigger", {"trigger": Fragment("x"), "schema": "s", "table": "t"})


def test_text_cannot_stand_where_sql_is_asked_for() -> None:
    with pytest.raises(TypeError, match="a str does not belong where the template asks for a fragment"):
        render("triggers", {"triggers": "drop table x"})


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="table"):
        render("drop_trigger", {"trigger": "x", "schema": "y"})


def test_a_body_that_holds_its_tag_gets_another() -> None:
    values = {"function": "f", "told": "$drop$", "policy": "p"}
    assert fragment("drop_shared_policy", values).text.count("$drop_1$") == 2


def test_a_remark_stays_a_comment() -> None:
    text = render(
        "down",
        {
            "steps": Fragment(""),
            "head": Remark(("one\n; drop table x", "word " * 40)),
        },
    )
    head = text.split("\n\n")[0]
    assert all(line.startswith("-- ") for line in head.splitlines())
    assert len(head.splitlines()) == 3
