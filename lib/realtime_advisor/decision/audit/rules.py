"""What a rule is, and the world that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from realtime_advisor.decision.principals import API_ROLES, reading_policies
from realtime_advisor.model import Catalog, Publication, RelationKind, Setup, Table, TableName

from .wording import qualified, quoted

SUPABASE_PUBLICATION: Final = "supabase_realtime"
STORED: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: a sentence, what to do, and that as SQL where it is short and certain."""

    table: TableName | None
    sentence: str
    remedy: str
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the audit looks for."""

    id: str
    severity: str
    looks_for: str
    find: Callable[[World], Iterable[Found]]


@dataclass(frozen=True)
class World:
    """A catalogue and a set-up, with what several rules ask of them."""

    catalog: Catalog
    setup: Setup

    @property
    def is_supabase(self) -> bool:
        return self.catalog.server.is_supabase

    @cached_property
    def publications(self) -> dict[str, Publication]:
        return {publication.name: publication for publication in self.setup.publications}

    @cached_property
    def heard(self) -> tuple[Table, ...]:
        """The tables whose changes clients can hear: those that the publication of Postgres Changes sends."""
        return tuple(table for table in self.catalog if self.heard_through(table))

    def heard_through(self, table: Table) -> str | None:
        """The publication by which clients hear a table; elsewhere than on Supabase any may be."""
        if self.is_supabase:
            return SUPABASE_PUBLICATION if SUPABASE_PUBLICATION in table.publications else None
        return table.publications[0] if table.publications else None

    def sends(self, publication: str, operation: str) -> bool:
        """Whether a publication sends an operation; one that the set-up does not list sends all."""
        known = self.publications.get(publication)
        return known is None or operation in known.operations

    @cached_property
    def stored(self) -> tuple[Table, ...]:
        """Tables, partitioned ones included; no views."""
        return tuple(table for table in self.catalog if table.kind in STORED)

    def row_bytes(self, table: Table) -> int | None:
        """What a row holds on average, large values compressed; None where the statistics do not tell."""
        widths = self.setup.column_widths.get(table.name)
        if widths is None:
            return None
        return sum(width for _, width in widths) + self.setup.out_of_line.get(table.name, 0)

    def unpublish(self, table: Table) -> str:
        """SQL that takes the table out of what clients hear; empty where its publication does not name it by itself."""
        name = self.heard_through(table)
        known = self.publications.get(name or "")
        if known is None or known.all_tables or not (member := self._member(table, self._members[known.name])):
            return ""
        return f"alter publication {quoted(known.name)} drop table {qualified(member)};"

    @cached_property
    def _members(self) -> dict[str, frozenset[TableName]]:
        return {publication.name: frozenset(publication.tables) for publication in self.setup.publications}

    def _member(self, table: Table, members: frozenset[TableName]) -> TableName | None:
        """The table, or the partitioned table above it, that is among the members."""
        above: TableName | None = table.name
        while above is not None and above not in members:
            above = self.catalog[above].partition_of if above in self.catalog.tables else None
        return above


def may_read(table: Table) -> bool:
    """Whether anon or authenticated has SELECT; where neither role exists nobody can tell, so it is no."""
    return bool(table.select_roles)


def shows_rows(table: Table) -> bool:
    """Whether the API's roles see any row of it."""
    return may_read(table) and (not table.row_security or bool(reading_policies(table)))


def readers(table: Table) -> str:
    """Those of the API's roles that have SELECT.

    >>> readers(Table(TableName("public", "t"), select_roles=("anon", "authenticated")))
    'anon and authenticated'
    """
    return " and ".join(role for role in API_ROLES if role in (table.select_roles or ()))
