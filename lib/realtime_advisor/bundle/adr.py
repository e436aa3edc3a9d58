"""Advice to architecture decision records, in MADR 4.0: one of the whole, and one for each table that changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from realtime_advisor.display.palette import OPTIONS
from realtime_advisor.display.sentences import tell_poller_load, tell_verdict
from realtime_advisor.display.wording import say_count, say_list, say_table
from realtime_advisor.errors import BadInput
from realtime_advisor.generation.cutover import needs_cut_over
from realtime_advisor.model import Advice, Option, Place, ProofStatus, TableName

from .adr_table import lower, table_record
from .files import stem
from .markdown import items, plain, section
from .run_sentences import tell_run, tell_whole

WHOLE: Final = "adr/0001-how-each-table-speaks-to-clients.md"
_NAME: Final = re.compile(r"adr/(\d{4,})-(.+)\.md\Z")


def adr_files(
    advice: Advice, *, date: str | None = None, earlier: Iterable[str] = (), place: Place | None = None
) -> dict[str, str]:
    """The records by file name, `adr/NNNN-<table>.md`; 0001 is about the whole.

    `date` is written at their heads, with the status "proposed"; without it they have neither. Tables are numbered in
    order of name; with the names of `earlier` records a table keeps its number, and no number is given twice.
    `place` names the database. Raises BadInput for what is no date.
    """
    _require_date(date)
    tables = [table for table in advice.decisions if _changes(advice, table)]
    names = _names(tables, earlier)
    head = [] if date is None else ["---", 'status: "proposed"', f"date: {date}", "---", ""]
    records = {WHOLE: _whole(advice, names, place)}
    records |= {name: table_record(advice, table) for table, name in names.items()}
    return {name: "\n".join([*head, *records[name]]).rstrip("\n") + "\n" for name in sorted(records)}


def _require_date(date: str | None) -> None:
    if date is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise BadInput(f"The date {date!r} is not written as 2026-01-31 is. Write year, month and day.")


def _changes(advice: Advice, table: TableName) -> bool:
    """Whether something is to be installed, published or taken back for the table."""
    return table in advice.scripts or needs_cut_over(advice.designs[table])


def _names(tables: Iterable[TableName], earlier: Iterable[str]) -> dict[TableName, str]:
    found = [match for name in earlier if (match := _NAME.match(name))]
    known = {match[2]: int(match[1]) for match in found}
    last = max([1, *known.values()])
    names = {}
    for table in tables:
        number = known.get(stem(table))
        if number is None:
            number = last = last + 1
        names[table] = f"adr/{number:04d}-{stem(table)}.md"
    return names


def _whole(advice: Advice, names: dict[TableName, str], place: Place | None) -> list[str]:
    decisions = advice.decisions
    return [
        "# How each table speaks to clients in real time",
        "",
        *section(
            "Context and Problem Statement",
            f"How should each of {say_count(len(decisions), 'table')} tell its clients of changes? This was measured "
            f"on {plain(tell_run(advice, place))}. Each table was judged by the same matrix of criteria.",
            items(plain(note) for note in advice.churn.notes),
        ),
        *section("Decision Drivers", items(_DRIVERS)),
        *section("Considered Options", items(f"{OPTIONS[option].word}: {_MEANS[option]}" for option in Option)),
        *section(
            "Decision Outcome",
            f"Chosen option: one for each table, by what was measured of it. {plain(tell_verdict(decisions))}",
            list(_verdicts(advice, names)),
        ),
        *section("Consequences", items(_consequences(advice, names)), level=3),
        *section("Confirmation", *_confirmation(advice), level=3),
    ]


_DRIVERS: Final = (
    "What a client may hear is what its user may read, and nothing more.",
    "How much each table changes, of what kind, and for how many of its readers.",
    "What a change costs the database: Postgres Changes checks each change against every subscription.",
    "What may be lost: no way of telling is certain, so clients fetch again whenever they join.",
)
_MEANS: Final = {
    Option.POSTGRES_CHANGES: "clients subscribe to the table's row changes, read from the WAL",
    Option.BROADCAST: "a trigger sends small messages on private topics, one topic for each scope",
    Option.PRESENCE: "clients share a state that vanishes with its user",
    Option.NO_REALTIME: "nothing is told; clients fetch when they show it",
}


def _verdicts(advice: Advice, names: dict[TableName, str]) -> Iterator[str]:
    yield "| Table | Option | Confidence | Because | Record |"
    yield "|---|---|---|---|---|"
    for table, decision in advice.decisions.items():
        record = names.get(table)
        number = record.removeprefix("adr/").partition("-")[0] if record else ""
        link = f"[{number}]({record.removeprefix('adr/')})" if record else "stays as it is"
        because = plain(decision.reasons[0]) if decision.reasons else ""
        word = OPTIONS[decision.option].word
        yield f"| {plain(say_table(table))} | {word} | {decision.confidence} | {because} | {link} |"


def _consequences(advice: Advice, names: dict[TableName, str]) -> Iterator[str]:
    tables = say_count(len(advice.decisions), "table")
    if 2 * len(names) < len(advice.decisions):
        yield f"Good, because only {len(names)} of {tables} need any change."
    else:
        yield f"Neutral, because {len(names)} of {tables} change: each by itself, and each can be taken back."
    if load := tell_poller_load(advice.decisions):
        yield f"Neutral, because {lower(plain(load))}"
    yield "Neutral, because a client that hears of a change fetches it: a message is a signal, not the truth."
    weak = [say_table(table) for table, decision in advice.decisions.items() if decision.confidence == "low"]
    if weak:
        yield f"Bad, because little supports the verdict on {plain(say_list(weak))}: watch for longer, or answer."


def _confirmation(advice: Advice) -> Iterator[str | list[str]]:
    if not advice.scripts:
        yield "No table has a script, so there is nothing to confirm."
        return
    proved = [advice.proofs[table].status for table in advice.scripts if table in advice.proofs]
    counts = [(proved.count(status), status.value) for status in ProofStatus if status is not ProofStatus.NOT_PROVED]
    sound = sum(count for count, _ in counts)
    told = say_list(f"{count} {word}" for count, word in counts if count) or "none proved"
    yield (
        f"Of {say_count(len(advice.scripts), 'script')}: {told}"
        f"{f', {len(advice.scripts) - sound} not' if sound < len(advice.scripts) else ''}. A proved script was run in "
        "a sandbox against an imitation of its tables: each kind of write was made, its messages compared with the "
        "design, and the database asked who may join what."
    )
    if advice.whole:
        yield plain(tell_whole(advice.whole))
