"""A small application as nouns, and the same as tables of a real database: tenants, users, and what they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realtime_advisor.generation.quoting import qualified, quote_ident
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Decision,
    Entitlement,
    Feed,
    ForeignKey,
    Hop,
    Option,
    Scope,
    ScopeKind,
    Server,
    Table,
    TableName,
)

SERVER = Server(180000, "18.0", "postgres", True, True, "logical", False, True, True)


def public(name: str) -> TableName:
    return TableName("public", name)


def make_table(
    name: str | TableName,
    columns: str | Sequence[Column],
    key: Sequence[str] = ("id",),
    references: Mapping[str, TableName] | None = None,
) -> Table:
    """A table whose columns are written as 'id uuid, title text'; each of them is NOT NULL unless it ends in '?'."""
    table_name = public(name) if isinstance(name, str) else name
    keys = (
        ForeignKey(f"fk_{number}", (column,), parent, ("id",), on_delete="cascade")
        for number, (column, parent) in enumerate((references or {}).items())
    )
    made = tuple(map(_column, columns.split(", "))) if isinstance(columns, str) else tuple(columns)
    return Table(table_name, columns=made, primary_key=tuple(key), foreign_keys=tuple(keys), row_security=True)


def _column(text: str) -> Column:
    name, type_name = text.rstrip("?").split(" ", 1)
    return Column(name, type_name, not_null=not text.endswith("?"))


TENANTS, USERS, MEMBERSHIPS, THREADS = map(public, ("tenants", "users", "memberships", "message_threads"))
MESSAGES, NOTIFICATIONS, DOCUMENTS = map(public, ("messages", "notifications", "documents"))

TABLES = (
    make_table("tenants", "id uuid, name text?"),
    make_table("users", "id uuid, email text?"),
    make_table(
        "memberships",
        "tenant_id uuid, user_id uuid",
        key=("tenant_id", "user_id"),
        references={"tenant_id": TENANTS, "user_id": USERS},
    ),
    make_table(
        "message_threads",
        "id uuid, tenant_id uuid?, title text?, updated_at timestamp with time zone?",
        references={"tenant_id": TENANTS},
    ),
    make_table("messages", "id uuid, thread_id uuid, author_id uuid?, body text", references={"thread_id": THREADS}),
    make_table(
        "notifications",
        "id uuid, user_id uuid?, title text, body text?, read_at timestamp with time zone?, "
        "updated_at timestamp with time zone?",
        references={"user_id": USERS},
    ),
    make_table(
        "documents",
        "id bigint, tenant_id uuid?, title text, price numeric?, labels json?, updated_at timestamp with time zone?",
        references={"tenant_id": TENANTS},
    ),
)
CATALOG = Catalog(SERVER, ByTable({table.name: table for table in TABLES}))
DASHBOARD = Feed("dashboard", "stats_invalidated", (DOCUMENTS, MESSAGES))

SELF = Entitlement("self", "uuid")
MEMBERSHIP = Entitlement("membership", "uuid", MEMBERSHIPS, ("tenant_id",), "user_id")
USER_SCOPE = Scope(ScopeKind.USER, "user", USERS, ("user_id",), "uuid", entitlement=SELF)
TENANT_SCOPE = Scope(ScopeKind.TENANT, "tenant", TENANTS, ("tenant_id",), "uuid", entitlement=MEMBERSHIP)
TO_THREAD = Hop(MESSAGES, ("thread_id",), THREADS, ("id",))
TO_TENANT = Hop(THREADS, ("tenant_id",), TENANTS, ("id",))
MESSAGE_TENANT_SCOPE = Scope(
    ScopeKind.TENANT, "tenant", TENANTS, ("tenant_id",), "uuid", path=(TO_THREAD,), entitlement=MEMBERSHIP
)
THREAD_SCOPE = Scope(
    ScopeKind.THREAD,
    "thread",
    THREADS,
    ("thread_id",),
    "uuid",
    entitlement=Entitlement("membership", "uuid", MEMBERSHIPS, ("tenant_id",), "user_id", path=(TO_TENANT,)),
)


def decide(table: TableName, *scopes: Scope, option: Option = Option.BROADCAST, because: str = "") -> Decision:
    """A decision for these scopes, the first of them its own."""
    return Decision(
        table=table,
        option=option,
        runner_up=None,
        confidence="high",
        scope=scopes[0] if scopes else None,
        findings=(),
        flips=(),
        reasons=(because,) if because else (),
        scopes=scopes,
    )


NOTIFICATIONS_DECISION = decide(
    NOTIFICATIONS, USER_SCOPE, because="The audience is one user: 1 of 1 SELECT policies compares user_id."
)
DOCUMENTS_DECISION = decide(DOCUMENTS, TENANT_SCOPE, because="82 % of the changes are updates, more than 50 %.")
MESSAGES_DECISION = decide(
    MESSAGES,
    THREAD_SCOPE,
    MESSAGE_TENANT_SCOPE,
    option=Option.POSTGRES_CHANGES,
    because="12 events a minute in the hottest thread, fewer than 100.",
)


def create_table(table: Table) -> str:
    """The table as SQL, granted to authenticated, under row level security that lets nobody in."""
    columns = [
        f"{quote_ident(column.name)} {column.type}{' not null' if column.not_null else ''}" for column in table.columns
    ]
    if table.primary_key:
        columns.append(f"primary key ({', '.join(map(quote_ident, table.primary_key))})")
    for key in table.foreign_keys:
        columns.append(
            f"foreign key ({', '.join(map(quote_ident, key.columns))}) references {qualified(key.references)} "
            f"({', '.join(map(quote_ident, key.referenced_columns))}) on update cascade on delete {key.on_delete}"
        )
    name = qualified(table.name)
    return (
        f"create table {name} ({', '.join(columns)}); grant all on {name} to authenticated; "
        f"alter table {name} enable row level security; "
        f"create policy everything on {name} to authenticated using (true);"
    )
