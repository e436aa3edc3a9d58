"""Writes that the tables themselves refuse, by a key or a type of theirs: nothing that a script could be blamed for."""

from __future__ import annotations

import psycopg

from realtime_advisor.model import TableName

from .installing import in_words
from .scene import Outcome, not_tried
from .skeleton import Skeleton


def is_refusal(error: psycopg.Error, skeleton: Skeleton) -> bool:
    """Whether a table of the skeleton refused the rows, and no function was running that the script has brought."""
    if "PL/pgSQL" in (error.diag.context or ""):
        return False
    tables = {part for table in skeleton.tables.values() for part in (table.name, *table.partitions)}
    at = TableName(error.diag.schema_name or "", error.diag.table_name or "")
    is_of_a_key = isinstance(error, psycopg.errors.IntegrityError) and at in tables
    return is_of_a_key or isinstance(error, psycopg.errors.DataError)


def refused(error: psycopg.Error) -> Outcome:
    """The outcome of a check whose rows the tables refuse."""
    return not_tried(f"it could not be tried, since the tables refuse such rows: {in_words(error)}")
