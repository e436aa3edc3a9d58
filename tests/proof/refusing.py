"""Sound designs on tables that refuse some of the writes that a proof tries, or leave no room for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from realtime_advisor.model import ByTable, Catalog, Column, Decision, ForeignKey, Scope, Table, TableName, UserType
from realtime_advisor.proof.world import PEOPLED

from ..generation.conftest import write
from ..generation.world import (
    MEMBERSHIP,
    MEMBERSHIPS,
    MESSAGE_TENANT_SCOPE,
    MESSAGES,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    USER_SCOPE,
    USERS,
    decide,
    make_table,
    public,
)
from .designs import Case

NOTES = public("notes")


def _case(decision: Decision, *tables: Table, types: tuple[UserType, ...] = ()) -> Case:
    """A decision for the small application with these tables instead of, or beside, its own."""
    changed = {table.name: table for table in (*TABLES, *tables)}
    catalog = Catalog(SERVER, ByTable(changed), types=types)
    return Case(write(decision, catalog, feeds=()), catalog, tuple(changed.values()))


def _key(columns: str, parent: TableName, referenced: str = "id", on_delete: str = "cascade") -> ForeignKey:
    own, theirs = tuple(columns.split(", ")), tuple(referenced.split(", "))
    return ForeignKey(f"fk_{'_'.join(own)}", own, parent, theirs, on_delete)


TO_TENANT = _key("tenant_id", TENANTS)


def _notes(
    described: str | Sequence[Column],
    *keys: ForeignKey,
    key: Sequence[str] = ("id",),
    scope: Scope = TENANT_SCOPE,
    types: tuple[UserType, ...] = (),
    others: Sequence[Table] = (),
) -> Case:
    """Notes with these columns and foreign keys."""
    return _case(
        decide(NOTES, scope), replace(make_table("notes", described, key), foreign_keys=keys), *others, types=types
    )


def _table(name: TableName) -> Table:
    [found] = (table for table in TABLES if table.name == name)
    return found


def _held_tenant(on_delete: str) -> Case:
    return _notes("id uuid, tenant_id uuid, body text?", replace(TO_TENANT, on_delete=on_delete))


def _held_by_members(on_delete: str) -> Case:
    """A tenant's rows go with it, and its members have to go before."""
    keys = (replace(TO_TENANT, on_delete=on_delete), _key("user_id", USERS))
    members = replace(_table(MEMBERSHIPS), foreign_keys=keys)
    return _notes("id uuid, tenant_id uuid, body text?", TO_TENANT, others=[members])


def _told_members(*, users: bool) -> Case:
    """The memberships themselves, which have a key of their own beside the pair."""
    table = make_table("memberships", "id uuid, tenant_id uuid, user_id uuid, role text?")
    keys = (TO_TENANT, _key("user_id", USERS)) if users else (TO_TENANT,)
    members = replace(table, foreign_keys=keys, unique_keys=(("user_id", "tenant_id"),))
    return _case(decide(MEMBERSHIPS, TENANT_SCOPE), members)


def _last_message() -> Case:
    """Threads know their last message, messages their thread."""
    threads = make_table("message_threads", "id uuid, tenant_id uuid?, last_message_id uuid?")
    threads = replace(threads, foreign_keys=(TO_TENANT, _key("last_message_id", MESSAGES, on_delete="set null")))
    return _case(decide(MESSAGES, MESSAGE_TENANT_SCOPE), threads)


def _tenant_itself(on_delete: str) -> Case:
    """The tenants' own table, whose rows memberships hold."""
    scope = Scope(TENANT_SCOPE.kind, "tenant", TENANTS, ("id",), "uuid", entitlement=MEMBERSHIP)
    keys = (replace(TO_TENANT, on_delete=on_delete), _key("user_id", USERS))
    return _case(decide(TENANTS, scope), replace(_table(MEMBERSHIPS), foreign_keys=keys))


def _generated_key() -> Case:
    columns = [
        Column("id", "text", not_null=True, generated=True),
        Column("tenant_id", "uuid"),
        Column("body", "text"),
    ]
    return _notes(columns, TO_TENANT)


def full() -> Case:
    """Notes with as many keys as a proof has rows there: no further one can be written."""
    labels = UserType("public.place", "enum", tuple(f"place {number}" for number in range(1, PEOPLED + 1)))
    return _notes("id public.place, tenant_id uuid, body text?", TO_TENANT, types=(labels,))


ONE_LABEL = UserType("public.mood", "enum", ("calm",))
SELF_PARENT = _key("parent_id", NOTES, on_delete="restrict")

REFUSING: Final[Mapping[str, Callable[[], Case]]] = {
    **{f"a tenant is held by {action}": partial(_held_tenant, action) for action in ("restrict", "no action")},
    **{f"members hold a tenant by {action}": partial(_held_by_members, action) for action in ("restrict", "no action")},
    "a tenant's rows get a default": partial(_held_tenant, "set default"),
    "a tenant's rows may lose it": lambda: _notes(
        "id uuid, tenant_id uuid?, body text?", replace(TO_TENANT, on_delete="set default")
    ),
    "a parent of the same table": lambda: _notes("id uuid, tenant_id uuid, parent_id uuid?", TO_TENANT, SELF_PARENT),
    "a parent that has to be": lambda: _notes("id uuid, tenant_id uuid, parent_id uuid", TO_TENANT, SELF_PARENT),
    "a parent of the same tenant": lambda: _notes(
        "id uuid, tenant_id uuid, parent_id uuid?, body text?",
        TO_TENANT,
        _key("tenant_id, parent_id", NOTES, "tenant_id, id"),
    ),
    "an author who is a member": lambda: _notes(
        "id uuid, tenant_id uuid, author_id uuid, body text?",
        _key("tenant_id, author_id", MEMBERSHIPS, "tenant_id, user_id"),
    ),
    "an author who may be a member": lambda: _notes(
        "id uuid, tenant_id uuid, author_id uuid?, body text?",
        TO_TENANT,
        _key("tenant_id, author_id", MEMBERSHIPS, "tenant_id, user_id"),
    ),
    "a thread that knows its last message": _last_message,
    "members, told": lambda: _told_members(users=False),
    "members of known users, told": lambda: _told_members(users=True),
    **{f"the tenant itself, held by {action}": partial(_tenant_itself, action) for action in ("restrict", "no action")},
    "a key that is made": _generated_key,
    "a key of few values": lambda: _notes(
        "tenant_id uuid, done boolean, body text?", TO_TENANT, key=("tenant_id", "done")
    ),
    "a short key": lambda: _notes("id character varying(2), tenant_id uuid, body text?", TO_TENANT),
    "an enum of one label": lambda: _notes("id uuid, tenant_id uuid, mood public.mood", TO_TENANT, types=(ONE_LABEL,)),
    "users without a table": lambda: _notes(
        "id uuid, user_id uuid, body text?", scope=replace(USER_SCOPE, principal=None)
    ),
    "a user's key": lambda: _notes("user_id uuid, item integer, body text?", key=("user_id", "item"), scope=USER_SCOPE),
}
