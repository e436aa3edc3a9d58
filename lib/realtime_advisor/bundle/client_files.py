"""The TypeScript of a whole advice, as files of one folder."""

from __future__ import annotations

import codecs
import re
from pathlib import Path, PurePosixPath
from typing import Final

from realtime_advisor.decision.rates import telling
from realtime_advisor.errors import BadInput
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.client_naming import Entities
from realtime_advisor.model import Advice, Client, TableName

FOLDER: Final = PurePosixPath("client")
_TYPES: Final = "database.types.ts"
_DATABASE = re.compile(r"^export (type Database =|interface Database)\s*\{", re.MULTILINE)
_HOW: Final = "Make it with: supabase gen types typescript > database.types.ts"
# What PowerShell's > writes.
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def client_files(advice: Advice, *, row_types: bool = False) -> dict[str, str]:
    """`client/<file>.ts` to its text, for all tables of the advice; none without tables. In order of name, each byte
    the same for the same advice.

    No two files are alike but for the case of their names. A table without realtime is polled as often as it was seen
    to change. `row_types` takes the types of rows from `client/database.types.ts`, which has to be there then: export()
    adds it with `client_files(advice, row_types=types is not None) | (types_file(types) if types else {})`.
    """
    entities = Entities(advice.designs.values())
    files: dict[str, str] = {}
    for table in advice.designs:
        files |= client_of(advice, table, entities, row_types=row_types)
    return {str(FOLDER / name): files[name] for name in sorted(files)}


def client_of(advice: Advice, table: TableName, entities: Entities, *, row_types: bool = False) -> Client:
    """The client code of one table, as `client_files()` has it; `entities` are those of all the advice's designs."""
    rate = _changes_per_minute(advice, table)
    return generate_client(advice.designs[table], row_types=row_types, changes_per_minute=rate, entities=entities)


def types_file(path: Path) -> dict[str, str]:
    """`client/database.types.ts` to what `supabase gen types typescript` wrote to `path`. Raises BadInput."""
    try:
        written = path.read_bytes()
        text = written.decode("utf-16" if written.startswith(_UTF16) else "utf-8-sig")
    except OSError as error:
        raise BadInput(f"The types file {path} cannot be read: {error.strerror}. {_HOW}") from None
    except UnicodeDecodeError:
        raise BadInput(f"The types file {path} is no text in UTF-8. {_HOW}") from None
    if not _DATABASE.search(text):
        raise BadInput(f"The types file {path} has no exported type Database. {_HOW}")
    return {str(FOLDER / _TYPES): text.replace("\r\n", "\n")}


def _changes_per_minute(advice: Advice, table: TableName) -> float | None:
    """The table's rate as its decision saw it; None where nothing was counted."""
    churn = telling(advice.churn.get(table))
    return churn.events_per_minute if churn and churn.basis != "none" else None
