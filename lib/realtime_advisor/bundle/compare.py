"""Two runs side by side: what the later one decides otherwise, and which finding moved it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from realtime_advisor.display.wording import say_bare, say_list, say_table, say_value
from realtime_advisor.errors import BadInput
from realtime_advisor.model import (
    Advice,
    Comparison,
    Decided,
    DecidedDesign,
    DecidedFinding,
    DecidedRun,
    DecidedScope,
    Difference,
    Move,
    RecordedDecisions,
)
from realtime_advisor.observation.history import History

from .decisions import describe
from .reading import parse_decisions, read_decisions

Run = Advice | RecordedDecisions | DecidedRun | Mapping[str, object] | Path | str


def compare(earlier: Run | History, later: Run | None = None) -> Comparison:
    """What the later run says otherwise than the earlier one.

    A run is a `decisions.json` or the folder of its bundle, an Advice, or what a history recorded
    (`history.decisions()`); a history alone stands for its last two. Raises BadInput for what is none of these.
    """
    if isinstance(earlier, History):
        if later is not None:
            raise BadInput("A history stands for its last two runs, so it is compared alone: leave the other out.")
        earlier, later = _last_two(earlier)
    if later is None:
        raise BadInput("A comparison needs two runs: name a later one too, or a history that recorded two.")
    return compare_runs(_run(earlier, "The earlier run"), _run(later, "The later run"))


def compare_runs(earlier: DecidedRun, later: DecidedRun) -> Comparison:
    """The same of two runs that were read already."""
    both = [name for name in earlier.tables if name in later.tables]
    names = sorted({*earlier.tables, *later.tables})
    found = [*_of_server(earlier, later)]
    for name in names:
        if name not in earlier.tables:
            found.append(_appeared(later.tables[name]))
        elif name not in later.tables:
            found.append(_gone(earlier.tables[name]))
        else:
            found += _of_table(earlier.tables[name], later.tables[name])
    return Comparison(tuple(found), len(both))


def _last_two(history: History) -> tuple[RecordedDecisions, RecordedDecisions]:
    recorded = list(islice(history.decisions(), 2))
    if len(recorded) < 2:
        raise BadInput(
            f"The history {history.place} holds fewer than two runs of decisions, so there is nothing to compare. "
            "Run make report with this HISTORY and a DATABASE_URL again."
        )
    return recorded[1], recorded[0]


def _run(given: object, named: str) -> DecidedRun:
    match given:
        case DecidedRun():
            return given
        case Advice():
            return parse_decisions(describe(given, {}), named)
        case RecordedDecisions():
            return parse_decisions(given.document, f"What was recorded on {given.decided_at:%Y-%m-%d %H:%M} UTC")
        case Mapping():
            return parse_decisions(given, named)
        case str() | Path():
            return read_decisions(given)
    raise BadInput(
        f"{named} is a {type(given).__name__}. Give a decisions.json, a bundle's folder, an Advice, or one of "
        "history.decisions()."
    )


def _of_server(earlier: DecidedRun, later: DecidedRun) -> Iterator[Difference]:
    before, after = earlier.server_version, later.server_version
    if before != after:
        yield Difference(None, "server", before, after, f"The server was PostgreSQL {before} and is {after}.")


def _appeared(entry: Decided) -> Difference:
    told = f"Table {say_table(entry.table)} is new: {entry.option.value}."
    return Difference(entry.table, "appeared", "", entry.option.value, told)


def _gone(entry: Decided) -> Difference:
    told = f"Table {say_table(entry.table)} is gone; it was {entry.option.value}."
    return Difference(entry.table, "gone", entry.option.value, "", told)


def _of_table(before: Decided, after: Decided) -> Iterator[Difference]:
    moves = tuple(moves_between(before.findings, after.findings))
    if before.option is not after.option:
        because = _because(before, after, moves)
        yield _difference(before, "flipped", before.option.value, after.option.value, because, moves)
    elif moves:
        told = f"Table {say_table(before.table)} stays {after.option.value}, though {tell_moves(moves)}."
        option = after.option.value
        yield Difference(before.table, "evidence", option, option, told, moves)
    for what, one, other in (
        ("scope", *say_scopes(before.scope, after.scope)),
        ("design", _say_design(before.design), _say_design(after.design)),
        ("proof", before.proof, after.proof),
        ("override", _say_override(before), _say_override(after)),
        ("answer", _say_answers(before), _say_answers(after)),
    ):
        if one != other:
            yield _difference(before, what, one, other)


def _difference(
    entry: Decided, what: str, before: str, after: str, because: str = "", moves: tuple[Move, ...] = ()
) -> Difference:
    verb = "flipped" if what == "flipped" else f"has another {what}"
    told = f"Table {say_table(entry.table)} {verb}: {before} -> {after}{f'; {because}' if because else ''}."
    return Difference(entry.table, what, before, after, told, moves)


def _because(before: Decided, after: Decided, moves: tuple[Move, ...]) -> str:
    if after.override_expired and before.override:
        return f"what the architect decided expired on {after.override_expired}, and the evidence decides again"
    if before.override != after.override:
        return "the architect decided otherwise"
    return tell_moves(moves) if moves else "no criterion came out otherwise, so the order of decision has changed"


def moves_between(before: Mapping[str, DecidedFinding], after: Mapping[str, DecidedFinding]) -> Iterator[Move]:
    """The criteria that hold in one run and do not in the other; those that only one matrix has count as unknown."""
    for criterion in dict.fromkeys([*before, *after]):
        one, other = before.get(criterion), after.get(criterion)
        told = other or one
        holds = (one.holds if one else None, other.holds if other else None)
        if told and holds[0] is not holds[1]:
            values = (one.value if one else None, other.value if other else None)
            thresholds = (one.threshold if one else None, other.threshold if other else None)
            yield Move(criterion, holds, values, thresholds, told.operator, told.unit)


def tell_moves(moves: Iterable[Move]) -> str:
    """Which criteria came out otherwise: by what value, at which threshold."""
    return say_list([_tell_move(move) for move in moves], most=3)


def _tell_move(move: Move) -> str:
    before, now = move.holds
    outcome = {True: "holds now", False: "no longer holds" if before else "does not hold", None: "is unknown now"}[now]
    value = f"{say_bare(move.value[0], move.unit)} -> {say_value(move.value[1], move.unit)}"
    return f"{move.criterion} {outcome} ({value}, {_tell_threshold(move)})"


def _tell_threshold(move: Move) -> str:
    before, after = (say_bare(threshold, move.unit) for threshold in move.threshold)
    if move.threshold[0] is None or move.threshold[1] is None or before == after:
        known = after if move.threshold[1] is not None else before
        return f"threshold {move.operator} {known}"
    return f"threshold {move.operator} {before} -> {after}"


def say_scopes(before: DecidedScope | None, after: DecidedScope | None) -> tuple[str, str]:
    """Two scopes in a few words each; who may listen is told where both runs know it."""
    both_tell = None not in (before and before.entitled, after and after.entitled)
    return _say_scope(before, both_tell), _say_scope(after, both_tell)


def _say_scope(scope: DecidedScope | None, tells_entitled: bool) -> str:
    """A scope's kind, the way to its columns, and who may listen or why nobody may."""
    if scope is None:
        return "none"
    way = ".".join([*(",".join(hop.columns) for hop in scope.path), ",".join(scope.columns)])
    entitled = f" for {scope.entitled}" if tells_entitled and not scope.refusal else ""
    refused = f" ({scope.refusal.rstrip('.')})" if scope.refusal else ""
    return f"{scope.kind.value}{f' by {way}' if way else ''}{entitled}{refused}"


def _say_override(entry: Decided) -> str:
    return entry.override or (f"none since {entry.override_expired}" if entry.override_expired else "none")


def _say_answers(entry: Decided) -> str:
    """What was answered beside the option, which the override tells."""
    said = [f"{question} = {json.dumps(each['answer'])}" for question, each in entry.answers.items()]
    return ", ".join(each for each in said if not each.startswith("option = ")) or "none"


def _say_design(design: DecidedDesign | None) -> str:
    if design is None:
        return "none"
    if design.refusal:
        return f"refused: {design.refusal}"
    said = [
        f"{each.event} on {each.topic} at {'/'.join(each.operations)} of {', '.join(each.watched) or 'any column'}"
        + (f" carrying {', '.join(each.columns)}" if each.columns else "")
        for each in design.emissions
    ]
    if design.emissions and design.granularity != "statement":
        said.append(f"a message a {design.granularity}")
    if design.changes_filter:
        said.append(f"Postgres Changes {'/'.join(design.changes_events)} where {design.changes_filter}")
    if design.presence_topic:
        said.append(f"Presence on {design.presence_topic}")
    if design.clients_send:
        said.append("clients may send")
    return "; ".join(said) or "none"
