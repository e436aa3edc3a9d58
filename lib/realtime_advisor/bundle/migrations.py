"""The SQL of a whole schema as files in the layout of the Supabase CLI: migrations in order, their way back, a check.

The CLI splits a file into statements and sends them together, followed by the one that notes the version. The BEGIN and
COMMIT in our files hold there as they do in psql: each step is a transaction of its own, the policies alone in theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Migration

# A time that the CLI's layout takes, and no clock's: the same advice makes the same names.
DEFAULT_VERSION: Final = "20260101000000"
DEFAULT_NAME: Final = "realtime"
_SHAPE: Final = "%Y%m%d%H%M%S"
_STEPS: Final = ("functions", "triggers", "policies")


@dataclass(frozen=True, slots=True)
class Label:
    """What the migrations are called: `version` is the first one's, the next are a second later each."""

    version: str = DEFAULT_VERSION
    name: str = DEFAULT_NAME

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{14}", self.version) or _moment(self.version) is None:
            raise BadInput(
                f"The version {self.version!r} is no time written as YYYYMMDDHHMMSS, as the Supabase CLI names "
                f"migrations. Give one such as {DEFAULT_VERSION}."
            )
        if not re.fullmatch(r"[a-z0-9_]{1,60}", self.name):
            raise BadInput(
                f"The name {self.name!r} does not do for a migration's file. "
                f"Use small letters, digits and _, such as {DEFAULT_NAME}."
            )

    @property
    def rollback(self) -> str:
        """The file that takes all of it back."""
        return f"rollback/{self.version}_{self.name}.sql"

    @property
    def check(self) -> str:
        """The file that asks whether all is in place."""
        return f"checks/{self.version}_{self.name}.sql"

    def migration(self, step: str, place: int) -> str:
        """The file of one step.

        >>> Label("20261231235959").migration("policies", 2)
        'supabase/migrations/20270101000001_realtime_policies.sql'
        """
        first = _moment(self.version)
        assert first is not None
        return f"supabase/migrations/{first + timedelta(seconds=place):{_SHAPE}}_{self.name}_{step}.sql"


def migration_files(made: Migration, label: Label) -> Mapping[str, str]:
    """The files of a migration, those of supabase/migrations in the order in which they apply; none without SQL."""
    if not made.functions:
        return {}
    return {**dict(_steps(made, label)), label.rollback: made.down, label.check: made.check}


def _steps(made: Migration, label: Label) -> Iterator[tuple[str, str]]:
    for place, step in enumerate(_STEPS):
        text: str = getattr(made, step)
        if text:
            yield label.migration(step, place), text


def _moment(version: str) -> datetime | None:
    try:
        return datetime.strptime(version, _SHAPE)
    except ValueError:
        return None
