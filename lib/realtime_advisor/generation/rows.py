"""One message for each row, with the row itself: where that may be, and the trigger function that sends it."""

from __future__ import annotations

from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Catalog, Decision, Design, Emission, Finding, Table

from .collecting import compared_row
from .entitlement import needs_encoding
from .naming import room_for_id
from .payload import most_bytes, why_not_sent
from .quoting import quote_ident, quote_literal
from .rendering import Fragment, Remark, Value, fragment
from .topics import ACTION, topic_expression
from .watching import Watched

ROW: Final = "row"
# Criteria of the matrix that speak of volume, and so against a message for each row.
_VOLUME: Final = ("high_volume", "bulk_writes")


def with_rows(decision: Decision, catalog: Catalog, table: Table, emissions: tuple[Emission, ...]) -> tuple[str, ...]:
    """The columns that the messages carry: all. Raises BadInput where whole rows must not, or need not, be sent."""
    problem = _why_not(decision, table, emissions) or _children(catalog, table)
    if problem:
        raise BadInput(problem)
    return tuple(column.name for column in table.columns)


def disclosures(decision: Decision, table: Table) -> tuple[str, ...]:
    """Sentences on what whole rows tell, and what they cost."""
    columns = ", ".join(column.name for column in table.columns)
    volume = {finding.criterion: finding.holds for finding in decision.findings}
    unknown = [name for name in _VOLUME if volume.get(name) is None]
    return (
        f"every listener is sent whole rows, as they are and as they were: {columns}, and every column added later.",
        "each row is a message of its own: many rows in one statement take about ten times as long to write, and all "
        "of them count as messages.",
        *(["how many rows are written was not measured: measure before this is applied."] if unknown else []),
    )


def row_function(design: Design, watched: Watched, comment: str) -> Fragment:
    """CREATE FUNCTION of the trigger that tells each row to its scope."""
    (emission,) = design.emissions
    values: dict[str, Value] = {
        "purpose": Remark((f"Tells of {design.table}: each row that changes, to its scope, with the row itself.",)),
        "function": watched.function,
        "most_rows": Fragment(str(design.most_topics)),
        "now": compared_row(design, watched, "new"),
        "before": compared_row(design, watched, "old"),
        "old_id": Fragment(_id(emission, "old")),
        "new_id": Fragment(_id(emission, "new")),
        "room": _room(emission),
        "table": str(watched.table),
        "most_bytes": Fragment(str(most_bytes())),
        "old_topic": Fragment(topic_expression(emission.topic, "old_id")),
        "new_topic": Fragment(topic_expression(emission.topic, "new_id")),
        "name": watched.table.name,
        "schema": watched.table.schema,
        "comment": comment,
        **{action: Fragment(quote_literal(emission.event.replace(ACTION, action))) for action in _ACTIONS},
    }
    return fragment("row_function", values)


_ACTIONS: Final = ("created", "updated", "deleted")


def _why_not(decision: Decision, table: Table, emissions: tuple[Emission, ...]) -> str | None:
    for finding in decision.findings:
        if finding.criterion in _VOLUME and finding.holds:
            return _too_busy(table, finding)
    (emission, *others) = emissions
    if others or emission.feed:
        return f"{table.name} is in a feed, which names no row: leave it out of the feed to send whole rows."
    if emission.scope.path:
        return (
            f"{table.name} finds its {emission.scope.label} through {emission.scope.path[0].references}, and a row is "
            "sent by a column of its own only: choose another scope or granularity."
        )
    if "truncate" in emission.operations:
        return f"TRUNCATE of {table.name} names no rows: leave it out of the operations to send whole rows."
    broken = [column.name for column in table.columns if quote_ident(column.name).startswith("U&")]
    if broken:
        return (
            f"{table.name} has a column whose name holds a line break, which plpgsql does not find in a row: rename it."
        )
    return why_not_sent(table, emission.scope, tuple(column.name for column in table.columns))


def _children(catalog: Catalog, table: Table) -> str | None:
    children = [each.name for each in catalog if table.name in each.inherits]
    if not children:
        return None
    return f"{children[0]} inherits from {table.name}, whose row triggers its rows do not fire: choose 'statement'."


def _too_busy(table: Table, finding: Finding) -> str:
    return (
        f"{table.name} is too busy for a message with each row ({finding.sentence}: {finding.evidence.value} "
        f"{finding.evidence.unit}, {finding.operator} {finding.threshold}): choose the granularity 'statement', and "
        "columns for what a client needs at once."
    )


def _id(emission: Emission, row: str) -> str:
    text = f"{row}.{quote_ident(emission.scope.columns[0])}::text"
    return f"realtime_advisor.encode_id({text})" if needs_encoding(emission.scope.key_type) else text


def _room(emission: Emission) -> Fragment:
    if not needs_encoding(emission.scope.key_type):
        return Fragment("")
    return Fragment("\n" + fragment("row_room", {"room": Fragment(str(room_for_id(emission.topic)))}).text.strip("\n"))
