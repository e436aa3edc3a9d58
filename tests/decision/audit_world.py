"""Small set-ups for the audit's tests: a sound one, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from realtime_advisor.decision.audit import audit
from realtime_advisor.model import (
    AuditFinding,
    ByTable,
    Catalog,
    Column,
    ForeignKey,
    MessagesTable,
    Policy,
    Publication,
    ReplicationSlot,
    Setup,
    Table,
    TableName,
    Trigger,
)

from .world import SERVER

ORDERS = TableName("public", "orders")
MESSAGES = TableName("realtime", "messages")
REALTIME = Publication("supabase_realtime", tables=(ORDERS,))
GOOD_POLICY = Policy(
    "hear own orders",
    "select",
    True,
    ("authenticated",),
    "((extension = 'broadcast'::text) AND (( SELECT realtime.topic() AS topic) = app.orders_topic()))",
    columns=((MESSAGES, "extension"),),
    functions=("realtime.topic", "app.orders_topic"),
)
READERS = Policy("readers", "select", True, ("authenticated",), "(user_id = ( SELECT auth.uid() AS uid))")
MESSAGES_TABLE = MessagesTable(
    True,
    (GOOD_POLICY,),
    ("messages_2026_01_05", "messages_2026_01_06"),
    "messages_2026_01_05",
    "messages_2026_01_06",
)
SETUP = Setup(
    triggers=(),
    slots=(),
    messages=MESSAGES_TABLE,
    max_slot_wal_keep_bytes=4 << 30,
    wal_level="logical",
    column_widths=ByTable({ORDERS: (("note", 40), ("id", 16))}),
)
TABLE = Table(
    ORDERS,
    columns=(Column("id", "uuid", not_null=True), Column("user_id", "uuid"), Column("note", "text")),
    primary_key=("id",),
    row_security=True,
    policies=(READERS,),
    select_roles=("authenticated",),
    estimated_rows=100,
)


def orders(**changes: Any) -> Table:
    """A sound table that is not published; columns may be added by `extra`."""
    extra = changes.pop("extra", ())
    table = replace(TABLE, **changes)
    return replace(table, columns=(*table.columns, *extra))


def published(**changes: Any) -> Table:
    """The same, sent to clients."""
    return orders(publications=("supabase_realtime",), **changes)


def setup(**changes: Any) -> Setup:
    """A sound set-up but for the changes."""
    return replace(SETUP, **changes)


def sending(**changes: Any) -> Setup:
    """A set-up whose publication names the table orders."""
    return setup(publications=(REALTIME,), **changes)


def told(*tables: Table, by: Setup = SETUP, supabase: bool = True, rule: str | None = None) -> list[AuditFinding]:
    """The findings about these tables in this set-up, of one rule if it is named."""
    server = replace(SERVER, is_supabase=supabase)
    catalog = Catalog(server, ByTable({table.name: table for table in tables or (TABLE,)}))
    return [finding for finding in audit(catalog, by) if rule in (None, finding.rule)]


def trigger(**changes: Any) -> Trigger:
    """A sound trigger: one statement, one message, with its owner's rights, errors caught."""
    sound = Trigger("tell", ORDERS, ("insert",), False, "app.tell", ("realtime.send",), catches_errors=True)
    return replace(sound, **changes)


def firing(*triggers: Trigger) -> Setup:
    return setup(triggers=triggers)


def slot(**changes: Any) -> Setup:
    """A set-up with one slot, read and up to date but for the changes."""
    sound = ReplicationSlot("reader", "wal2json", True, False, 1000, "reserved")
    return setup(slots=(replace(sound, **changes),))


def allowing(*policies: Policy, **changes: Any) -> Setup:
    """A set-up in which realtime.messages has these policies."""
    return setup(messages=replace(MESSAGES_TABLE, policies=policies, **changes))


def policy(using: str, *mentions: str, functions: tuple[str, ...] = ("realtime.topic",), **changes: Any) -> Policy:
    """A policy of realtime.messages for signed-in users; `mentions` are its columns, or `table.column` of others."""
    split = [mention.rpartition(".") for mention in mentions]
    columns = tuple((TableName("public", table) if table else MESSAGES, column) for table, _, column in split)
    return replace(GOOD_POLICY, name="hear", using=using, columns=columns, functions=functions, **changes)


FOREIGN_KEY = ForeignKey("orders_user", ("user_id",), TableName("public", "users"), ("id",))
