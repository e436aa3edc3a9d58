"""The nouns as tables: who reads them sees every fact that the verdict stands on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from realtime_advisor.model import (
    Advice,
    Catalog,
    Decision,
    Decisions,
    Design,
    Finding,
    Flip,
    Option,
    Proof,
    Scope,
    Table,
    TableName,
)
from realtime_advisor.reference import Criterion, Matrix

from .badges import NO_SCRIPT, proof_badge
from .palette import HOLDS, OPTIONS, SOURCES, SYMBOLS
from .sentences import tell_changes, tell_poller_load, tell_rates, tell_verdict
from .views import Badge, Cell, Sheet, Stack, View, Words
from .wording import say_bare, say_count, say_list, say_number, say_share, say_table, say_value

_MOST_NOTES: Final = 8  # told one by one
_WHEN: Final = {
    "all": "only if all hold",
    "any": "if any holds",
    "disposable": "only for",
    "only": "and all of",
    "avoid": "if users never read it",
    "hint": "or, as a weak hint",
}


def badge(option: Option | None) -> Cell:
    """The option's mark, colour and word; a dash for none."""
    return Badge(OPTIONS[option]) if option else "–"


def show_options(matrix: Matrix) -> Sheet:
    """The four options, each with when to use it, in the matrix's own words."""
    groups = {criterion.group: criterion.option for criterion in matrix}
    rows = [
        (badge(option), _WHEN[group], "; ".join(criterion.sentence for criterion in matrix if criterion.group == group))
        for group, option in sorted(groups.items(), key=lambda pair: list(Option).index(pair[1]))
    ]
    return Sheet("", ("option", "when", "criteria"), _say_once(rows))


def show_matrix(criteria: Sequence[Criterion]) -> Sheet:
    """Every criterion with its threshold, its source and its known problems."""
    heads = _say_once([(_WHEN[each.group],) for each in criteria])
    rows = [
        (
            badge(each.option),
            f"{when}: {each.sentence}" if when else each.sentence,
            _rule(each),
            each.source,
            each.known_problems,
        )
        for (when,), each in zip(heads, criteria, strict=True)
    ]
    title = f"{say_count(len(rows), 'criterion', 'criteria')} of the decision matrix, in data/decision_matrix.toml:"
    return Sheet(title, ("for", "criterion", "rule", "source", "known problems"), _say_once(rows))


def _say_once(rows: Sequence[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """The rows with their first cell left empty where it repeats the one above."""
    above = [None, *(row[0] for row in rows)]
    return tuple(("" if row[0] == before else row[0], *row[1:]) for row, before in zip(rows, above, strict=False))


def _rule(criterion: Criterion) -> str:
    threshold = criterion.threshold
    named = say_list(threshold) if isinstance(threshold, tuple) else say_value(threshold, criterion.unit)
    return f"{criterion.metric} {SYMBOLS[criterion.operator]} {named}"


def show_catalog(catalog: Catalog) -> Sheet:
    """What the catalogue says of each table that matters to realtime."""
    tables = [table for table in catalog if table.partition_of is None]
    title = f"{say_count(len(tables), 'table')} in the catalogue:"
    columns = ("table", "kind", "rows, about", "primary key", "readable by", "policies", "published")
    return Sheet(title, columns, tuple(map(_catalog_row, tables)), frozenset({"rows, about"}))


def _catalog_row(table: Table) -> tuple[Cell, ...]:
    readers = "unknown" if table.select_roles is None else say_list(table.select_roles) or "nobody"
    policies = say_count(len(table.policies), "policy", "policies") if table.row_security else "row security off"
    rows = "unknown" if table.estimated_rows is None else f"{table.estimated_rows:,}"
    key = ", ".join(table.primary_key) or "none"
    return (say_table(table.name), table.kind.value, rows, key, readers, policies, say_list(table.publications) or "no")


def show_advice(advice: Advice) -> View:
    """The verdicts, and above them what to mind: a standby, a reset, an answer that has expired."""
    without = [name for name in advice.designs if name not in advice.scripts]
    sheet, notes = show_decisions(advice.decisions, advice.proofs, without), advice.churn.notes
    if not notes:
        return sheet
    more = (f"Mind: there are {len(notes) - _MOST_NOTES} more in .churn.notes.",) if len(notes) > _MOST_NOTES else ()
    return Stack((Words((*(f"Mind: {note}" for note in notes[:_MOST_NOTES]), *more)), sheet))


def show_decisions(
    decisions: Decisions, proofs: Mapping[TableName, Proof] | None = None, without: Collection[TableName] = ()
) -> Sheet:
    """The verdict for each table with its deciding reason, and how far its script may be trusted if any was tried.

    `without` are the tables of which it is known that there is no script, as where their design was refused.
    """
    columns = ("table", "option", "confidence", "scope", "runner-up", *(("proof",) if proofs else ()), "because")
    rows = tuple(
        (
            say_table(each.table),
            badge(each.option),
            each.confidence,
            say_scope(each.scope),
            badge(each.runner_up),
            *((_proof_of(each, proofs, without),) if proofs else ()),
            each.reasons[0] if each.reasons else "",
        )
        for each in decisions.values()
    )
    return Sheet(" ".join(filter(None, (tell_verdict(decisions), tell_poller_load(decisions)))), columns, rows)


def _proof_of(decision: Decision, proofs: Mapping[TableName, Proof], without: Collection[TableName]) -> Cell:
    """The badge of a table that has a script, or should have one."""
    if decision.table in proofs:
        return proof_badge(proofs[decision.table])
    if decision.option not in (Option.BROADCAST, Option.PRESENCE):
        return "–"
    return NO_SCRIPT if decision.table in without else proof_badge(None)


def say_scope(scope: Scope | None) -> str:
    """Whose rows, and by which columns they know it."""
    if scope is None:
        return "none"
    way = " → ".join([*(", ".join(hop.columns) for hop in scope.path), ", ".join(scope.columns)])
    return f"{scope.kind.value} ({way})" if way else scope.kind.value


def show_decision(decision: Decision) -> Words:
    """The verdict for one table in sentences, the deciding one first."""
    second = f", runner-up {OPTIONS[decision.runner_up].word}" if decision.runner_up else ""
    verdict = f"{say_table(decision.table)}: {OPTIONS[decision.option].word}, {decision.confidence} confidence{second}."
    override = (f"Decided by the architect: {decision.override}",) if decision.override else ()
    rates = (f"- {tell_rates(decision)}",) if decision.rates else ()
    return Words((verdict, *override, *(f"- {reason}" for reason in decision.reasons), *rates))


def show_findings(findings: Sequence[Finding], *, failing: bool = True) -> Sheet:
    """Every criterion as it came out, those that hold first; without those that do not hold if `failing` is false."""
    order = {True: 0, None: 1, False: 2}
    told = sorted(findings, key=lambda finding: order[finding.holds])
    holding = sum(finding.holds is True for finding in findings)
    unknown = sum(finding.holds is None for finding in findings)
    title = f"{holding} of {say_count(len(findings), 'criterion', 'criteria')} hold, {unknown} unknown:"
    if not failing:
        told = [finding for finding in told if finding.holds is not False]
    columns = ("for", "criterion", "holds", "value", "rule", "margin", "known how")
    return Sheet(title, columns, tuple(map(_finding_row, told)), frozenset({"margin"}))


def _finding_row(finding: Finding) -> tuple[Cell, ...]:
    evidence = finding.evidence
    margin = "–" if finding.margin is None else _signed(finding.margin, evidence.unit)
    rule = f"{SYMBOLS[finding.operator]} {say_bare(finding.threshold, evidence.unit)}"
    value = say_value(evidence.value, evidence.unit)
    how = f"{SOURCES[evidence.source]}: {evidence.detail}" if evidence.detail else SOURCES[evidence.source]
    return (badge(finding.option), finding.sentence, HOLDS[finding.holds], value, rule, margin, how)


def _signed(margin: float, unit: str) -> str:
    said = say_share(abs(margin)) if unit.startswith("share ") else say_number(abs(margin))
    return said if margin == 0 else f"{'+' if margin > 0 else '−'}{said}"


def show_flips(flips: Sequence[Flip]) -> Sheet:
    """What would turn the decision."""
    title = "What would turn it:" if flips else "No single fact would turn it."
    rows = tuple(map(_flip_row, flips))
    return Sheet(title, ("fact", "now", "at", "then"), rows, frozenset({"now", "at"}))


def _flip_row(flip: Flip) -> tuple[Cell, ...]:
    unit = "share " if flip.metric.endswith("_share") else ""
    return (flip.metric.replace("_", " "), say_bare(flip.now, unit), say_bare(flip.at, unit), badge(flip.to))


def show_designs(designs: Mapping[TableName, Design]) -> Sheet:
    """What each table is told by: its topics or its filter, or why there is neither."""
    rows = tuple((say_table(name), badge(each.option), *_told(each)) for name, each in designs.items())
    return Sheet("", ("table", "option", "clients join", "they hear"), rows)


def _told(design: Design) -> tuple[str, str]:
    topics = [each.topic for each in design.emissions]
    events = [each.event for each in design.emissions]
    if design.option is Option.POSTGRES_CHANGES:
        topics.insert(0, f"changes where {design.changes_filter}" if design.changes_filter else "all changes")
        events.insert(0, say_list(design.changes_events))
    instead = design.refusal or (design.reasons[-1] if design.reasons else "")
    return (", ".join(topics), "; ".join(dict.fromkeys(events))) if topics else ("–", instead)


def show_questions(questions: Sequence[str]) -> Words:
    """What the architect could answer."""
    if not questions:
        return Words(("Nothing is left to ask.",))
    return Words(tuple(f"- {question}" for question in questions))


def show_changes(before: Decisions, after: Decisions) -> Sheet:
    """What another matrix, other answers or another window would decide otherwise."""
    columns = ("table", "before", "after", "because")
    rows = tuple(
        (say_table(name), badge(before[name].option), badge(each.option), each.reasons[0] if each.reasons else "")
        for name, each in after.items()
        if name in before and before[name].option is not each.option
    )
    return Sheet(tell_changes(before, after), columns, rows)
