"""A table's dossier: everything that the verdict stands on, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from realtime_advisor.display.designs import say_entitled, show_design
from realtime_advisor.display.proofs import show_deliveries, show_steps
from realtime_advisor.display.sentences import tell_rates, tell_table
from realtime_advisor.display.tables import say_scope, show_findings, show_flips
from realtime_advisor.display.views import Sheet, View, Words
from realtime_advisor.display.wording import say_count
from realtime_advisor.generation.cutover import cut_over, needs_cut_over
from realtime_advisor.model import Advice, Decision, Design, Proof, Scope, Script, TableName

from .report_code import list_code
from .report_rows import rows_by_table
from .report_views import Block, Chapter, Dossier

MOST_FULL: Final = 200  # the busiest tables; of the others the page tells less, so that it stays small


def describe_tables(advice: Advice) -> Iterator[Dossier]:
    """The dossiers in order of name."""
    rows = rows_by_table(advice)
    busiest = sorted(advice.decisions, key=lambda table: (-rows[table].rate, table))
    full = set(busiest[:MOST_FULL])
    for table, row in rows.items():
        yield Dossier(row, tuple(_chapters(advice, table, full=table in full)))


def _chapters(advice: Advice, table: TableName, *, full: bool) -> Iterator[Chapter]:
    decision, design = advice.decisions[table], advice.designs[table]
    proof, script = advice.proofs.get(table), advice.scripts.get(table)
    yield Chapter("Decision", tuple(_decision(decision)))
    if table in advice.churn:
        yield Chapter("Churn", (_words(tell_table(advice.churn, table)),))
    yield Chapter("Scope", (_words(_scope(decision)),))
    yield Chapter("Messages", tuple(_blocks(show_design(design).views)))
    yield Chapter("Findings", tuple(_findings(decision, full)))
    yield Chapter("What would turn it", (Block("sheet", show_flips(decision.flips)),))
    if script:
        yield Chapter("Proof", tuple(_proof(proof, full)))
    if script or needs_cut_over(design):
        yield Chapter("SQL", tuple(_sql(design, script, full)))


def _words(paragraphs: Iterable[str]) -> Block:
    return Block("words", Words(tuple(paragraphs)))


def _blocks(views: Iterable[View]) -> Iterator[Block]:
    for view in views:
        if isinstance(view, Sheet):
            yield Block("sheet", view)
        elif isinstance(view, Words):
            yield Block("words", view)


def _decision(decision: Decision) -> Iterator[Block]:
    override = (f"Decided by the architect: {decision.override}",) if decision.override else ()
    yield _words((*override, *decision.reasons))
    if decision.questions:
        yield _words(("What would settle the rest:", *(f"- {question}" for question in decision.questions)))


def _scope(decision: Decision) -> Iterator[str]:
    scope = decision.scope
    if scope is None:
        yield "Nothing leads from its rows to a user, a tenant or a container of theirs."
    else:
        yield f"{say_scope(scope)}: {scope.reason}."
        yield f"Who may listen: {say_entitled(scope.entitlement)}."
        yield from _about_scope(scope)
    if decision.rates:
        yield tell_rates(decision)


def _about_scope(scope: Scope) -> Iterator[str]:
    if scope.refusal:
        yield scope.refusal
    yield from (f"- {note}" for note in scope.notes)


def _findings(decision: Decision, full: bool) -> Iterator[Block]:
    yield Block("sheet", show_findings(decision.findings, failing=full))
    failing = sum(finding.holds is False for finding in decision.findings)
    if failing and not full:
        yield _words((f"{say_count(failing, 'criterion does', 'criteria do')} not hold: findings.csv has them.",))


def _proof(proof: Proof | None, full: bool) -> Iterator[Block]:
    if proof is None:
        yield _words(("Not proved: no script of it was run in the sandbox.",))
        return
    yield _words((proof.reason, *(f"- Imitated: {sentence}" for sentence in proof.substitutes)))
    if proof.steps and full:
        yield Block("sheet", show_steps(proof.steps))
    if proof.deliveries and full:
        yield Block("sheet", show_deliveries(proof.deliveries, proof.steps))


def _sql(design: Design, script: Script | None, full: bool) -> Iterator[Block]:
    if not full:
        yield _words(("Its scripts are beside this page.",))
        return
    if script:
        yield Block("listing", list_code("Install", script.up))
        yield Block("listing", list_code("Check that it is installed", script.check))
        yield Block("listing", list_code("Take it back", script.down))
    if needs_cut_over(design):
        yield Block("listing", list_code("Cut over", cut_over(design)))
