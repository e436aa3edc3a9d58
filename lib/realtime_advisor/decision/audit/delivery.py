"""Rules about what Postgres Changes delivers of a published table: deletes above all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Table
from realtime_advisor.reference.column_hints import has_word, load_column_hints

from .rules import Found, Rule, World, shows_rows
from .wording import bytes_told, named, qualified

WIDE_ROW: Final = 1024  # bytes above which writing each old row again is worth a word
_SURROGATES: Final = ("uuid", "smallint", "integer", "bigint")


def _telling_deletes(world: World) -> Iterator[Table]:
    """Tables with row level security of which clients hear deletes."""
    for table in world.heard:
        publication = world.heard_through(table) or ""
        if table.row_security and table.primary_key and shows_rows(table) and world.sends(publication, "delete"):
            yield table


def _speaking_keys(table: Table) -> tuple[str, ...]:
    """The primary key's columns that say something about the row: text, or named like something personal."""
    words = load_column_hints().personal
    return tuple(
        name for name in table.primary_key if table.column(name).type not in _SURROGATES or has_word(name, words)
    )


def _delete_reveals_key(world: World) -> Iterator[Found]:
    for table in _telling_deletes(world):
        if not _speaking_keys(table):
            yield Found(
                table.name,
                f"A DELETE on {named(table.name)} ignores row level security: "
                f"its primary key ({named(*table.primary_key)}) goes to every subscriber, of other tenants too.",
                "Accept it for keys that say nothing, or tell deletes by Broadcast.",
            )


def _delete_reveals_value(world: World) -> Iterator[Found]:
    for table in _telling_deletes(world):
        if speaking := _speaking_keys(table):
            yield Found(
                table.name,
                f"A DELETE on {named(table.name)} ignores row level security, and its primary key holds values that "
                f"mean something ({named(*speaking)}): they go to every subscriber, of other tenants too.",
                "Give it a key that says nothing, such as a uuid, or tell its changes by Broadcast:",
                world.unpublish(table),
            )


def _filter_drops_deletes(world: World) -> Iterator[Found]:
    for table in world.heard:
        keys = dict.fromkeys(column for key in table.foreign_keys for column in key.columns)
        lost = [column for column in keys if column not in table.primary_key]
        if not lost or not table.primary_key or table.replica_identity == "full" or not shows_rows(table):
            continue
        wide = (world.row_bytes(table) or 0) > WIDE_ROW
        yield Found(
            table.name,
            f"A client that filters {named(table.name)} by {named(*lost)} never hears a DELETE: "
            "the WAL keeps only the primary key of a deleted row.",
            "Tell deletes by Broadcast; whole rows in the WAL would cost too much here."
            if wide
            else "Write whole old rows to the WAL, or tell deletes by Broadcast:",
            "" if wide else f"alter table {qualified(table.name)} replica identity full;",
        )


def _full_identity(world: World) -> Iterator[Found]:
    for table in world.stored:
        size = world.row_bytes(table)
        if table.replica_identity == "full" and table.publications and size is not None and size > WIDE_ROW:
            yield Found(
                table.name,
                f"{named(table.name)} has replica identity full and rows of about {bytes_told(size)}: "
                "each UPDATE and DELETE writes the whole old row to the WAL once more.",
                "Let the primary key identify rows, if no filter on another column has to hear deletes:",
                f"alter table {qualified(table.name)} replica identity default;" if table.primary_key else "",
            )


RULES: Final = (
    Rule(
        "delete_reveals_key",
        "note",
        "a published table with row level security: deletes go to every subscriber, with the key",
        _delete_reveals_key,
    ),
    Rule(
        "delete_reveals_value",
        "warning",
        "the same where the primary key holds text or something personal",
        _delete_reveals_value,
    ),
    Rule(
        "filter_drops_deletes",
        "note",
        "a published table with foreign keys outside its primary key, and no replica identity full",
        _filter_drops_deletes,
    ),
    Rule(
        "full_identity_of_wide_rows",
        "note",
        "a published table with replica identity full and wide rows",
        _full_identity,
    ),
)
