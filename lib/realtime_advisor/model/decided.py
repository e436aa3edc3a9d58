"""What a `decisions.json` says, read back: what was decided once, without the objects that it was decided from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .decision import Hop, Option, ScopeKind, Source
from .names import ByTable, TableName

Value = float | bool | str | None


@dataclass(frozen=True, slots=True)
class DecidedFinding:
    """One criterion as it came out."""

    criterion: str
    holds: bool | None
    value: Value
    unit: str
    operator: str
    threshold: Value
    source: Source


@dataclass(frozen=True, slots=True)
class DecidedFlip:
    """At which value of a metric the option would have been another."""

    metric: str
    now: Value
    at: Value
    to: Option


@dataclass(frozen=True, slots=True)
class DecidedScope:
    """Whose rows these were found to be."""

    kind: ScopeKind
    columns: tuple[str, ...]
    path: tuple[Hop, ...]
    key_type: str
    source: Source
    refusal: str | None
    entitled: str | None = None  # who may listen, in words; None: the file is of a version that did not tell


@dataclass(frozen=True, slots=True)
class DecidedEmission:
    """One kind of message that the table was to send."""

    topic: str
    event: str
    operations: tuple[str, ...]
    watched: tuple[str, ...]
    feed: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidedDesign:
    """How the table was to speak."""

    emissions: tuple[DecidedEmission, ...]
    granularity: str
    clients_send: bool
    changes_filter: str | None
    changes_events: tuple[str, ...]
    presence_topic: str | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class DecidedChurn:
    """Row changes a minute as they were counted; None is unknown."""

    inserts_per_minute: float | None
    updates_per_minute: float | None
    deletes_per_minute: float | None
    peak_per_minute: float | None


@dataclass(frozen=True, slots=True)
class Decided:
    """One table's verdict."""

    table: TableName
    option: Option
    confidence: str
    scope: DecidedScope | None
    design: DecidedDesign | None
    published: bool | None  # whether Postgres Changes sent it then; None: the file does not tell
    proof: str
    churn: DecidedChurn | None
    findings: Mapping[str, DecidedFinding]  # by criterion
    flips: tuple[DecidedFlip, ...]
    override: str | None
    files: tuple[str, ...]
    answers: Mapping[str, Mapping[str, object]]  # the long form of each that counted, by question
    is_undecided: bool = False  # no realtime only for want of an answer
    override_expired: str | None = None  # the day, '2026-11-01', where it no longer counted


@dataclass(frozen=True)
class DecidedRun:
    """One run: all tables, and what it was decided on."""

    server_version: str
    seconds: float | None
    window: str  # as Advice has it
    tables: ByTable[Decided]
