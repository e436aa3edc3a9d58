"""What generated TypeScript calls things: identifiers and file names that are safe whatever a table is called."""

from __future__ import annotations

import re
from typing import Final

from realtime_advisor.model import Emission, TableName

from .naming import digest

_PLAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*\Z")
_FEED: Final = "Feed"
_LONGEST: Final = 60


def entity_of(table: TableName) -> str:
    """A table's name as a part of identifiers: plain where that tells it from all others, else with a hash.

    >>> entity_of(TableName("public", "order_items")), entity_of(TableName("public", "class"))
    ('OrderItems', 'Class')
    >>> entity_of(TableName("public", "order-items"))
    'OrderItems_f61c22e9'
    """
    if table.schema == "public" and _is_plain(table.name):
        return _pascal(table.name)
    readable = table.name if table.schema == "public" else f"{table.schema}_{table.name}"
    return _hashed(readable, table.schema, table.name)


def entity_of_feed(emission: Emission) -> str:
    """A feed's name as a part of identifiers; all tables of a feed that share a topic share the name.

    >>> from realtime_advisor.model import Scope, ScopeKind
    >>> scope = Scope(ScopeKind.TENANT, "tenant", None, ("tenant_id",), "uuid")
    >>> entity_of_feed(Emission(scope, "dashboard", "tenant:<id>:dashboard", "stats", (), (), feed="dashboard"))
    'DashboardFeed'
    """
    name, label = emission.feed or "", emission.scope.label
    words = name if label == "tenant" else f"{label}_{name}"
    if _is_plain(words):
        return _pascal(words) + _FEED
    return _hashed(words, label, name) + _FEED


def camel(entity: str) -> str:
    """The same for the start of an identifier.

    >>> camel("OrderItems")
    'orderItems'
    """
    return entity[0].lower() + entity[1:]


def _is_plain(name: str) -> bool:
    return bool(_PLAIN.match(name)) and not name.endswith("_feed") and len(name) <= _LONGEST


def _pascal(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[0].upper() + word[1:] for word in words)


def _hashed(readable: str, *facts: str) -> str:
    word = _pascal(readable)[:_LONGEST]
    start = word if word[:1].isalpha() else f"Table{word}"
    return f"{start}_{digest(*facts)}"
