"""What the trigger designs are measured with: five ways of writing to public.documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from databases import Connection, Database

SCOPES = 10
_MOST_SINGLES = 2_000
_MANY_SCOPES = 10_000


@dataclass(frozen=True)
class Workload:
    """Some writes by the table's owner; `write` is told how many rows and the number of the round."""

    title: str
    rows: int
    write: Callable[[Connection, int, int], None]

    def measure(self, database: Database, round_number: int) -> tuple[float, int]:
        """Seconds of the writes, commit included, and the messages that they left; the database is tidied after."""
        started = perf_counter()
        self.write(database.owner, self.rows, round_number)
        seconds = perf_counter() - started
        messages = count_messages(database)
        tidy(database)
        return seconds, messages


def make_workloads(rows: int) -> tuple[Workload, ...]:
    """The workloads on a table of so many rows; one-row writes are at most 2,000."""
    singles = min(rows, _MOST_SINGLES)
    many = min(rows, 2 * _MANY_SCOPES)
    many_scopes = (many + 1) // 2
    return (
        Workload(f"{singles:,} INSERTs of one row, each its own transaction", singles, _insert_singly),
        Workload(f"UPDATE of {rows:,} rows in {SCOPES} scopes, watched column", rows, _update_title),
        Workload(f"UPDATE of {rows:,} rows in {SCOPES} scopes, unwatched column", rows, _update_touched),
        Workload(f"{singles:,} UPDATEs of one row in one transaction", singles, _update_singly),
        Workload(f"UPDATE of {many:,} rows in {many_scopes:,} scopes, watched column", many, _update_many_scopes),
    )


def fill(database: Database, rows: int) -> None:
    """Put documents 1 to `rows` into the empty table, in turn over the scopes, silently.

    Each is written twice: the room of old row versions is there from the first round on, as in a table in use.
    """
    with _silence(database):
        database.admin.execute(
            "insert into public.documents (tenant_id, title) select t.id, 'Document ' || n"
            " from generate_series(1, %s) as n join public.tenants as t on t.number = n %% %s order by n",
            [rows, SCOPES],
        )
        database.admin.execute("update public.documents set title = title || '.'")
    database.admin.execute("vacuum analyze")


def fill_many_scopes(database: Database, rows: int) -> None:
    """Add documents in pairs, each pair in a scope of its own: as many as there are rows, at most 20,000; silently."""
    many = min(rows, 2 * _MANY_SCOPES)
    with _silence(database):
        database.admin.execute(
            "insert into public.tenants (number) select n from generate_series(%s::int, %s::int) as n",
            [SCOPES, SCOPES + (many + 1) // 2 - 1],
        )
        database.admin.execute(
            "insert into public.documents (tenant_id, title, body) select t.id, 'Document ' || n, 'one of many scopes'"
            " from generate_series(1, %s) as n join public.tenants as t on t.number = %s + (n - 1) / 2 order by n",
            [many, SCOPES],
        )
        database.admin.execute("update public.documents set title = title || '.' where body = 'one of many scopes'")
    database.admin.execute("vacuum analyze")


def count_messages(database: Database) -> int:
    """How many messages wait in realtime.messages."""
    (count,) = database.admin.execute("select count(*) from realtime.messages").fetchone() or (0,)
    return int(count)


def tidy(database: Database) -> None:
    """Forget messages and added rows, and free the room of old row versions: no round pays for the one before."""
    with _silence(database):
        database.admin.execute("delete from public.documents where title = 'added'")
    database.admin.execute("truncate realtime.messages")
    database.admin.execute("vacuum public.documents")


@contextmanager
def _silence(database: Database) -> Iterator[None]:
    """For the block's length, what the superuser writes fires no trigger."""
    database.admin.execute("set session_replication_role = replica")
    try:
        yield
    finally:
        database.admin.execute("reset session_replication_role")


def _insert_singly(connection: Connection, rows: int, round_number: int) -> None:
    tenants = connection.execute("select id from public.tenants order by number limit %s", [SCOPES]).fetchall()
    for number in range(rows):
        (tenant,) = tenants[number % SCOPES]
        connection.execute(
            "insert into public.documents (tenant_id, title, amount) values (%s, 'added', %s)", [tenant, round_number]
        )


def _update_title(connection: Connection, rows: int, round_number: int) -> None:
    connection.execute(
        "update public.documents set title = 'Round ' || %s::int where id <= %s", [round_number, rows], prepare=True
    )


def _update_touched(connection: Connection, rows: int, _: int) -> None:
    connection.execute(
        "update public.documents set updated_at = clock_timestamp() where id <= %s", [rows], prepare=True
    )


def _update_singly(connection: Connection, rows: int, round_number: int) -> None:
    with connection.transaction():
        for number in range(1, rows + 1):
            connection.execute(
                "update public.documents set title = 'Single ' || %s::int where id = %s", [round_number, number]
            )


def _update_many_scopes(connection: Connection, rows: int, round_number: int) -> None:
    connection.execute(
        "update public.documents set title = 'Round ' || %s::int"
        " where id in (select id from public.documents where body = 'one of many scopes' order by id limit %s)",
        [round_number, rows],
        prepare=True,
    )
