"""Partitioned tables and inheritance children are told of, whatever a write is addressed to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import ByTable, Catalog, Hop, RelationKind, Table
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, plan, write
from .people import BLUE, RED
from .shapes import application_with, with_table
from .test_install import CATALOGUE, faults
from .world import (
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    create_table,
    decide,
    make_table,
    public,
)

EVENTS = public("events")
DASHBOARD = {RED: f"tenant:{RED}:events", BLUE: f"tenant:{BLUE}:events"}
PARTITIONS = """
    create table events (id bigint, region text, tenant_id uuid references tenants on delete cascade, title text,
      primary key (id, region)) partition by list (region);
    create table events_eu partition of events for values in ('eu');
    create table events_rest partition of events default partition by list (region);
    create table "Events; US" partition of events_rest for values in ('us');
    grant all on events to authenticated;
"""
EVENTS_TABLE = replace(
    make_table(
        "events", "id bigint, region text, tenant_id uuid?, title text?", ("id", "region"), {"tenant_id": TENANTS}
    ),
    kind=RelationKind.PARTITIONED,
    partitions=(public("events_eu"), public("events_rest")),
)


EVENTS_SCRIPT = write(decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE))
EVENTS_AND_TRUNCATE = write(
    decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE), operations=("insert", "update", "delete", "truncate")
)


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def partitioned(request: pytest.FixtureRequest) -> Iterator[Application]:
    for application in application_with(request.getfixturevalue(request.param), PARTITIONS):
        application.install(EVENTS_SCRIPT)
        application.run(f"insert into events values (1, 'eu', '{RED}', 'a'), (2, 'us', '{BLUE}', 'b')")
        application.messages()
        yield application


@pytest.mark.parametrize("relation", ["events", "events_rest", '"Events; US"'])
@pytest.mark.parametrize(
    ("write_it", "action"),
    [
        (f"insert into {{}} values (3, 'us', '{BLUE}', 'c')", "created"),
        ("update {} set title = 'x' where id = 2", "updated"),
        ("delete from {} where id = 2", "deleted"),
    ],
)
def test_each_write_is_told_once_whatever_it_is_addressed_to(
    partitioned: Application, relation: str, write_it: str, action: str
) -> None:
    partitioned.run(write_it.format(relation))
    assert [(topic, event) for topic, event, _ in partitioned.messages()] == [(DASHBOARD[BLUE], f"events_{action}")]
    assert partitioned.warnings == []


def test_a_row_that_moves_to_another_partition_is_told_to_both_its_scopes(partitioned: Application) -> None:
    partitioned.run(f"update events set region = 'us', tenant_id = '{BLUE}' where id = 1")
    assert partitioned.topics() == [DASHBOARD[RED], DASHBOARD[BLUE]]
    partitioned.run("update events set region = 'eu'")
    assert partitioned.topics() == [DASHBOARD[BLUE]]


def test_rows_deleted_with_their_tenant_are_told(partitioned: Application) -> None:
    partitioned.run(f"delete from tenants where id = '{RED}'")
    assert partitioned.topics() == [DASHBOARD[RED]]


def test_a_partition_made_later_is_found_by_the_check_and_mended_by_the_second_step(partitioned: Application) -> None:
    assert faults(partitioned, EVENTS_SCRIPT.check) == []
    partitioned.run("create table events_asia partition of events for values in ('asia')")
    assert faults(partitioned, EVENTS_SCRIPT.check) == [("partitions of public.events", "lack triggers: events_asia")]
    partitioned.run(EVENTS_SCRIPT.triggers)
    assert faults(partitioned, EVENTS_SCRIPT.check) == []
    partitioned.run(f"insert into events_asia values (3, 'asia', '{RED}', 'c')")
    assert partitioned.topics() == [DASHBOARD[RED]]


def test_undoing_takes_the_triggers_of_partitions_along_even_of_detached_ones(partitioned: Application) -> None:
    apply_policies(partitioned.admin, EVENTS_SCRIPT.down)
    before = partitioned.ask(CATALOGUE)
    partitioned.install(EVENTS_SCRIPT)
    assert partitioned.ask(CATALOGUE) != before
    partitioned.run("alter table events detach partition events_eu")
    apply_policies(partitioned.admin, EVENTS_SCRIPT.down)
    assert partitioned.ask("select count(*) from pg_trigger where tgname like 'realtime_advisor%'") == [(0,)]


def test_inheritance_children_are_told_too(server: RunningServer) -> None:
    table = make_table(
        "events", "id bigint, region text, tenant_id uuid?, title text?", ("id",), {"tenant_id": TENANTS}
    )
    script = write(decide(EVENTS, TENANT_SCOPE), with_child(table))
    more = create_table(table) + " create table events_child (primary key (id)) inherits (events);"
    for application in application_with(server, more):
        application.install(script)
        application.run(f"insert into events_child values (1, 'eu', '{RED}', 'a')")
        assert application.topics() == [DASHBOARD[RED]]
        application.run("update events set title = 'b'")
        assert application.topics() == [DASHBOARD[RED]]
        assert faults(application, script.check) == []


def with_child(table: Table) -> Catalog:
    child = replace(table, name=public("events_child"), inherits=(table.name,))
    return Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, table, child)}))


CHILD = public("events_child")
PLAIN_EVENTS = make_table("events", "id bigint, tenant_id uuid?, title text?", ("id",), {"tenant_id": TENANTS})


def test_a_child_is_told_from_the_parent_that_has_its_scope() -> None:
    made = plan(decide(CHILD, TENANT_SCOPE), with_child(PLAIN_EVENTS))
    assert made.refusal == (
        "public.events_child inherits from public.events, and writes to that change its rows without firing its "
        "triggers: design public.events, whose script gives public.events_child triggers too."
    )
    gaps = plan(decide(EVENTS, TENANT_SCOPE), with_child(PLAIN_EVENTS)).gaps
    assert "Inheritance children made later tell nobody, until step 2 is run again." in gaps


def test_a_child_of_a_parent_without_the_scope_speaks_for_itself_and_says_what_it_misses() -> None:
    child = replace(PLAIN_EVENTS, name=CHILD, inherits=(EVENTS,))
    parent = make_table("events", "id bigint, title text?")
    catalog = Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, parent, child)}))
    made = plan(decide(CHILD, TENANT_SCOPE), catalog)
    assert made.refusal is None
    assert "Writes through the parent public.events, which has no column of the scope, tell nobody." in made.gaps


def test_rows_of_a_table_with_children_are_refused() -> None:
    with pytest.raises(BadInput, match=r"public\.events_child inherits from public\.events, whose row triggers"):
        plan(decide(EVENTS, TENANT_SCOPE), with_child(PLAIN_EVENTS), granularity="row")


def test_moving_a_partitioned_parent_is_told(server: RunningServer) -> None:
    threads = replace(
        make_table("rooms", "id bigint, tenant_id uuid?", ("id",), {"tenant_id": TENANTS}),
        kind=RelationKind.PARTITIONED,
        partitions=(public("rooms_all"),),
    )
    chats = make_table("chats", "id bigint, room_id bigint?", ("id",), {"room_id": threads.name})
    catalog = Catalog(SERVER, ByTable({made.name: made for made in (*TABLES, threads, chats)}))
    path = (Hop(chats.name, ("room_id",), threads.name, ("id",)),)
    more = (
        "create table rooms (id bigint primary key, tenant_id uuid) partition by hash (id);"
        "create table rooms_all partition of rooms for values with (modulus 1, remainder 0);" + create_table(chats)
    )
    for application in application_with(server, more):
        script = write(decide(chats.name, replace(TENANT_SCOPE, path=path)), catalog)
        application.install(script)
        application.run(f"insert into rooms values (1, '{RED}'); insert into chats values (1, 1)")
        application.messages()
        application.run(f"update rooms_all set tenant_id = '{BLUE}'")
        assert application.topics() == [f"tenant:{RED}:chats", f"tenant:{BLUE}:chats"]
        assert faults(application, script.check) == []


def test_partitions_are_a_gap_only_when_made_later() -> None:
    gaps = plan(decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE)).gaps
    assert "Partitions made later tell nobody when written to by their own name, until step 2 is run again." in gaps


def test_whole_rows_say_that_one_which_changes_its_partition_goes_and_comes(server: RunningServer) -> None:
    made = plan(decide(EVENTS, TENANT_SCOPE), with_table(EVENTS_TABLE), granularity="row")
    assert "A row that an UPDATE moves to another partition is told as one that goes and one that comes." in made.gaps
    for application in application_with(server, PARTITIONS):
        application.run(f"insert into events values (1, 'eu', '{RED}', 'a')")
        application.install(generate(made))
        application.run("update events set region = 'us'")
        assert [event for _, event, _ in application.messages()] == ["events_created", "events_deleted"]


def test_truncate_of_a_partitioned_table_is_told_once(server: RunningServer) -> None:
    for application in application_with(server, PARTITIONS):
        application.install(EVENTS_AND_TRUNCATE)
        application.run(f"insert into events values (1, 'eu', '{RED}', 'a'), (2, 'us', '{RED}', 'b')")
        application.messages()
        application.run("truncate events")
        assert application.topics() == [DASHBOARD[RED]]
        assert faults(application, EVENTS_AND_TRUNCATE.check) == []
