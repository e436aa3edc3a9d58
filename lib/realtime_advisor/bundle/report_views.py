"""What the report's templates are given: frozen values, text only. Templates decide how it looks, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from realtime_advisor.display.palette import Look
from realtime_advisor.display.views import Badge, Sheet, Words


@dataclass(frozen=True, slots=True)
class Row:
    """One table's line among the verdicts; what is sorted by is a number beside what is said."""

    name: str
    option: str
    rank: int  # of the option
    badge: Badge
    confidence: str
    sureness: int
    scope: str
    rate: float
    rate_said: str
    hottest: float
    hottest_said: str
    trust: int  # of the proof
    proof: Badge | None
    because: str
    topics: str  # to be found by
    anchor: str = ""  # of the dossier; empty without one
    full: bool = False  # whether the dossier tells everything


@dataclass(frozen=True, slots=True)
class Tile:
    """How many tables get an option."""

    option: str
    look: Look
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the verdicts."""

    word: str
    number: bool = False
    sortable: bool = True
    sort: str = "none"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of row change in a bar."""

    colour: str
    share: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One table's row changes, beside the busiest table's."""

    anchor: str
    name: str
    width: float
    parts: tuple[Part, ...]
    said: str
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Who makes the row changes, and of what kind they are."""

    sentence: str
    key: tuple[Look, ...]
    bars: tuple[Bar, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the scale, in percent of its width."""

    at: float
    said: str


@dataclass(frozen=True, slots=True)
class Dot:
    """What a subscriber of one table hears: places on the scale in percent, and the verdict's mark."""

    anchor: str
    name: str
    whole: float
    average: float | None
    hottest: float
    look: Look
    inferred: bool
    said: str
    title: str


@dataclass(frozen=True, slots=True)
class Dots:
    """Row changes a minute on a scale of powers of ten, beside the threshold of Broadcast."""

    sentence: str
    ticks: tuple[Tick, ...]
    threshold: Tick | None
    dots: tuple[Dot, ...]
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodePart:
    """Some lines of a script that are all comments, or none."""

    text: str
    comment: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A script under its title."""

    title: str
    parts: tuple[CodePart, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion as it came out; `nearness` is the value as a part of the threshold, in percent up to 200."""

    look: Look
    sentence: str
    holds: str
    value: str
    rule: str
    how: str
    nearness: float | None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria in order, those that hold first; `brief` where there are too many tables for tables in each."""

    rows: tuple[Criterion, ...]
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Mix:
    """One table's row changes, by kind."""

    parts: tuple[Part, ...]
    key: tuple[tuple[str, str], ...]  # colour, and what is said


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in a grid."""

    look: Look
    title: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Who may do one thing on which topic."""

    title: str
    users: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Answer | None, ...]], ...]
    key: tuple[Look, ...]
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """What is opened by whoever wants to know."""

    title: str
    blocks: tuple[Block, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Something to show, and which macro shows it."""

    kind: Literal["words", "sheet", "listing", "grid", "criteria", "mix", "fold"]
    view: Words | Sheet | Listing | Grid | Criteria | Mix | Fold


@dataclass(frozen=True, slots=True)
class Chapter:
    """A titled part of a dossier."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one table."""

    row: Row
    chapters: tuple[Chapter, ...]
    files: tuple[str, ...]  # of the bundle, beside the page


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands before the dossiers."""

    run: str
    lead: str
    tiles: tuple[Tile, ...]
    watch: tuple[str, ...]
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    churn: Bars
    rates: Dots | None
    audit: Sheet | None
    legend: str
