"""What a history keeps beside catalogues and snapshots: whose they are, what was planned, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class DatabaseIdentity:
    """A database, known again however one connects to it; no host, no role, no secret."""

    key: str  # '8c1f0a52e7d3', the same for a primary and its standbys
    name: str

    def __str__(self) -> str:
        """`app (8c1f0a52e7d3)`: on Supabase every database is called postgres, so the name alone tells little."""
        return f"{self.name} ({self.key})"


@dataclass(frozen=True, slots=True)
class Sampling:
    """One plan to read a database's counters for a while; `began` and `ends` are by the database's clock."""

    id: int
    database: DatabaseIdentity
    began: datetime
    seconds: float
    interval: float  # seconds between readings

    @property
    def ends(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is of a sampling; `seconds` lie between its first and its last reading of a server that counts."""

    sampling: Sampling
    readings: int
    last: datetime  # the time of its last reading, by the database's clock
    seconds: float


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that befell a sampling: 'resumed', 'lost', 'back', 'interrupted', 'finished'."""

    at: datetime  # this machine's clock, UTC
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecordedDecisions:
    """What was decided once; `document` is what decisions.json held."""

    decided_at: datetime  # this machine's clock, UTC
    document: Mapping[str, object]
