"""What was tried of a script in the sandbox, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .names import TableName


class ProofStatus(StrEnum):
    """How far a script may be trusted."""

    PROVED = "proved"
    SUBSTITUTED = "proved with substitutes"
    NOT_PROVED = "not proved"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried: what the design says must happen, and what happened.

    `holds` None: it could not be tried, and `observed` says why.
    """

    name: str  # stable: 'insert_one_row'
    sentence: str
    holds: bool | None
    expected: str
    observed: str
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether one user may do one thing on one topic: as the rows say, and as the database answers.

    `error` is what a policy raised, SQLSTATE and message.
    """

    who: str
    topic: str
    extension: str  # 'broadcast' or 'presence'
    action: str  # 'read' or 'write'
    expected: bool
    observed: bool
    error: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the database answers as the rows say, without an error."""
        return self.expected is self.observed and self.error is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it arrived in realtime.messages, `payload` as JSON without the message's own id."""

    step: str  # the name of the step that caused it
    topic: str
    event: str
    payload: str
    private: bool = True


@dataclass(frozen=True, slots=True)
class Proof:
    """One script as it was tried in the sandbox.

    `substitutes` are sentences about what of the table could only be imitated; `server_version` is the sandbox's, None
    where nothing ran. `join_milliseconds` is the median time of the entitlement for one join at 100,000 memberships.
    """

    table: TableName
    status: ProofStatus
    reason: str  # one sentence: what was proved on what, or why it is not proved
    steps: tuple[Step, ...] = ()
    cells: tuple[Cell, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    substitutes: tuple[str, ...] = ()
    server_version: str | None = None
    join_milliseconds: float | None = field(default=None, compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def failures(self) -> tuple[Step, ...]:
        """The steps that do not hold."""
        return tuple(step for step in self.steps if step.holds is False)


@dataclass(frozen=True, slots=True)
class WholeProof:
    """The migration of a whole schema as it was tried in the sandbox, on all its tables together."""

    holds: bool
    reason: str  # what was proved on what, or why it is not proved
    steps: tuple[Step, ...] = ()
    server_version: str | None = None
