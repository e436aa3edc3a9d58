"""Patterns of topics and events: what may stand in one, and the text that it makes for an emission.

A pattern of a topic is words between colons, of which some are placeholders. As no word that is put in can hold a
colon, a topic is read back in one way only, and equal topics of one pattern are of one scope, id and table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Feed

from .naming import LONGEST_TOPIC, topic_word
from .quoting import quote_literal

ID: Final = "<id>"
PRESENCE: Final = "presence"  # the entity of a scope's presence topic, and of nothing else
ACTION: Final = "<action>"
_PLACEHOLDERS: Final = ("{scope}", "{id}", "{entity}")
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]+\Z")
_LONGEST_EVENT: Final = 255  # bytes: Realtime's binary frames count an event's bytes in one byte
_LEAST_ROOM: Final = 36  # bytes for an id: a uuid


def checked_topic(pattern: str) -> str:
    """The pattern. Raises BadInput unless each placeholder is there once, as a word of its own.

    >>> checked_topic("app:{entity}:{scope}:{id}")
    'app:{entity}:{scope}:{id}'
    """
    words = pattern.split(":")
    if any(words.count(placeholder) != 1 for placeholder in _PLACEHOLDERS):
        raise BadInput(
            f"The topic pattern {pattern!r} needs {{scope}}, {{id}} and {{entity}} once each, between colons: without "
            "one of them, topics of two tables, scopes or ids would be one."
        )
    if not all(word in _PLACEHOLDERS or _WORD.match(word) for word in words):
        raise BadInput(
            f"The topic pattern {pattern!r} has a word that is neither a placeholder nor made of letters, digits, "
            "'_', '.' and '-': write it in those."
        )
    return pattern


def checked_event(pattern: str) -> str:
    """The pattern. Raises BadInput unless its placeholders are {entity} and {action}, each at most once, one at least.

    >>> checked_event("{action}")
    '{action}'
    """
    literal = pattern.replace("{entity}", "", 1).replace("{action}", "", 1)
    if literal == pattern or not re.fullmatch(r"[A-Za-z0-9_.:-]*", literal):
        raise BadInput(
            f"The event pattern {pattern!r} needs {{entity}}, {{action}} or both, once each, and beside them only "
            "letters, digits, '_', '.', ':' and '-'."
        )
    return pattern


def checked_feeds(feeds: Sequence[Feed]) -> Sequence[Feed]:
    """The feeds. Raises BadInput for one that would speak where clients track."""
    if any(feed.name == PRESENCE for feed in feeds):
        raise BadInput(
            f"The feed {PRESENCE} would speak on the topic on which Presence is tracked: give it another name."
        )
    return feeds


def make_topic(pattern: str, label: str, entity: str) -> str:
    """The topic with `<id>` for the key. Raises BadInput where it leaves no room for a uuid.

    >>> make_topic("{scope}:{id}:{entity}", "tenant", "documents")
    'tenant:<id>:documents'
    """
    words = {"{scope}": topic_word(label), "{id}": ID, "{entity}": entity}
    topic = ":".join(words.get(word, word) for word in pattern.split(":"))
    if len(topic.encode()) - len(ID) + _LEAST_ROOM > LONGEST_TOPIC:
        raise BadInput(f"The topic {topic} leaves no room for an id within {LONGEST_TOPIC} bytes: shorten the pattern.")
    return topic


def make_event(pattern: str, entity: str) -> str:
    """The event with `<action>` for what happened. Raises BadInput where it is longer than an event may be.

    >>> make_event("{entity}_{action}", "documents")
    'documents_<action>'
    """
    event = pattern.replace("{entity}", entity).replace("{action}", ACTION)
    if len(event.replace(ACTION, "created").encode()) > _LONGEST_EVENT:
        raise BadInput(f"The event {event} is longer than {_LONGEST_EVENT} bytes: shorten the pattern.")
    return event


def action_of(operation: str) -> str:
    """What an event says of an operation.

    >>> action_of("insert"), action_of("update"), action_of("truncate")
    ('created', 'updated', 'deleted')
    """
    return {"insert": "created", "update": "updated"}.get(operation, "deleted")


def around_id(pattern: str, label: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words before the id and those behind it, with `{entity}` where a topic names it.

    >>> around_id("{scope}:{id}:{entity}", "tenant")
    (('tenant',), ('{entity}',))
    """
    words = tuple(topic_word(label) if word == "{scope}" else word for word in pattern.split(":"))
    at = words.index("{id}")
    return words[:at], words[at + 1 :]


def entity_place(pattern: str) -> int:
    """Which word of a topic is the entity, the first being 1.

    >>> entity_place("{scope}:{id}:{entity}")
    3
    """
    return pattern.split(":").index("{entity}") + 1


def topic_expression(topic: str, key: str) -> str:
    """The topic as SQL, with an expression of a text in the place of `<id>`.

    >>> print(topic_expression("tenant:<id>:documents", "told.id::text"))
    'tenant:' || told.id::text || ':documents'
    """
    before, _, behind = topic.partition(ID)
    return " || ".join(
        [*([quote_literal(before)] if before else []), key, *([quote_literal(behind)] if behind else [])]
    )
