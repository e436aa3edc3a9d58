"""A table's dossier: everything that the verdict stands on, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Final

from realtime_advisor.display.designs import say_entitled, show_design
from realtime_advisor.display.palette import OPTIONS
from realtime_advisor.display.sentences import tell_rates, tell_table
from realtime_advisor.display.tables import say_scope, show_findings, show_flips
from realtime_advisor.display.views import Sheet, View, Words
from realtime_advisor.display.wording import is_number, say_count, say_list
from realtime_advisor.generation.client_naming import Entities
from realtime_advisor.generation.cutover import cut_over, needs_cut_over
from realtime_advisor.model import Advice, DatabaseChurn, Decision, Design, Finding, Scope, Script, TableName

from .answer_sentences import tell_answers
from .client_files import client_of
from .report_code import list_client, list_code
from .report_figures import draw_mix
from .report_proof import describe_proof
from .report_views import Block, Chapter, Criteria, Criterion, Dossier, Fold, Row

_OUTCOMES: Final = ((True, "hold"), (None, "are unknown"), (False, "do not hold"))


def describe_tables(
    advice: Advice, rows: Mapping[TableName, Row], files: Mapping[TableName, Sequence[str]]
) -> Iterator[Dossier]:
    """The dossiers in order of name; `files` are the bundle's, for each table."""
    entities = Entities(advice.designs.values())
    for table, row in rows.items():
        if not row.anchor:
            continue
        chapters = [*_chapters(advice, table, full=row.full)]
        if row.full:
            chapters.append(Chapter("Client", tuple(list_client(client_of(advice, table, entities)))))
        yield Dossier(row, tuple(chapters), tuple(files.get(table, ())))


def _chapters(advice: Advice, table: TableName, *, full: bool) -> Iterator[Chapter]:
    decision, design = advice.decisions[table], advice.designs[table]
    proof, script = advice.proofs.get(table), advice.scripts.get(table)
    yield Chapter("Decision", tuple(_decision(decision, full)))
    if table in advice.churn:
        yield Chapter("Churn", tuple(_churn(advice.churn, table)))
    yield Chapter("Scope", (_words(_scope(decision)),))
    yield Chapter("Messages", tuple(_messages(design, decision)))
    yield Chapter("Findings", tuple(_findings(decision, full)))
    yield Chapter("What would turn it", (_flips(decision),))
    if script:
        yield Chapter("Proof", tuple(describe_proof(proof, full=full)))
    if script or needs_cut_over(design):
        yield Chapter("SQL", tuple(_sql(design, script, full)))


def _words(paragraphs: Iterable[str]) -> Block:
    return Block("words", Words(tuple(paragraphs)))


def _messages(design: Design, decision: Decision) -> Iterator[Block]:
    yield from _blocks(show_design(design).views, decision.reasons)
    if design.presence:
        yield _words((f"Clients track their state on {design.presence.topic}.",))
    if design.notes:
        yield _words(f"- To look at: {note}" for note in design.notes)


def _blocks(views: Iterable[View], said: Sequence[str]) -> Iterator[Block]:
    """The views without what was said already."""
    for view in views:
        if isinstance(view, Sheet):
            yield Block("sheet", view)
        elif isinstance(view, Words):
            yield _words(line for line in view.paragraphs if line.removeprefix("- ") not in said)


def _decision(decision: Decision, full: bool) -> Iterator[Block]:
    override = (f"Decided by the architect: {decision.override}",) if decision.override else ()
    answered = (f"- {sentence}" for sentence in tell_answers(decision))
    yield _words((*override, *decision.reasons, *answered))
    if decision.questions and full:
        asked = (Block("words", Words(tuple(f"- {question}" for question in decision.questions))),)
        yield Block("fold", Fold(f"{say_count(len(decision.questions), 'question')} would settle the rest", asked))


def _churn(churn: DatabaseChurn, table: TableName) -> Iterator[Block]:
    if churn[table].events:
        yield Block("mix", draw_mix(churn[table]))
    yield _words((" ".join(tell_table(churn, table)),))


def _scope(decision: Decision) -> Iterator[str]:
    scope = decision.scope
    if scope is None:
        yield "Nothing leads from its rows to a user, a tenant or a container of theirs."
    else:
        yield f"{say_scope(scope)}: {scope.reason}." if scope.reason else f"{say_scope(scope)}."
        yield f"Who may listen: {say_entitled(scope)}."
        yield from _about_scope(scope, decision.reasons)
    if decision.rates:
        yield tell_rates(decision)


def _about_scope(scope: Scope, said: Sequence[str]) -> Iterator[str]:
    if scope.refusal and scope.refusal not in said:
        yield scope.refusal
    yield from (f"- {note}" for note in scope.notes)


def _findings(decision: Decision, full: bool) -> Iterator[Block]:
    speaking = [each for each in decision.findings if each.holds is not False]
    failing = [each for each in decision.findings if each.holds is False]
    counts = [(sum(each.holds is holds for each in decision.findings), word) for holds, word in _OUTCOMES]
    told = say_list(f"{count} {word}" for count, word in counts if count)
    yield _words((f"Of {say_count(len(decision.findings), 'criterion', 'criteria')}: {told}.",))
    yield Block("criteria", _criteria(sorted(speaking, key=lambda each: each.holds is None), brief=not full))
    if failing and full:
        yield Block("fold", Fold(f"{len(failing)} that do not hold", (Block("criteria", _criteria(failing)),)))


def _criteria(findings: Sequence[Finding], *, brief: bool = False) -> Criteria:
    return Criteria(tuple(map(_criterion, findings)), brief)


def _criterion(finding: Finding) -> Criterion:
    _, sentence, holds, value, rule, _, how = map(str, show_findings((finding,)).rows[0])
    if finding.evidence.unit == "yes/no":  # whether it holds says it
        value = rule = ""
    return Criterion(OPTIONS[finding.option], sentence, holds, value, rule, how, _nearness(finding))


def _nearness(finding: Finding) -> float | None:
    value, threshold = finding.evidence.value, finding.threshold
    if not is_number(value) or not is_number(threshold) or threshold == 0 or not isfinite(value):
        return None
    return round(100 * min(max(value / threshold, 0), 2), 1)


def _flips(decision: Decision) -> Block:
    sheet = show_flips(decision.flips)
    return Block("sheet", replace(sheet, title="") if sheet.rows else sheet)


def _sql(design: Design, script: Script | None, full: bool) -> Iterator[Block]:
    if not full:
        yield _words(("Its scripts are files of the bundle that this page belongs to.",))
        return
    if script:
        yield Block("listing", list_code("Install", script.up))
        yield Block("listing", list_code("Take it back", script.down))
    if needs_cut_over(design):
        yield Block("listing", list_code("Cut over", cut_over(design)))
