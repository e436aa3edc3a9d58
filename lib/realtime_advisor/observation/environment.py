"""Which variables of the environment name a database, and which only look as if they did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

NAMING: Final = ("DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_INCOMPLETE: Final = ("PGUSER", "PGPASSWORD", "PGPORT")  # they say how to connect, not to what
_PRISMAS: Final = "DIRECT_URL"  # with Supabase, the address beside its pooler's
_OTHERS_NAMES: Final = re.compile(
    r"(^|_)(DATABASE|DB|POSTGRES|POSTGRESQL|PG)_?([A-Z0-9]+_)*(URL|URI|DSN|HOST|HOSTNAME)(_|$)"
)
_ALIKE: Final = 0.85  # of difflib's ratio: DATABSE_URL and PG_HOST are like a name that is read, PGDATA is not
_MOST_NAMED: Final = 3


def names_database(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a database: DATABASE_URL, or libpq's own variables."""
    return any(environ.get(name, "").strip() for name in NAMING)


def is_left_empty(environ: Mapping[str, str]) -> bool:
    """Whether DATABASE_URL is there and says nothing, as where a secret is missing in CI, and nothing else names one.

    >>> is_left_empty({"DATABASE_URL": ""}), is_left_empty({}), is_left_empty({"DATABASE_URL": "", "PGHOST": "db"})
    (True, False, False)
    """
    return "DATABASE_URL" in environ and not names_database(environ)


def find_unread(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that seem to name a database though nothing reads them, sorted; values are not looked at.

    >>> find_unread({"DATABSE_URL": "x", "SUPABASE_DB_URL": "x", "PGUSER": "ada", "POSTGRES_URL": "", "PGDATA": "/var"})
    ('DATABSE_URL', 'PGUSER', 'SUPABASE_DB_URL')
    """
    return tuple(sorted(name for name, value in environ.items() if value.strip() and _seems_to_name(name.upper())))


def _seems_to_name(name: str) -> bool:
    return (
        name in (*_INCOMPLETE, _PRISMAS)
        or _OTHERS_NAMES.search(name) is not None
        or bool(get_close_matches(name, NAMING, n=1, cutoff=_ALIKE))
    )


def tell_unread(names: tuple[str, ...]) -> str:
    """What is set in vain, and what would be read.

    >>> tell_unread(("DATABSE_URL",))
    'DATABSE_URL is set and names no database here: DATABASE_URL does (or PGHOST, PGSERVICE, PGDATABASE)'
    """
    *others, last = names if len(names) <= _MOST_NAMED else (*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more")
    shown = f"{', '.join(others)} and {last}" if others else last
    said = "is set and names" if len(names) == 1 else "are set and name"
    return f"{shown} {said} no database here: DATABASE_URL does (or PGHOST, PGSERVICE, PGDATABASE)"
