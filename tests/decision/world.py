"""Small catalogues for tests: a few tables in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from realtime_advisor.model import (
    ByTable,
    Catalog,
    Churn,
    Column,
    DatabaseChurn,
    ForeignKey,
    Policy,
    Server,
    Table,
    TableName,
)

SERVER = Server(180000, "18.0", "postgres", True, True, "logical", False, True, True)
AUTH_USERS = TableName("auth", "users")


def name(text: str) -> TableName:
    return TableName.parse(text)


def table(
    called: str,
    columns: str,
    *,
    key: str = "id",
    refers: Mapping[str, str] | None = None,
    policies: Iterable[Policy] = (),
    roles: tuple[str, ...] | None = ("authenticated",),
) -> Table:
    """`columns` are names, all uuid; `refers` is column -> table (its id); with policies, row security is on."""
    given = tuple(policies)
    return Table(
        name(called),
        columns=tuple(Column(column, "uuid") for column in columns.split()),
        primary_key=tuple(key.split()),
        foreign_keys=tuple(
            ForeignKey(f"{called}_{column}", (column,), name(target), ("id",))
            for column, target in (refers or {}).items()
        ),
        row_security=bool(given),
        policies=given,
        select_roles=roles,
        estimated_rows=100,
    )


def reads(*mentions: str, functions: tuple[str, ...] = ("auth.uid",), using: str | None = None) -> Policy:
    """A SELECT policy for authenticated that equates the `table.column`s mentioned, the first one its own."""
    split = [mention.rsplit(".", 1) for mention in mentions]
    return Policy(
        "readers",
        "select",
        True,
        ("authenticated",),
        using or _written_out(split),
        None,
        tuple((name(t), c) for t, c in split),
        functions,
    )


def _written_out(mentions: list[list[str]]) -> str:
    """As Postgres writes expressions out: the own column alone, or a subquery over the other tables.

    There the columns are equal two by two, in their order, and the last one is the user's; one left over is like the
    own one.
    """
    subject = "( SELECT auth.uid() AS uid)"
    own, *others = mentions
    if not others:
        return f"({own[1]} = {subject})"
    tables = ", ".join(f"public.{table}" for table in dict.fromkeys(table for table, _ in others))
    *chain, last = [".".join(mention) for mention in mentions]
    chain += chain[:1] * (len(chain) % 2)
    equal = " AND ".join(f"({one} = {other})" for one, other in zip(chain[::2], chain[1::2], strict=True))
    return f"(EXISTS ( SELECT 1 FROM {tables} WHERE ({equal} AND ({last} = {subject}))))"


MEMBERS = ("members.team_id", "members.user_id")
USERS = table("users", "id email", refers={"id": "auth.users"}, policies=[reads("users.id")])
TEAMS = table("teams", "id name", policies=[reads("teams.id", *MEMBERS)])
MEMBERSHIP = table(
    "members",
    "team_id user_id",
    key="team_id user_id",
    refers={"team_id": "teams", "user_id": "users"},
    policies=[reads("members.user_id")],
)
ROOMS = table("rooms", "id team_id", refers={"team_id": "teams"}, policies=[reads("rooms.team_id", *MEMBERS)])


def catalog(*tables: Table, without: tuple[str, ...] = ()) -> Catalog:
    """Users, teams, memberships and rooms, and the tables given (which replace one of the same name)."""
    known = {t.name: t for t in (USERS, TEAMS, MEMBERSHIP, ROOMS, *tables) if str(t.name) not in without}
    return Catalog(SERVER, ByTable(known))


def outside_supabase(*tables: Table) -> Catalog:
    """The tables given, in a database without the API's roles."""
    server = replace(SERVER, is_supabase=False, has_realtime=False)
    return Catalog(server, ByTable({t.name: replace(t, select_roles=None) for t in tables}))


def churn(called: str, inserts: int = 0, updates: int = 0, deletes: int = 0, seconds: float = 60) -> DatabaseChurn:
    """A window of one minute in which one table changed, in calm samples."""
    events = inserts + updates + deletes
    entry = Churn(name(called), seconds, inserts, updates, deletes, 0, "window", float(events), events // 10)
    return DatabaseChurn({entry.table: entry}, seconds)
