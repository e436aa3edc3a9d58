"""The second opinion: who may listen to what, computed from the rows. It shares nothing with the SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from realtime_advisor.model import Condition, Emission, Entitlement, Hop, TableName

from .values import is_plain

Row = Mapping[str, str | None]

_LONGEST_TOPIC = 246  # bytes that reach a client


class Rows:
    """All rows at one moment, found by their keys."""

    def __init__(self, tables: Mapping[TableName, Sequence[Row]]) -> None:
        self.tables = tables
        self._found: dict[tuple[TableName, tuple[str, ...]], dict[tuple[str | None, ...], Row]] = {}

    def find(self, table: TableName, columns: tuple[str, ...], wanted: tuple[str | None, ...]) -> Row | None:
        """The row that has these values; none is found by a NULL."""
        if (table, columns) not in self._found:
            rows = self.tables[table]
            self._found[table, columns] = {tuple(row[column] for column in columns): row for row in rows}
        return None if None in wanted else self._found[table, columns].get(wanted)


def topic_of(emission: Emission, key: str | None) -> str | None:
    """The topic of one scope; None where there is none, or it is too long to reach anybody."""
    if key is None:
        return None
    word = key if is_plain(emission.scope.key_type) else quote(key, safe="")
    topic = emission.topic.replace("<id>", word)
    return topic if len(topic.encode()) <= _LONGEST_TOPIC else None


def listeners(emission: Emission, key: str, rows: Rows) -> frozenset[str]:
    """The subs that may listen to the scope of that key; an empty one is nobody's."""
    return _subs(emission, key, rows) - {""}


def _subs(emission: Emission, key: str, rows: Rows) -> frozenset[str]:
    entitlement = emission.scope.entitlement
    if entitlement is None:
        return frozenset()
    if entitlement.kind == "self":
        return frozenset({key})
    if entitlement.membership is None or entitlement.user_column is None:
        return frozenset()
    wanted = _tenant_keys(emission, key, rows)
    members = (
        row
        for row in rows.tables[entitlement.membership]
        if tuple(row[column] for column in entitlement.scope_columns) in wanted
        and all(counts(row, condition) for condition in entitlement.conditions)
    )
    return frozenset(sub for row in members if (sub := sub_of(row, entitlement, rows)) is not None)


def sub_of(member: Row, entitlement: Entitlement, rows: Rows) -> str | None:
    """The `sub` of whom a membership's row makes a member; None where no token has it."""
    if entitlement.login is None or entitlement.login_column is None:
        return member[entitlement.user_column or ""]
    user = parent_of(member, entitlement.login, rows)
    return user[entitlement.login_column] if user else None


def counts(row: Row, condition: Condition, now: datetime | None = None) -> bool:
    """Whether one condition holds of a membership's row; of a NULL it does not, save where it asks for one."""
    text = row[condition.column]
    if condition.test == "null" or text is None:
        return condition.test == "null" and text is None
    if condition.test in ("past", "future"):
        is_past = datetime.fromisoformat(text).replace(tzinfo=UTC) < (now or datetime.now(UTC))
        return is_past is (condition.test == "past")
    if condition.test in ("true", "false"):
        return text == condition.test
    return condition.test == "not null" or (condition.test == "in" and text in condition.values)


def _tenant_keys(emission: Emission, key: str, rows: Rows) -> set[tuple[str | None, ...]]:
    """What the membership must pair with a user for the user to hear of the scope of that key."""
    entitlement = emission.scope.entitlement
    if entitlement is None or not entitlement.path or emission.scope.principal is None:
        return {(key,)}
    at = [row for row in rows.tables[emission.scope.principal] if row[emission.principal_key or ""] == key]
    for hop in entitlement.path[:-1]:
        at = [parent for row in at if (parent := parent_of(row, hop, rows))]
    last = entitlement.path[-1].columns
    return {keys for row in at if None not in (keys := tuple(row[column] for column in last))}


def parent_of(row: Row, hop: Hop, rows: Rows) -> Row | None:
    """The row that a foreign key leads to."""
    return rows.find(hop.references, hop.referenced_columns, tuple(row[column] for column in hop.columns))
