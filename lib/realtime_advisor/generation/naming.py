"""Names of the objects that a script creates, and words of a topic: stable, within limits, without collision."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from realtime_advisor.model import TableName

from .quoting import LONGEST_IDENTIFIER

# Bytes. Realtime's binary frames count a topic's bytes in one byte, and put "realtime:" before it.
LONGEST_TOPIC: Final = 255 - len("realtime:")
_LONGEST_WORD: Final = 80

_PLAIN = re.compile(r"[a-z][a-z0-9_]*\Z")
_HASHED = re.compile(r"_[0-9a-f]{8}\Z")


def object_name(prefix: str, *tables: TableName) -> str:
    """A name for what serves these tables: plain where that is unambiguous, else with a hash of their full names.

    >>> object_name("broadcast", TableName("public", "notifications"))
    'broadcast_notifications'
    >>> object_name("broadcast", TableName("sales", "Order Items"))
    'broadcast_sales_order_items_1eb18f58'
    """
    words = [word for table in tables for word in (table.schema, table.name) if word != "public"]
    name = "_".join([prefix, *words])
    is_plain = len(tables) == 1 and len(words) == 1 and tables[0].schema == "public" and _PLAIN.match(words[0])
    if is_plain and not _HASHED.search(name) and len(name) <= LONGEST_IDENTIFIER:
        return name
    return hashed_name(name, *(part for table in tables for part in (table.schema, table.name)))


def hashed_name(readable: str, *facts: str) -> str:
    """A name that tells `facts` apart by a hash, and is readable as far as 63 bytes allow."""
    slug = re.sub(r"[^a-z0-9_]+", "_", readable.lower())[: LONGEST_IDENTIFIER - 9]
    return f"{slug}_{digest(*facts)}"


def digest(*facts: str) -> str:
    """Eight hexadecimal digits that stand for these facts, in this order."""
    return sha256("\0".join(facts).encode()).hexdigest()[:8]


def topic_word(text: str) -> str:
    """A name as one word of a topic: what is no letter, digit, `_`, `-` or `.` is percent-encoded, as in an address.

    What is longer than 80 bytes ends in a hash instead, so that an id has room: a topic is at most 246 bytes.
    So a word never holds the `:` that separates words, and a topic is read back in one way only.

    >>> topic_word("notifications"), topic_word("a:b 50%")
    ('notifications', 'a%3Ab%2050%25')
    """
    word = re.sub(r"[^\w.-]", lambda odd: "".join(f"%{byte:02X}" for byte in odd[0].encode()), text)
    if len(word.encode()) <= _LONGEST_WORD and not _HASHED.search(word):
        return word
    cut = word.encode()[: _LONGEST_WORD - 9].decode(errors="ignore")
    return f"{cut}_{digest(text)}"


def encode_id(key: str) -> str:
    """A key's text as a word of a topic, as the database and a client encode it.

    >>> encode_id("a-b_c.d~"), encode_id("50%:é")
    ('a-b_c.d~', '50%25%3A%C3%A9')
    """
    return quote(key, safe="")


def room_for_id(topic: str) -> int:
    """How many bytes of the longest topic `<id>` may take.

    >>> room_for_id("tenant:<id>:documents")
    229
    """
    return LONGEST_TOPIC - len(topic.replace("<id>", "").encode())


def outbox_name(table: TableName) -> str:
    """The table that keeps what a transaction has to tell of this table."""
    return object_name("outbox", table)


def policy_name(subject: str, mark: str) -> str:
    """The name of a policy: readable as far as 63 bytes allow, and told apart by a mark, or by a hash of both.

    >>> policy_name("user:<id>:notifications", "0a1b2c3d")
    'realtime_advisor user:<id>:notifications 0a1b2c3d'
    """
    name = f"realtime_advisor {subject} {mark}"
    if len(name.encode()) <= LONGEST_IDENTIFIER:
        return name
    cut = name.encode()[: LONGEST_IDENTIFIER - 9].decode(errors="ignore")
    return f"{cut}_{digest(subject, mark)}"
