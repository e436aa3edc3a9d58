"""Of the catalogue only what a script touches is built; the rows hang together; a delete takes along what it must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.model import Column, Condition, Decision, TableName
from realtime_advisor.proof.cascades import topics_after_delete
from realtime_advisor.proof.entitled import Rows, counts, listeners
from realtime_advisor.proof.skeleton import Skeleton, build_skeleton
from realtime_advisor.proof.world import PEOPLED, STRANGER, TWO, World, build_world

from ..generation.conftest import plan
from ..generation.shapes import with_table
from ..generation.test_entitlement import keyed
from ..generation.world import (
    CATALOG,
    DOCUMENTS_DECISION,
    MEMBERSHIP,
    MEMBERSHIPS,
    MESSAGES,
    MESSAGES_DECISION,
    NOTIFICATIONS,
    NOTIFICATIONS_DECISION,
    TENANT_SCOPE,
    TENANTS,
    THREADS,
    USERS,
    decide,
    make_table,
    public,
)

DECISIONS = (NOTIFICATIONS_DECISION, DOCUMENTS_DECISION, MESSAGES_DECISION)


def skeleton_of(decision: Decision) -> Skeleton:
    return build_skeleton(plan(decision), CATALOG)


def columns(skeleton: Skeleton, name: TableName) -> set[str]:
    return {column.name for column in skeleton.tables[name].columns}


def test_only_tables_and_columns_that_are_touched_are_in_it() -> None:
    made = skeleton_of(MESSAGES_DECISION)
    assert set(made.tables) == {MESSAGES, THREADS, TENANTS, MEMBERSHIPS}
    assert columns(made, THREADS) == {"id", "tenant_id"}
    assert columns(made, TENANTS) == {"id"}
    assert set(skeleton_of(NOTIFICATIONS_DECISION).tables) == {NOTIFICATIONS, USERS}


def test_one_column_that_nobody_watches_is_taken_along() -> None:
    assert skeleton_of(NOTIFICATIONS_DECISION).spare == "updated_at"
    assert skeleton_of(MESSAGES_DECISION).spare is None


def test_foreign_keys_to_what_is_not_there_are_left_out() -> None:
    assert [key.references for key in skeleton_of(MESSAGES_DECISION).tables[MEMBERSHIPS].foreign_keys] == [TENANTS]


@pytest.mark.parametrize("decision", DECISIONS)
def test_every_foreign_key_of_the_rows_leads_somewhere(decision: Decision) -> None:
    world = build_world(skeleton_of(decision), {})
    for table in world.skeleton.tables.values():
        for key in table.foreign_keys:
            parents = {tuple(row[column] for column in key.referenced_columns) for row in world.rows[key.references]}
            children = {tuple(row[column] for column in key.columns) for row in world.rows[table.name]}
            assert children <= parents


@pytest.mark.parametrize("decision", DECISIONS)
def test_no_two_rows_share_a_primary_key(decision: Decision) -> None:
    world = build_world(skeleton_of(decision), {})
    for table in world.skeleton.tables.values():
        ids = [tuple(row[column] for column in table.primary_key) for row in world.rows[table.name]]
        assert len(set(ids)) == len(ids)


def test_keys_of_different_tables_are_never_the_same() -> None:
    world = build_world(skeleton_of(MESSAGES_DECISION), {})
    ids = [{row["id"] for row in world.rows[name]} for name in (MESSAGES, THREADS, TENANTS)]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_there_are_users_of_one_tenant_of_two_and_of_none() -> None:
    world = build_world(skeleton_of(DOCUMENTS_DECISION), {})
    (emission,) = world.skeleton.design.emissions
    hears = [
        sum(person.sub in listeners(emission, str(tenant["id"]), Rows(world.rows)) for tenant in world.rows[TENANTS])
        for person in world.people
    ]
    assert hears[:PEOPLED] == [1] * PEOPLED
    assert (hears[TWO], hears[STRANGER]) == (2, 0)


def with_conditions(*conditions: Condition) -> World:
    columns = [Column("id", "bigint", True), Column("tenant_id", "uuid", True), Column("user_id", "uuid", True)]
    columns += [Column(condition.column, condition.type_name) for condition in conditions]
    members = make_table("members", columns, ("id",), {"tenant_id": TENANTS, "user_id": USERS})
    entitled = replace(MEMBERSHIP, membership=members.name, conditions=conditions)
    decision = decide(public("documents"), replace(TENANT_SCOPE, entitlement=entitled))
    catalog = with_table(members)
    return build_world(build_skeleton(plan(decision, catalog, ()), catalog), {})


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        (Condition("status", "in", ("active",)), {"value 500", None}),
        (Condition("revoked_at", "null", (), "timestamp with time zone"), {"2026-01-01 00:00:01+00"}),
        (Condition("accepted_at", "not null", (), "timestamp with time zone"), {None}),
        (Condition("active", "true", (), "boolean"), {"false", None}),
        (Condition("expires_at", "future", (), "timestamp with time zone"), {"2000-01-01 00:00:00+00", None}),
    ],
)
def test_each_way_in_which_a_membership_does_not_count_has_a_user(
    condition: Condition, values: set[str | None]
) -> None:
    world = with_conditions(condition)
    failing = [row for row in world.rows[public("members")] if not counts(row, condition)]
    assert {row[condition.column] for row in failing} == values
    assert len({row["user_id"] for row in failing}) == len(failing)
    assert len(world.people) == STRANGER + 1 + len(failing)


def test_hostile_ids_are_among_the_keys_of_text() -> None:
    decision, catalog = keyed("text", "text")
    world = build_world(build_skeleton(plan(decision, catalog), catalog), {})
    assert {"acme", "acme_co", "%", "acme:eu", "ACME"} <= {row["id"] for row in world.rows[public("teams")]}


def test_a_deleted_tenant_takes_along_what_hangs_on_it() -> None:
    made = skeleton_of(MESSAGES_DECISION)
    world = build_world(made, {})
    tenant, thread = world.rows[TENANTS][0], world.rows[THREADS][0]
    told = topics_after_delete(made.design, made, Rows(world.rows), TENANTS, tenant)
    assert told == [f"tenant:{tenant['id']}:dashboard", f"thread:{thread['id']}:messages"]


def test_a_key_that_is_set_to_null_leaves_the_row_and_takes_its_scope() -> None:
    made = skeleton_of(NOTIFICATIONS_DECISION)
    own = made.tables[NOTIFICATIONS]
    emptied = replace(own, foreign_keys=tuple(replace(key, on_delete="set null") for key in own.foreign_keys))
    skeleton = replace(made, tables=type(made.tables)({**made.tables, NOTIFICATIONS: emptied}))
    user = build_world(skeleton, {}).rows[USERS][0]
    told = topics_after_delete(made.design, skeleton, Rows(build_world(skeleton, {}).rows), USERS, user)
    assert told == [f"user:{user['id']}:notifications"]
