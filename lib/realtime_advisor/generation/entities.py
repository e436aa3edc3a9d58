"""The word of a topic that says what it is about: a table or a feed, each its own in the whole database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, Feed, RelationKind, Scope, ScopeKind, TableName

from .naming import digest, topic_word
from .topics import PRESENCE

TRIGGERABLE: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


@dataclass(frozen=True, slots=True)
class Entity:
    """The word, and why it is not the table's name alone, where that has to be said."""

    word: str
    reason: str | None = None


def entity_of_feed(feed: Feed) -> Entity:
    """The feed's name."""
    return Entity(topic_word(feed.name))


def entity_of_table(catalog: Catalog, name: TableName, scope: Scope, feeds: Sequence[Feed]) -> Entity:
    """The table's name, with its schema where the name alone is another topic's: topics must not be shared.

    A client has one channel for a topic, and a policy opens it to whoever may listen to either.
    """
    taken = {PRESENCE: "clients track Presence there"}
    if scope.kind is ScopeKind.TENANT:  # feeds are of tenants
        taken |= {feed.name: f"the feed {feed.name} speaks there" for feed in feeds}
    full = f"{name.schema}.{name.name}"
    word = topic_word(full)
    if full in taken or _is_called(catalog, name, full):
        word = topic_word(f"{full}_{digest(name.schema, name.name)}")
    if name.name in taken:
        plain = topic_word(name.name)
        return Entity(word, f"Its topic says {word}, for that of {plain} is taken: {taken[name.name]}.")
    if _has_namesake(catalog, name) or _is_called(catalog, name, name.name):
        return Entity(word)
    return Entity(topic_word(name.name))


def _has_namesake(catalog: Catalog, name: TableName) -> bool:
    namesakes = [other for other in catalog.namesakes.get(name.name, ()) if other != name]
    return any(catalog[other].kind in TRIGGERABLE for other in namesakes)


def _is_called(catalog: Catalog, name: TableName, text: str) -> bool:
    """Whether another table is called so, with its schema: a name may hold a dot."""
    schemas = ((text[:at], text[at + 1 :]) for at, letter in enumerate(text) if letter == ".")
    return any(TableName(*parts) != name and TableName(*parts) in catalog.tables for parts in schemas)
