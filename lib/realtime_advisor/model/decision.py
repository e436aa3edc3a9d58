"""Scopes, evidence, findings and the decision that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from .churn import Churn
from .names import ByTable, TableName


class Option(StrEnum):
    """How a table speaks to clients."""

    POSTGRES_CHANGES = "postgres_changes"
    BROADCAST = "broadcast"
    PRESENCE = "presence"
    NO_REALTIME = "no_realtime"


class Source(StrEnum):
    """Where a piece of evidence comes from."""

    MEASURED = "measured"
    CATALOG = "catalog"
    INFERRED = "inferred"
    ANSWERED = "answered"
    ASSUMED = "assumed"


class ScopeKind(StrEnum):
    """Who shares the rows: one user, one tenant, a container narrower than a tenant, one row, or everybody."""

    USER = "user"
    TENANT = "tenant"
    THREAD = "thread"
    RECORD = "record"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step along a foreign key, from `table` (its `columns`) to `references` (its `referenced_columns`)."""

    table: TableName
    columns: tuple[str, ...]
    references: TableName
    referenced_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a membership row for it to make a member: `test` on `column`, of the type `type_name`.

    test 'in': the column is one of `values`, written as Postgres writes them; 'null' and 'not null'; 'true' and
    'false': of a boolean; 'past' and 'future': a time before and after now().
    """

    column: str
    test: str
    values: tuple[str, ...] = ()
    type_name: str = "text"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Who may read a scope, as rows: the principal behind `id` in `principal` is reached as told here.

    kind 'self': the scope's id is the user's own id.
    kind 'membership': a row of `membership` pairs the scope (`scope_columns`) with the user (`user_column`);
    for a narrower scope, `path` first leads from the scope's own table to the tenant key that the membership holds.
    The row counts only where all `conditions` hold. Where its `user_column` does not hold the JWT's `sub`, `login`
    leads on to the user's own row, whose `login_column` does.
    `user_type` is the type of what the `sub` is compared with.
    """

    kind: str
    user_type: str
    membership: TableName | None = None
    scope_columns: tuple[str, ...] = ()
    user_column: str | None = None
    path: tuple[Hop, ...] = ()
    source: Source = Source.CATALOG
    reason: str = ""
    conditions: tuple[Condition, ...] = ()  # all of them, of the membership's row
    hides_rows: bool = False  # members hear of rows that a condition on the row hides from them, as was answered for
    login: Hop | None = None
    login_column: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows these are: `columns` hold the key, at the end of `path` (empty: in the table itself)."""

    kind: ScopeKind
    label: str  # the word that opens a topic: 'user', 'tenant', 'thread', 'project'
    principal: TableName | None  # the table whose row the key names
    columns: tuple[str, ...]
    key_type: str
    path: tuple[Hop, ...] = ()
    entitlement: Entitlement | None = None  # None: cannot be derived; `refusal` says why
    refusal: str | None = None
    source: Source = Source.CATALOG
    reason: str = ""
    notes: tuple[str, ...] = ()  # sentences on who may read the rows without hearing of them, or hears on for a while


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value and how it is known; value None is unknown."""

    value: float | bool | str | None
    unit: str
    source: Source
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScopeRates:
    """How many row changes a minute concern a subscriber: all of the table's without a filter, one scope's with it.

    Row level security may hide some of them from the subscriber; each is checked for it all the same.
    `filter` is the Postgres Changes filter that selects one scope, with `<id>` for its key; where there is none,
    `why_no_filter` is the sentence that says why.
    """

    table_per_minute: Evidence
    average_per_minute: Evidence
    hottest_per_minute: Evidence
    filter: str | None
    why_no_filter: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion evaluated for one table; `holds` None is unknown.

    `margin` is how far the value is inside (positive) or outside the criterion, in the criterion's unit.
    """

    criterion: str
    option: Option
    sentence: str
    holds: bool | None
    evidence: Evidence
    operator: str
    threshold: float | bool | str | None
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """What would turn the decision: `metric` stands at `now`; at `at` the option becomes `to`."""

    metric: str
    now: float | bool | str | None
    at: float | bool | str | None
    to: Option


@dataclass(frozen=True, slots=True)
class Choice:
    """What the architect chose of a table's design: `setting` is an argument of design(), `values` what it is given."""

    setting: str  # 'watched', 'operations', 'columns' or 'granularity'
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the architect said of a table: the answer to a question, or a choice against the evidence.

    `evidence_said` is what the evidence said then, if that was written down; `evidence_says` what it says now, of the
    option alone.
    """

    question: str
    value: float | bool | str | tuple[str, ...] | tuple[tuple[str, float], ...]  # the last: thresholds by metric
    reason: str = ""
    by: str = ""
    given_on: date | None = None
    expires: date | None = None
    evidence_said: str | None = None
    evidence_says: str | None = None
    has_expired: bool = False  # so that it does not count

    @property
    def has_moved(self) -> bool:
        """Whether the evidence says something else than when this was decided, which still counts."""
        return (
            not self.has_expired
            and None not in (self.evidence_said, self.evidence_says)
            and self.evidence_said != self.evidence_says
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict for one table, and all it stands on."""

    table: TableName
    option: Option
    runner_up: Option | None
    confidence: str  # 'high', 'medium', 'low'
    scope: Scope | None
    findings: tuple[Finding, ...]
    flips: tuple[Flip, ...]
    reasons: tuple[str, ...]  # sentences, the deciding one first
    questions: tuple[str, ...] = ()  # what would settle the unknowns
    scopes: tuple[Scope, ...] = ()  # every candidate, best first
    override: str | None = None
    rates: ScopeRates | None = None
    choices: tuple[Choice, ...] = ()  # for the design
    churn: Churn | None = field(default=None, repr=False)  # what was counted of the table; None: nothing was
    answers: tuple[Answered, ...] = ()  # by question

    @property
    def lacks_an_answer(self) -> bool:
        """Whether the table stays silent only because too little is known of it; an answer may settle that."""
        return stands_for_want_of_an_answer(self.option, self.confidence, self.questions, self.override)


def stands_for_want_of_an_answer(
    option: Option, confidence: str, questions: Sequence[str], override: str | None
) -> bool:
    """Whether a verdict, live or read back, is no realtime without evidence or the architect's word for it."""
    return option is Option.NO_REALTIME and confidence == "low" and bool(questions) and not override


class Decisions(ByTable[Decision]):
    """Decisions by table."""

    def count(self, option: Option) -> int:
        return sum(decision.option is option for decision in self.values())
