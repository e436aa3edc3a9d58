"""What a decision turns into: emissions, a design, a script; and the advice that holds a whole run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .audit import Audit
from .catalog import Server
from .churn import DatabaseChurn
from .decision import Decisions, Option, Scope
from .names import ByTable, TableName
from .proof import Proof, WholeProof

# One message for each distinct scope of a statement; the same, inserted at once where there are many; or of a
# transaction. Or one for each row, with the row itself: only where the architect asks for it.
GRANULARITIES: Final = ("statement", "statement, set-based", "transaction", "row")
# A topic has each of these once, as a word of its own; an event has one of its two at least.
TOPIC_PATTERN: Final = "{scope}:{id}:{entity}"
EVENT_PATTERN: Final = "{entity}_{action}"
# What was watched where no database was named.
WORKSHOP_TRAFFIC: Final = "workshop traffic"


@dataclass(frozen=True, slots=True)
class Feed:
    """Tables whose changes are told on one topic with one event: `tenant:<id>:dashboard`, `stats_invalidated`."""

    name: str
    event: str
    tables: tuple[TableName, ...]


@dataclass(frozen=True, slots=True)
class FeedProposal:
    """Tables of one kind of tenant whose screens would rather count than list: a feed, once somebody names it."""

    label: str  # the word that opens the feed's topic
    tables: tuple[TableName, ...]
    reasons: tuple[str, ...]  # a sentence for each table, in their order

    def named(self, name: str, event: str) -> Feed:
        """The feed, as design() takes it."""
        return Feed(name, event, self.tables)


@dataclass(frozen=True, slots=True)
class Emission:
    """One kind of message: to `topic` (with `<id>` for the scope's key), when `operations` change `watched` columns.

    `event` carries `<action>` where it differs by operation: created, updated, deleted. `principal_key` is the column
    of the scope's principal that holds the key, where the entitlement's path starts at that table.
    """

    scope: Scope
    entity: str
    topic: str
    event: str
    operations: tuple[str, ...]  # of insert, update, delete, truncate
    watched: tuple[str, ...]  # an update that changes none of these, nor key nor scope, says nothing
    feed: str | None = None
    principal_key: str | None = None
    columns: tuple[str, ...] = ()  # that the payload carries when one row changed, beside record_id; opt-in
    pattern: str = TOPIC_PATTERN  # that made the topic, and by which a policy reads it


@dataclass(frozen=True, slots=True)
class ChangesToday:
    """How a table stands in Postgres Changes before anything is changed."""

    published: bool  # in supabase_realtime, itself or through its partitions
    by_name: bool | None = None  # whether the publication names it; None: not read
    others: tuple[str, ...] = ()  # other publications that send it
    replica_identity: str = "default"
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """How one table speaks: what its triggers send, and what a client subscribes to.

    `gaps` are sentences about what is not told; `refusal` says why there is no SQL. `column_types` has the types of the
    columns that the triggers compare, by table and name.
    """

    table: TableName
    option: Option
    emissions: tuple[Emission, ...]
    granularity: str  # one of GRANULARITIES
    primary_key: tuple[str, ...]
    changes_filter: str | None = None  # Postgres Changes: 'thread_id=eq.<id>'
    changes_events: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    refusal: str | None = None
    reasons: tuple[str, ...] = ()
    column_types: tuple[tuple[TableName, str, str], ...] = ()
    most_topics: int = 200  # of one statement, or transaction; above it nothing is sent
    generated: tuple[tuple[TableName, str], ...] = ()  # of the columns that triggers read: an installation checks them
    partitioned: tuple[TableName, ...] = ()  # of the tables with triggers, those whose partitions need their own
    today: ChangesToday | None = None
    wants_full_identity: bool = False  # Postgres Changes: DELETE passes the filter only with replica identity full
    presence: Emission | None = None  # Presence: the topic that clients track on; nothing is sent to it
    notes: tuple[str, ...] = ()  # what the operator should look at: missing indexes, policies that void ours
    clients_send: bool = False  # whether members of the scope may broadcast on the table's own topic; denied by default
    override: str | None = None  # why the architect decided the option against the evidence, or with it
    is_undecided: bool = False  # no realtime for want of an answer: what tells of the table today is left as it is

    def type_of(self, table: TableName, column: str) -> str:
        """The type of a column that the triggers compare. Raises KeyError."""
        for name, found, type_name in self.column_types:
            if (name, found) == (table, column):
                return type_name
        raise KeyError(f"{table}.{column}")


@dataclass(frozen=True, slots=True)
class Script:
    """The SQL of one design: each step of `up` is a transaction of its own, the policies alone in the last."""

    design: Design
    functions: str
    triggers: str
    policies: str
    down: str
    check: str
    cutover: str = ""  # from what tells of the table today, in the order that loses nothing

    @property
    def up(self) -> str:
        """All steps of the installation, in order, as one file that psql runs."""
        return "\n".join(step for step in (self.functions, self.triggers, self.policies) if step)


@dataclass(frozen=True, slots=True)
class Migration:
    """The SQL of a whole schema at once; its steps are those of a Script, the triggers' a transaction a table.

    `left_out` are the tables that have no SQL here, each with the sentence that says why.
    """

    designs: tuple[Design, ...]
    functions: str
    triggers: str
    policies: str
    down: str
    check: str
    left_out: tuple[tuple[TableName, str], ...] = ()

    @property
    def up(self) -> str:
        """All steps of the installation, in order, as one file that psql runs."""
        return "\n".join(step for step in (self.functions, self.triggers, self.policies) if step)


@dataclass(frozen=True, slots=True)
class Place:
    """Which database was looked at, for whoever asks to be told; no role, no secret."""

    database: str
    host: str | None  # 'db.example.com:5432'; None: what was recorded does not say


@dataclass(frozen=True)
class Advice:
    """One run: what was observed, decided and generated."""

    server: Server
    churn: DatabaseChurn
    window: str  # 'measured', 'since reset', 'recorded', or WORKSHOP_TRAFFIC
    decisions: Decisions
    designs: ByTable[Design]
    scripts: ByTable[Script]
    audit: Audit | None = None  # today's set-up; None where it was not read
    proofs: ByTable[Proof] = field(default_factory=lambda: ByTable({}))  # of the scripts, where they were tried
    whole: WholeProof | None = None  # of all scripts as one migration; None where it was not tried
    place: Place | None = None  # shown only where that is asked for; None for the workshop database

    def __repr__(self) -> str:
        counts = ", ".join(f"{option.value} {self.decisions.count(option)}" for option in Option)
        return f"Advice({len(self.decisions)} tables: {counts})"
