"""The scripts as text, for reading: run with UPDATE_GOLDEN=1 to write them anew, then read the difference."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime_advisor.generation.cutover import cut_over
from realtime_advisor.generation.design import design
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import ByTable, Catalog, Column, Design, Migration, Option, Script, TableName

from .conftest import plan, write
from .test_cutover import published
from .test_entitlement import keyed
from .test_partitions import EVENTS_AND_TRUNCATE
from .test_presence import present
from .test_whole import designs
from .world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES_DECISION,
    NOTIFICATIONS_DECISION,
    SERVER,
    TABLES,
    USER_SCOPE,
    USERS,
    decide,
    make_table,
)

GOLDEN = Path(__file__).parents[1] / "golden"

HOSTILE = TableName("sales", 'order"; drop table users; --\n$function$')
HOSTILE_TABLE = make_table(
    HOSTILE,
    [
        Column("id", "uuid", not_null=True),
        Column("user_id", "uuid"),
        Column("it's 100 %", "text"),
        Column("select", "citext"),
    ],
    references={"user_id": USERS},
)
HOSTILE_CATALOG = Catalog(SERVER, ByTable({table.name: table for table in (*TABLES, HOSTILE_TABLE)}))


HOSTILE_DECISION = decide(HOSTILE, USER_SCOPE, because="Somebody said so.\n*/ drop table users; --")
NOTES_DECISION, NOTES_CATALOG = keyed("text", "text")


def scripts() -> dict[str, Callable[[], Script | Migration]]:
    return {
        "notifications": lambda: write(NOTIFICATIONS_DECISION),
        "documents": lambda: write(DOCUMENTS_DECISION),
        "messages": lambda: write(MESSAGES_DECISION),
        "hostile": lambda: write(HOSTILE_DECISION, HOSTILE_CATALOG),
        "set_based": lambda: write(DOCUMENTS_DECISION, granularity="statement, set-based"),
        "transaction": lambda: write(DOCUMENTS_DECISION, granularity="transaction"),
        "text_keys": lambda: write(NOTES_DECISION, NOTES_CATALOG),
        "partitioned": lambda: EVENTS_AND_TRUNCATE,
        "columns": lambda: write(DOCUMENTS_DECISION, feeds=(), columns=["title", "price"], clients_send=True),
        "rows": lambda: write(DOCUMENTS_DECISION, feeds=(), granularity="row"),
        "patterns": lambda: write(MESSAGES_DECISION, topic="app:{entity}:{scope}:{id}", event="{action}.{entity}"),
        "presence": present,
        "whole": lambda: generate_all(designs()),
    }


def written(name: str) -> Script | Migration:
    return scripts()[name]()


@pytest.mark.parametrize("part", ["up", "down", "check"])
@pytest.mark.parametrize("name", scripts())
def test_a_script_is_the_one_that_was_read(name: str, part: str) -> None:
    compare(GOLDEN / f"{name}.{part}.sql", getattr(written(name), part))


def compare(golden: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", scripts())
def test_a_script_is_laid_out_alike(name: str) -> None:
    script = written(name)
    for text in (script.up, script.down, script.check):
        lines = text.splitlines()
        assert [line for line in lines if line != line.rstrip() or "\t" in line] == []
        assert text.endswith("\n")
        assert "\n\n\n" not in text


CUTOVERS: dict[str, Callable[[], Design]] = {
    "to_broadcast": lambda: plan(DOCUMENTS_DECISION, published(DOCUMENTS, identity="full")),
    "to_changes": lambda: design(MESSAGES_DECISION, CATALOG),
    "to_nothing": lambda: design(decide(DOCUMENTS, option=Option.NO_REALTIME), published(DOCUMENTS)),
    "to_presence": lambda: present().design,
}


@pytest.mark.parametrize("name", CUTOVERS)
def test_a_cut_over_is_the_one_that_was_read(name: str) -> None:
    compare(GOLDEN / f"{name}.cutover.sql", cut_over(CUTOVERS[name]()))


def test_each_step_is_a_transaction_of_its_own() -> None:
    script = write(MESSAGES_DECISION)
    for step in (script.functions, script.triggers, script.policies):
        assert (step.count("\nbegin;\n"), step.count("\ncommit;\n")) == (1, 1)
        assert step.count("set local lock_timeout") == 1
