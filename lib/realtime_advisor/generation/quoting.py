"""Quoting: how a name, a value, a body or a comment is written so that nothing in it can be read as SQL.

Pure text to text. The kind of quoting belongs to the place in the template, never to the value.
"""

from __future__ import annotations

import re
from typing import Final

from realtime_advisor.model import TableName

LONGEST_IDENTIFIER: Final = 63  # bytes; Postgres cuts what is longer

_BARE = re.compile(r"[a-z_][a-z0-9_]*\Z")
_BREAKS = re.compile(r"[\n\r]")

# Every keyword that pg_get_keywords() does not call unreserved, on PostgreSQL 14 to 18.
_RESERVED_WORDS: Final = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean
    both case cast char character check coalesce collate collation column concurrently constraint
    create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping having
    ilike in initially inner inout int integer intersect interval into is isnull join json json_array
    json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action
    national natural nchar none normalize not notnull null nullif numeric offset on only or order out
    outer overlaps overlay placing position precision primary real references returning right row
    select session_user setof similar smallint some substring symmetric system_user table tablesample
    then time timestamp to trailing treat trim true union unique user using values varchar variadic
    verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
    xmlparse xmlpi xmlroot xmlserialize xmltable
    """
RESERVED: Final = frozenset(_RESERVED_WORDS.split())


def quote_ident(name: str) -> str:
    """Write a name as an identifier, quoted unless it is plain lower case and no keyword, as quote_ident() does.

    Always on one line, so that indenting cannot change a name: a line break in a name is written as U&"...".
    Raises ValueError for what cannot name anything: an empty name, or one with a NUL.

    >>> quote_ident("notifications"), quote_ident("order"), quote_ident('a"b')
    ('notifications', '"order"', '"a""b"')
    """
    if not name or "\0" in name:
        raise ValueError(f"{name!r} cannot name anything in Postgres")
    if _BARE.match(name) and name not in RESERVED:
        return name
    doubled = name.replace('"', '""')
    if not _BREAKS.search(name):
        return f'"{doubled}"'
    escaped = doubled.replace("\\", "\\\\")
    return 'U&"' + _BREAKS.sub(lambda found: f"\\{ord(found[0]):04X}", escaped) + '"'


def qualified(table: TableName) -> str:
    """The table's name with its schema, quoted.

    >>> qualified(TableName("public", "order"))
    'public."order"'
    """
    return f"{quote_ident(table.schema)}.{quote_ident(table.name)}"


def quote_literal(value: str) -> str:
    """Write a value as a string literal, on one line, that means the same whatever standard_conforming_strings says.

    Raises ValueError for a NUL, which no text in Postgres can hold.

    >>> print(quote_literal("it's"), quote_literal(chr(92)), quote_literal(chr(10)))
    'it''s' E'\\\\' E'\\n'
    """
    if "\0" in value:
        raise ValueError(f"{value!r} holds a NUL, which no text in Postgres can")
    doubled = value.replace("'", "''")
    escaped = doubled.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{doubled}'" if escaped == doubled else f"E'{escaped}'"


def dollar_quote(body: str, tag: str = "function") -> str:
    """Write a body between dollar quotes, with a number behind the tag where the body holds the tag itself.

    >>> dollar_quote(" select 1 ", "body"), dollar_quote(" $body$ ", "body")
    ('$body$ select 1 $body$', '$body_1$ $body$ $body_1$')
    """
    mark, number = f"${tag}$", 0
    while mark in body:
        number += 1
        mark = f"${tag}_{number}$"
    return f"{mark}{body}{mark}"


def comment_text(text: str) -> str:
    """Write text so that a line comment holds all of it: white space and control characters become one space.

    >>> comment_text("one\\ndrop table t")
    'one drop table t'
    """
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()
