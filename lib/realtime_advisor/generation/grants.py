"""Policies on realtime.messages: for one design by topic, for a whole schema one for each helper and extension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Design, Emission

from .naming import digest, policy_name
from .policies import entitlement_name, told_line
from .quoting import quote_literal
from .rendering import Fragment, Value, fragment
from .topics import entity_place

_CLAUSES: Final = {"select": "using", "insert": "with check"}


@dataclass(frozen=True, slots=True)
class Grant:
    """One policy: whom `function` lets in may do `command` with `extension` on topics that end in an entity.

    `shared` is the line by which other tables' functions tell that they need the policy too; None: nobody else does.
    """

    name: str
    function: str
    extension: str
    command: str
    entities: tuple[str, ...]
    shared: str | None = None
    is_list: bool = False  # written for a list of entities, however long
    place: int = 3  # which word of the topic is the entity


def told_by(design: Design) -> tuple[tuple[str, Emission], ...]:
    """The topics of a design with the extension that uses each."""
    presence = (("presence", design.presence),) if design.presence else ()
    return (*(("broadcast", emission) for emission in design.emissions), *presence)


def _commands(design: Design, extension: str, emission: Emission) -> tuple[str, ...]:
    """Members of a presence channel see each other, and show themselves; messages the database alone sends.

    Unless the architect lets clients send too: then on the table's own topic, never on a feed's, which is of many.
    """
    may_send = extension == "presence" or (design.clients_send and emission.feed is None)
    return ("select", "insert") if may_send else ("select",)


def grants_of(design: Design) -> tuple[Grant, ...]:
    """The policies that one table's script makes."""
    return tuple(
        _grant(design, extension, command, emission)
        for extension, emission in told_by(design)
        for command in _commands(design, extension, emission)
    )


def _grant(design: Design, extension: str, command: str, emission: Emission) -> Grant:
    function, place = entitlement_name(emission), entity_place(emission.pattern)
    if (extension, command) == ("broadcast", "select"):
        name = policy_name(emission.topic, function[-8:])
        shared = told_line(emission) if emission.feed else None
    else:
        name = policy_name(f"{extension} {command} {emission.topic}", digest(function, str(design.table)))
        shared = None
    return Grant(name, function, extension, command, (emission.entity,), shared, place=place)


def grants_of_all(designs: Sequence[Design]) -> tuple[Grant, ...]:
    """The policies of a whole schema: a join evaluates every policy, so there are as few as possible."""
    entities: dict[tuple[str, str, str, int], set[str]] = {}
    for design in designs:
        for extension, emission in told_by(design):
            for command in _commands(design, extension, emission):
                key = (entitlement_name(emission), extension, command, entity_place(emission.pattern))
                entities.setdefault(key, set()).add(emission.entity)
    return tuple(
        Grant(
            policy_name(f"{extension} {command}", function),
            function,
            extension,
            command,
            tuple(sorted(words)),
            is_list=True,
            place=place,
        )
        for (function, extension, command, place), words in sorted(entities.items(), key=_read_first)
    )


def _read_first(entry: tuple[tuple[str, str, str, int], set[str]]) -> tuple[str, str, bool]:
    (function, extension, command, _), _ = entry
    return function, extension, command != "select"


def create_policy(grant: Grant) -> Fragment:
    """DROP POLICY IF EXISTS and CREATE POLICY."""
    values: dict[str, Value] = {
        "policy": grant.name,
        "command": Fragment(grant.command),
        "clause": Fragment(_CLAUSES[grant.command]),
        "rule": _rule(grant),
    }
    return fragment("policy", values)


def _rule(grant: Grant) -> Fragment:
    values: dict[str, Value] = {
        "function": grant.function,
        "extension": grant.extension,
        "entity": grant.entities[0],
        "entities": _lines(map(quote_literal, grant.entities)),
        "place": Fragment(str(grant.place)),
    }
    return fragment("policy_rule_any" if grant.is_list else "policy_rule", values)


def drop_policy(grant: Grant, function: str) -> Fragment:
    """DROP POLICY; a feed's policy goes with the last table that tells the feed."""
    if grant.shared is None:
        return fragment("drop_policy", {"policy": grant.name})
    return fragment("drop_shared_policy", {"policy": grant.name, "function": function, "told": grant.shared})


def _lines(items: Iterable[str]) -> Fragment:
    """Items on one line if they are few, else a line for each, so that a later one adds a line."""
    listed = list(items)
    one_line = ", ".join(listed)
    return Fragment(one_line if len(one_line) <= 40 else "\n  " + ",\n  ".join(listed))


def policy_rows(grants: Iterable[Grant]) -> Iterator[str]:
    """Rows of VALUES by which the check compares the policies: name, command, entities, and the rule on one line."""
    for grant in grants:
        entities = f"array[{', '.join(map(quote_literal, grant.entities))}]"
        name, command, rule = map(quote_literal, (grant.name, grant.command.upper(), _on_one_line(_rule(grant))))
        yield f"({name}, {command}, {entities}, {rule})"


def _on_one_line(rule: Fragment) -> str:
    """The words of a topic, which are its only literals, hold no white space."""
    return " ".join(rule.text.split())
