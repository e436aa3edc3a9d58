"""What every check is given: the script, the rows and the stage; and how it reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.model import Cell, Delivery, Design, Emission, RelationKind, Script, TableName

from .copies import Costs
from .entitled import Row, Rows
from .expected import Change, Message, messages, written
from .skeleton import SOURCE, Skeleton, holder, principal_column
from .stage import Stage
from .world import PEOPLED, World

_SHOWN = 4


@dataclass(frozen=True)
class Outcome:
    """What a check expected and saw; `holds` None: it could not be tried, and `observed` says why."""

    expected: str
    observed: str
    holds: bool | None


@dataclass
class Scene:
    """One script in its own copy, with what the checks leave for the report."""

    script: Script
    skeleton: Skeleton
    world: World
    stage: Stage
    deliveries: list[Delivery] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    join_milliseconds: float | None = None
    sampled: dict[str, list[str]] | None = None  # in place: the scopes' keys that rows were found of, by topic
    before: frozenset[str] = frozenset()  # the catalogue without the script, a line for each object
    _json: dict[tuple[str, str | None], object] = field(default_factory=dict)
    costs: Costs = field(default_factory=dict)  # of joins that were measured already
    functions_before: list[int] = field(default_factory=list)  # their oids

    @property
    def design(self) -> Design:
        return self.script.design

    @property
    def table(self) -> TableName:
        return self.script.design.table

    @property
    def version(self) -> int:
        return self.stage.connection.info.server_version // 10000

    def scope_keys(self, emission: Emission) -> list[str]:
        """The keys of the emission's scopes that somebody is a member of."""
        if self.sampled is not None:
            return self.sampled[emission.topic]
        return [self.scope_key(emission, number) for number in range(PEOPLED)]

    def scope_key(self, emission: Emission, number: int) -> str:
        """The key of the emission's scope in that slice."""
        column = principal_column(self.design, emission, self.skeleton.tables)
        if emission.scope.principal is not None and column:
            return self.world.key((emission.scope.principal, column), number)
        return self.world.key((holder(self.design, emission), emission.scope.columns[0]), number)

    def as_json(self, row: Row, columns: Iterable[str]) -> dict[str, object]:
        """Some columns of a row of the design's own table, as Postgres writes them in JSON.

        What Postgres makes of a generated one is not known here: it stands as NULL, as in what is compared.
        """
        found: dict[str, object] = {}
        for name in columns:
            fact = name, None if name in self._generated else row.get(name)
            if fact not in self._json:
                self._json[fact] = self._as_json(*fact)
            found[name] = self._json[fact]
        return found

    def _as_json(self, name: str, text: str | None) -> object:
        """NULL of the column's type, joined with a row that has the text: so nothing here names the type."""
        table = Identifier(self.table.schema, self.table.name)
        statement = SQL(
            "select to_jsonb(made.value) from (select {column} as value from {table} where false"
            " union all select {text}) as made"
        ).format(column=Identifier(name), table=table, text=Literal(text))
        return self.stage.ask(statement)[0][0]

    @property
    def _generated(self) -> set[str]:
        return {column.name for column in self.skeleton.own.columns if column.generated}

    @property
    def tells_rows_in_any_order(self) -> bool:
        """Whether it is Postgres that chooses which rows are told before the cap: it goes partition by partition."""
        return self.design.granularity == "row" and self.skeleton.own.kind is RelationKind.PARTITIONED

    @property
    def referring(self) -> set[TableName]:
        """The tables of the skeleton that refer to the design's own, itself included where it does."""
        tables = self.skeleton.tables.values()
        return {table.name for table in tables for key in table.foreign_keys if key.references == self.table}

    def rows_after(self, changes: Iterable[Change] = (), more: Mapping[TableName, Sequence[Row]] | None = None) -> Rows:
        """All rows as they are after these statements, with `more` than the world's own."""
        after = {name: [*rows, *(more or {}).get(name, ())] for name, rows in self.world.rows.items()}
        for change in changes:
            gone = {id(old) for old, _ in change.pairs}
            came = [new for _, new in change.pairs if new is not None]
            after[change.table] = [row for row in after[change.table] if id(row) not in gone] + came
        return Rows(after)

    def compare(self, step: str, *changes: Change, more: Mapping[TableName, Sequence[Row]] | None = None) -> Outcome:
        """Whether exactly what the design says of these statements was sent, and no warning came."""
        sent = self.stage.deliveries(step)
        self.stage.connection.execute("set local timezone = 'UTC'")  # in which a trigger writes times
        after = self.rows_after(changes, more)
        wanted = messages(self.design, changes, after, self.as_json)
        self.deliveries += [delivery for delivery, _ in sent[:20]]
        seen = [(delivery.topic, delivery.event, self._comparable(delivery.payload)) for delivery, _ in sent]
        faults = sorted({fault for _, fault in sent if fault})
        trouble = [*faults, *(f"warning: {warning}" for warning in dict.fromkeys(self.stage.warnings))]
        holds = self._is_what_was_wanted(seen, wanted, changes, after) and not trouble
        return Outcome(described(wanted), "; ".join([described(seen), *trouble]), holds)

    def _is_what_was_wanted(
        self, seen: Sequence[Message], wanted: Sequence[Message], changes: Sequence[Change], after: Rows
    ) -> bool:
        if Counter(wanted) == Counter(seen) or not self.tells_rows_in_any_order:
            return Counter(wanted) == Counter(seen)
        crossing = [part for change in changes for part in _across_partitions(change)]
        if Counter(seen) == Counter(messages(self.design, crossing, after, self.as_json)):
            return True
        uncapped = replace(self.design, most_topics=sum(len(change.pairs) for change in changes))
        return len(seen) == len(wanted) and Counter(seen) <= Counter(messages(uncapped, changes, after, self.as_json))

    def _comparable(self, payload: str) -> str:
        """The payload without the imitation's own column, and with NULL for what Postgres generated."""
        generated = self._generated
        if not generated:
            return payload
        parts = json.loads(payload)
        for row in (parts.get("record"), parts.get("old_record")):
            if isinstance(row, dict):
                row.pop(SOURCE, None)
                row.update(dict.fromkeys(generated & row.keys()))
        return written(parts)


Check = Callable[[Scene], Outcome]


def _across_partitions(change: Change) -> tuple[Change, ...]:
    """What the triggers of rows see of an UPDATE that moves its rows to another partition: they go, and come."""
    if change.operation != "UPDATE":
        return (change,)
    gone = Change(change.table, "DELETE", tuple((old, None) for old, _ in change.pairs))
    return gone, Change(change.table, "INSERT", tuple((None, new) for _, new in change.pairs))


def not_tried(why: str) -> Outcome:
    """The outcome of a check that has no subject here."""
    return Outcome("", why, None)


def described(told: Sequence[Message]) -> str:
    """Messages in a few words."""
    if not told:
        return "no message"
    lines = [f"{topic} {event} {payload}" for topic, event, payload in sorted(told)[:_SHOWN]]
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return f"{len(told)} message{'s' * (len(told) > 1)}: " + "; ".join([*lines, *more])


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The first that does not hold, else the first that does, else the first."""
    return next((one for holds in (False, True) for one in outcomes if one.holds is holds), outcomes[0])
