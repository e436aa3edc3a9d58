"""What generated TypeScript calls things: identifiers and file names that are safe whatever a table is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Design, Emission, TableName

from .naming import digest

_PLAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*\Z")
_FEED: Final = "Feed"
_LONGEST: Final = 60
# Files that are the same for every design, or another table's, would be called so: usePolling<Table>.ts.
_TAKEN = re.compile(r"(use|realtime)\Z|use(broadcast|changes|presence|polling)")


class Entities:
    """What the files of several designs call their tables and feeds, so that all can share a folder.

    A name is what entity_of() makes of it, or entity_of_feed(); it gets a hash where another would be the same on a
    file system that ignores case, such as those of the tables order_items and orderitems.
    """

    def __init__(self, designs: Iterable[Design]) -> None:
        subjects = dict.fromkeys(subject for design in designs for subject in _subjects(design))
        short = {subject: subject.short for subject in subjects}
        alike = Counter(name.lower() for name in short.values())
        self._names = {subject: name if alike[name.lower()] == 1 else subject.long for subject, name in short.items()}

    def of(self, table: TableName) -> str:
        """The table's name as a part of identifiers. Raises KeyError for one that no design is of."""
        return self._names[_Table(table)]

    def of_feed(self, emission: Emission) -> str:
        """The feed's name as a part of identifiers. Raises KeyError for one that no design speaks in."""
        return self._names[_feed(emission)]


@dataclass(frozen=True, slots=True)
class _Table:
    table: TableName

    @property
    def short(self) -> str:
        return entity_of(self.table)

    @property
    def long(self) -> str:
        return _hashed_table(self.table)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed as a client sees it: tenants with numbers for ids and those with uuids have two, whatever it is called."""

    label: str
    name: str
    topic: str
    event: str
    key_type: str

    @property
    def short(self) -> str:
        return _entity_of_feed(self.label, self.name)

    @property
    def long(self) -> str:
        facts = (self.label, self.name, self.topic, self.event, self.key_type)
        return _hashed(_feed_words(self.label, self.name), *facts) + _FEED


def _feed(emission: Emission) -> _Feed:
    scope = emission.scope
    return _Feed(scope.label, emission.feed or "", emission.topic, emission.event, scope.key_type)


def _subjects(design: Design) -> Iterator[_Table | _Feed]:
    yield _Table(design.table)
    yield from (_feed(emission) for emission in design.emissions if emission.feed)


def entity_of(table: TableName) -> str:
    """A table's name as a part of identifiers: plain where that tells it from all others, else with a hash.

    >>> entity_of(TableName("public", "order_items")), entity_of(TableName("public", "class"))
    ('OrderItems', 'Class')
    >>> entity_of(TableName("public", "order-items"))
    'OrderItems_f61c22e9'
    """
    if table.schema == "public" and _is_plain(table.name):
        return _pascal(table.name)
    return _hashed_table(table)


def _hashed_table(table: TableName) -> str:
    readable = table.name if table.schema == "public" else f"{table.schema}_{table.name}"
    return _hashed(readable, table.schema, table.name)


def entity_of_feed(emission: Emission) -> str:
    """A feed's name as a part of identifiers; all tables of a feed that share a topic share the name.

    >>> from realtime_advisor.model import Scope, ScopeKind
    >>> scope = Scope(ScopeKind.TENANT, "tenant", None, ("tenant_id",), "uuid")
    >>> entity_of_feed(Emission(scope, "dashboard", "tenant:<id>:dashboard", "stats", (), (), feed="dashboard"))
    'DashboardFeed'
    """
    return _entity_of_feed(emission.scope.label, emission.feed or "")


def _entity_of_feed(label: str, name: str) -> str:
    words = _feed_words(label, name)
    return (_pascal(words) if _is_plain(words) else _hashed(words, label, name)) + _FEED


def _feed_words(label: str, name: str) -> str:
    return name if label == "tenant" else f"{label}_{name}"


def camel(entity: str) -> str:
    """The same for the start of an identifier.

    >>> camel("OrderItems")
    'orderItems'
    """
    return entity[0].lower() + entity[1:]


def _is_plain(name: str) -> bool:
    is_free = not name.endswith("_feed") and not _TAKEN.match(name.replace("_", ""))
    return bool(_PLAIN.match(name)) and is_free and len(name) <= _LONGEST


def _pascal(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[0].upper() + word[1:] for word in words)


def _hashed(readable: str, *facts: str) -> str:
    word = _pascal(readable)[:_LONGEST]
    start = word if word[:1].isalpha() else f"Table{word}"
    return f"{start}_{digest(*facts)}"
