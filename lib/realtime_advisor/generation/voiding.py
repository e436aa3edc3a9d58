"""Policies on realtime.messages, made by somebody else, that would undo what ours grant or keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Policy, Setup, TableName

_MESSAGES: Final = TableName("realtime", "messages")
_READERS: Final = {"public", "anon", "authenticated"}


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


def _looks_at_topic(policy: Policy) -> bool:
    """By what the catalogue says it mentions; a function of the database's own may look at it too."""
    own = any(not name.startswith(("auth.", "realtime.")) for name in policy.functions)
    return own or "realtime.topic" in policy.functions or (_MESSAGES, "topic") in policy.columns
