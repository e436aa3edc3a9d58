"""A design in words: what is told to whom, what is not, and how a client listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_advisor.generation.entitlement import family
from realtime_advisor.generation.quoting import quote_literal
from realtime_advisor.model import Condition, Design, Emission, FeedProposal, Option, Scope

from .palette import OPTIONS
from .tables import say_scope
from .views import Cell, Sheet, Stack, View, Words
from .wording import say_list, say_table


def show_design(design: Design) -> Stack:
    """The messages of one table, what it leaves out, and why there is no SQL where there is none."""
    views: list[View] = [Words((_headline(design),))]
    if design.emissions:
        views.append(_messages(design.emissions))
    said = [f"- Refused: {design.refusal}"] if design.refusal else []
    said += [f"- Carried: {', '.join(each.columns)} on {each.topic}" for each in design.emissions if each.columns]
    said += ["- Clients may send on the table's own topic too."] if design.clients_send else []
    said += [f"- Not told: {gap}" for gap in design.gaps]
    if not design.emissions and not design.refusal:
        said += [f"- {reason}" for reason in design.reasons]
    return Stack((*views, *([Words(tuple(said))] if said else [])))


def _headline(design: Design) -> str:
    said = f"{say_table(design.table)}: {OPTIONS[design.option].word}."
    if design.changes_filter:
        said += f" Clients subscribe with the filter {design.changes_filter} to {say_list(design.changes_events)}."
    if design.emissions:
        said += f" {_SPOKEN[design.granularity]}"
    return said


_SPOKEN: Final = {
    "statement": "One message for each scope that a statement touches.",
    "statement, set-based": "One message for each scope that a statement touches, many of them inserted together.",
    "transaction": "One message for each scope that a transaction touches, sent when it commits.",
    "row": "One message for each row that changes, with the row itself.",
}
_SENT_FOR: Final = {
    "statement": "every scope that a statement touches",
    "statement, set-based": "every scope that a statement touches",
    "transaction": "every scope that a transaction touches",
    "row": "every row",
}


def show_feed_proposals(proposals: Sequence[FeedProposal]) -> Sheet:
    """Feeds that might serve, for somebody to name."""
    rows = tuple((each.label, ", ".join(map(say_table, each.tables)), " ".join(each.reasons)) for each in proposals)
    return Sheet("", ("topic of a", "tables", "because"), rows)


def _messages(emissions: Sequence[Emission]) -> Sheet:
    rows = tuple(
        (
            each.topic,
            each.event,
            say_list(each.operations),
            ", ".join(each.watched) or "key and scope only",
            say_scope(each.scope),
            say_entitled(each.scope),
        )
        for each in emissions
    )
    return Sheet("", ("topic", "event", "on", "watched by an update", "scope", "who may listen"), rows)


def say_entitled(scope: Scope) -> str:
    """Who may join the topic, with what must hold of a row for it to make a member."""
    entitlement = scope.entitlement
    if entitlement is None:
        return "nobody: no rule could be derived"
    tests = " and ".join(map(_say_condition, entitlement.conditions))
    where = f" where {tests}" if tests else ""
    if entitlement.kind == "self" or entitlement.membership == scope.principal:
        return f"the user named in the topic{where}"
    through = say_table(entitlement.membership) if entitlement.membership else "a membership"
    way = f", over {say_list(say_table(hop.references) for hop in entitlement.path)}" if entitlement.path else ""
    return f"users with a row in {through}{where}{way}"


def _say_condition(condition: Condition) -> str:
    """A test as the architect would write it; what the generated function asks is quoted with more care."""
    if condition.test in _TIMES:
        return f"{condition.column} {_TIMES[condition.test]} now()"
    if condition.test != "in":
        return f"{condition.column} is {condition.test}"
    values = [value if family(condition.type_name) == "integer" else quote_literal(value) for value in condition.values]
    return f"{condition.column} = {values[0]}" if len(values) == 1 else f"{condition.column} in ({', '.join(values)})"


_TIMES: Final = {"past": "<", "future": ">"}


def show_both_ways(one: Design, other: Design) -> Sheet:
    """The same table under two options, side by side."""
    title = f"{say_table(one.table)}, two ways:"
    ways = (_way(one), _way(other))
    rows = tuple((what, _cell(what, one), _cell(what, other)) for what in _ASPECTS)
    return Sheet(title, ("", *ways), rows)


def _way(design: Design) -> str:
    feeds = dict.fromkeys(each.feed for each in design.emissions if each.feed)
    return OPTIONS[design.option].word + (f", feed {say_list(feeds)}" if feeds else "")


_ASPECTS = ("clients join", "they hear", "sent for", "SQL to install", "not told")


def _cell(what: str, design: Design) -> Cell:
    if design.option is Option.POSTGRES_CHANGES:
        return _of_changes(design)[what]
    if design.emissions:
        return _of_broadcast(design)[what]
    why = design.refusal or (design.reasons[-1] if design.reasons else "")
    return {"clients join": "no channel", "not told": why}.get(what, "–")


def _of_changes(design: Design) -> dict[str, str]:
    filtered = f"with the filter {design.changes_filter}" if design.changes_filter else "without a filter"
    return {
        "clients join": f"the changes of {say_table(design.table)}, {filtered}",
        "they hear": "the row itself",
        "sent for": f"every row ({say_list(event.lower() for event in design.changes_events)})",
        "SQL to install": "none, once the table is published",
        "not told": " ".join(design.gaps) or "–",
    }


def _of_broadcast(design: Design) -> dict[str, str]:
    operations = dict.fromkeys(operation for each in design.emissions for operation in each.operations)
    return {
        "clients join": say_list(each.topic for each in design.emissions),
        "they hear": f"{say_list(each.event for each in design.emissions)}: {_heard(design)}",
        "sent for": f"{_SENT_FOR[design.granularity]} ({say_list(operations)})",
        "SQL to install": "functions, triggers, a policy",
        "not told": " ".join(design.gaps) or "–",
    }


def _heard(design: Design) -> str:
    if design.granularity == "row":
        return "the row itself"
    carried = dict.fromkeys(column for each in design.emissions for column in each.columns)
    return f"{say_list(carried)} of one row, or a signal to fetch again" if carried else "a signal to fetch again"
