"""The record of one table's decision: drivers, options with pros and cons, outcome, consequences, confirmation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from realtime_advisor.display.designs import say_entitled
from realtime_advisor.display.palette import OPTIONS, SOURCES, SYMBOLS
from realtime_advisor.display.sentences import tell_rates, tell_table
from realtime_advisor.display.tables import say_scope
from realtime_advisor.display.wording import say_bare, say_list, say_table, say_value
from realtime_advisor.model import Advice, Decision, Design, Finding, Flip, Option, Proof, Step, TableName
from realtime_advisor.reference import load_matrix

from .answer_sentences import tell_answers
from .markdown import code, items, plain, section

# Groups of the matrix in which every criterion has to hold, so that one that does not speaks against the option.
_ALL_HAVE_TO_HOLD: Final = ("all", "only")


def table_record(advice: Advice, table: TableName) -> list[str]:
    """The lines of the record, without a head."""
    decision, design = advice.decisions[table], advice.designs[table]
    churn = tell_table(advice.churn, table) if table in advice.churn else ("Its churn is not known.",)
    return [
        f"# {plain(say_table(table))}: {OPTIONS[decision.option].word}",
        "",
        *section(
            "Context and Problem Statement",
            f"How should {plain(str(table))} tell its clients of changes?",
            items(map(plain, churn)),
        ),
        *section("Decision Drivers", items(_drivers(decision))),
        *section("Considered Options", items(OPTIONS[option].word for option in Option)),
        *section("Decision Outcome", _outcome(decision), items(map(plain, decision.reasons[1:]))),
        *section("Consequences", items(_consequences(design)), level=3),
        *section("Confirmation", *_confirmation(advice.proofs.get(table), table in advice.scripts), level=3),
        "## Pros and Cons of the Options",
        "",
        *(line for option in Option for line in _option(option, decision.findings)),
        *section("More Information", items(_more(decision))),
    ]


def _drivers(decision: Decision) -> Iterator[str]:
    if decision.scope:
        reason = f": {decision.scope.reason}" if decision.scope.reason else ""
        yield f"Its rows belong to a scope, {plain(say_scope(decision.scope) + reason)}."
        yield f"Who may listen: {plain(say_entitled(decision.scope))}."
    else:
        yield "Nothing leads from its rows to a user or a tenant."
    if decision.rates:
        yield plain(tell_rates(decision))
    for finding in decision.findings:
        if finding.holds and finding.option is decision.option:
            yield _told(finding)


def _outcome(decision: Decision) -> str:
    chosen = OPTIONS[decision.option].word
    because = plain(decision.reasons[0]) if decision.reasons else "nothing speaks for another."
    second = f" Runner-up: {OPTIONS[decision.runner_up].word}." if decision.runner_up else ""
    override = f" Decided by the architect: {plain(decision.override)}." if decision.override else ""
    return f'Chosen option: "{chosen}", because {lower(because)} Confidence: {decision.confidence}.{second}{override}'


def _consequences(design: Design) -> Iterator[str]:
    if design.refusal:
        yield f"Bad, because there is no script: {plain(design.refusal)}"
    for emission in design.emissions:
        yield (
            f"Good, because {plain(say_entitled(emission.scope))} may hear "
            f"{code(emission.event)} on {code(emission.topic)}, at each {say_list(emission.operations)}."
        )
    if design.option is Option.POSTGRES_CHANGES and design.changes_events:
        by = f" with the filter {code(design.changes_filter)}" if design.changes_filter else " without a filter"
        yield f"Good, because clients hear the rows themselves{by}, and no trigger is needed for it."
    if design.presence:
        yield f"Good, because the state on {code(design.presence.topic)} vanishes with its user and is never written."
    for gap in design.gaps:
        yield f"Bad, because {lower(plain(gap))}"
    for note in design.notes:
        yield f"Neutral, because {lower(plain(note))}"


def _confirmation(proof: Proof | None, has_script: bool) -> Iterator[str | list[str]]:
    if proof is None:
        yield (
            "No script of it was run in the sandbox."
            if has_script
            else "There is no script to prove: what changes is the publication."
        )
        return
    yield f"The script is {proof.status.value}: {lower(plain(proof.reason))}"
    yield items(f"Imitated: {plain(sentence)}" for sentence in proof.substitutes)
    yield items(_failed(step) for step in proof.failures)


def _failed(step: Step) -> str:
    return f"Does not hold: {plain(step.sentence)} Expected {plain(step.expected)}; observed {plain(step.observed)}."


def _option(option: Option, findings: Sequence[Finding]) -> list[str]:
    told = [finding for finding in findings if finding.option is option]
    return section(OPTIONS[option].word, items(_pros_and_cons(told)) or ["No criterion speaks of it."], level=3)


def _pros_and_cons(findings: Sequence[Finding]) -> Iterator[str]:
    yield from (f"Good, because this holds: {_told(each)}" for each in findings if each.holds)
    yield from (f"Neutral, because this is unknown: {_told(each)}" for each in findings if each.holds is None)
    failing = [each for each in findings if each.holds is False]
    yield from (f"Bad, because this does not hold: {_told(each)}" for each in failing if _has_to_hold(each))
    others = [f"{_named(each)}{_briefly(each)}" for each in failing if not _has_to_hold(each)]
    if others:
        none = "this does not hold" if len(others) == 1 else "none of these holds"
        yield f"Neutral, because {none}: {'; '.join(others)}."


def _has_to_hold(finding: Finding) -> bool:
    return finding.criterion in {each.id for each in load_matrix() if each.group in _ALL_HAVE_TO_HOLD}


def _named(finding: Finding) -> str:
    return f"*{plain(finding.sentence).strip()}*"


def _told(finding: Finding) -> str:
    """The criterion, what was found against its rule, and how that is known."""
    source, detail = SOURCES[finding.evidence.source], plain(finding.evidence.detail)
    return f"{_named(finding)}: {', '.join(filter(None, (_found(finding), source)))}{f' ({detail})' if detail else ''}."


def _briefly(finding: Finding) -> str:
    found = _found(finding)
    return f" ({found})" if found else ""


def _found(finding: Finding) -> str:
    """A measure and its rule; nothing for a yes or no, which the criterion says already.

    '39.7 events/minute, the rule is < 100'
    """
    if finding.evidence.value is None or isinstance(finding.evidence.value, bool):
        return ""
    unit = finding.evidence.unit
    rule = f"{SYMBOLS[finding.operator]} {say_bare(finding.threshold, unit)}"
    return plain(f"{say_value(finding.evidence.value, unit)}, the rule is {rule}")


def _more(decision: Decision) -> Iterator[str]:
    yield from map(plain, tell_answers(decision))
    yield from map(_flip, decision.flips)
    for question in decision.questions:
        yield f"Open: {plain(question)}"


def _flip(flip: Flip) -> str:
    unit = "share " if flip.metric.endswith("_share") else ""
    metric, now, at = flip.metric.replace("_", " "), say_bare(flip.now, unit), say_bare(flip.at, unit)
    return f"It would turn to {OPTIONS[flip.to].word} with *{plain(metric)}* at {plain(at)}; it is {plain(now)} now."


def lower(sentence: str) -> str:
    """A sentence to go on with: TRUNCATE and the options' own names stay as they are.

    >>> lower("Rows without a tenant"), lower("TRUNCATE tells nobody"), lower("Broadcast needs it")
    ('rows without a tenant', 'TRUNCATE tells nobody', 'Broadcast needs it')
    """
    if not sentence[1:2].islower() or sentence.startswith(tuple(look.word for look in OPTIONS.values())):
        return sentence
    return sentence[:1].lower() + sentence[1:]
