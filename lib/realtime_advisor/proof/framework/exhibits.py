"""What is tried of the framework's SQL: a question to think about before it is run, and what ought to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from realtime_advisor.errors import BadInput

from .looking import (
    may_join,
    message_id,
    reading_of,
    rows_read,
    second_installation,
    sent_by,
    sent_by_a_weak_owner,
    strangers,
)
from .room import Room

Look = Callable[[Room, str], str]
HERE: Final = files(__package__)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One fault: the framework's `blocks` that have it, what is tried, and what a reader of the design expects.

    `rule` is what the generated SQL does instead.
    """

    number: int
    title: str
    question: str
    expected: str
    rule: str
    blocks: tuple[str, ...]
    look: Look = field(repr=False)

    @property
    def sql(self) -> str:
        """The framework's SQL, word for word."""
        return "\n".join(_text(f"blocks/{block}.sql") for block in self.blocks)

    @property
    def attempt(self) -> str:
        """What is tried."""
        return _text(f"attempts/{self.number:02}.sql")

    @property
    def preparation(self) -> str:
        """What there is in the database before anything is installed, beside the framework's tables."""
        name = f"attempts/{self.number:02}.before.sql"
        return _text(name) if HERE.joinpath(name).is_file() else ""


def exhibit(number: int) -> Exhibit:
    """The exhibit of that number. Raises BadInput."""
    for each in EXHIBITS:
        if each.number == number:
            return each
    raise BadInput(f"There is no exhibit {number}. They are numbered from 1 to {len(EXHIBITS)}.")


def _text(name: str) -> str:
    return HERE.joinpath(name).read_text(encoding="utf-8")


EXHIBITS: Final = (
    Exhibit(
        1,
        "A table without its schema",
        "Ann writes a message. Who hears of it?",
        "1 message: tenant:red:dashboard",
        "Every name is qualified, and an error costs the message, not the write.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        2,
        "NEW in a DELETE",
        "The red tenant's document is deleted. Who hears of it?",
        "1 message: tenant:red:dashboard",
        "A delete looks at the old rows.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        3,
        "A row that moves",
        "A document moves from the red tenant to the blue one. Who hears of it?",
        "2 messages: tenant:red:dashboard, tenant:blue:dashboard",
        "An update tells the old scope and the new one.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        4,
        "Nothing has changed",
        "An update sets a title to what it is. Who hears of it?",
        "no message",
        "An update is told when a watched column, the key or the scope differs.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        5,
        "Twice",
        "The same files are installed a second time. What happens?",
        "it installs again",
        "Everything is replaced, or dropped if it is there.",
        ("notifications", "notifications_policy", "dashboard", "dashboard_policy", "messages"),
        second_installation,
    ),
    Exhibit(
        6,
        "Topics by prefix",
        "May Ann join a topic of her tenant that was never meant for her, admin-payroll?",
        "she may not join",
        "A topic is compared as a whole.",
        ("policies",),
        may_join("ann", "tenant:red:admin-payroll"),
    ),
    Exhibit(
        7,
        "Ids as patterns",
        "Dan's tenant is called %. May he join the dashboard of acme?",
        "he may not join",
        "Ids are compared by =, never by LIKE.",
        ("dashboard_policy",),
        may_join("dan", "tenant:acme:dashboard", "he"),
    ),
    Exhibit(
        8,
        "Two tenants",
        "Cyd works for two tenants. May Cyd join the dashboard of one of them?",
        "they may join",
        "A membership is looked up with EXISTS.",
        ("policies",),
        may_join("cyd", "tenant:red:dashboard", "they"),
    ),
    Exhibit(
        9,
        "The caller's rights",
        "The API may not read the table of users. May Ann join her own notifications?",
        "she may join",
        "Memberships are looked up with the rights of the helper's owner.",
        ("policies",),
        may_join("ann", "user:ann:notifications"),
    ),
    Exhibit(
        10,
        "A name that is taken",
        "Threads have a column called topic, which Ann may write. May she join Bob's thread?",
        "she may not join",
        "The topic is asked for by realtime.topic().",
        ("policies",),
        may_join("ann", "thread:blue thread:messages"),
    ),
    Exhibit(
        11,
        "Topics put together",
        "Ann asks for a thread that there is not, among 10,000. How many rows are read?",
        "fewer than 10 rows of message_threads are read",
        "The id is parsed out of the topic and looked up by its key.",
        ("policies",),
        rows_read("thread:nothing:messages"),
    ),
    Exhibit(
        12,
        "Extensions",
        "What of her tenant's dashboard may Ann read?",
        "broadcast",
        "Each policy asks for its extension.",
        ("policies",),
        reading_of("ann", "tenant:red:dashboard"),
    ),
    Exhibit(
        13,
        "Nobody's row",
        "A notification belongs to nobody. Who hears of it?",
        "no message",
        "A row without a scope is told to nobody, and nothing is tried.",
        ("notifications",),
        sent_by("notifications"),
    ),
    Exhibit(
        14,
        "A thousand rows",
        "One statement renames a tenant's thousand documents. How many messages are sent?",
        "1 message: tenant:red:dashboard",
        "A statement sends one message for each scope that it touches.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        15,
        "Read elsewhere",
        "Ann reads a notification in one window. Does her other window hear of it?",
        "1 message: user:ann:notifications",
        "Inserts, updates and deletes are told, for a list shows all three.",
        ("notifications",),
        sent_by("notifications"),
    ),
    Exhibit(
        16,
        "A table's name",
        "The table documents is called papers from now on, and gets a row. Who hears of it?",
        "1 message: tenant:red:dashboard",
        "Each table has a function of its own, which does not ask for its name.",
        ("dashboard",),
        sent_by("dashboard"),
    ),
    Exhibit(
        17,
        "Functions in public",
        "Which of the API's roles may call the triggers' functions, or attach them to a table of their own?",
        "none",
        "Functions stand in a schema of their own, revoked from everybody.",
        ("notifications", "dashboard", "messages"),
        strangers,
    ),
    Exhibit(
        18,
        "An owner like any other",
        "The tables' owner has no BYPASSRLS. It installs, and a notification comes. Who hears of it?",
        "it is not installed",
        "The installation asks what its owner may do, and refuses in words.",
        ("notifications",),
        sent_by_a_weak_owner,
    ),
    Exhibit(
        19,
        "Two ids",
        "A message has an id of its own, by which it can be told from others. Whose id is payload.id?",
        "the message's",
        "The row's id is called record_id.",
        ("notifications",),
        message_id,
    ),
)
