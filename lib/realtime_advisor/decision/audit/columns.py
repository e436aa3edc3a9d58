"""Rules about columns that must not leave the database, and rows too large to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Column, Table
from realtime_advisor.reference.column_hints import has_word, load_column_hints

from .rules import Found, Rule, World, may_read, readers, shows_rows
from .wording import bytes_told, named

# Average sizes: the largest row is many times the average one, and Realtime's limits are for the largest.
LARGE_ROW: Final = 8 * 1024
NEAR_LIMIT: Final = 128 * 1024
_VECTOR: Final = re.compile(r'(.*\.)?"?(vector|halfvec|sparsevec)"?(\(\d+\))?')
_NUMBERS: Final = re.compile(r"(real|double precision|numeric.*)\[\]")
_TEXTUAL: Final = re.compile(r"text|character|json|bytea|xml|.*\[\]")


def is_secret(column: Column) -> bool:
    """Whether a column is named like something that must not leave; flags, dates and numbers are no secrets.

    >>> is_secret(Column("password_hash", "text")), is_secret(Column("token_count", "integer"))
    (True, False)
    """
    words = load_column_hints()
    return (
        has_word(column.name, words.secret)
        and not has_word(column.name, words.not_secret)
        and not re.match(r"boolean|timestamp|date|time |interval|real|double|smallint", column.type)
    )


def is_embedding(column: Column) -> bool:
    """Whether a column holds a vector: by its type, or an array of numbers that is named like one.

    >>> is_embedding(Column("v", "extensions.vector(1536)")), is_embedding(Column("scores", "real[]"))
    (True, False)
    """
    by_name = _NUMBERS.fullmatch(column.type) and has_word(column.name, load_column_hints().embedding)
    return bool(_VECTOR.fullmatch(column.type) or by_name)


def _readable(world: World, table: Table) -> tuple[Column, ...]:
    """The columns that the API's roles may select; all of them where those roles are not known."""
    some = world.setup.partly_readable.get(table.name)
    return tuple(column for column in table.columns if some is None or column.name in some)


def _goes_to_clients(table: Table) -> bool:
    return table.select_roles is None or shows_rows(table)


def _secret_published(world: World) -> Iterator[Found]:
    for table in world.heard:
        secrets = [column.name for column in _readable(world, table) if is_secret(column)]
        if secrets and _goes_to_clients(table):
            yield Found(
                table.name,
                f"{named(table.name)} is published with {named(*secrets)}: "
                "every change of a row sends it to whoever may read the row.",
                "Keep it in a table of its own, or take this one out of the publication and broadcast without it:",
                world.unpublish(table),
            )


def _secret_readable(world: World) -> Iterator[Found]:
    for table in world.stored:
        secrets = [column.name for column in _readable(world, table) if is_secret(column)]
        if secrets and may_read(table) and shows_rows(table) and not world.heard_through(table):
            yield Found(
                table.name,
                f"{named(table.name)} lets {readers(table)} read {named(*secrets)}: "
                "a broadcast of whole rows would ship it.",
                "Leave it out of every payload, and grant SELECT on the other columns only.",
            )


def _embedding_published(world: World) -> Iterator[Found]:
    for table in world.heard:
        vectors = [column.name for column in _readable(world, table) if is_embedding(column)]
        if vectors and _goes_to_clients(table):
            yield Found(
                table.name,
                f"{named(table.name)} is published with the embedding {named(*vectors)}: "
                "every change of a row sends all its numbers as text.",
                "Keep embeddings in a table of their own, or broadcast without them:",
                world.unpublish(table),
            )


def _large_columns(world: World, table: Table) -> str:
    """Where the bytes are, as far as the statistics tell."""
    wide = [name for name, width in world.setup.column_widths.get(table.name, ()) if width >= LARGE_ROW // 4]
    textual = [column.name for column in table.columns if _TEXTUAL.match(column.type)]
    kept = world.setup.out_of_line.get(table.name, 0)
    told = wide or (textual if kept else [])
    return f", most of it in {named(*told)}" if told else ""


def _rows_between(world: World, least: int, most: float) -> Iterator[tuple[Table, int]]:
    for table in world.heard:
        size = world.row_bytes(table)
        if size is not None and least <= size < most and _goes_to_clients(table):
            yield table, size


def _large_rows(world: World) -> Iterator[Found]:
    for table, size in _rows_between(world, LARGE_ROW, NEAR_LIMIT):
        yield Found(
            table.name,
            f"A row of {named(table.name)} has about {bytes_told(size)}{_large_columns(world, table)}, "
            "and each change sends it to each subscriber.",
            "Tell that a row changed by Broadcast, and let clients fetch what they show.",
        )


def _rows_near_limit(world: World) -> Iterator[Found]:
    for table, size in _rows_between(world, NEAR_LIMIT, float("inf")):
        yield Found(
            table.name,
            f"A row of {named(table.name)} has about {bytes_told(size)}{_large_columns(world, table)}; above 1,024 kB "
            "Postgres Changes sends only fields of at most 64 bytes, and Broadcast takes 256 kB on the Free plan.",
            "Tell that a row changed by Broadcast with its key alone, and take the table out of the publication:",
            world.unpublish(table),
        )


def _widths_unknown(world: World) -> Iterator[Found]:
    hidden = [table.name for table in world.heard if world.row_bytes(table) is None and table.estimated_rows != 0]
    if hidden:
        yield Found(
            None,
            f"How large rows are is unknown for {named(*hidden)}: pg_stats hides them from this role, "
            "or they were never analysed.",
            "Run ANALYZE on them, and the audit as their owner or as a role with BYPASSRLS and SELECT.",
        )


RULES: Final = (
    Rule("secret_is_published", "danger", "a published column that is named like a secret", _secret_published),
    Rule("secret_is_readable", "note", "a secret that the API's roles may read, not published", _secret_readable),
    Rule("embedding_is_published", "warning", "a published vector", _embedding_published),
    Rule("large_rows_published", "note", "a published table with rows of 8 kB or more on average", _large_rows),
    Rule("rows_near_payload_limit", "warning", "a published table with rows of 128 kB or more", _rows_near_limit),
    Rule("row_width_unknown", "note", "published tables that the statistics tell nothing of", _widths_unknown),
)
