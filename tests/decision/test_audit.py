"""The audit's rules, each with a database that has the fault and one that has not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.audit import RULES
from realtime_advisor.decision.audit.rules import Rule
from realtime_advisor.model import (
    SEVERITIES,
    AuditFinding,
    ByTable,
    Column,
    Publication,
    RelationKind,
    Setup,
    Table,
    TableName,
)

from .audit_world import (
    FOREIGN_KEY,
    GOOD_POLICY,
    MESSAGES_TABLE,
    ORDERS,
    READERS,
    REALTIME,
    SETUP,
    TABLE,
    allowing,
    firing,
    orders,
    policy,
    published,
    sending,
    setup,
    slot,
    told,
    trigger,
)

World = tuple[tuple[Table, ...], Setup]
LEAF = TableName("public", "orders_1")
PARTED = orders(kind=RelationKind.PARTITIONED, partitions=(LEAF,))
WIDE = ByTable({ORDERS: (("note", 3000), ("id", 16))})
LARGE = ByTable({ORDERS: 200_000})
INTERNAL = Publication("warehouse", tables=(ORDERS,))


def db(*tables: Table, by: Setup = SETUP) -> World:
    return tables or (TABLE,), by


def sent(by: Setup | None = None, **changes: object) -> World:
    """One published table, and the set-up that says so."""
    return (published(**changes),), by or sending()


def view(**changes: object) -> Table:
    return orders(kind=RelationKind.VIEW, row_security=False, primary_key=(), **changes)


SHOWS_ALL = replace(READERS, name="all", using="true")
TRUE = policy("true", functions=())
TOPIC = "(realtime.topic() = 'room:1'::text) AND (extension = 'broadcast'::text)"

# What each rule finds, and the nearest thing that it does not.
CASES: dict[str, tuple[World, World]] = {
    "published_without_identity": (
        db(orders(primary_key=(), publications=("warehouse",)), by=setup(publications=(INTERNAL,))),
        db(
            orders(primary_key=(), publications=("warehouse",)),
            by=setup(publications=(replace(INTERNAL, operations=("insert",)),)),
        ),
    ),
    "published_without_primary_key": (sent(primary_key=(), replica_identity="full"), sent(replica_identity="full")),
    "published_to_nobody": (sent(select_roles=()), sent(select_roles=("anon",))),
    "published_without_row_security": (sent(row_security=False), sent()),
    "published_but_hidden": (sent(policies=()), sent()),
    "publishes_all_tables": (
        db(by=setup(publications=(replace(REALTIME, all_tables=True, tables=()),))),
        db(by=setup(publications=(Publication("warehouse", all_tables=True),))),
    ),
    "view_cannot_be_published": (db(view()), db(view(select_roles=()))),
    "published_by_partition": (
        db(PARTED, published(name=LEAF, partition_of=ORDERS), by=sending()),
        db(PARTED, orders(name=LEAF, partition_of=ORDERS), by=sending()),
    ),
    "published_through_root": (
        db(
            replace(PARTED, publications=("supabase_realtime",)),
            by=setup(publications=(replace(REALTIME, via_root=True),)),
        ),
        sent(setup(publications=(replace(REALTIME, via_root=True),))),
    ),
    "delete_reveals_key": (
        sent(),
        sent(setup(publications=(replace(REALTIME, operations=("insert", "update")),))),
    ),
    "delete_reveals_value": (sent(primary_key=("id", "note")), sent()),
    "filter_drops_deletes": (
        sent(foreign_keys=(FOREIGN_KEY,)),
        sent(foreign_keys=(FOREIGN_KEY,), replica_identity="full"),
    ),
    "full_identity_of_wide_rows": (
        sent(sending(column_widths=WIDE), replica_identity="full"),
        sent(sending(), replica_identity="full"),
    ),
    "readable_without_row_security": (db(orders(row_security=False)), db(orders(row_security=False, select_roles=()))),
    "policy_shows_all_rows": (
        db(orders(policies=(SHOWS_ALL,))),
        db(orders(policies=(SHOWS_ALL,), columns=(Column("id", "uuid"), Column("note", "text")))),
    ),
    "row_security_without_policy": (db(orders(policies=())), db(orders(policies=(), select_roles=()))),
    "secret_is_published": (
        sent(extra=(Column("apiKey", "text"),)),
        sent(sending(partly_readable=ByTable({ORDERS: ("id", "note")})), extra=(Column("apiKey", "text"),)),
    ),
    "secret_is_readable": (
        db(orders(extra=(Column("password_hash", "text"),))),
        db(orders(extra=(Column("password_changed_at", "timestamp with time zone"),))),
    ),
    "embedding_is_published": (
        sent(extra=(Column("v", "extensions.vector(1536)"),)),
        sent(extra=(Column("vectors", "text"), Column("scores", "real[]"))),
    ),
    "large_rows_published": (
        sent(sending(out_of_line=ByTable({ORDERS: 20_000}))),
        db(by=sending(out_of_line=ByTable({ORDERS: 20_000}))),
    ),
    "rows_near_payload_limit": (sent(sending(out_of_line=LARGE)), sent(sending(out_of_line=ByTable({ORDERS: 20_000})))),
    "row_width_unknown": (
        sent(sending(column_widths=ByTable({}))),
        sent(sending(column_widths=ByTable({})), estimated_rows=0),
    ),
    "trigger_tells_each_row": (db(by=firing(trigger(per_row=True))), db(by=firing(trigger(per_row=True, calls=())))),
    "trigger_ships_whole_rows": (
        db(by=firing(trigger(per_row=True, calls=("realtime.broadcast_changes",)))),
        db(by=firing(trigger())),
    ),
    "trigger_sends_publicly": (db(by=firing(trigger(is_public=True))), db(by=firing(trigger()))),
    "trigger_sends_as_writer": (
        db(by=firing(trigger(as_definer=False))),
        db(
            by=replace(
                allowing(GOOD_POLICY, replace(GOOD_POLICY, command="insert")), triggers=(trigger(as_definer=False),)
            )
        ),
    ),
    "notify_payload_limit": (
        db(by=firing(trigger(calls=("pg_notify",), catches_errors=False))),
        db(by=firing(trigger(calls=("pg_notify",)))),
    ),
    "telling_trigger_disabled": (
        db(by=firing(trigger(enabled=False))),
        db(by=firing(trigger(enabled=False, calls=()))),
    ),
    "several_triggers_tell": (
        db(by=firing(trigger(), trigger(name="again", operations=("insert", "update")))),
        db(by=firing(trigger(), trigger(name="other", operations=("update",)))),
    ),
    "messages_missing": (db(by=setup(messages=None)), db()),
    "messages_without_row_security": (db(by=allowing(GOOD_POLICY, row_security=False)), db()),
    "messages_without_policies": (db(by=allowing()), db()),
    "messages_partition_missing": (
        db(by=allowing(GOOD_POLICY, partitions=("messages_2026_01_05",))),
        db(by=allowing(GOOD_POLICY, partitions=(), partitioned=False)),
    ),
    "messages_policy_is_true": (db(by=allowing(TRUE)), db(by=allowing(replace(TRUE, permissive=False)))),
    "messages_policy_ignores_topic": (
        db(by=allowing(policy("(extension = 'broadcast'::text)", "extension", functions=()))),
        db(by=allowing(policy("app.may_hear(extension)", "extension", functions=("app.may_hear",)))),
    ),
    "messages_policy_tests_probe": (
        db(by=allowing(policy(f"({TOPIC} AND private)", "extension", "private"))),
        db(by=allowing(policy(f"({TOPIC} AND (NOT private))", "extension", "private"))),
    ),
    "messages_policy_ignores_extension": (
        db(by=allowing(policy("(realtime.topic() = 'room:1'::text)"))),
        db(by=allowing(policy(f"({TOPIC})", "extension"))),
    ),
    "messages_policy_matches_pattern": (
        db(by=allowing(policy("((realtime.topic() ~~ 'room:%'::text) AND (extension = 'x'::text))", "extension"))),
        db(by=allowing(policy("((realtime.topic() = '~~'::text) AND (extension = 'x'::text))", "extension"))),
    ),
    "messages_policy_reads_other_topic": (
        db(by=allowing(policy(f"({TOPIC})", "extension", "rooms.topic", functions=("auth.jwt",)))),
        db(by=allowing(policy(f"({TOPIC})", "extension", "rooms.topic"))),
    ),
    "messages_policy_reads_topic_column": (
        db(by=allowing(policy("(topic = 'a'::text)", "topic", "extension", functions=()))),
        db(by=allowing(policy(f"({TOPIC})", "extension"))),
    ),
    "messages_policy_fails": (
        db(orders(select_roles=("anon",)), by=allowing(policy(f"({TOPIC})", "extension", "orders.user_id"))),
        db(orders(), by=allowing(policy(f"({TOPIC})", "extension", "orders.user_id"))),
    ),
    "messages_policy_needs_uuid": (
        db(by=allowing(policy(f"({TOPIC})", "extension", functions=("realtime.topic", "auth.uid")))),
        db(by=allowing(policy(f"({TOPIC})", "extension", functions=("realtime.topic", "auth.jwt")))),
    ),
    "slot_endangers_disk": (db(by=slot(active=False, lag_bytes=2 << 30)), db(by=slot(active=False))),
    "slot_keeps_wal": (db(by=slot(active=False)), db(by=slot(active=False, temporary=True))),
    "slot_is_behind": (db(by=slot(lag_bytes=2 << 30)), db(by=slot())),
    "slots_hidden": (db(by=setup(slots=None)), db()),
    "slot_wal_unlimited": (db(by=setup(max_slot_wal_keep_bytes=None)), db()),
    "wal_level_not_logical": (db(by=setup(wal_level="replica")), db()),
}


def found(world: World, rule: str | None = None) -> list[AuditFinding]:
    tables, by = world
    return told(*tables, by=by, rule=rule)


def test_a_sound_database_has_no_findings() -> None:
    assert found(db()) == []
    assert found(db(by=firing(trigger()))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_fault_and_not_what_is_near(rule: Rule) -> None:
    faulty, mended = CASES[rule.id]
    (finding,) = found(faulty, rule.id)
    assert finding.severity == rule.severity
    assert found(mended, rule.id) == []


def test_every_rule_has_its_cases_and_its_own_name() -> None:
    assert [rule.id for rule in RULES] == list(CASES)
    assert {rule.severity for rule in RULES} == set(SEVERITIES)


@pytest.mark.parametrize("rule", CASES)
def test_a_finding_is_one_sentence_with_a_remedy_on_one_line(rule: str) -> None:
    for finding in found(CASES[rule][0], rule):
        assert finding.sentence.endswith(".")
        assert finding.remedy.endswith(":" if finding.sql else (".", ":"))
        assert "\n" not in finding.sentence + finding.remedy + finding.sql


def test_findings_come_worst_first_then_by_table() -> None:
    other = TableName("public", "a")
    by = sending(slots=None, wal_level="replica")
    order = [
        (finding.severity, finding.table)
        for finding in told(
            published(row_security=False), published(name=other, select_roles=(), estimated_rows=0), by=by
        )
    ]
    assert order == [("danger", ORDERS), ("warning", other), ("note", None), ("note", None)]


def test_outside_supabase_nothing_is_said_of_readers() -> None:
    silent = told(published(select_roles=None, row_security=False), by=sending(), supabase=False)
    assert silent == []


def test_a_table_published_through_its_schema_has_no_sql_to_take_it_out() -> None:
    by_schema = setup(publications=(Publication("supabase_realtime"),))
    (finding,) = told(published(select_roles=()), by=by_schema, rule="published_to_nobody")
    assert finding.sql == ""


def test_a_partition_is_taken_out_with_the_table_that_the_publication_names() -> None:
    leaf = published(name=LEAF, partition_of=ORDERS, select_roles=())
    (finding,) = told(PARTED, leaf, by=sending(), rule="published_to_nobody")
    assert finding.sql == "alter publication supabase_realtime drop table public.orders;"


def test_a_unique_key_without_nulls_is_offered_as_the_primary_key() -> None:
    keyless = published(primary_key=(), unique_keys=(("note",), ("id",)))
    (finding,) = told(keyless, by=sending(), rule="published_without_identity")
    assert finding.sql == 'alter table public.orders add primary key ("id");'


def test_whole_old_rows_are_not_advised_for_wide_tables() -> None:
    wide = published(foreign_keys=(FOREIGN_KEY,))
    (finding,) = told(wide, by=sending(column_widths=WIDE), rule="filter_drops_deletes")
    assert finding.sql == ""
    assert "cost too much" in finding.remedy


def test_large_values_are_looked_for_where_they_are_kept() -> None:
    (finding,) = told(published(), by=sending(out_of_line=LARGE), rule="rows_near_payload_limit")
    assert "about 195 kB, most of it in note; above 1,024 kB" in finding.sentence


def test_a_trigger_that_catches_errors_is_not_said_to_break_writes() -> None:
    calls = ("realtime.broadcast_changes",)
    (breaking,) = told(by=firing(trigger(calls=calls, catches_errors=False)))
    (caught,) = told(by=firing(trigger(calls=calls)))
    assert "an error of it fails the write" in breaking.sentence
    assert "fails the write" not in caught.sentence


def test_a_pinned_search_path_is_left_as_it_is() -> None:
    (loose,) = told(by=firing(trigger(as_definer=False)))
    (pinned,) = told(by=firing(trigger(as_definer=False, search_path='""')))
    assert pinned.sql == 'alter function "app".tell() security definer;'
    assert loose.sql == pinned.sql.replace(";", " set search_path = public, extensions, pg_temp;")


def test_a_missing_partition_is_named_with_its_day() -> None:
    only_today = allowing(GOOD_POLICY, partitions=MESSAGES_TABLE.partitions[:1])
    (finding,) = told(by=only_today)
    assert "no partition for tomorrow (messages_2026_01_06)" in finding.sentence


def test_generated_triggers_tell_different_topics_and_count_as_one() -> None:
    ours = [trigger(name=name, function=f"realtime_advisor.{name}") for name in ("a", "b")]
    assert told(by=firing(*ours), rule="several_triggers_tell") == []
    (finding,) = told(by=firing(*ours, trigger()), rule="several_triggers_tell")
    assert "the same INSERT on public.orders: a, b and tell." in finding.sentence


def test_a_policy_that_reads_supabases_users_fails_and_of_its_other_tables_nothing_is_known() -> None:
    def reading(schema: str) -> Setup:
        hears = policy(f"({TOPIC})", "extension")
        return allowing(replace(hears, columns=(*hears.columns, (TableName(schema, "users"), "id"))))

    (finding,) = told(by=reading("auth"), rule="messages_policy_fails")
    assert "reads auth.users, which authenticated may not select from" in finding.sentence
    assert told(by=reading("storage"), rule="messages_policy_fails") == []


@pytest.mark.parametrize(
    ("operations", "calls", "largest"),
    [
        (
            ("insert", "update"),
            ("realtime.send",),
            "an UPDATE of 100,000 rows sends 100,000 messages, and Realtime drops",
        ),
        (("insert",), ("realtime.send",), "an INSERT of 100,000 rows sends 100,000 messages, and Realtime drops"),
        (("delete",), ("pg_notify",), "a DELETE of 100,000 rows sends 100,000 messages."),
    ],
)
def test_a_row_triggers_storm_is_told_of_what_it_really_fires_on(
    operations: tuple[str, ...], calls: tuple[str, ...], largest: str
) -> None:
    found = told(by=firing(trigger(per_row=True, operations=operations, calls=calls)))
    assert [largest in finding.sentence for finding in found if "for each row" in finding.sentence] == [True]
