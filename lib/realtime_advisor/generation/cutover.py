"""From what tells of a table today to what was decided: what is left to run, in the order that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import ChangesToday, Design, Option

from .changes import PUBLICATION
from .rendering import Fragment, Remark, Value, fragment, joined, render

_UNREAD: Final = ChangesToday(published=False)

# What Postgres Changes does not do, whatever the table: measured, and not to be mended here.
_WARNINGS: Final = (
    "DELETE ignores row level security: every subscriber without a filter, of whatever tenant, gets the primary key "
    "of each deleted row.",
    "An UPDATE that moves a row to another scope is not shown to the old one: clients there keep the row until they "
    "fetch again.",
    "Each change is checked against every subscription, one after the other: changes a second times subscriptions is "
    "what saturates. TRUNCATE sends nothing.",
    "A client sees SUBSCRIBED before the database listens for it, and errors later come as a system message: fetch "
    "once on each SUBSCRIBED, and listen to system.",
)


def cut_over(design: Design) -> str:
    """What is left to do beside the other scripts, as one file for psql; may be run again.

    Comments alone where no statement is needed.
    """
    steps = [] if design.refusal else list(_STEPS[design.option](design))
    head = Remark((_title(design), *_advice(design)), indent="  ")
    text = render(
        "cutover",
        {
            "head": head,
            "back": _way_back(design) if steps else Fragment(""),
            "steps": Fragment("".join(f"\n{step.text}\n" for step in steps)),
        },
    )
    return text.rstrip("\n") + "\n"


def needs_cut_over(design: Design) -> bool:
    """Whether the file holds statements."""
    return not design.refusal and any(True for _ in _STEPS[design.option](design))


def withholds_cut_over(design: Design) -> bool:
    """Whether the table could be taken out of the publication, and stays because too little is known of it."""
    return design.is_undecided and _is_droppable(design.today or _UNREAD)


_TITLES: Final = {
    Option.BROADCAST: "from Postgres Changes to Broadcast, in the order that loses nothing.",
    Option.POSTGRES_CHANGES: "to Postgres Changes, in the order that loses nothing.",
    Option.PRESENCE: "to Presence.",
    Option.NO_REALTIME: "no realtime.",
}


def _title(design: Design) -> str:
    return f"{design.table}: {_TITLES[design.option]}"


def _advice(design: Design) -> Iterator[str]:
    yield ""
    if design.refusal:
        yield f"Nothing to cut over to: {design.refusal}"
        return
    yield from _ADVICE[design.option](design)


def _about_broadcast(design: Design) -> Iterator[str]:
    topics = ", ".join(emission.topic for emission in design.emissions)
    yield "1. Run the up script, then the check script. From here on the table is told both ways."
    yield (
        f"2. Ship clients that join {topics} as private channels and fetch on every SUBSCRIBED. Who hears twice "
        "fetches twice, which does no harm."
    )
    yield from _about_end(design, "3", "When the last client of the old kind is gone")


def _about_end(design: Design, number: str, when: str) -> Iterator[str]:
    today = design.today or _UNREAD
    if not today.published:
        yield f"{number}. Nothing more: the publication {PUBLICATION} does not send {design.table} today."
    elif today.by_name is False:
        yield (
            f"{number}. {design.table} stays in {PUBLICATION}: that publishes all tables, all of its schema, or a "
            "parent of it, and none of them can be dropped singly. To end it, make the publication anew for the tables "
            "that need it, by name, while no client listens to Postgres Changes."
        )
    else:
        yield f"{number}. {when}, run this file: it takes the table out of {PUBLICATION}."
    if today.published and today.replica_identity == "full" and today.others:
        yield f"The replica identity stays full: {', '.join(today.others)} may need it."


def _about_changes(design: Design) -> Iterator[str]:
    by = f" with the filter {design.changes_filter}" if design.changes_filter else ", without a filter"
    yield "1. Run this file. It fails, in words, rather than publish what nobody or everybody would be sent."
    events = (*design.changes_events, "DELETE") if design.wants_full_identity else design.changes_events
    yield f"2. Ship clients that subscribe to {', '.join(events)}{by}."
    yield "3. If triggers told of the table before, take them away when no client listens to them any more."
    yield ""
    yield from (f"Mind: {warning}" for warning in _WARNINGS)
    if (design.today or _UNREAD).partitioned:
        yield "Mind: changes are logged under the partitions' names: see that a client hears one before relying on it."


def _about_presence(design: Design) -> Iterator[str]:
    topic = design.presence.topic if design.presence else "a Presence channel of its own"
    yield f"1. Clients track() this state on {topic}: it needs no table, and vanishes with the connection."
    if design.presence:
        yield "   Before, run the up script: it lets the members of the scope track and see each other."
    yield from _about_end(design, "2", "When no client listens to the table any more")


def _about_none(design: Design) -> Iterator[str]:
    yield "1. Fetch it when a page is loaded or its tab is focused: no channel, no trigger, no policy."
    if withholds_cut_over(design):
        yield f"2. {design.table} stays in {PUBLICATION}: it is no realtime only for want of an answer."
    else:
        yield from _about_end(design, "2", "When no client listens to the table any more")


_ADVICE: Final = {
    Option.BROADCAST: _about_broadcast,
    Option.POSTGRES_CHANGES: _about_changes,
    Option.PRESENCE: _about_presence,
    Option.NO_REALTIME: _about_none,
}


def _end(design: Design) -> Iterator[Fragment]:
    """Out of the publication; then the replica identity, which nothing else needs."""
    today = design.today or _UNREAD
    if design.is_undecided or not _is_droppable(today):
        return
    yield fragment("cutover_drop", _names(design))
    if _resets_identity(today):
        yield fragment("cutover_identity", _names(design))


def _begin(design: Design) -> Iterator[Fragment]:
    identity = [fragment("cutover_full_identity", _names(design))] if design.wants_full_identity else []
    lines = Fragment("".join(f"{part.text}\n" for part in identity))
    yield fragment("cutover_add", {**_names(design), "identity": lines})


_STEPS: Final = {
    Option.BROADCAST: _end,
    Option.POSTGRES_CHANGES: _begin,
    Option.PRESENCE: _end,
    Option.NO_REALTIME: _end,
}


def _is_droppable(today: ChangesToday) -> bool:
    """Whether the publication sends the table, and may name it: what it sends of a whole cannot be dropped singly."""
    return today.published and today.by_name is not False


def _resets_identity(today: ChangesToday) -> bool:
    return today.replica_identity == "full" and not today.others


# ---------------------------------------------------------------- how to go back


def _way_back(design: Design) -> Fragment:
    """The end of the head: the statements that undo the file, each on one line, to be copied without its dashes."""
    if design.option is Option.POSTGRES_CHANGES:
        statements, when, mind = list(_undo_begin(design)), _when_to_withdraw(design), _mind_identity(design)
    else:
        statements, when, mind = list(_undo_end(design)), _when_to_return(design), _MIND_COLUMNS
    values: dict[str, Value] = {
        "when": Remark((when if statements else _NOTHING_TO_UNDO,)),
        "statements": joined(statements, "\n"),
        "mind": Remark((mind,) if mind else ()),
    }
    return Fragment(fragment("cutover_back", values).text + "\n")


_NOTHING_TO_UNDO: Final = "To go back, nothing has to be run: the table is published today already, and stays so."
_MIND_COLUMNS: Final = (
    f"Mind: all columns of all rows are published so. If {PUBLICATION} has a column list or a WHERE for the table "
    "today (\\dRp+ in psql), note it before this file is run, and repeat it."
)


def _when_to_return(design: Design) -> str:
    scripts = ", and before the down script or the rollback, which leave the publication alone"
    has_scripts = bool(design.emissions or design.presence)
    return f"To go back, run this before clients of the old kind return{scripts if has_scripts else ''}:"


def _when_to_withdraw(design: Design) -> str:
    return f"To go back, run this when no client listens to Postgres Changes of {design.table} any more:"


def _undo_end(design: Design) -> Iterator[Fragment]:
    yield fragment("cutover_back_add", _names(design))
    if _resets_identity(design.today or _UNREAD):
        yield _identity(design, "full")


def _undo_begin(design: Design) -> Iterator[Fragment]:
    today = design.today or _UNREAD
    if not today.published:
        yield fragment("cutover_back_drop", _names(design))
    if design.wants_full_identity:
        is_index = today.replica_identity == "index"
        yield _identity(design, "using index <its name>" if is_index else today.replica_identity)


def _mind_identity(design: Design) -> str:
    if not design.wants_full_identity or (design.today or _UNREAD).replica_identity != "index":
        return ""
    return "Mind: the index is what \\d in psql calls REPLICA IDENTITY today: note its name before this file is run."


def _identity(design: Design, kind: str) -> Fragment:
    return fragment("cutover_back_identity", {**_names(design), "identity": Fragment(kind)})


def _names(design: Design) -> dict[str, Value]:
    return {
        "schema": design.table.schema,
        "name": design.table.name,
        "relation": str(design.table),
        "publication": PUBLICATION,
    }
