"""A database with the framework's tables, for one attempt: who writes, who asks, and how its ids are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import psycopg

from realtime_advisor.model import Script
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import Access, apply_policies, authorize

from ..copies import open_copy

TABLES: Final = files(__package__).joinpath("tables.sql")
_OPENING: Final = "00000000-0000-0000-0000-0000000000"
NAMES: Final = {
    f"{_OPENING}{number}": name
    for number, name in {
        "01": "red",
        "02": "blue",
        "11": "ann",
        "12": "bob",
        "13": "cyd",
        "14": "dan",
        "21": "red thread",
        "22": "blue thread",
        "99": "nothing",
    }.items()
}
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Room:
    """One attempt's database: `admin` is a superuser, `owner` the role postgres, to whom the tables belong."""

    admin: Connection
    owner: Connection
    conninfo: str
    warnings: list[str] = field(default_factory=list)
    installed: Sequence[str | Script] = ()

    def run(self, sql: str) -> None:
        """Run SQL as the tables' owner. Raises psycopg.Error."""
        self.owner.execute(sql.encode(), prepare=False)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The superuser's rows of a query."""
        return self.admin.execute(sql.encode(), prepare=False).fetchall()

    def install(self) -> None:
        """Install what is to be tried; policies are made by the superuser. Raises psycopg.Error."""
        for piece in self.installed:
            if isinstance(piece, Script):
                self.run(piece.functions)
                self.run(piece.triggers)
                apply_policies(self.admin, piece.policies)
            elif "CREATE POLICY" in piece:
                apply_policies(self.admin, piece)
            else:
                self.run(piece)

    def access(self, who: str, topic: str) -> Access:
        """What the user of that name may do on a topic written with names."""
        return authorize(self.admin, spelt(topic), {"role": "authenticated", "sub": spelt(who)})


def spelt(text: str) -> str:
    """Names to ids: 'tenant:red:dashboard', as it is in the database."""
    for key, name in sorted(NAMES.items(), key=lambda entry: -len(entry[1])):
        text = ":".join(key if word == name else word for word in text.split(":"))
    return text


def named(text: str) -> str:
    """Ids to names.

    >>> named("tenant:00000000-0000-0000-0000-000000000001:dashboard")
    'tenant:red:dashboard'
    """
    for key, name in NAMES.items():
        text = text.replace(key, name)
    return text


@contextmanager
def open_room(server: RunningServer, preparation: str) -> Iterator[Room]:
    """A new database with the framework's tables, prepared by some SQL, gone at the end. Raises SandboxFailed."""
    with open_copy(server) as admin:
        conninfo = server.conninfo(admin.info.dbname, "postgres")
        with psycopg.connect(conninfo, autocommit=True) as owner:
            room = Room(admin, owner, conninfo)
            room.run(TABLES.read_text(encoding="utf-8"))
            if preparation:
                room.run(preparation)
            owner.add_notice_handler(lambda notice: _remember(room, notice))
            yield room


def _remember(room: Room, notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity == "WARNING":
        room.warnings.append(str(notice.message_primary))
