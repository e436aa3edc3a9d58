"""Rules about what publications send, and whether anybody can hear it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.principals import reading_policies
from realtime_advisor.model import RelationKind, Table, TableName

from .rules import STORED, SUPABASE_PUBLICATION, Found, Rule, World, may_read, readers
from .wording import named, qualified, quoted


def _has_identity(table: Table) -> bool:
    return table.replica_identity in ("full", "index") or (
        table.replica_identity == "default" and bool(table.primary_key)
    )


def _make_key(table: Table) -> str:
    """SQL that makes a unique key without nulls the primary key; empty where there is none."""
    filled = {column.name for column in table.columns if column.not_null}
    for key in table.unique_keys if not table.primary_key else ():
        if filled.issuperset(key):
            return f"alter table {qualified(table.name)} add primary key ({', '.join(map(quoted, key))});"
    return ""


def _without_identity(world: World) -> Iterator[Found]:
    for table in world.stored:
        senders = [p for p in table.publications if world.sends(p, "update") or world.sends(p, "delete")]
        if not senders or _has_identity(table):
            continue
        says = f"{named(table.name)} is published by {named(*senders)} without a primary key or replica identity, "
        if table.primary_key:
            sql = f"alter table {qualified(table.name)} replica identity default;"
            says = f"{named(table.name)} is published by {named(*senders)} with replica identity nothing, "
            yield Found(table.name, f"{says}so every UPDATE and DELETE on it fails.", "Let its key identify rows:", sql)
        else:
            remedy = "Give it a primary key, or take it out of the publication:"
            yield Found(
                table.name,
                f"{says}so every UPDATE and DELETE on it fails.",
                remedy,
                _make_key(table) or world.unpublish(table),
            )


def _without_key(world: World) -> Iterator[Found]:
    for table in world.heard:
        if table.primary_key or not _has_identity(table):
            continue
        yield Found(
            table.name,
            f"{named(table.name)} is published without a primary key: "
            "for its INSERT and UPDATE clients hear an error instead of the row.",
            "Give it a primary key, or take it out of the publication:",
            _make_key(table) or world.unpublish(table),
        )


def _to_nobody(world: World) -> Iterator[Found]:
    for table in world.heard:
        if table.select_roles == ():
            yield Found(
                table.name,
                f"{named(table.name)} is published, but neither anon nor authenticated may read it: "
                "clients hear nothing, and its WAL is decoded in vain.",
                "Take it out of the publication, or grant SELECT behind a policy:",
                world.unpublish(table),
            )


def _without_row_security(world: World) -> Iterator[Found]:
    for table in world.heard if world.is_supabase else ():
        if may_read(table) and not table.row_security:
            yield Found(
                table.name,
                f"{named(table.name)} is published without row level security: "
                f"whoever subscribes as {readers(table)} hears every row.",
                "Turn it on, which hides all rows until a SELECT policy says who may read which:",
                f"alter table {qualified(table.name)} enable row level security;",
            )


def _hidden(world: World) -> Iterator[Found]:
    for table in world.heard:
        if may_read(table) and table.row_security and not reading_policies(table):
            yield Found(
                table.name,
                f"{named(table.name)} is published with row level security, but no SELECT policy lets "
                f"{readers(table)} read: clients hear no INSERT and no UPDATE, and no error either.",
                "Take it out of the publication, or write the policy:",
                world.unpublish(table),
            )


def _all_tables(world: World) -> Iterator[Found]:
    publication = world.publications.get(SUPABASE_PUBLICATION)
    if publication and publication.all_tables:
        name = quoted(publication.name)
        yield Found(
            None,
            f"The publication {publication.name} is FOR ALL TABLES: every change of every table is decoded, and a new "
            "table is sent to clients from its first row.",
            "Make it anew, then add the tables that clients subscribe to:",
            f"begin; drop publication {name}; create publication {name}; commit;",
        )


def _views(world: World) -> Iterator[Found]:
    sources: dict[TableName, list[TableName]] = defaultdict(list)
    for table in world.catalog:
        for view in table.exposed_by:
            sources[view].append(table.name)
    for table in world.catalog:
        if table.kind in STORED or not may_read(table):
            continue
        read = sources.get(table.name)
        yield Found(
            table.name,
            f"{named(table.name)} is a {table.kind.value}, which no publication can hold: "
            "a client that subscribes to it hears nothing.",
            f"Subscribe to {named(*read) if read else 'the tables'} behind it, or broadcast from there.",
        )


def _leaves(world: World) -> Iterator[Found]:
    for table in world.stored:
        leaves = [leaf for leaf in table.partitions if leaf in world.catalog.tables]
        sent = [leaf for leaf in leaves if world.heard_through(world.catalog[leaf])]
        if sent:
            yield Found(
                table.name,
                f"{named(table.name)} is published under the names of its partitions, such as {named(sent[0])}: "
                "a client that subscribes to the table itself hears nothing.",
                "Broadcast from a statement-level trigger on the partitioned table, or subscribe to each partition.",
            )


def _through_root(world: World) -> Iterator[Found]:
    for table in world.heard if world.is_supabase else ():
        publication = world.publications.get(SUPABASE_PUBLICATION)
        if table.kind is RelationKind.PARTITIONED and publication and publication.via_root:
            yield Found(
                table.name,
                f"{named(table.name)} is published through its root, but the WAL names its partitions, which Postgres "
                "Changes then leaves out: clients hear nothing.",
                "Publish under the partitions' names, or broadcast from a statement-level trigger:",
                f"alter publication {quoted(publication.name)} set (publish_via_partition_root = false);",
            )


RULES: Final = (
    Rule(
        "published_without_identity",
        "danger",
        "a published table whose rows nothing identifies: its UPDATE and DELETE fail",
        _without_identity,
    ),
    Rule(
        "published_without_primary_key",
        "warning",
        "a published table without a primary key: Postgres Changes sends errors",
        _without_key,
    ),
    Rule(
        "published_to_nobody",
        "warning",
        "a published table that neither anon nor authenticated may read",
        _to_nobody,
    ),
    Rule(
        "published_without_row_security",
        "danger",
        "a published table whose rows all are sent to anon or authenticated",
        _without_row_security,
    ),
    Rule(
        "published_but_hidden",
        "warning",
        "a published table with row level security and no SELECT policy for the API's roles",
        _hidden,
    ),
    Rule("publishes_all_tables", "warning", "supabase_realtime made FOR ALL TABLES", _all_tables),
    Rule("view_cannot_be_published", "note", "a view or foreign table that clients may read", _views),
    Rule(
        "published_by_partition",
        "warning",
        "a partitioned table that is sent under its partitions' names",
        _leaves,
    ),
    Rule(
        "published_through_root",
        "danger",
        "a partitioned table whose changes publish_via_partition_root hides from Postgres Changes",
        _through_root,
    ),
)
