"""Rules about the policies of realtime.messages, which say who may join a private channel.

Realtime asks them with a row that has a topic and an extension and nothing else, so `event` is null and `private` is
false. They are all evaluated at each join: permissive ones add up, and an error in one refuses every channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.principals import API_ROLES
from realtime_advisor.model import MessagesTable, Policy, TableName

from .access import is_true
from .rules import Found, Rule, World
from .wording import named, quoted

MESSAGES: Final = TableName("realtime", "messages")
_JOINING: Final = ("select", "insert", "all")
_KNOWN: Final = re.compile(r"(auth|realtime)\..*")
_STRING: Final = re.compile(r"'(?:[^']|'')*'")
_PATTERN: Final = re.compile(r"!?~~?\*?|\^@|\bstarts_with\b|\bSIMILAR\b|\bsimilar_to_escape\b")


def _joining(world: World) -> tuple[Policy, ...]:
    """The permissive policies that let the API's roles read or write on a channel."""
    messages: MessagesTable | None = world.setup.messages
    return tuple(
        policy
        for policy in (messages.policies if messages else ())
        if policy.permissive and policy.command in _JOINING and set(policy.roles) & {"public", *API_ROLES}
    )


def _text(policy: Policy) -> str:
    return f"{policy.using or ''} {policy.with_check or ''}"


def _lets_all(policy: Policy) -> bool:
    """INSERT has only a check; the rest is decided by USING."""
    return is_true(policy.with_check if policy.command == "insert" else policy.using)


def _mentions(policy: Policy, column: str) -> bool:
    return (MESSAGES, column) in policy.columns


def _drop(policy: Policy) -> str:
    return f"drop policy {quoted(policy.name)} on realtime.messages;"


def _who(policy: Policy) -> str:
    return "everybody, without signing in too," if set(policy.roles) & {"public", "anon"} else "every signed-in user"


def _true(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        if _lets_all(policy):
            verb = "write to" if policy.command == "insert" else "read"
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages is true: {_who(policy)} may {verb} "
                "every private channel, and the other policies are void.",
                "Drop it, after a policy that compares realtime.topic() exactly has taken its place:",
                _drop(policy),
            )


def _ignores_topic(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        hidden = any(not _KNOWN.fullmatch(function) for function in policy.functions)
        tests = "realtime.topic" in policy.functions or any(column == "topic" for _, column in policy.columns)
        if not (hidden or tests or _lets_all(policy) or _denies_all(policy)):
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages does not look at the topic: whom it lets in, "
                "it lets into every private channel.",
                "Compare realtime.topic() with the exact topics of the user, then drop it:",
                _drop(policy),
            )


def _denies_all(policy: Policy) -> bool:
    """Whether a test of `event` or of `private` decides it: joined by AND, and not for null or false."""
    text = _STRING.sub("''", _text(policy))
    if re.search(r"\bOR\b|\bNOT\b|\bIS\b|<>|\bfalse\b", text):
        return False
    return _mentions(policy, "event") or _mentions(policy, "private")


def _tests_probe(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        if _denies_all(policy):
            columns = [column for column in ("private", "event") if _mentions(policy, column)]
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages tests {named(*columns)}, which no message has "
                "set when Realtime asks whether a user may join: it lets nobody in.",
                "Drop it, and test the topic and the extension instead:",
                _drop(policy),
            )


def _without_extension(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        hidden = "extension" in _text(policy)
        if hidden or _lets_all(policy) or _denies_all(policy):
            continue
        yield Found(
            MESSAGES,
            f"The policy {named(policy.name)} on realtime.messages does not test the extension: "
            "whoever may hear broadcasts may also see who is present.",
            "Test it, with a policy of its own for presence where that is wanted:",
            _with_extension(policy),
        )


def _with_extension(policy: Policy) -> str:
    """ALTER POLICY with what it tests now, if that is short; Postgres writes expressions out with qualified names."""
    expression = policy.with_check if policy.command == "insert" else policy.using
    if policy.command == "all" or expression is None or len(expression) > 300:
        return ""
    clause = "with check" if policy.command == "insert" else "using"
    return (
        f"alter policy {quoted(policy.name)} on realtime.messages {clause} ({expression} and extension = 'broadcast');"
    )


def _matches_pattern(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        text = _STRING.sub("''", _text(policy))
        if not _PATTERN.search(text):
            continue
        built = "||" in text
        yield Found(
            MESSAGES,
            f"The policy {named(policy.name)} on realtime.messages matches topics by a pattern: "
            + (
                "topics with anything behind the prefix match too, and a % or _ in an id stands for any other."
                if built
                else "every topic of that shape is open to whom it lets in, also one meant for somebody else."
            ),
            "Compare the whole topic with =, built from the ids that the user belongs to.",
        )


def _other_topic(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        others = [table for table, column in policy.columns if column == "topic" and table != MESSAGES]
        if others and "realtime.topic" not in policy.functions and not _mentions(policy, "topic"):
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages says topic, which there means the column of "
                f"{named(*others)}: the channel that is joined is never looked at.",
                "Write realtime.topic() for the channel, then drop this one:",
                _drop(policy),
            )


def _topic_column(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        if _mentions(policy, "topic") and "realtime.topic" not in policy.functions:
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages reads the column topic: it works, until it is "
                "copied into a subquery on a table that has such a column too.",
                "Write realtime.topic() instead.",
            )


def _refused_tables(world: World, policy: Policy) -> dict[TableName, list[str]]:
    """The tables that a policy looks into, with those of its roles that may not select from them."""
    roles = [role for role in API_ROLES if set(policy.roles) & {"public", role}]
    refused: dict[TableName, list[str]] = {}
    for name in dict.fromkeys(table for table, _ in policy.columns if table != MESSAGES):
        allowed = world.catalog[name].select_roles if name in world.catalog.tables else _beside_catalog(name)
        if allowed is not None and (lacking := [role for role in roles if role not in allowed]):
            refused[name] = lacking
    return refused


def _beside_catalog(name: TableName) -> tuple[str, ...] | None:
    """Who may read a table of Supabase's own: nobody, if it is about users; of others it is not known."""
    return () if name.schema == "auth" else None


def _reads_refused(world: World) -> Iterator[Found]:
    for policy in _joining(world):
        for name, roles in _refused_tables(world, policy).items():
            yield Found(
                MESSAGES,
                f"The policy {named(policy.name)} on realtime.messages reads {named(name)}, which {named(*roles)} "
                "may not select from: that error refuses them every private channel.",
                "Look it up in a SECURITY DEFINER function that returns a boolean, then drop it:",
                _drop(policy),
            )


def _uuid_subject(world: World) -> Iterator[Found]:
    asking = [policy.name for policy in _joining(world) if "auth.uid" in policy.functions]
    if asking:
        yield Found(
            MESSAGES,
            f"{named(*asking)} on realtime.messages ask{'s' if len(asking) == 1 else ''} auth.uid(), which fails for a "
            "token of another provider whose sub is no uuid, and the failure refuses that user every private channel.",
            "If such tokens are used, compare auth.jwt() ->> 'sub' as text.",
        )


RULES: Final = (
    Rule("messages_policy_is_true", "danger", "a policy that opens every private channel", _true),
    Rule("messages_policy_ignores_topic", "warning", "a policy that does not test the topic", _ignores_topic),
    Rule("messages_policy_tests_probe", "warning", "a policy that tests private or event", _tests_probe),
    Rule("messages_policy_ignores_extension", "note", "a policy without a test of extension", _without_extension),
    Rule("messages_policy_matches_pattern", "warning", "LIKE or another pattern on a topic", _matches_pattern),
    Rule("messages_policy_reads_other_topic", "danger", "topic that means another table's column", _other_topic),
    Rule("messages_policy_reads_topic_column", "note", "topic instead of realtime.topic()", _topic_column),
    Rule("messages_policy_fails", "danger", "a policy that reads a table not granted to its roles", _reads_refused),
    Rule("messages_policy_needs_uuid", "note", "auth.uid(), which a third-party sub makes fail", _uuid_subject),
)
