"""Policies on realtime.messages, made by somebody else, that would undo what ours grant or keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Policy, Setup, TableName

_MESSAGES: Final = TableName("realtime", "messages")
_READERS: Final = {"public", "anon", "authenticated"}
# The whole topic taken for an id, as Postgres writes it out. Inside a CASE it may be tested before.
_WHOLE: Final = r"\((?:realtime\.topic\(\)|\( SELECT realtime\.topic\(\) AS topic\)|(?:messages\.)?topic)\)"
_CAST: Final = re.compile(_WHOLE + r"::(uuid|bigint|integer|smallint|numeric)\b")


def voiding(setup: Setup | None) -> Iterator[str]:
    """A sentence for each such policy; none where the set-up was not read."""
    policies = setup.messages.policies if setup and setup.messages else ()
    for policy in policies:
        if set(policy.roles) & _READERS and not policy.name.startswith("realtime_advisor "):
            yield from _problem(policy)


def _problem(policy: Policy) -> Iterator[str]:
    reads, writes = policy.command in ("select", "all"), policy.command in ("insert", "all")
    if not policy.permissive:
        yield f"the policy {policy.name} on realtime.messages is restrictive: it may deny what this script grants."
    elif reads and (kind := _takes_topic_for(policy)):
        yield (
            f"the policy {policy.name} on realtime.messages takes every topic for a {kind}: for the topics of this "
            "script it raises an error, and nobody may join them. Let it test the topic's form first, in a case."
        )
    elif not _looks_at_topic(policy):
        if reads:
            yield (
                f"the policy {policy.name} on realtime.messages does not look at the topic: whom it lets in may listen "
                "to every topic, those of this script too. Drop it, or the policies below keep nobody out."
            )
        if writes:
            yield (
                f"the policy {policy.name} on realtime.messages lets clients send to every topic: what they send looks "
                "like a message of the database. Drop it, or name the topics that they may send to."
            )


def _takes_topic_for(policy: Policy) -> str | None:
    """The type that the policy casts the whole topic to, which no topic of ours has the form of."""
    using = policy.using or ""
    cast = None if "CASE" in using else _CAST.search(using)
    return cast[1] if cast else None


def _looks_at_topic(policy: Policy) -> bool:
    """By what the catalogue says it mentions; a function of the database's own may look at it too."""
    own = any(not name.startswith(("auth.", "realtime.")) for name in policy.functions)
    return own or "realtime.topic" in policy.functions or (_MESSAGES, "topic") in policy.columns
